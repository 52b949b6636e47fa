import { z } from "zod";
import type { WalkedList } from "../../../domain/conversations/conversation-list.ts";
import { invalid } from "../../../domain/errors.ts";
import { ConversationId } from "../../../domain/ids.ts";
import { fnv1a } from "../../../lib/fnv1a.ts";
import type { Progress } from "./progress.ts";

/** More open conversations than any cursor names. */
const MAX_OPEN = 100;

const Time = z.int().nonnegative();
const Place = z
  .tuple([Time, ConversationId, z.int().nonnegative()])
  .transform(([at, conversationId, seq]) => ({ at, conversationId, seq }));
const Walked = z.union([
  z.tuple([Time, ConversationId, Time]).transform(([updatedAt, conversationId, asOf]): WalkedList => {
    return { by: "activity", oldest: { updatedAt, conversationId }, asOf };
  }),
  z.tuple([Time]).transform(([upTo]): WalkedList => ({ by: "id", upTo })),
]);
const Open = z
  .tuple([ConversationId, z.int().positive(), Time])
  .transform(([conversationId, before, at]) => ({ conversationId, before, at }));

/** A progress as rows of numbers. */
const Rows = z
  .tuple([z.array(Place).max(1), z.array(Walked).max(1), z.array(Place).max(1), z.array(Open).max(MAX_OPEN)])
  .transform(([[before = null], [asked = null], [dropped = null], open]): Progress => {
    return { before, asked, open, dropped };
  });

/**
 * Writes a progress as an opaque cursor: some 20 characters for each open conversation.
 * @param owner what the cursor belongs to: its caller, and what they asked for
 */
export function writeCursor({ before, asked, open, dropped }: Progress, owner: string): string {
  const placeOf = (place: Progress["before"]) => (place ? [[place.at, place.conversationId, place.seq]] : []);
  const rows = [
    placeOf(before),
    asked ? [walkedRow(asked)] : [],
    placeOf(dropped),
    open.map(({ conversationId, before: seq, at }) => [conversationId, seq, at]),
  ];
  const text = rows.map((row) => row.map((numbers) => numbers.map(inBase36).join(".")).join("_")).join("-");
  return `${checkOf(text, owner)}-${text}`;
}

/**
 * Reads a cursor of `writeCursor`. It gives nothing that its owner could not ask for anyway, so it is checked
 * against mistakes, and not signed.
 * @param field the name of the parameter, for the error
 * @throws `validation_failed` for any other text, and for a cursor of another owner
 */
export function readCursor(cursor: string, owner: string, field: string): Progress {
  const [check, ...parts] = cursor.split("-");
  const rows = parts.map((row) =>
    row === ""
      ? []
      : row.split("_").map((numbers) => numbers.split(".").map((digits) => parseInt(digits, 36))),
  );
  const parsed = check === checkOf(parts.join("-"), owner) ? Rows.safeParse(rows) : undefined;
  if (!parsed?.success) throw invalid(field, "must come from a page before, of the same request");
  return parsed.data;
}

function walkedRow(asked: WalkedList): number[] {
  if (asked.by === "id") return [asked.upTo];
  return [asked.oldest.updatedAt, asked.oldest.conversationId, asked.asOf];
}

function inBase36(number: number): string {
  return number.toString(36);
}

/** A hash of a cursor's text and its owner. */
function checkOf(text: string, owner: string): string {
  return inBase36(fnv1a(`${owner} ${text}`));
}
