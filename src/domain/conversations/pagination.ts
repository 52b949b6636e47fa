import { z } from "zod";
import { invalid } from "../errors.ts";
import { ConversationId } from "../ids.ts";
import type { ListPosition } from "./conversation-list.ts";

/** A part of a list; `nextCursor` asks for the next one, null: there is none. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** What a client asks of a list. */
export interface PageQuery {
  limit: number;
  cursor?: string | undefined;
}

/**
 * A page of a list.
 * @param rows up to one more than `limit`: then there is a next page
 * @param position where the next page begins: behind this item
 */
export function pageOf<T>(rows: T[], limit: number, position: (item: T) => readonly unknown[]): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? opaque(position(last)) : null };
}

/** The place which a cursor of a list tells. @throws `validation_failed` for what is none of this list's */
export function readCursor<T>(schema: z.ZodType<T>, cursor: string): T {
  const parsed = schema.safeParse(parse(cursor));
  if (!parsed.success) throw invalid("query.cursor", "must be a next_cursor of this list");
  return parsed.data;
}

const Cursor = z.tuple([z.boolean(), z.int().nonnegative(), ConversationId]);

/** A place in the list of conversations as opaque text for clients. */
export function encodeCursor({ pinned, updatedAt, conversationId }: ListPosition): string {
  return opaque([pinned, updatedAt, conversationId]);
}

/** @throws `validation_failed` for what `encodeCursor` did not make */
export function decodeCursor(cursor: string): ListPosition {
  const [pinned, updatedAt, conversationId] = readCursor(Cursor, cursor);
  return { pinned, updatedAt, conversationId };
}

function opaque(position: readonly unknown[]): string {
  return btoa(JSON.stringify(position)).replaceAll("=", "");
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(atob(cursor));
  } catch {
    return undefined;
  }
}
