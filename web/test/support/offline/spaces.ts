import type { Locator, Page } from "playwright-core";
import type { Person } from "../../../../scripts/support/person.ts";
import { confirm } from "../talk.ts";
import type { Action, World } from "./action.ts";

const CHANNELS = "post /v1/spaces/{id}/channels";
const CATEGORIES = "/v1/spaces/{id}/categories";
const INVITATIONS = "post /v1/spaces/{id}/invitations";

const tab = (page: Page, name: string): Locator =>
  page.getByRole("group", { name: "Spaces" }).getByRole("button", { name });
/** The list, once it has no such space. */
const without = (page: Page, name: string): Locator =>
  page.locator(`nav.sidebar:not(:has(button[title="${name}"]))`);
export const inDialog = (page: Page, name: string) =>
  page.getByRole("dialog").getByRole("button", { name, exact: true }).click();

/** A space that somebody owns, and in which Ann and Ben are. */
export async function space({ ann, ben, word }: World, owner: Person) {
  const name = word();
  const { id } = Object(await owner.call("POST", "/v1/spaces", { name }));
  const { code } = Object(await owner.call("POST", `/v1/spaces/${id}/invitations`, { max_uses: 2 }));
  await (owner === ann ? ben : ann).call("POST", `/v1/invitations/${code}`);
  const choose = async (page: Page, item: string) => {
    await page.getByRole("button", { name: `Actions for ${name}` }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };
  return {
    ...{ id, name, hash: "#/", ready: (page: Page) => tab(page, name), choose },
    open: async (page: Page) => {
      await tab(page, name).click();
      await page.getByRole("region", { name }).getByRole("link", { name: "general" }).waitFor();
    },
    isMember: async (person: Person) =>
      Object(await person.call("GET", "/v1/spaces")).items.some((one: { id: number }) => one.id === id),
    channels: async () => Object(await ann.call("GET", `/v1/spaces/${id}/channels`)).items,
    categories: async () =>
      Object(await ann.call("GET", `/v1/spaces/${id}/channels`)).categories.map(
        (one: { name: string }) => one.name,
      ),
  };
}

/** A space of Ann's with a category. */
async function withCategory(world: World) {
  const there = await space(world, world.ann);
  const name = world.word();
  await world.ann.call("POST", `/v1/spaces/${there.id}/categories`, { name });
  return [there, name] as const;
}

/** Chooses in the menu of a channel or a category. */
async function chooseFor(page: Page, name: string, item: string): Promise<void> {
  await page.getByRole("button", { name: `Actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

const channel = (page: Page, name: string): Locator =>
  page.locator(".space").getByRole("link", { name, exact: true });

/** The end of a space for Ann. */
function end(name: string, item: string, call: string, ownerOf: (world: World) => Person): Action {
  return {
    ...{ name, calls: [call], before: "says", lost: "says" },
    play: async (world) => {
      const { choose, isMember, ...there } = await space(world, ownerOf(world));
      return {
        ...there,
        act: async (page) => {
          await choose(page, item);
          await confirm(page, item);
        },
        shown: (page) => without(page, there.name),
        state: () => isMember(world.ann),
        done: false,
      };
    },
  };
}

/** Whether a channel is in Ann's list. */
function following(item: "Follow" | "Unfollow"): Action {
  const follows = item === "Follow";
  const method = follows ? "put" : "delete";
  return {
    ...{ name: `${item} a channel`, calls: [`${method} /v1/conversations/{id}/follow`] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const { id, channels } = await space(world, world.ben);
      const made = Object(await world.ben.call("POST", `/v1/spaces/${id}/channels`, { name: world.word() }));
      if (!follows) await world.ann.call("PUT", `/v1/conversations/${made.id}/follow`);
      const isFollowed = (page: Page) => page.getByRole("link", { name: "Details" });
      const isNot = (page: Page) => page.getByRole("button", { name: "Follow", exact: true });
      return {
        hash: `#/c/${made.id}`,
        ready: follows ? isNot : isFollowed,
        act: async (page) => {
          if (follows) return isNot(page).click();
          await page.getByRole("button", { name: "Conversation menu" }).click();
          await page.getByRole("menuitem", { name: item }).click();
        },
        shown: follows ? isFollowed : isNot,
        state: async () =>
          (await channels()).find((one: { id: number }) => one.id === Number(made.id)).following,
        done: follows,
      };
    },
  };
}

