import type { Page } from "playwright-core";
import { composer, confirm, row } from "../talk.ts";
import type { Action, World } from "./action.ts";

const PREFERENCES = "put /v1/conversations/{id}/preferences";

/** A group of Ann and Ben, in which Ben has written and Ann has read it. */
export async function group(world: World) {
  const name = world.word();
  const { id } = await world.ann.openGroup(name, [world.ben]);
  const { seq } = await world.ben.send(id, `Hello in ${name}`);
  await world.ann.read(id, seq);
  return {
    ...{ id, name, seq, hash: "#/", ready: (page: Page) => row(page, name).getByText("Hello in") },
    /** the conversation as Ann has it */
    read: async () => Object(await world.ann.call("GET", `/v1/conversations/${id}`)),
  };
}

/** Chooses something in the menu of a row of the list. */
async function inRow(page: Page, name: string, item: string): Promise<void> {
  await row(page, name).click({ button: "right" });
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

/** Something in the menu of a row that changes how the list has it. */
function preference(name: string, item: string, field: string, done: unknown = true, made = {}): Action {
  return {
    ...{ name, calls: [PREFERENCES], before: "says", lost: "says" },
    play: async (world) => {
      const { id, name: called, read, hash, ready } = await group(world);
      if (Object.keys(made).length > 0)
        await world.ann.call("PUT", `/v1/conversations/${id}/preferences`, made);
      return {
        ...{
          hash,
          ready:
            field === "muted_until" && done === 0
              ? (page: Page) => row(page, called).getByLabel("muted").or(ready(page)).first()
              : ready,
        },
        act: (page) => inRow(page, called, item),
        shown: ready,
        state: async () => (await read())[field],
        done,
      };
    },
  };
}

/** What users do with conversations in their list. */
export const LIST: readonly Action[] = [
  preference("Pin a conversation to the top", "Pin to the top", "sticky"),
  preference("Unpin a conversation", "Unpin from the top", "sticky", false, { sticky: true }),
  preference("Mute a conversation", "Mute", "muted_until", -1),
  preference("Unmute a conversation", "Unmute", "muted_until", 0, { muted_until: -1 }),
  {
    ...{ name: "Move a conversation to the archive", calls: [PREFERENCES], before: "says", lost: "says" },
    play: async (world) => {
      const { name, read, hash, ready } = await group(world);
      return {
        ...{ hash, ready },
        act: (page) => inRow(page, name, "Move to the archive"),
        shown: (page) => page.locator("nav ul, nav .blank").first(),
        state: async () => (await read()).archived,
        done: true,
      };
    },
  },
  {
    ...{ name: "Mark a conversation as unread", calls: ["put /v1/conversations/{id}/read"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const { name, read, hash, ready } = await group(world);
      return {
        ...{ hash, ready },
        act: (page) => inRow(page, name, "Mark as unread"),
        shown: (page) => row(page, name).getByLabel(/unread message/),
        state: async () => (await read()).unread_count,
        done: 1,
      };
    },
  },
  {
    ...{ name: "Mark a conversation as read", calls: ["put /v1/conversations/{id}/read"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const { id, name, read, hash } = await group(world);
      await world.ben.send(id, `More in ${name}`);
      return {
        ...{ hash, ready: (page: Page) => row(page, name).getByLabel(/unread message/) },
        act: (page) => inRow(page, name, "Mark as read"),
        shown: (page) => row(page, name).filter({ hasNot: page.getByLabel(/unread message/) }),
        state: async () => (await read()).unread_count,
        done: 0,
      };
    },
  },
  {
    ...{ name: "Delete a conversation with one user", calls: ["delete /v1/conversations/{id}"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const dan = await world.person("dan");
      const { id } = await dan.openDirect(world.ann);
      await dan.send(id, "Hello");
      const name = dan.user.username;
      return {
        ...{ hash: "#/", ready: (page: Page) => row(page, name).getByText("Hello") },
        act: async (page) => {
          await inRow(page, name, "Delete the conversation");
          await confirm(page, "Delete the conversation");
        },
        shown: (page) => page.locator("nav").first(),
        state: async () => (await world.ann.conversations()).some((one) => one.id === id),
        done: false,
      };
    },
  },
  {
    ...{ name: "Read a conversation", before: "waits", lost: "waits" },
    play: async (world) => {
      const { id, name, read, hash, ready } = await group(world);
      await world.ben.send(id, `More in ${name}`);
      void ready;
      return {
        ...{ hash, ready: (page: Page) => row(page, name).getByLabel(/unread message/) },
        act: (page) => row(page, name).click(),
        seen: composer,
        state: async () => (await read()).unread_count,
        done: 0,
      };
    },
  },
];
