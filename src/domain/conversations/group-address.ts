import type { ConversationId } from "../ids.ts";

/** What calls a group: its number, or the id which it was given. */
export type GroupAddress = { id: ConversationId } | { handle: string };
