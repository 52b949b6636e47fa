import { signal } from "@preact/signals";
import type { ConversationEntry } from "parley-client";

type Entries = readonly ConversationEntry[];

/** Picks what the list shows; null: a space stands in its place. @see ../spaces/state.ts */
export const shown = signal((all: Entries): Entries | null => all);

/** A channel, and whether it has threads, as far as is known. */
interface Named {
  id: number;
  threads?: "on" | "off";
}

/**
 * Says why the user may not write in a channel, or in a thread of it; empty: they may, as far as is known.
 * @see ../spaces/state.ts
 */
export const closing = signal<(channel: Named, thread: number) => string>(() => "");
