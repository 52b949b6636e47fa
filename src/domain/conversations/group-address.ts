import type { ConversationId, SpaceId } from "../ids.ts";

/**
 * The address of a group: its number, or its handle. A channel has its number; `spaceId` is the space that
 * the address names, too.
 */
export type GroupAddress = { id: ConversationId; spaceId?: SpaceId | undefined } | { handle: string };
