import type { ConversationId, Seq, UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { Core } from "../context.ts";

/**
 * Pins a message for all members. Idempotent.
 * @throws `not_found`, `forbidden` unless the caller may pin here, `muted`, `blocked`,
 *   `validation_failed` for a revoked message or a system message, `conflict` if too many are pinned
 */
export async function pinMessage(core: Core, caller: UserId, id: ConversationId, seq: Seq): Promise<void> {
  await core.conversations.pin(id, { userId: caller, seq });
}

/** Unpins a message. Idempotent. @throws as `pinMessage`, except `conflict` */
export async function unpinMessage(core: Core, caller: UserId, id: ConversationId, seq: Seq): Promise<void> {
  await core.conversations.unpin(id, { userId: caller, seq });
}

/** The pinned messages that the caller may see, the one that was pinned last first. @throws `not_found` */
export function pinnedMessages(core: Core, caller: UserId, id: ConversationId): Promise<Message[]> {
  return core.conversations.pins(id, { userId: caller });
}
