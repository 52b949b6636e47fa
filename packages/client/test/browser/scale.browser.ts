import { writeSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Person } from "../../../../scripts/support/person.ts";
import { Chat } from "../../src/index.ts";
import { Browser } from "../support/browser.ts";
import { text } from "../support/chats.ts";
import { TestServer } from "../support/server.ts";

const CONVERSATIONS = 1_000;
/** Conversations with a history, each of which gets a window. */
const WINDOWS = 100;
/** Messages in each of them: four pages. */
const MESSAGES = 200;
/** Of the heap, for each byte of JSON of the messages. */
const MAX_WEIGHT = 2;
/** From the start of a client without a cache to the list of 1,000 conversations, in ms. */
const MAX_START = 2_000;

let server: TestServer;
let browser: Browser;
let ann: Person;
let ids: number[];

beforeAll(async () => {
  [server, browser] = await Promise.all([
    TestServer.start(),
    Browser.start(join(import.meta.dirname, "page.ts")),
  ]);
  ann = await server.person("ann");
  const bob = await server.person("bob");
  ids = [];
  for (let i = 0; i < CONVERSATIONS; i += 10) {
    const opened = Array.from({ length: 10 }, (_, j) => bob.openGroup(`Group ${i + j}`, [ann]));
    ids.push(...(await Promise.all(opened)).map(({ id }) => id));
  }
  const chats = [ann, bob].map(({ token }) => new Chat({ url: server.origin, token }));
  for (const chat of chats) await chat.start();
  for (const id of ids.slice(0, WINDOWS))
    for (let i = 0; i < MESSAGES; i++)
      chats[i % 2]?.send(id, text(`${i}:${" Lunch at the river?".repeat(1 + (i % 7))}`));
  for (const chat of chats) {
    await chat.flush();
    await chat.stop();
  }
});
afterAll(() => Promise.all([browser[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]));

/** Starts a client without a cache in a page. @returns the time until the whole list is there, in ms */
function start(tab: Page): Promise<number> {
  return tab.evaluate(
    async ([url, token, count]) => {
      const begun = performance.now();
      const chat = new window.parley.core.Chat({ url, token });
      window.parley.chat = chat;
      await new Promise<void>((resolve) => {
        chat.subscribe(
          ({ conversations }) => conversations.length === count,
          () => resolve(),
        );
        void chat.start();
      });
      return Math.round(performance.now() - begun);
    },
    [server.origin, ann.token, CONVERSATIONS] as const,
  );
}

/** Opens windows, and loads all messages into them. @returns the bytes of the messages as JSON */
function open(tab: Page, ids: number[]): Promise<number> {
  return tab.evaluate(
    async ([ids, count]) => {
      const { chat } = window.parley;
      window.parley.windows = ids.map((id) => chat.open(id));
      for (const one of window.parley.windows)
        await new Promise<void>((resolve) => {
          const load = () => {
            const { messages, isLoading, hasOlder } = one.view;
            if (!isLoading && hasOlder) void one.older();
            if (messages.length < count) return;
            end();
            resolve();
          };
          const end = chat.subscribe(() => one.view, load);
          load();
        });
      const shown = window.parley.windows.map(({ view }) => JSON.stringify(view.messages));
      return shown.reduce((sum, json) => sum + new Blob([json]).size, 0);
    },
    [ids, MESSAGES] as const,
  );
}

/** The bytes of a page's heap, without what nothing refers to. */
async function heap(tab: Page): Promise<number> {
  const session = await tab.context().newCDPSession(tab);
  // What a finalizer lets go of, the next collection takes.
  for (let i = 0; i < 3; i++) await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize;
}

test("a list of 1,000 conversations without a cache, and the memory of 100 windows with 200 messages each", async () => {
  const tab = await browser.tab(await browser.profile());
  const empty = await heap(tab);
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    await tab.reload();
    times.push(await start(tab));
  }
  const listed = await heap(tab);
  const json = await open(tab, ids.slice(0, WINDOWS));
  const opened = await heap(tab);
  const [kib, list, all, sent] = [empty, listed, opened, json].map((bytes) => Math.round(bytes / 1024));
  // The console of a passed test is silent.
  writeSync(
    1,
    `from the start to a list of ${CONVERSATIONS} conversations over HTTP: ${times.join(", ")} ms\n`,
  );
  writeSync(
    1,
    `heap: ${kib} KiB, ${list} KiB with the list, ${all} KiB with ${WINDOWS} windows, whose messages are ${sent} KiB of JSON\n`,
  );
  expect((opened - listed) / json).toBeLessThan(MAX_WEIGHT);
  expect(Math.min(...times)).toBeLessThan(MAX_START);
});
