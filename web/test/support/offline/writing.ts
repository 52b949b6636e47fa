import type { Page } from "playwright-core";
import { PICTURE } from "../files.ts";
import { composer, focusRow, message, send, stored } from "../talk.ts";
import type { Action, World } from "./action.ts";

/** What is read here of a message. */
export interface Stored {
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
  await focusRow(stored(page, word).first());
  await page.keyboard.press("Enter");
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
  {
    ...{ name: "Send a poll", before: "waits", lost: "waits" },
    play: (world) => {
      const word = world.word();
      return {
        hash: `#/c/${world.id}`,
        ready: composer,
        act: async (page) => {
          await page.getByRole("button", { name: "Add", exact: true }).click();
          await page.getByRole("menuitem", { name: "Poll" }).click();
          await page.getByLabel("Question").fill(word);
          await page.getByLabel("Option 1", { exact: true }).fill("Eight");
          await page.getByLabel("Option 2", { exact: true }).fill("Nine");
          await page.getByRole("button", { name: "Send the poll" }).click();
        },
        seen: queued(word),
        state: async () => (await said(world, word)).length,
        done: 1,
      };
    },
  },
  {
    ...{ name: "Record a voice message", before: "waits", lost: "waits" },
    // Browsers let no page of plain http use a microphone.
    needs: "https",
    play: (world) => {
      const audio = async () =>
        (await latest(world, world.id)).filter((one) => Object(one).kind === "audio").length;
      return {
        hash: `#/c/${world.id}`,
        ready: (page) => page.getByRole("button", { name: "Hold to record" }),
        act: async (page) => {
          await page.getByRole("button", { name: "Hold to record" }).focus();
          await page.keyboard.down("Space");
          await page.locator(".voice-levels i").nth(9).waitFor();
          await page.keyboard.up("Space");
        },
        seen: (page) => page.locator(".message[data-own]:not([data-seq])").first(),
        state: audio,
        done: 1,
      };
    },
  },
  {
    ...{ name: "Schedule a message", calls: ["post /v1/conversations/{id}/messages"] },
    ...{ before: "says", lost: "says" },
    play: (world) => {
      const word = world.word();
      const press = (page: Page) => page.getByRole("button", { name: "Schedule", exact: true }).click();
      return {
        hash: `#/c/${world.id}`,
        ready: composer,
        act: async (page) => {
          await composer(page).fill(word);
          await page.getByRole("button", { name: "Add", exact: true }).click();
          await page.getByRole("menuitem", { name: "Send later" }).click();
          await press(page);
        },
        again: press,
        state: async () => (await scheduled(world, word)).length,
        done: 1,
      };
    },
  },
  atScheduled(
    "Send a scheduled message now",
    "Send now",
    "post /v1/conversations/{id}/messages",
    (world, word) => said(world, word).then(({ length }) => length),
  ),
  atScheduled(
    "Delete a scheduled message",
    "Delete",
    "delete /v1/scheduled/{id}",
    async (world, word) => 1 - (await scheduled(world, word)).length,
  ),
  {
    ...{ name: "Write a draft", before: "works" },
    play: (world) => {
      const word = world.word();
      return {
        hash: `#/c/${world.id}`,
        ready: composer,
        act: (page) => composer(page).fill(word),
        seen: (page) => page.getByRole("button", { name: "Send", exact: true }),
        // Other devices have it once the page is connected.
        state: async () => {
          const { items } = Object(await world.ann.call("GET", "/v1/conversations?limit=100"));
          return items.find((one: { id: number }) => one.id === world.id).draft?.text;
        },
        done: word,
      };
    },
  },
  {
    ...{ name: "Add a file and take it back", before: "works" },
    play: (world) => ({
      hash: `#/c/${world.id}`,
      ready: composer,
      act: async (page) => {
        const file = { name: "plan.txt", mimeType: "text/plain", buffer: Buffer.from("plan") };
        await page.locator(".composer input[type=file]").setInputFiles(file);
        await page.getByRole("button", { name: "Remove plan.txt" }).click();
      },
      seen: composer,
    }),
  },
  {
    ...{ name: "Choose an emoji", before: "works" },
    play: (world) => ({
      hash: `#/c/${world.id}`,
      ready: composer,
      act: async (page) => {
        await composer(page).fill("");
        await page.getByRole("button", { name: "Emoji", exact: true }).click();
        await page.locator(".emoji-cells button").first().click();
      },
      seen: (page) => page.getByRole("button", { name: "Send", exact: true }),
    }),
  },
  {
    ...{ name: "Change a scheduled message", calls: ["patch /v1/scheduled/{id}"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const [word, changed] = [world.word(), world.word()];
      await schedule(world, word);
      const line = (page: Page) => page.getByRole("main").getByRole("listitem").filter({ hasText: word });
      const press = (page: Page) =>
        page.getByRole("dialog").getByRole("button", { name: "Save", exact: true }).click();
      return {
        hash: "#/scheduled",
        ready: line,
        act: async (page) => {
          await line(page).getByRole("button", { name: "Edit", exact: true }).click();
          await page.getByRole("dialog").getByLabel("Message", { exact: true }).fill(changed);
          await press(page);
        },
        again: press,
        state: async () => (await scheduled(world, changed)).length,
        done: 1,
      };
    },
  },
];

/** What Ann has scheduled that says a word. */
async function scheduled({ ann }: World, word: string): Promise<{ id: number; body: unknown }[]> {
  const all: { id: number; body: unknown }[] = Object(await ann.call("GET", "/v1/scheduled")).items;
  return all.filter((one) => JSON.stringify(one.body).includes(word));
}

/** A button of a scheduled message. */
function atScheduled(
  name: string,
  label: string,
  call: string,
  count: (world: World, word: string) => Promise<number>,
): Action {
  return {
    ...{ name, calls: [call], before: "says", lost: "says" },
    play: async (world) => {
      const word = world.word();
      await world.ann.call("POST", `/v1/conversations/${world.id}/messages`, {
        ...{ kind: "text", body: { text: word }, client_msg_id: word, send_at: Date.now() + 86_400_000 },
      });
      const line = (page: Page) => page.getByRole("main").getByRole("listitem").filter({ hasText: word });
      return {
        hash: "#/scheduled",
        ready: line,
        act: (page) => line(page).getByRole("button", { name: label }).click(),
        shown: (page) => page.getByRole("main"),
        state: () => count(world, word),
        done: 1,
      };
    },
  };
}

async function schedule({ ann, id }: World, word: string): Promise<void> {
  await ann.call("POST", `/v1/conversations/${id}/messages`, {
    ...{ kind: "text", body: { text: word }, client_msg_id: word, send_at: Date.now() + 86_400_000 },
  });
}
