import type { Core } from "../../../../core/context.ts";
import { setPreferences } from "../../../../core/conversations/conversations.ts";
import type { Conversation } from "../../../../domain/conversations/conversation.ts";
import type { ConversationId, UserId } from "../../../../domain/ids.ts";

/** How a user is alerted of messages: as usual, without a sound, or never, with nothing counted as unread. */
export type Reminder = "usual" | "silent" | "never";

/**
 * Sets the caller's reminder for a conversation.
 * @throws `not_found` unless the caller is a member
 */
export async function setReminder(
  core: Core,
  caller: UserId,
  id: ConversationId,
  reminder: Reminder,
): Promise<Conversation> {
  await core.conversations.setIgnoreUnread(id, { userId: caller, ignoresUnread: reminder === "never" });
  return setPreferences(core, caller, id, { silent: reminder !== "usual" });
}

/** The reminder of a conversation, from its preferences. */
export function reminderOf({
  ignoresUnread,
  silent,
}: Pick<Conversation, "ignoresUnread" | "silent">): Reminder {
  if (ignoresUnread) return "never";
  return silent ? "silent" : "usual";
}
