import { signal } from "@preact/signals";
import type { ConversationEntry } from "parley-client";

/** Whether no notification tells of a conversation, as its space is muted. @see ../spaces/state.ts */
export const silencing = signal((_: ConversationEntry): boolean => false);

/** What a notification calls a conversation. @see ../spaces/state.ts */
export const naming = signal(({ name }: ConversationEntry): string => name);
