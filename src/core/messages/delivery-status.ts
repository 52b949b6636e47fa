import { type ConversationId, Position, type UserId } from "../../domain/ids.ts";
import type { AnyDraft, Message } from "../../domain/messages/message.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { findOnlineMembers } from "../../storage/contacts/presence.ts";
import type { Core } from "../context.ts";
import { markRead, readReceipts, sendMessage } from "./messages.ts";
import { pageFromNewest } from "./pages.ts";

/** How far a message has come: somebody besides its sender is there to see it, or has read it. */
export interface DeliveryStatus {
  pushed: boolean;
  read: boolean;
}

/** A message, and how far it has come as it is now: nothing of that is stored. */
export interface MessageWithDelivery {
  message: Message;
  delivery: DeliveryStatus;
}

/** Sends a message, of which nobody can have read anything yet. @throws as `sendMessage` */
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
 * A page counted from the newest message; who looks at the newest has read it. @see pageFromNewest
 * @throws `not_found` unless the caller is in the conversation
 */
export async function pageWithDelivery(
  core: Core,
  caller: UserId,
  id: ConversationId,
  page: { skip: number; limit: number },
): Promise<MessageWithDelivery[]> {
  const { items } = await pageFromNewest(core, caller, id, page);
  const [newest] = items;
  if (newest && page.skip === 0) await markRead(core, caller, id, Position.parse(newest.seq));
  const [receipts, online] = await Promise.all([
    readReceipts(core, caller, id),
    onlineMembers(core, caller, id),
  ]);
  return items.map((message) => {
    const { seq, sender } = message;
    const read = receipts.some(({ userId, readSeq }) => userId !== sender.id && readSeq >= seq);
    return { message, delivery: { read, pushed: read || online.some((userId) => userId !== sender.id) } };
  });
}

/** Two of the members who are online, of whom one is not the sender; nobody is known to be where D1 does not answer. */
async function onlineMembers(core: Core, caller: UserId, id: ConversationId): Promise<UserId[]> {
  try {
    return await findOnlineMembers(core.db, id, { seenBy: caller, limit: 2 });
  } catch (error) {
    log("warn", "online_unknown", errorFields(error));
    return [];
  }
}
