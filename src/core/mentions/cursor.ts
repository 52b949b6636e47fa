import { z } from "zod";
import { invalid } from "../../domain/errors.ts";
import { ConversationId, Position, type UserId } from "../../domain/ids.ts";
import { readCursor, writeCursor } from "../messages/across/cursor.ts";
import type { Progress } from "../messages/across/progress.ts";

/**
 * The conversations that had unread mentions as the list was first asked, and the positions after which
 * messages there were unread. They share all mentions out into two parts, whatever is read meanwhile.
 */
type UnreadAfter = ReadonlyMap<ConversationId, Position>;

/** How far a list of mentions has come. */
export interface MentionProgress {
  /** the part of the mentions that were unread; the other ones follow */
  isUnreadPart: boolean;
  unreadAfter: UnreadAfter;
  /** within the part */
  progress: Progress;
}

/** More conversations than any cursor names. */
const MAX_NAMED = 100;

const Rows = z.array(z.tuple([ConversationId, Position])).max(MAX_NAMED);

/** Writes a progress as an opaque cursor: at most some 30 characters for each conversation that it names. */
export function writeMentionCursor(caller: UserId, state: MentionProgress): string {
  const rows = [...state.unreadAfter].map((row) => row.map((number) => number.toString(36)).join("."));
  const parts = `${state.isUnreadPart ? "u" : "r"}${rows.join("_")}`;
  return `${parts}~${writeCursor(state.progress, ownerOf(caller, parts))}`;
}

/** Reads a cursor of `writeMentionCursor`. @throws `validation_failed` for any other text */
export function readMentionCursor(caller: UserId, cursor: string): MentionProgress {
  const [parts = "", rest = ""] = cursor.split("~");
  const progress = readCursor(rest, ownerOf(caller, parts), "query.cursor");
  const rows = parts.slice(1) === "" ? [] : parts.slice(1).split("_").map(readRow);
  const parsed = Rows.safeParse(rows);
  if (!parsed.success) throw invalid("query.cursor", "must be a next_cursor of this list");
  return { isUnreadPart: parts.startsWith("u"), unreadAfter: new Map(parsed.data), progress };
}

function readRow(row: string): number[] {
  return row.split(".").map((digits) => parseInt(digits, 36));
}

/** What a cursor belongs to: its check covers the caller and the parts. */
function ownerOf(caller: UserId, parts: string): string {
  return JSON.stringify([caller, "mentions", parts]);
}