/** What users do with spaces and their channels. */
export const SPACES: readonly Action[] = [
  {
    ...{ name: "Make a space", calls: ["post /v1/spaces"], before: "says", lost: "says" },
    play: ({ ann, word }) => {
      const name = word();
      return {
        hash: "#/new",
        ready: (page) => page.getByRole("button", { name: "New space" }),
        open: async (page) => {
          await page.getByRole("button", { name: "New space" }).click();
          await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill(name);
        },
        act: (page) => inDialog(page, "Make the space"),
        worked: (page) => tab(page, name),
        state: async () =>
          Object(await ann.call("GET", "/v1/spaces")).items.filter(
            (one: { name: string }) => one.name === name,
          ).length,
        done: 1,
      };
    },
  },
  {
    ...{ name: "Change a space", calls: ["patch /v1/spaces/{id}"], before: "says", lost: "says" },
    play: async (world) => {
      const { choose, open, ...there } = await space(world, world.ann);
      const name = world.word();
      return {
        ...there,
        open: async (page) => {
          await open(page);
          await choose(page, "Edit the space");
          await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill(name);
        },
        act: (page) => inDialog(page, "Save"),
        worked: (page) => tab(page, name),
        state: async () => Object(await world.ann.call("GET", `/v1/spaces/${there.id}`)).name,
        done: name,
      };
    },
  },
  {
    ...{ name: "Add a channel to a space", calls: [CHANNELS], before: "says", lost: "says" },
    play: async (world) => {
      const { open, channels, ...there } = await space(world, world.ann);
      const name = world.word();
      return {
        ...there,
        open: async (page) => {
          await open(page);
          await page.getByRole("button", { name: "Add a channel" }).click();
          await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill(name);
        },
        act: (page) => inDialog(page, "Add the channel"),
        worked: (page) => page.getByRole("heading", { name: `# ${name}` }),
        state: async () => (await channels()).filter((one: { name: string }) => one.name === name).length,
        done: 1,
      };
    },
  },
  {
    ...{ name: "Change a channel", calls: ["patch /v1/conversations/{id}"], before: "says", lost: "says" },
    play: async (world) => {
      const { open, channels, ...there } = await space(world, world.ann);
      const name = world.word();
      return {
        ...there,
        open: async (page) => {
          await open(page);
          await chooseFor(page, "general", "Edit the channel");
          await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill(name);
        },
        act: (page) => inDialog(page, "Save"),
        worked: (page) => channel(page, name),
        state: async () => (await channels())[0].name,
        done: name,
      };
    },
  },
  {
    ...{ name: "Add a category", calls: [`post ${CATEGORIES}`], before: "says", lost: "says" },
    play: async (world) => {
      const { open, choose, categories, ...there } = await space(world, world.ann);
      const name = world.word();
      return {
        ...there,
        open: async (page) => {
          await open(page);
          await choose(page, "Add a category");
          await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill(name);
        },
        act: (page) => inDialog(page, "Add the category"),
        worked: (page) => page.getByRole("button", { name, exact: true }),
        state: categories,
        done: [name],
      };
    },
  },
  {
    ...{ name: "Rename a category", calls: [`patch ${CATEGORIES}/{category_id}`] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const [{ open, categories, ...there }, former] = await withCategory(world);
      const name = world.word();
      return {
        ...there,
        open: async (page) => {
          await open(page);
          await chooseFor(page, former, "Rename the category");
          await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill(name);
        },
        act: (page) => inDialog(page, "Save"),
        worked: (page) => page.getByRole("button", { name, exact: true }),
        state: categories,
        done: [name],
      };
    },
  },
  {
    ...{ name: "Delete a category", calls: [`delete ${CATEGORIES}/{category_id}`] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const [{ categories, ...there }, name] = await withCategory(world);
      return {
        ...there,
        act: async (page) => {
          await chooseFor(page, name, "Delete the category");
          await confirm(page, "Delete the category");
        },
        shown: (page) => page.locator(".space:not(:has(.category))"),
        state: categories,
        done: [],
      };
    },
  },
  {
    ...{ name: "Put the channels into an order", calls: ["put /v1/spaces/{id}/order"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const [{ open, choose, channels, ...there }] = await withCategory(world);
      return {
        ...there,
        open: async (page) => {
          await open(page);
          await choose(page, "Order of the channels");
          await page.getByRole("button", { name: "Move general" }).press("ArrowDown");
        },
        act: (page) => inDialog(page, "Save"),
        worked: (page) => page.locator(".category").getByRole("link", { name: "general" }),
        state: async () => (await channels())[0].category_id !== null,
        done: true,
      };
    },
  },
  {
    ...{ name: "Invite to a space", calls: [INVITATIONS], before: "says", lost: "says" },
    play: async (world) => {
      const there = await space(world, world.ben);
      return {
        ...there,
        act: (page) => page.getByRole("button", { name: "Invite people" }).click(),
        worked: (page) => page.getByRole("textbox", { name: "Invitation link" }),
        state: async () =>
          Object(await world.ann.call("GET", `/v1/spaces/${there.id}/invitations`)).items.filter(
            (one: { created_by: number }) => one.created_by === world.ann.user.id,
          ).length,
        done: 1,
      };
    },
  },
  {
    ...{ name: "Remove a member from a space", calls: ["delete /v1/spaces/{id}/members/{user_id}"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const { choose, open, isMember, ...there } = await space(world, world.ann);
      const actions = `Actions for ${world.ben.user.username}`;
      return {
        ...there,
        open: async (page) => {
          await open(page);
          await choose(page, "Members");
          await page.getByRole("button", { name: actions }).waitFor();
        },
        act: async (page) => {
          await page.getByRole("button", { name: actions }).click();
          await page.getByRole("menuitem", { name: "Remove", exact: true }).click();
          await confirm(page, "Remove");
        },
        shown: (page) => page.locator(".members-of").filter({ hasNotText: world.ben.user.username }),
        state: () => isMember(world.ben),
        done: false,
      };
    },
  },
  end("Leave a space", "Leave the space", "post /v1/spaces/{id}/leave", ({ ben }) => ben),
  end("Dissolve a space", "Dissolve the space", "delete /v1/spaces/{id}", ({ ann }) => ann),
  following("Follow"),
  following("Unfollow"),
];
