import type { Page } from "playwright-core";
import type { Person } from "../../../../scripts/support/person.ts";
import { confirm } from "../talk.ts";
import type { Action, World } from "./action.ts";
import { inDialog, space } from "./spaces.ts";

const ROLES = "/v1/spaces/{id}/roles";
const MEMBER_ROLE = "/v1/spaces/{id}/members/{user_id}/roles/{role_id}";
const BANS = "/v1/spaces/{id}/bans/{user_id}";
const OVERRIDES = "/v1/conversations/{id}/overrides";
const ACCESS = "Change who sees and writes this";

type Play = Action["play"];

/** A space of Ann's with two roles, the first of which is above. */
async function withRoles(world: World) {
  const there = await space(world, world.ann);
  const path = `/v1/spaces/${there.id}`;
  const add = async (name: string) =>
    Number(Object(await world.ann.call("POST", `${path}/roles`, { name })).id);
  const [name, other] = [world.word(), world.word()];
  const [role, lower] = [await add(name), await add(other)];
  const roles = async () => Object(await world.ann.call("GET", `${path}/roles`)).items;
  const chooseFor = async (page: Page, whom: string, item: string) => {
    await page.getByRole("button", { name: `Actions for ${whom}` }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };
  return { there, path, role, lower, name, other, roles, chooseFor };
}

/** Whether Ben has a role. */
function having(isGiven: boolean): Play {
  return async (world) => {
    const { there, path, role, name, chooseFor } = await withRoles(world);
    const { ann, ben } = world;
    const own = `${path}/members/${ben.user.id}/roles/${role}`;
    if (!isGiven) await ann.call("PUT", own);
    const { choose, open, ...rest } = there;
    const box = (page: Page) => page.getByRole("checkbox", { name });
    return {
      ...rest,
      open: async (page) => {
        await open(page);
        await choose(page, "Members");
        await chooseFor(page, ben.user.username, "Roles");
        await box(page).waitFor();
      },
      act: (page) => box(page).click(),
      state: async () => (await membership(ann, path, ben)).role_ids,
      done: isGiven ? [role] : [],
    };
  };
}

async function membership(ann: Person, path: string, { user }: Person) {
  const { items } = Object(await ann.call("GET", `${path}/members`));
  return items.find((one: { user: { id: number } }) => one.user.id === user.id);
}

/** What users do with roles of a space, and with what they decide. */
export const SPACE_ROLES: readonly Action[] = [
  {
    ...{ name: "Add a role to a space", calls: [`post ${ROLES}`], before: "says", lost: "says" },
    play: async (world) => {
      const { there, roles } = await withRoles(world);
      const { choose, open, ...rest } = there;
      const name = world.word();
      return {
        ...rest,
        open: async (page) => {
          await open(page);
          await choose(page, "Roles");
          await page.getByRole("button", { name: "Add a role" }).click();
          await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill(name);
        },
        act: (page) => inDialog(page, "Add the role"),
        worked: (page) => page.getByRole("button", { name: new RegExp(`^${name}`) }),
        state: async () => (await roles()).filter((one: { name: string }) => one.name === name).length,
        done: 1,
      };
    },
  },
  {
    ...{ name: "Change a role", calls: [`patch ${ROLES}/{role_id}`], before: "says", lost: "says" },
    play: async (world) => {
      const { there, name: former, role, roles } = await withRoles(world);
      const { choose, open, ...rest } = there;
      const name = world.word();
      return {
        ...rest,
        open: async (page) => {
          await open(page);
          await choose(page, "Roles");
          await page.getByRole("button", { name: new RegExp(`^${former}`) }).click();
          await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill(name);
        },
        act: (page) => inDialog(page, "Save"),
        worked: (page) => page.getByRole("button", { name: new RegExp(`^${name}`) }),
        state: async () => (await roles()).find((one: { id: number }) => one.id === role).name,
        done: name,
      };
    },
  },
  {
    ...{ name: "Put the roles into an order", calls: [`put ${ROLES}/order`], before: "says", lost: "says" },
    play: async (world) => {
      const { there, role, lower, other, roles, chooseFor } = await withRoles(world);
      const { choose, open, ...rest } = there;
      return {
        ...rest,
        open: async (page) => {
          await open(page);
          await choose(page, "Roles");
          await page.locator(".role-row").first().waitFor();
        },
        act: (page) => chooseFor(page, other, "Move up"),
        shown: (page) => page.locator(`.roles > li:first-child[data-role="${lower}"]`),
        state: async () => (await roles()).map((one: { id: number }) => one.id),
        done: [lower, role, 0],
      };
    },
  },
  {
    ...{ name: "Delete a role", calls: [`delete ${ROLES}/{role_id}`], before: "says", lost: "says" },
    play: async (world) => {
      const { there, role, lower, name, roles, chooseFor } = await withRoles(world);
      const { choose, open, ...rest } = there;
      return {
        ...rest,
        open: async (page) => {
          await open(page);
          await choose(page, "Roles");
          await page.locator(".role-row").first().waitFor();
        },
        act: async (page) => {
          await chooseFor(page, name, "Delete the role");
          await confirm(page, "Delete the role");
        },
        shown: (page) => page.locator(`.roles:not(:has([data-role="${role}"]))`),
        state: async () => (await roles()).map((one: { id: number }) => one.id),
        done: [lower, 0],
      };
    },
  },
  {
    ...{ name: "Give a member a role", calls: [`put ${MEMBER_ROLE}`], before: "says", lost: "says" },
    play: having(true),
  },
  {
    ...{ name: "Take a role from a member", calls: [`delete ${MEMBER_ROLE}`], before: "says", lost: "says" },
    play: having(false),
  },
  {
    ...{ name: "Mute a member of a space", calls: ["patch /v1/spaces/{id}/members/{user_id}"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const { there, path, chooseFor } = await withRoles(world);
      const { choose, open, ...rest } = there;
      const { ann, ben } = world;
      return {
        ...rest,
        open: async (page) => {
          await open(page);
          await choose(page, "Members");
          await page.getByRole("button", { name: `Actions for ${ben.user.username}` }).waitFor();
        },
        act: (page) => chooseFor(page, ben.user.username, "Mute for 1 hour"),
        shown: (page) => page.locator(".member-state").getByText("muted"),
        state: async () => (await membership(ann, path, ben)).muted_until !== null,
        done: true,
      };
    },
  },
  {
    ...{ name: "Ban a member from a space", calls: [`put ${BANS}`], before: "says", lost: "says" },
    play: async (world) => {
      const { there, path, chooseFor } = await withRoles(world);
      const { choose, open, ...rest } = there;
      const { ann, ben } = world;
      return {
        ...rest,
        open: async (page) => {
          await open(page);
          await choose(page, "Members");
          await page.getByRole("button", { name: `Actions for ${ben.user.username}` }).waitFor();
        },
        act: async (page) => {
          await chooseFor(page, ben.user.username, "Remove and ban");
          await confirm(page, "Remove and ban");
        },
        shown: (page) => page.locator(".members-of").filter({ hasNotText: ben.user.username }),
        state: async () => Object(await ann.call("GET", `${path}/bans`)).items.length,
        done: 1,
      };
    },
  },
  {
    ...{ name: "Lift a ban from a space", calls: [`delete ${BANS}`], before: "says", lost: "says" },
    play: async (world) => {
      const { there, path } = await withRoles(world);
      const { choose, open, ...rest } = there;
      const { ann, ben } = world;
      await ann.call("PUT", `${path}/bans/${ben.user.id}`);
      return {
        ...rest,
        open: async (page) => {
          await open(page);
          await choose(page, "Banned");
          await page.getByRole("button", { name: "Lift the ban" }).waitFor();
        },
        act: (page) => page.getByRole("button", { name: "Lift the ban" }).click(),
        worked: (page) => page.getByText("Nobody is banned from this space."),
        state: async () => Object(await ann.call("GET", `${path}/bans`)).items.length,
        done: 0,
      };
    },
  },
  {
    ...{ name: "Hand a space over", calls: ["post /v1/spaces/{id}/owner"], before: "says", lost: "says" },
    play: async (world) => {
      const { there, path, chooseFor } = await withRoles(world);
      const { choose, open, ...rest } = there;
      const { ann, ben } = world;
      return {
        ...rest,
        open: async (page) => {
          await open(page);
          await choose(page, "Members");
          await page.getByRole("button", { name: `Actions for ${ben.user.username}` }).waitFor();
        },
        act: async (page) => {
          await chooseFor(page, ben.user.username, "Make the owner");
          await confirm(page, "Make the owner");
        },
        shown: (page) =>
          page.locator(".person-row", { hasText: ben.user.username }).getByText("Owner", { exact: true }),
        state: async () => Object(await ann.call("GET", path)).owner_id === ben.user.id,
        done: true,
      };
    },
  },
  {
    ...{ name: "Join a space of the directory", calls: ["post /v1/spaces/{id}/join"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const { ann, ben } = world;
      // The directory has the spaces of all worlds.
      const name = `${world.word()} ${ben.user.username}`;
      const { id } = Object(await ben.call("POST", "/v1/spaces", { name, discoverable: true }));
      return {
        hash: "#/new",
        ready: (page) => page.getByRole("button", { name: "Find a space" }),
        open: async (page) => {
          await page.getByRole("button", { name: "Find a space" }).click();
          await page.getByRole("button", { name: `Join ${name}` }).waitFor();
        },
        act: (page) => page.getByRole("button", { name: `Join ${name}` }).click(),
        worked: (page) => page.getByRole("heading", { name: "# general" }),
        state: async () =>
          Object(await ann.call("GET", "/v1/spaces")).items.some((one: { id: number }) => one.id === id),
        done: true,
      };
    },
  },
  {
    ...{ name: "Withdraw an invitation to a space", calls: ["delete /v1/spaces/{id}/invitations/{code}"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const { there, path } = await withRoles(world);
      const { choose, open, ...rest } = there;
      const { ann } = world;
      return {
        ...rest,
        open: async (page) => {
          await open(page);
          await choose(page, "Invitation links");
          await page.getByRole("button", { name: "Withdraw" }).waitFor();
        },
        act: (page) => page.getByRole("button", { name: "Withdraw" }).click(),
        worked: (page) => page.getByText("There is no open invitation."),
        state: async () => Object(await ann.call("GET", `${path}/invitations`)).items.length,
        done: 0,
      };
    },
  },
  {
    name: "Change who reads and writes in a channel",
    calls: [
      ...[`put ${OVERRIDES}/roles/{role_id}`, `delete ${OVERRIDES}/roles/{role_id}`],
      `put ${OVERRIDES}/users/{user_id}`,
    ],
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const { channels } = await space(world, world.ann);
      const [{ id }] = await channels();
      return {
        hash: `#/c/${id}/info`,
        ready: (page) => page.getByRole("button", { name: ACCESS }),
        open: async (page) => {
          await page.getByRole("button", { name: ACCESS }).click();
          await page.getByRole("radio", { name: "Only some roles" }).last().check();
        },
        act: (page) => inDialog(page, "Save"),
        state: async () => (await channels())[0].channel_kind,
        done: "announcement",
      };
    },
  },
];
