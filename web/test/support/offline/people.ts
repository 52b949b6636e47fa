import type { Page } from "playwright-core";
import { wants } from "../requests.ts";
import { composer, confirm } from "../talk.ts";
import type { Action, Play, World } from "./action.ts";

/** Something in the menu of a user's profile. */
function aboutUser(name: string, item: string, call: string, relation: string, isAsked = false): Action {
  return {
    ...{ name, calls: [call], before: "says", lost: "says" },
    play: async (world) => {
      const dan = await world.person("dan");
      return {
        hash: `#/user/${dan.user.id}`,
        ready: (page) => page.getByRole("main").getByText(`@${dan.user.username}`),
        act: async (page) => {
          await page.getByRole("main").getByRole("button", { name: item, exact: true }).click();
          if (isAsked) await confirm(page, item);
        },
        shown: (page) => page.getByRole("main").first(),
        state: async () => Object(await world.ann.call("GET", `/v1/users/${dan.user.id}`)).relation,
        done: relation,
      };
    },
  };
}

/** What users do about others. */
export const PEOPLE: readonly Action[] = [
  aboutUser("Add a friend", "Add as a friend", "put /v1/friends/{user_id}", "requested"),
  aboutUser("Block a user", "Block", "put /v1/blocks/{user_id}", "blocked", true),
  {
    ...{ name: "Begin a conversation with a user", calls: ["post /v1/conversations"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const dan = await world.person("dan");
      return {
        hash: `#/user/${dan.user.id}`,
        ready: (page) => page.getByRole("main").getByText(`@${dan.user.username}`),
        act: (page) => page.getByRole("button", { name: "Send a message" }).click(),
        state: async () =>
          (await world.ann.conversations()).filter((one) => one.name === dan.user.username).length,
        done: 1,
      };
    },
  },
  {
    ...{ name: "Make a group", calls: ["post /v1/conversations"], before: "says", lost: "says" },
    play: (world) => {
      const name = world.word();
      const press = (page: Page) => page.getByRole("button", { name: "Create group" }).click();
      return {
        hash: "#/new",
        ready: (page) => page.getByRole("button", { name: `@${world.ben.user.username}` }),
        act: async (page) => {
          await page.getByRole("button", { name: `@${world.ben.user.username}` }).click();
          await page.getByRole("textbox", { name: "Name of the group" }).fill(name);
          await press(page);
        },
        again: press,
        worked: composer,
        state: async () => (await world.ann.conversations()).filter((one) => one.name === name).length,
        done: 1,
      };
    },
  },
  {
    ...{ name: "Join a group by a link", calls: ["post /v1/invitations/{code}"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const { id } = await world.ben.openGroup(world.word(), []);
      const { code } = Object(await world.ben.call("POST", `/v1/conversations/${id}/invitations`, {}));
      const press = (page: Page) => page.getByRole("button", { name: "Join", exact: true }).click();
      return {
        hash: `#/join/${code}`,
        ready: (page) => page.getByRole("button", { name: "Join", exact: true }),
        ...{ act: press, again: press },
        state: async () => (await world.ann.conversations()).some((one) => one.id === id),
        done: true,
      };
    },
  },
  {
    ...{ name: "Accept a friend request", calls: ["put /v1/friends/{user_id}"] },
    ...{ before: "says", lost: "says" },
    play: (world) => asked(world, "Accept", "friends"),
  },
  {
    ...{ name: "Decline a friend request", calls: ["delete /v1/friends/{user_id}"] },
    ...{ before: "says", lost: "says" },
    play: (world) => asked(world, "Decline", "none"),
  },
  {
    ...{ name: "Unblock a user", calls: ["delete /v1/blocks/{user_id}"], before: "says", lost: "says" },
    play: async (world) => {
      const dan = await world.person("dan");
      const { id } = await world.ann.openDirect(dan);
      await world.ann.call("PUT", `/v1/blocks/${dan.user.id}`);
      return {
        hash: `#/c/${id}`,
        ready: (page) => page.getByText(`You have blocked ${dan.user.username}.`),
        act: (page) => page.locator(".conversation").getByRole("button", { name: "Unblock" }).click(),
        shown: composer,
        state: async () => Object(await world.ann.call("GET", `/v1/users/${dan.user.id}`)).relation,
        done: "none",
      };
    },
  },
  {
    ...{ name: "Accept a message request", calls: ["put /v1/requests/{conversation_id}"] },
    ...{ before: "says", lost: "says" },
    play: (world) => wanting(world, "Accept", true),
  },
  {
    ...{ name: "Ignore a message request", calls: ["put /v1/requests/{conversation_id}"] },
    ...{ before: "says", lost: "says" },
    play: (world) => wanting(world, "Ignore", false),
  },
  {
    ...{ name: "Ask to join a group by its number", calls: ["post /v1/conversations/{id}/join"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const { id } = await world.ben.openGroup(world.word(), []);
      await world.ben.call("PATCH", `/v1/conversations/${id}`, {
        discoverable: true,
        join_policy: "approval",
      });
      const press = (page: Page) => page.getByRole("button", { name: "Ask to join" });
      return {
        hash: "#/new",
        ready: (page) => page.getByLabel("Paste an invitation link"),
        open: async (page) => {
          await page.getByLabel("Paste an invitation link").fill(`${id}`);
          await page.getByRole("button", { name: "Open", exact: true }).click();
          await press(page).waitFor();
        },
        act: (page) => press(page).click(),
        shown: (page) => page.getByRole("main").first(),
        state: async () => (await ownRequests(world)).includes(id),
        done: true,
      };
    },
  },
  {
    ...{ name: "Withdraw the request to join a group" },
    ...{ calls: ["delete /v1/me/join-requests/{conversation_id}"], before: "says", lost: "says" },
    play: async (world) => {
      const { id } = await world.ben.openGroup(world.word(), []);
      await world.ben.call("PATCH", `/v1/conversations/${id}`, {
        discoverable: true,
        join_policy: "approval",
      });
      await world.ann.call("POST", `/v1/conversations/${id}/join`, {});
      const button = (page: Page) =>
        page.getByRole("button", { name: `Cancel the request to group ${id}`, exact: true });
      return {
        hash: "#/new",
        ready: button,
        act: (page) => button(page).click(),
        shown: (page) => page.getByRole("main").first(),
        state: async () => (await ownRequests(world)).includes(id),
        done: false,
      };
    },
  },
];

/** A user who wants to be a friend, on their page. */
async function asked(world: World, item: string, relation: string): Promise<Play> {
  const dan = await world.person("dan");
  await dan.call("PUT", `/v1/friends/${world.ann.user.id}`);
  return {
    hash: `#/user/${dan.user.id}`,
    ready: (page) => page.getByText("Wants to be your friend."),
    act: (page) => page.getByRole("main").getByRole("button", { name: item, exact: true }).click(),
    shown: (page) => page.getByRole("main").first(),
    state: async () => Object(await world.ann.call("GET", `/v1/users/${dan.user.id}`)).relation,
    done: relation,
  };
}

/** A user who wants to write, on the page of their request. */
async function wanting(world: World, item: string, isListed: boolean): Promise<Play> {
  const dan = await world.person("dan");
  await wants(world.ann, "nobody");
  const { id } = await dan.openDirect(world.ann);
  await dan.send(id, "Have we met?");
  await wants(world.ann, "everybody");
  return {
    hash: `#/requests/${id}`,
    ready: (page) => page.getByRole("button", { name: item, exact: true }),
    act: (page) => page.getByRole("button", { name: item, exact: true }).click(),
    shown: (page) => page.getByRole("main").first(),
    state: async () => [
      (await world.ann.conversations()).some((one) => one.id === id),
      Object(await world.ann.call("GET", "/v1/requests")).items.length,
    ],
    done: [isListed, 0],
  };
}

async function ownRequests({ ann }: World): Promise<number[]> {
  const { items } = Object(await ann.call("GET", "/v1/me/join-requests"));
  return items.map((one: { conversation_id: number }) => one.conversation_id);
}
