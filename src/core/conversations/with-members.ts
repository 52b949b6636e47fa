import type { ExtendedProfile } from "../../domain/accounts/extended-profile.ts";
import type { Conversation } from "../../domain/conversations/conversation.ts";
import { type ReadStatus, readStatus, readStatuses } from "../../domain/conversations/read-status.ts";
import { CoreError } from "../../domain/errors.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { findMembers } from "../../storage/conversations/members.ts";
import { getPublicProfile } from "../accounts/provisioning.ts";
import type { Core } from "../context.ts";
import { readReceipts } from "../messages/messages.ts";
import { pageFromNewest } from "../messages/pages.ts";
import { listAll, listNumbered } from "./numbered-list.ts";

/** So many conversations, and members of them, are looked up at once. */
const BATCH_SIZE = { conversations: 20, members: 2_000 };

/** A message, and whether it was read. */
export interface Latest {
  message: Message;
  reading: ReadStatus;
}

/** A conversation with what everybody may know of who is in it, and the newest that the caller can read there. */
export interface ConversationWithMembers {
  conversation: Conversation;
  /** the other one of a direct conversation; all members of a group */
  people: ExtendedProfile[];
  latest: Latest | null;
}

/**
 * Conversations of the caller with their people, in parts: two queries of D1 for each part, and a call of those
 * conversations alone of which the list does not tell the newest that can be read, or whether it was.
 */
async function* withPeople(
  core: Core,
  caller: UserId,
  conversations: Conversation[],
): AsyncGenerator<ConversationWithMembers[]> {
  for (const part of parts(conversations)) {
    const [peopleOf, latest] = await Promise.all([
      peopleIn(core, caller, part),
      Promise.all(part.map((conversation) => latestOf(core, caller, conversation))),
    ]);
    yield part.map((conversation, i) => ({
      conversation,
      people: peopleOf(conversation),
      latest: latest[i] ?? null,
    }));
  }
}

/**
 * The caller's conversations with their people, the newest activity first.
 * @param range so many are passed over, and so many taken; null: all
 * @returns in parts, with how many there are altogether
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
    for await (const some of all.parts) yield* withPeople(core, caller, some);
  }
  return { total: all.total, parts: parts() };
}

/** One conversation with its people. */
export async function getWithMembers(
  core: Core,
  caller: UserId,
  conversation: Conversation,
): Promise<ConversationWithMembers> {
  for await (const [withMembers] of withPeople(core, caller, [conversation]))
    if (withMembers) return withMembers;
  throw new Error("one conversation makes one part");
}

function* parts(conversations: Conversation[]): Generator<Conversation[]> {
  let part: Conversation[] = [];
  let members = 0;
  for (const conversation of conversations) {
    members += conversation.memberCount;
    if (part.length === BATCH_SIZE.conversations || (part.length > 0 && members > BATCH_SIZE.members)) {
      yield part;
      part = [];
      members = conversation.memberCount;
    }
    part.push(conversation);
  }
  if (part.length > 0) yield part;
}

async function peopleIn(
  core: Core,
  caller: UserId,
  part: Conversation[],
): Promise<(conversation: Conversation) => ExtendedProfile[]> {
  const groups = part.filter(({ kind }) => kind === "group").map(({ id }) => id);
  const found = groups.length === 0 ? [] : await findMembers(core.db, groups);
  const members = Map.groupBy(found, ({ conversationId }) => conversationId);
  const idsOf = ({ id, kind, peer }: Conversation): UserId[] => {
    if (kind === "group") return (members.get(id) ?? []).map(({ userId }) => userId);
    return peer ? [peer.id] : [];
  };
  const known = await getPublicProfile(core, [...new Set([caller, ...part.flatMap(idsOf)])]);
  return (conversation) => idsOf(conversation).flatMap((id) => known.get(id) ?? []);
}

/** The newest that the caller can read: lists know the newest message, be it a tip or revoked. */
async function latestOf(core: Core, caller: UserId, conversation: Conversation): Promise<Latest | null> {
  const { id, lastMessage } = conversation;
  if (!lastMessage) return null;
  try {
    const isReadable = !lastMessage.revoked && lastMessage.kind !== "tip";
    const message = isReadable ? lastMessage : await newest(core, caller, id);
    return message && { message, reading: await readingIn(core, caller, conversation, message) };
  } catch (error) {
    // Of one that cannot be asked the rest is told all the same.
    if (!(error instanceof CoreError)) throw error;
    log("warn", "latest_unknown", { conversation: id, ...errorFields(error) });
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
  { id, kind, readSeq, readAt }: Conversation,
  message: Message,
): Promise<ReadStatus> {
  const isDirect = kind === "direct";
  if (!isDirect || message.sender.id !== caller) return readStatus({ readSeq, readAt }, message.seq);
  return readStatuses(await readReceipts(core, caller, id), caller, { isDirect })(message);
}
