import type { Action } from "./action.ts";
import { inDialog, space } from "./spaces.ts";

/** What members do with their spaces for themselves. */
export const SPACE_OWN: readonly Action[] = [
  {
    ...{ name: "Mute a space", calls: ["put /v1/spaces/{id}/preferences"], before: "says", lost: "says" },
    play: async (world) => {
      const { choose, ...there } = await space(world, world.ben);
      const own = async () => Object(await world.ann.call("GET", `/v1/spaces/${there.id}`));
      return {
        ...there,
        act: (page) => choose(page, "Mute for 8 hours"),
        shown: (page) => page.getByRole("img", { name: "You have muted this space" }),
        state: async () => (await own()).muted_until > 0,
        done: true,
      };
    },
  },
  {
    ...{ name: "Change the own name in a space", calls: ["patch /v1/spaces/{id}/members/{user_id}"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const { open, choose, ...there } = await space(world, world.ben);
      const members = async () => Object(await world.ann.call("GET", `/v1/spaces/${there.id}/members`)).items;
      return {
        ...there,
        open: async (page) => {
          await open(page);
          await choose(page, "Members");
          await page.getByRole("button", { name: `Actions for ${world.ann.user.username}` }).click();
          await page.getByRole("menuitem", { name: "Your name in this space" }).click();
          await page.getByRole("dialog").getByRole("textbox").fill("Annie");
        },
        act: (page) => inDialog(page, "Save"),
        worked: (page) => page.getByRole("dialog", { name: "Members" }).getByText("Annie"),
        state: async () =>
          (await members()).some(({ name_card: card }: { name_card: string }) => card === "Annie"),
        done: true,
      };
    },
  },
  {
    ...{ name: "Put the own spaces into an order", calls: ["put /v1/spaces/order"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      await space(world, world.ben);
      const { open, choose, ...there } = await space(world, world.ben);
      const ids = async () =>
        Object(await world.ann.call("GET", "/v1/spaces")).items.map((one: { id: number }) => one.id);
      return {
        ...there,
        open: async (page) => {
          await open(page);
          await choose(page, "Order of your spaces");
          await page.getByRole("button", { name: `Move ${there.name}` }).press("ArrowDown");
        },
        act: (page) => inDialog(page, "Save"),
        worked: (page) => page.locator(`.space-tabs > button:nth-child(3)[title="${there.name}"]`),
        state: async () => (await ids()).indexOf(there.id),
        done: 1,
      };
    },
  },
];
