import { expect, test } from "vitest";
import { z } from "zod";
import { CONVERSATION_ROWS } from "./conversation.ts";
import { DEVICE_FRAMES } from "./frames/device-frames.ts";
import { ROOM_FRAMES } from "./frames/room-frames.ts";
import { INBOX_ROWS } from "./inbox.ts";
import { CONVERSATION_JOBS } from "./jobs/conversation-jobs.ts";
import { INBOX_JOBS } from "./jobs/inbox-jobs.ts";
import type { Bounds } from "./rows.ts";

const DOCUMENT = z.tuple([z.string()]).parse(
  Object.values(
    import.meta.glob("/docs/work-of-calls.md", {
      ...{ eager: true, query: "?raw", import: "default" },
    }),
  ),
)[0];

/** A table of calls, commands or jobs, as the document has it. */
function tableOf(rows: Record<string, Bounds>): string {
  const number = (value: number) => value.toLocaleString("en");
  const line = ([name, { worst, read, written, bytes, by, grows = "–" }]: [string, Bounds]) =>
    `| \`${name}\` | ${worst} | ${number(read)} | ${number(written)} | ${number(bytes)} | ${by} | ${grows} |`;
  return Object.entries(rows).map(line).join("\n");
}

test.each([
  ["the calls of conversations", CONVERSATION_ROWS],
  ["the calls of inboxes", INBOX_ROWS],
  ["the commands of room sockets", ROOM_FRAMES],
  ["the commands of device sockets", DEVICE_FRAMES],
  ["the jobs of conversations", CONVERSATION_JOBS],
  ["the jobs of inboxes", INBOX_JOBS],
] as [string, Record<string, Bounds>][])("the document has %s", (_, rows) => {
  const table = tableOf(rows);
  expect(DOCUMENT.includes(table), `docs/work-of-calls.md lacks:\n${table}`).toBe(true);
});
