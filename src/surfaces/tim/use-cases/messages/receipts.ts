import type { Core } from "../../../../core/context.ts";
import type { Person } from "../../../../domain/accounts/person.ts";
import type { ReadReceipt } from "../../../../domain/conversations/conversation.ts";
import { Position, type UserId } from "../../../../domain/ids.ts";
import type { Message, MessageReference } from "../../../../domain/messages/message.ts";
import { findPeople } from "../../../../storage/conversations/conversations.ts";
import { type MessagesOfOne, messageById, messagesById, type ShownMessages } from "./by-id.ts";

/** How many of the other members have read a message, and how many have not. */
export interface ReadCount {
  read: number;
  unread: number;
}

/**
 * Messages of one conversation, and by how many of its members they were read. Neither their senders nor
 * bots count.
 * @throws as `messagesById`
 */
export async function receiptsById(
  core: Core,
  caller: UserId,
  messages: MessagesOfOne,
): Promise<ShownMessages & { counts: Map<Message, ReadCount> }> {
  const found = await messagesById(core, caller, messages);
  const receipts = await core.conversations.receipts(messages.conversationId, { userId: caller });
  const countOf = (message: Message): ReadCount => {
    const others = readersOf(message, receipts);
    const read = others.filter(({ readSeq }) => readSeq >= message.seq).length;
    return { read, unread: others.length - read };
  };
  return { ...found, counts: new Map(found.items.map((message) => [message, countOf(message)])) };
}

/**
 * A page of the members who have read a message, or of those who have not, by rising id.
 * @param range `after`: the last id of the page before
 * @throws as `messageById`
 */
export async function readersById(
  core: Core,
  caller: UserId,
  place: MessageReference,
  { isRead, after, limit }: { isRead: boolean; after: number; limit: number },
): Promise<{ users: Person[]; next: UserId | null }> {
  const { message } = await messageById(core, caller, place);
  const receipts = await core.conversations.receipts(place.conversationId, { userId: caller });
  const ids = readersOf(message, receipts)
    .filter(({ readSeq }) => readSeq >= message.seq === isRead)
    .map(({ userId }) => userId)
    .sort((a, b) => a - b)
    .filter((id) => id > after);
  const page = ids.slice(0, limit);
  const people = new Map((await findPeople(core.db, page)).map((person) => [person.id, person]));
  const last = page.at(-1);
  return {
    users: page.flatMap((id) => people.get(id) ?? []),
    next: ids.length > limit && last !== undefined ? last : null,
  };
}

/** Who may read a message: people other than its sender. */
function readersOf({ sender }: Message, receipts: ReadReceipt[]): ReadReceipt[] {
  return receipts.filter(({ userId, bot }) => userId !== sender.id && !bot);
}

/**
 * Moves the caller's read position to the newest of these messages, for all to see.
 * @throws as `messagesById`
 */
export async function readById(core: Core, caller: UserId, messages: MessagesOfOne): Promise<void> {
  const { items } = await messagesById(core, caller, messages);
  const seq = Position.parse(Math.max(...items.map((message) => message.seq)));
  await core.conversations.read(messages.conversationId, { userId: caller, seq });
}
