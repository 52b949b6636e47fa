import type { Core } from "../../../core/context.ts";
import { sendMessage } from "../../../core/messages/messages.ts";
import { pageFromNewest } from "../../../core/messages/pages.ts";
import { type ConversationId, Position, type UserId } from "../../../domain/ids.ts";
import type { AnyDraft, Message } from "../../../domain/messages/message.ts";
import { errorFields, log } from "../../../lib/logger.ts";
import { findOnlineMembers } from "../../../storage/contacts/presence.ts";

/**
 * The delivery of a message: `pushed`, a member besides its sender is online or has read it; `read`, one has
 * read it.
 */
export interface DeliveryStatus {
  pushed: boolean;
  read: boolean;
}

/** A message with its current delivery status, which is computed and not stored. */
export interface MessageWithDelivery {
  message: Message;
  delivery: DeliveryStatus;
}

/** Sends a message. Its delivery status is unread, as it is new. @throws as `sendMessage` */
export async function sendWithDelivery(
  core: Core,
  caller: UserId,
  id: ConversationId,
  draft: AnyDraft,
): Promise<MessageWithDelivery> {
  const { message } = await sendMessage(core, caller, id, draft);
  const online = await onlineMembers(core, caller, id);
  return { message, delivery: { read: false, pushed: online.some((userId) => userId !== caller) } };
}

/**
 * A page counted from the newest message. A page with the newest message marks it as read.
 * @see pageFromNewest
 * @throws `not_found` unless the caller is a member
 */
export async function pageWithDelivery(
  core: Core,
  caller: UserId,
  id: ConversationId,
  page: { skip: number; limit: number },
): Promise<MessageWithDelivery[]> {
  const { items } = await pageFromNewest(core, caller, id, page);
  const [newest] = items;
  if (newest && page.skip === 0)
    await core.conversations.read(id, { userId: caller, seq: Position.parse(newest.seq) });
  const [receipts, online] = await Promise.all([
    core.conversations.receipts(id, { userId: caller }),
    onlineMembers(core, caller, id),
  ]);
  return items.map((message) => {
    const { seq, sender } = message;
    const others = receipts.filter(({ userId }) => userId !== sender.id);
    // A bot reads what is for it alone.
    const readers = others.some(({ bot }) => !bot) ? others.filter(({ bot }) => !bot) : others;
    const read = readers.some(({ readSeq }) => readSeq >= seq);
    return { message, delivery: { read, pushed: read || online.some((userId) => userId !== sender.id) } };
  });
}

/** Up to two online members, so that one of them is not the sender. Empty if D1 does not answer. */
async function onlineMembers(core: Core, caller: UserId, id: ConversationId): Promise<UserId[]> {
  try {
    return await findOnlineMembers(core.db, id, { seenBy: caller, limit: 2 });
  } catch (error) {
    log("warn", "online_members_failed", errorFields(error));
    return [];
  }
}
