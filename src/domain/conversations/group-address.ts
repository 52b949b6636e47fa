import type { ConversationId } from "../ids.ts";

/** The address of a group: its number, or its handle. */
export type GroupAddress = { id: ConversationId } | { handle: string };
