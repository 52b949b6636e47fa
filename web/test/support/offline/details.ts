import type { Locator, Page } from "playwright-core";
import { details, member } from "../group.ts";
import { confirm } from "../talk.ts";
import type { Action, World } from "./action.ts";
import { group } from "./list.ts";

/** What is found in the details of a group that Ann owns. */
async function inDetails(world: World) {
  const { id, name, read } = await group(world);
  return {
    ...{ id, name, read, hash: `#/c/${id}/info` },
    ready: (page: Page) => member(page, world.ben),
    members: async () =>
      Object(await world.ann.call("GET", `/v1/conversations/${id}/members`)).items.map(
        (one: { user: { id: number }; role: string; muted_until: number }) => [
          one.user.id === world.ann.user.id ? "ann" : one.user.id === world.ben.user.id ? "ben" : "other",
          one.role,
          one.muted_until > 0,
        ],
      ),
  };
}

const MEMBER = "/v1/conversations/{id}/members/{user_id}";

/** Something about Ben, as a member of a group. */
function aboutBen(
  [name, item, isAsked]: [name: string, item: string, isAsked: boolean],
  call: string,
  done: unknown,
): Action {
  return {
    ...{ name, calls: [call], before: "says", lost: "says" },
    play: async (world) => {
      const { hash, ready, members } = await inDetails(world);
      return {
        ...{ hash, ready },
        act: async (page) => {
          await details(page)
            .getByRole("button", { name: `Actions for ${world.ben.user.username}` })
            .click();
          await page.getByRole("menuitem", { name: item, exact: true }).click();
          if (isAsked) await confirm(page, item);
        },
        shown: (page) => details(page).first(),
        state: members,
        done,
      };
    },
  };
}

const ANN = ["ann", "owner", false];

/** A button in the details that opens a form, and the button that sends it. */
function form(
  name: string,
  call: string,
  open: (page: Page, world: World) => Promise<unknown>,
  press: (page: Page) => Promise<unknown>,
  state: (world: World, id: number) => Promise<unknown>,
  done: unknown | ((world: World) => unknown),
  worked?: (page: Page) => Locator,
): Action {
  return {
    ...{ name, calls: [call], before: "says", lost: "says" },
    play: async (world) => {
      const { id, hash, ready } = await inDetails(world);
      return {
        ...{ hash, ready },
        act: async (page) => {
          await open(page, world);
          await press(page);
        },
        again: press,
        ...(worked && { worked }),
        state: () => state(world, id),
        done: typeof done === "function" ? done(world) : done,
      };
    },
  };
}

const inGroup = (world: World, id: number, path = "") =>
  world.ann.call("GET", `/v1/conversations/${id}${path}`);
const click = (page: Page, name: string) => details(page).getByRole("button", { name, exact: true }).click();
const inDialog = (page: Page, name: string) =>
  page.getByRole("dialog").getByRole("button", { name, exact: true }).last().click();

