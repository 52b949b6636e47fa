import { expect, test } from "vitest";
import { z } from "zod";
import { CONVERSATION_ROWS } from "./conversation.ts";
import { INBOX_ROWS } from "./inbox.ts";
import type { Bounds } from "./rows.ts";

const DOCUMENT = z.tuple([z.string()]).parse(
  Object.values(
    import.meta.glob("/docs/design/059-work-of-a-call.md", {
      ...{ eager: true, query: "?raw", import: "default" },
    }),
  ),
)[0];

/** A table of calls, as the document has it. */
function tableOf(rows: Record<string, Bounds>): string {
  const number = (value: number) => value.toLocaleString("en");
  const line = ([name, { worst, read, written, bytes, by, grows = "–" }]: [string, Bounds]) =>
    `| \`${name}\` | ${worst} | ${number(read)} | ${number(written)} | ${number(bytes)} | ${by} | ${grows} |`;
  return Object.entries(rows).map(line).join("\n");
}

test.each([
  ["conversations", CONVERSATION_ROWS],
  ["inboxes", INBOX_ROWS],
] as [string, Record<string, Bounds>][])("the document has the table of %s", (_, rows) => {
  const table = tableOf(rows);
  expect(DOCUMENT.includes(table), `docs/design/059-work-of-a-call.md lacks:\n${table}`).toBe(true);
});
