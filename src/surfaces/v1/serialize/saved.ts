import type { z } from "@hono/zod-openapi";
import type { MentionList } from "../../../core/mentions/mentions.ts";
import type { SavedMessage } from "../../../core/saved/saved-messages.ts";
import type { MentionPage, SavedMessage as SavedShape } from "../schemas/saved.ts";
import { serializeMessage } from "./messages/messages.ts";

/** A saved message as v1 shows it. */
export function serializeSaved(saved: SavedMessage): z.infer<typeof SavedShape> {
  const { conversationId, seq, note, remindAt, isDue, savedAt, message } = saved;
  return {
    ...{ conversation_id: conversationId, seq, note, remind_at: remindAt, due: isDue, saved_at: savedAt },
    message: message && serializeMessage(message),
    unreachable: message === null,
  };
}

/** A page of mentions as v1 shows it. */
export function serializeMentions({
  items,
  nextCursor,
  unreachable,
}: MentionList): z.infer<typeof MentionPage> {
  return {
    items: items.map(({ message, isUnread }) => ({
      conversation_id: message.conversationId,
      unread: isUnread,
      message: serializeMessage(message),
    })),
    next_cursor: nextCursor,
    unreachable,
  };
}
