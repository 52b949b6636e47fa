import { signal } from "@preact/signals";
import type { ConversationEntry } from "parley-client";

type Entries = readonly ConversationEntry[];

/** Picks what the list shows; null: a space stands in its place. @see ../spaces/state.ts */
export const shown = signal((all: Entries): Entries | null => all);
