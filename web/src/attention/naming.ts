import { signal } from "@preact/signals";
import type { ConversationEntry } from "parley-client";

/** What a notification calls a conversation. @see ../spaces/state.ts */
export const naming = signal(({ name }: ConversationEntry): string => name);
