import { type Signal, signal } from "@preact/signals";
import type { Message } from "parley-client";

/** What the field of a conversation is for: a message, an answer that quotes one, or an edit of one. */
export type Composition =
  | { readonly mode: "write" }
  | { readonly mode: "reply"; readonly message: Message }
  | { readonly mode: "edit"; readonly message: Message };

/** The field is for a message of its own. */
export const WRITE: Composition = { mode: "write" };

const compositions = new Map<string, Signal<Composition>>();

/**
 * What the field of a conversation is for. The actions of a message set it, and the composer follows.
 * @param thread the root of the thread whose field it is; absent: that of the conversation
 */
export function composition(id: number, thread = 0): Signal<Composition> {
  const key = `${id} ${thread}`;
  const known = compositions.get(key) ?? signal(WRITE);
  compositions.set(key, known);
  return known;
}
