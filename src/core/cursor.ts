import { z } from "zod";
import type { ListPosition } from "./bump.ts";
import { invalid } from "./errors.ts";
import { ConversationId } from "./ids.ts";

const Cursor = z.tuple([z.boolean(), z.int().nonnegative(), ConversationId]);

/** A place in the list of conversations as opaque text for clients. */
export function encodeCursor({ sticky, updatedAt, conversationId }: ListPosition): string {
  return btoa(JSON.stringify([sticky, updatedAt, conversationId])).replaceAll("=", "");
}

/** @throws `validation_failed` for what `encodeCursor` did not make */
export function decodeCursor(cursor: string): ListPosition {
  const parsed = Cursor.safeParse(parse(cursor));
  if (!parsed.success) throw invalid("query.cursor", "must be a next_cursor of this list");
  const [sticky, updatedAt, conversationId] = parsed.data;
  return { sticky, updatedAt, conversationId };
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(atob(cursor));
  } catch {
    return undefined;
  }
}