/** What users do in the details of a group. */
export const DETAILS: readonly Action[] = [
  aboutBen(["Make a member an admin", "Make admin", false], `patch ${MEMBER}`, [
    ANN,
    ["ben", "admin", false],
  ]),
  aboutBen(["Mute a member", "Mute for 1 hour", false], `patch ${MEMBER}`, [ANN, ["ben", "member", true]]),
  aboutBen(["Remove a member", "Remove from the group", true], `delete ${MEMBER}`, [ANN]),
  aboutBen(["Ban a member", "Remove and ban", true], "put /v1/conversations/{id}/bans/{user_id}", [ANN]),
  aboutBen(["Hand a group over", "Hand the group over", true], "post /v1/conversations/{id}/owner", [
    ["ann", "member", false],
    ["ben", "owner", false],
  ]),
  form(
    "Change what a group is",
    "patch /v1/conversations/{id}",
    async (page) => {
      await click(page, "Edit the group");
      await details(page).getByRole("textbox", { name: "Name of the group" }).fill("Named anew");
    },
    (page) => click(page, "Save"),
    async (world, id) => Object(await inGroup(world, id)).name,
    "Named anew",
  ),
  form(
    "Change the own name in a group",
    `patch ${MEMBER}`,
    async (page) => {
      await click(page, "Your name in this group");
      await page.getByRole("dialog").getByRole("textbox").fill("Annie");
    },
    (page) => inDialog(page, "Save"),
    async (world, id) =>
      Object(await inGroup(world, id, "/members")).items.map((one: { name_card: string }) => one.name_card),
    ["Annie", ""],
  ),
  form(
    "Make an invitation link",
    "post /v1/conversations/{id}/invitations",
    (page) => click(page, "Make a link"),
    (page) => inDialog(page, "Make a link"),
    async (world, id) => Object(await inGroup(world, id, "/invitations")).items.length,
    1,
    (page) => details(page).getByLabel("Invitation link", { exact: true }),
  ),
  form(
    "Make a hook",
    "post /v1/conversations/{id}/hooks",
    async (page) => {
      await click(page, "Make a hook");
      await page.getByLabel("Name of its messages").fill("Builds");
    },
    (page) => inDialog(page, "Make a hook"),
    async (world, id) => Object(await inGroup(world, id, "/hooks")).items.length,
    1,
    (page) => page.getByRole("dialog").getByLabel("Address", { exact: true }),
  ),
  {
    ...{ name: "Choose what a conversation notifies of", calls: ["put /v1/conversations/{id}/push-level"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const { id, hash } = await inDetails(world);
      return {
        hash,
        ready: (page) => details(page).getByLabel("Notify you of").and(page.locator(":enabled")),
        act: (page) => details(page).getByLabel("Notify you of").selectOption({ label: "Nothing" }),
        // What the server has not taken is not shown either.
        seen: (page) => details(page).locator("select:has(option[value=all]:checked)"),
        shown: (page) => details(page).first(),
        state: async () =>
          Object(await world.ann.call("GET", "/v1/push")).levels.filter(
            (one: { conversation_id: number }) => one.conversation_id === id,
          ),
        done: [expectLevel()],
      };
    },
  },
  {
    ...{ name: "Dissolve a group", calls: ["delete /v1/conversations/{id}"], before: "says", lost: "says" },
    play: async (world) => {
      const { id, hash, ready } = await inDetails(world);
      return {
        ...{ hash, ready },
        act: async (page) => {
          await click(page, "Dissolve the group");
          await confirm(page, "Dissolve the group");
        },
        shown: (page) => page.getByText("You are not in this conversation."),
        state: async () => (await world.ann.conversations()).some((one) => one.id === id),
        done: false,
      };
    },
  },
  {
    ...{ name: "Leave a group", calls: ["post /v1/conversations/{id}/leave"], before: "says", lost: "says" },
    play: async (world) => {
      const { id } = await world.ben.openGroup(world.word(), [world.ann]);
      return {
        hash: `#/c/${id}/info`,
        ready: (page) => member(page, world.ben),
        act: async (page) => {
          await click(page, "Leave the group");
          await confirm(page, "Leave the group");
        },
        shown: (page) => page.getByText("You are not in this conversation."),
        state: async () => (await world.ann.conversations()).some((one) => one.id === id),
        done: false,
      };
    },
  },
  {
    ...{ name: "Add members", calls: ["post /v1/conversations/{id}/members"], before: "says", lost: "says" },
    play: async (world) => {
      const { id, hash, ready, members } = await inDetails(world);
      const press = (page: Page) => inDialog(page, "Add people");
      return {
        ...{ hash, ready },
        open: async (page) => {
          await click(page, "Add people");
          const cem = page.getByRole("dialog").getByRole("button", { name: `@${world.cem.user.username}` });
          await cem.click();
        },
        ...{ act: press, again: press },
        state: async () => [id, (await members()).length],
        done: [id, 3],
      };
    },
  },
  made("Withdraw an invitation link", "Withdraw", "delete /v1/conversations/{id}/invitations/{code}", {
    make: (world, id) => world.ann.call("POST", `/v1/conversations/${id}/invitations`, {}),
    state: async (world, id) => Object(await inGroup(world, id, "/invitations")).items.length,
    done: 0,
  }),
  made("Delete a hook", "Delete Builds", "delete /v1/conversations/{id}/hooks/{hook}", {
    isAsked: "Delete",
    make: (world, id) => world.ann.call("POST", `/v1/conversations/${id}/hooks`, { name: "Builds" }),
    state: async (world, id) => Object(await inGroup(world, id, "/hooks")).items.length,
    done: 0,
  }),
  made(
    "Give a hook a new address",
    "New address for Builds",
    "post /v1/conversations/{id}/hooks/{hook}/rotate",
    {
      isAsked: "New address",
      make: (world, id) => world.ann.call("POST", `/v1/conversations/${id}/hooks`, { name: "Builds" }),
    },
  ),
  made("Lift a ban", "Lift the ban", "delete /v1/conversations/{id}/bans/{user_id}", {
    make: (world, id) => world.ann.call("PUT", `/v1/conversations/${id}/bans/${world.cem.user.id}`, {}),
    state: async (world, id) => Object(await inGroup(world, id, "/bans")).items.length,
    done: 0,
  }),
  made("Accept who wants to join", "Accept", "post /v1/conversations/{id}/applications/{application_id}", {
    make: async (world, id) => {
      await world.ann.call("PATCH", `/v1/conversations/${id}`, { join_policy: "approval" });
      await world.cem.call("POST", `/v1/conversations/${id}/join`, {});
    },
    state: async (world, id) => Object(await inGroup(world, id, "/members")).items.length,
    done: 3,
  }),
];

/** The level of one conversation, as the list of levels has it. */
function expectLevel(): unknown {
  return { asymmetricMatch: (one: { level?: string }) => one.level === "nothing" };
}

interface Made {
  readonly make: (world: World, id: number) => Promise<unknown>;
  /** the button of the question before it */
  readonly isAsked?: string;
  readonly state?: (world: World, id: number) => Promise<unknown>;
  readonly done?: unknown;
}

/** A button beside something that was made before. */
function made(name: string, button: string, call: string, { make, isAsked, state, done }: Made): Action {
  return {
    ...{ name, calls: [call], before: "says", lost: "says" },
    play: async (world) => {
      const { id, hash } = await inDetails(world);
      await make(world, id);
      const found = (page: Page) => details(page).getByRole("button", { name: button, exact: true });
      return {
        ...{ hash, ready: found },
        act: async (page) => {
          await found(page).click();
          if (isAsked) await confirm(page, isAsked);
        },
        ...(state && { state: () => state(world, id), done, shown: (page: Page) => details(page).first() }),
      };
    },
  };
}
