import type { Core } from "../../../core/context.ts";
import { loadConversations } from "../../../core/conversations/conversations.ts";
import { pageFromNewest } from "../../../core/messages/pages.ts";
import type { ExtendedProfile } from "../../../domain/accounts/extended-profile.ts";
import type { Conversation } from "../../../domain/conversations/conversation.ts";
import { type ReadStatus, readStatus, readStatuses } from "../../../domain/conversations/read-status.ts";
import { CoreError } from "../../../domain/errors.ts";
import type { ConversationId, UserId } from "../../../domain/ids.ts";
import type { Message } from "../../../domain/messages/message.ts";
import { errorFields, log } from "../../../lib/logger.ts";
import { findMembers } from "../../../storage/conversations/members.ts";
import { getPublicProfile } from "./provisioning.ts";

/** The maximum number of conversations in a batch, and of their members together. */
const BATCH_SIZE = { conversations: 20, members: 2_000 };

/** A message with its read status. */
export interface MessageWithReadStatus {
  message: Message;
  reading: ReadStatus;
}

/**
 * A conversation, the public profiles of its people, and the newest message that the caller can read there.
 */
export interface ConversationWithMembers {
  conversation: Conversation;
  /** the other user of a direct conversation; all members of a group */
  people: ExtendedProfile[];
  latest: MessageWithReadStatus | null;
}

/**
 * Adds people and newest messages to the caller's conversations, in batches: two queries of D1 for each
 * batch. A conversation is called only if the list does not have its newest readable message or that
 * message's read status.
 */
async function* withPeople(
  core: Core,
  caller: UserId,
  conversations: Conversation[],
): AsyncGenerator<ConversationWithMembers[]> {
  for (const batch of batches(conversations)) {
    const [peopleOf, latest] = await Promise.all([
      peopleIn(core, caller, batch),
      Promise.all(batch.map((conversation) => latestOf(core, caller, conversation))),
    ]);
    yield batch.map((conversation, i) => ({
      conversation,
      people: peopleOf(conversation),
      latest: latest[i] ?? null,
    }));
  }
}

/**
 * The caller's conversations with their people, the newest activity first.
 * @param range the number of entries to skip and to return; null: all
 * @returns the entries in batches, and their total number
 */
export async function listWithMembers(
  core: Core,
  caller: UserId,
  range: { skip: number; limit: number } | null,
): Promise<{ total: number; parts: AsyncIterable<ConversationWithMembers[]> }> {
  if (range) {
    const { items, total } = await listNumbered(core, caller, range);
    return { total, parts: withPeople(core, caller, items) };
  }
  const all = await listAll(core, caller);
  async function* parts() {
    for await (const conversations of all.parts) yield* withPeople(core, caller, conversations);
  }
  return { total: all.total, parts: parts() };
}

/** A conversation with its people. */
export async function getWithMembers(
  core: Core,
  caller: UserId,
  conversation: Conversation,
): Promise<ConversationWithMembers> {
  for await (const [withMembers] of withPeople(core, caller, [conversation]))
    if (withMembers) return withMembers;
  throw new Error("a conversation made no batch");
}

function* batches(conversations: Conversation[]): Generator<Conversation[]> {
  let batch: Conversation[] = [];
  let members = 0;
  for (const conversation of conversations) {
    members += conversation.memberCount;
    if (batch.length === BATCH_SIZE.conversations || (batch.length > 0 && members > BATCH_SIZE.members)) {
      yield batch;
      batch = [];
      members = conversation.memberCount;
    }
    batch.push(conversation);
  }
  if (batch.length > 0) yield batch;
}

async function peopleIn(
  core: Core,
  caller: UserId,
  conversations: Conversation[],
): Promise<(conversation: Conversation) => ExtendedProfile[]> {
  const groups = conversations.filter(({ kind }) => kind === "group").map(({ id }) => id);
  const found = groups.length === 0 ? [] : await findMembers(core.db, groups);
  const members = Map.groupBy(found, ({ conversationId }) => conversationId);
  const idsOf = ({ id, kind, peer }: Conversation): UserId[] => {
    if (kind === "group") return (members.get(id) ?? []).map(({ userId }) => userId);
    return peer ? [peer.id] : [];
  };
  const known = await getPublicProfile(core, caller, [...new Set([caller, ...conversations.flatMap(idsOf)])]);
  return (conversation) => idsOf(conversation).flatMap((id) => known.get(id) ?? []);
}

/**
 * The newest message that the caller can read. The list's newest message may be a system message or revoked.
 */
async function latestOf(
  core: Core,
  caller: UserId,
  conversation: Conversation,
): Promise<MessageWithReadStatus | null> {
  const { id, lastMessage } = conversation;
  if (!lastMessage) return null;
  try {
    const isReadable = !lastMessage.revoked && lastMessage.kind !== "tip";
    const message = isReadable ? lastMessage : await newest(core, caller, id);
    return message && { message, reading: await readingIn(core, caller, conversation, message) };
  } catch (error) {
    // A conversation that cannot be reached is listed without its newest message.
    if (!(error instanceof CoreError)) throw error;
    log("warn", "latest_message_failed", { conversation: id, ...errorFields(error) });
    return null;
  }
}

async function newest(core: Core, caller: UserId, id: ConversationId): Promise<Message | null> {
  const { items } = await pageFromNewest(core, caller, id, { skip: 0, limit: 1 });
  return items[0] ?? null;
}

async function readingIn(
  core: Core,
  caller: UserId,
  { id, kind, readSeq, readAt, unreadFrom }: Conversation,
  message: Message,
): Promise<ReadStatus> {
  const isDirect = kind === "direct";
  if (!isDirect || message.sender.id !== caller)
    return readStatus({ readSeq, readAt, unreadFrom }, message.seq);
  const receipts = await core.conversations.receipts(id, { userId: caller });
  return readStatuses(receipts, caller, { isDirect })(message);
}

/** The number of conversations in one call of an inbox. */
const LIST_BATCH = 100;

/**
 * A range of the caller's conversations, the newest activity first, and their total number: one call of the
 * inbox and one query of D1 for any number of entries.
 */
async function listNumbered(
  core: Core,
  caller: UserId,
  range: { skip: number; limit: number },
): Promise<{ items: Conversation[]; total: number }> {
  const { entries, total } = await core.inboxes.numbered(caller, range);
  return { items: await loadConversations(core, caller, entries), total };
}

/**
 * All of the caller's conversations in batches, in the current order of their activity. A batch is read when
 * the consumer asks for it. The order is fixed at the start, so that changes meanwhile neither skip nor
 * repeat an entry.
 */
async function listAll(
  core: Core,
  caller: UserId,
): Promise<{ total: number; parts: AsyncGenerator<Conversation[]> }> {
  const entries = await core.inboxes.listOnRecord(caller);
  const ids = entries.filter(({ state }) => state === "active").map(({ conversationId }) => conversationId);
  async function* parts() {
    for (let i = 0; i < ids.length; i += LIST_BATCH) {
      const batch = await core.inboxes.entries(caller, { ids: ids.slice(i, i + LIST_BATCH) });
      yield await loadConversations(core, caller, batch);
    }
  }
  return { total: ids.length, parts: parts() };
}
