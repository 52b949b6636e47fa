import type { Conversation } from "../../domain/conversations/conversation.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Core } from "../context.ts";
import { setPreferences } from "./conversations.ts";

/** How somebody wants to hear of what comes: as usual, without a sound, or not at all, with nothing unread. */
export type Reminder = "usual" | "silent" | "never";

/**
 * Settles how the caller hears of what comes in a conversation.
 * @throws `not_found` unless he is in it
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

/** How somebody hears of what comes in a conversation. */
export function reminderOf({
  ignoresUnread,
  silent,
}: Pick<Conversation, "ignoresUnread" | "silent">): Reminder {
  if (ignoresUnread) return "never";
  return silent ? "silent" : "usual";
}
