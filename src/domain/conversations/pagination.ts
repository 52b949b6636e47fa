import { z } from "zod";
import { invalid } from "../errors.ts";
import { ConversationId } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import type { ListPosition } from "./conversation-list.ts";

/** A page of a list; `nextCursor` selects the next page, null: this is the last one. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** A client's request for a page. */
export interface PageQuery {
  limit: number;
  cursor?: string | undefined;
}

/**
 * Makes a page of a list.
 * @param rows up to one more than `limit`; the additional row says that there is a next page
 * @param position the values of an item that its cursor holds: the next page begins after the item
 */
export function pageOf<T>(rows: T[], limit: number, position: (item: T) => readonly unknown[]): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? opaque(position(last)) : null };
}

/**
 * A page of those rows that are wanted. It may have fewer than `limit`, even none, and a cursor.
 * @param lookedAt how many rows a call looks at: `rows` has one more, if there is one
 */
export function pageAmong<T>(
  rows: T[],
  { lookedAt, limit }: { lookedAt: number; limit: number },
  isWanted: (item: T) => boolean,
  position: (item: T) => readonly unknown[],
): Page<T> {
  const looked = pageOf(rows, lookedAt, position);
  const items = looked.items.filter(isWanted);
  return items.length > limit ? pageOf(items, limit, position) : { ...looked, items };
}

/**
 * Parses a cursor of a list.
 * @param flaw the field that has it, and what it must be
 * @throws `validation_failed` for a cursor of another list or form
 */
export function readCursor<T>(
  schema: z.ZodType<T>,
  cursor: string,
  flaw: readonly [string, string] = ["query.cursor", "must be a next_cursor of this list"],
): T {
  const parsed = schema.safeParse(parse(cursor));
  if (!parsed.success) throw invalid(...flaw);
  return parsed.data;
}

/** The cursor of a page behind these values. `readCursor` parses it. */
export function writeCursor(position: readonly unknown[]): string {
  return opaque(position);
}

const Cursor = z.tuple([z.boolean(), z.int().nonnegative(), z.union([ConversationId, z.literal(0)])]);

/** Encodes a position in the list of conversations as an opaque cursor. */
export function encodeCursor({ pinned, updatedAt, conversationId }: ListPosition): string {
  return opaque([pinned, updatedAt, conversationId]);
}

/** Decodes a cursor of `encodeCursor`. @throws `validation_failed` for any other text */
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

/** All items of a list, page by page: some APIs have no pages, or number them. */
export async function allOf<Item>(read: (query: PageQuery) => Promise<Page<Item>>): Promise<Item[]> {
  const all: Item[] = [];
  for (let cursor: string | undefined; ; ) {
    const { items, nextCursor } = await read({ limit: LIMITS.page, cursor });
    all.push(...items);
    if (nextCursor === null) return all;
    cursor = nextCursor;
  }
}
