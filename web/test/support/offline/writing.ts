import type { Page } from "playwright-core";
import { PICTURE } from "../files.ts";
import { composer, message, send, stored } from "../talk.ts";
import type { Action, World } from "./action.ts";

/** What is read here of a message. */
interface Stored {
  readonly seq: number;
  readonly body: { readonly text?: string };
  readonly mentions?: unknown;
  readonly quote?: { readonly seq: number };
}

/** The newest messages of a conversation, as the server has them for Ann. */
export async function latest({ ann }: World, id: number): Promise<Stored[]> {
  return Object(await ann.call("GET", `/v1/conversations/${id}/messages?limit=100`)).items;
}

/** The bodies of the messages of the group that have a word. */
async function said(world: World, word: string): Promise<unknown[]> {
  const all = (await latest(world, world.id)).map(({ body }) => body);
  return all.filter((body) => JSON.stringify(body).includes(word));
}

/** A message of a user in the group, which says a word. */
export async function talk(world: World, by: "ann" | "ben" = "ben") {
  const word = world.word();
  const { seq } = await world[by].send(world.id, word);
  return {
    ...{ word, seq, hash: `#/c/${world.id}`, ready: (page: Page) => stored(page, word) },
    path: `/v1/conversations/${world.id}/messages/${seq}`,
    /** the message as the server has it */
    read: async () => Object((await latest(world, world.id)).find((one) => one.seq === seq)),
  };
}

/** Chooses something in the menu of a message, by keys. */
export async function choose(page: Page, word: string, name: string): Promise<void> {
  await stored(page, word).first().press("Enter");
  // Behind the name stands its key.
  await page.getByRole("menuitem", { name }).first().click();
}

const queued = (word: string) => (page: Page) => message(page, word).getByText("Waiting to be sent");

/** What users write. */
export const WRITING: readonly Action[] = [
  {
    name: "Send a text",
    before: "waits",
    lost: "waits",
    play: (world) => {
      const word = world.word();
      return {
        hash: `#/c/${world.id}`,
        ready: composer,
        act: (page) => send(page, word),
        seen: queued(word),
        state: () => said(world, word),
        done: [{ text: word }],
      };
    },
  },
  {
    name: "Send a text that mentions somebody",
    before: "waits",
    lost: "waits",
    play: (world) => {
      const text = `${world.word()} @${world.ben.user.username}`;
      return {
        hash: `#/c/${world.id}`,
        ready: composer,
        act: (page) => send(page, `${text} `),
        seen: queued(text),
        state: async () =>
          (await latest(world, world.id))
            .filter(({ body }) => body.text === text)
            .map(({ mentions }) => mentions),
        done: [[world.ben.user.id]],
      };
    },
  },
  {
    name: "Send a file",
    before: "waits",
    lost: "waits",
    play: (world) => {
      const word = world.word();
      return {
        hash: `#/c/${world.id}`,
        ready: composer,
        act: async (page) => {
          const file = { name: "p.png", mimeType: "image/png", buffer: PICTURE };
          await page.locator(".composer input[type=file]").setInputFiles(file);
          const caption = page.getByRole("textbox", { name: "Caption", exact: true });
          await caption.fill(word);
          await caption.press("Enter");
        },
        seen: (page) => message(page, word),
        state: async () => (await said(world, word)).length,
        done: 1,
      };
    },
  },
  {
    name: "Answer a message",
    before: "waits",
    lost: "waits",
    play: async (world) => {
      const [{ hash, ready, word, seq }, text] = [await talk(world), world.word()];
      return {
        ...{ hash, ready },
        act: async (page) => {
          await choose(page, word, "Reply");
          await page.getByText("Answer to").waitFor();
          await send(page, text);
        },
        seen: queued(text),
        state: async () =>
          (await latest(world, world.id))
            .filter(({ body }) => body.text === text)
            .map(({ quote }) => quote?.seq),
        done: [seq],
      };
    },
  },
];
