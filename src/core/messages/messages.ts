import type { ReadReceipt } from "../../domain/conversations/conversation.ts";
import { invalid, noConversation } from "../../domain/errors.ts";
import type { ConversationId, Position, Seq, UserId } from "../../domain/ids.ts";
import type { Kind } from "../../domain/messages/content.ts";
import type { AnyDraft, Message } from "../../domain/messages/message.ts";
import type { MessagesInContext } from "../../domain/sync/conversation-context.ts";
import { loadProfiles, type ProfileLookup } from "../accounts/profile-lookup.ts";
import type { Core } from "../context.ts";

/**
 * Stores a message and has it delivered. A draft whose client id the sender has used in this
 * conversation gives the first message again, with `replay`. Of what it forwards or merges it keeps a copy.
 * @throws `not_found` unless the caller is in it (or for what he quotes, mentions, forwards or merges),
 *   `not_forwardable`, `validation_failed` for more than a merged one may hold, `rate_limited`
 */
export function sendMessage(
  core: Core,
  caller: UserId,
  id: ConversationId,
  draft: AnyDraft,
): Promise<{ message: Message; replay: boolean }> {
  return core.conversations.send(id, { userId: caller, draft });
}

/**
 * A page of messages in rising order, bounds exclusive; without bounds the newest page.
 * @throws `validation_failed` for both bounds at once, `not_found`
 */
export async function pageOfMessages(
  core: Core,
  caller: UserId,
  id: ConversationId,
  page: { before?: Position | undefined; after?: Position | undefined; limit: number },
): Promise<{ items: Message[]; hasMore: boolean }> {
  const { before, after, limit } = page;
  if (before !== undefined && after !== undefined) {
    throw invalid("query.before", "before and after exclude each other: send one of them");
  }
  return core.conversations.page(id, {
    userId: caller,
    limit,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  });
}

/**
 * The messages whose text, file name, address, description or title has `text` in it, whatever the script, the
 * case or the width of its characters (`fold`), the newest first. A page may hold fewer than `limit`, even
 * none, with a `nextBefore`: go on there. It is null at the end.
 * @throws `not_found` unless the caller is in the conversation
 */
export function searchMessages(
  core: Core,
  caller: UserId,
  id: ConversationId,
  { text, senderId, kind, before, limit }: SearchRequest,
): Promise<{ items: Message[]; nextBefore: Seq | null }> {
  return core.conversations.search(id, {
    userId: caller,
    text,
    limit,
    ...(senderId !== undefined && { senderId }),
    ...(kind !== undefined && { kind }),
    ...(before !== undefined && { before }),
  });
}

/** What is searched for: 1–100 code points, and if given only messages of a sender, of a kind, before a seq. */
interface SearchRequest {
  text: string;
  senderId?: UserId | undefined;
  kind?: Kind | undefined;
  before?: Position | undefined;
  limit: number;
}

/** One message. @throws `not_found` for one that the caller cannot see */
export function getMessage(core: Core, caller: UserId, id: ConversationId, seq: Seq): Promise<Message> {
  return core.conversations.message(id, { userId: caller, seq });
}

/**
 * Takes a message back for everyone: its content is gone everywhere. Twice changes nothing.
 * @throws `not_found`, `forbidden` unless it is the caller's own or he runs the group
 */
export async function revokeMessage(core: Core, caller: UserId, id: ConversationId, seq: Seq): Promise<void> {
  await core.conversations.revoke(id, { userId: caller, seq });
}

/**
 * The same where there is an end to it: its sender may for so long as the setting says, whoever runs the group always;
 * and only once. @returns what is left of it, and who is who in it @throws `too_late`, `already_handled` besides
 */
export async function revokeWithin(
  core: Core,
  caller: UserId,
  id: ConversationId,
  seq: Seq,
): Promise<MessagesInContext & { profiles: ProfileLookup }> {
  const withinS = core.settings.revokeWindowS;
  const staged = await core.conversations.revokeWithin(id, { userId: caller, seq, withinS });
  return { ...staged, profiles: await loadProfiles(core, staged.items) };
}

/** Takes a message out of the caller's own sight. Twice changes nothing. @throws `not_found` */
export async function hideMessage(core: Core, caller: UserId, id: ConversationId, seq: Seq): Promise<void> {
  await core.conversations.hide(id, { userId: caller, seq });
}

/**
 * Moves the caller's read position; backward changes nothing. `marked`: so many became read by it.
 * @throws `not_found` beyond the last message
 */
export function markRead(
  core: Core,
  caller: UserId,
  id: ConversationId,
  seq: Position,
): Promise<{ readSeq: Position; unreadCount: number; marked: number }> {
  return core.conversations.read(id, { userId: caller, seq });
}

/** Marks all of a conversation as read. @throws `not_found` */
export async function markAllRead(core: Core, caller: UserId, id: ConversationId): Promise<void> {
  await core.conversations.read(id, { userId: caller });
}

/**
 * Marks all of a direct conversation as read. @returns how many became so by it
 * @throws `not_found` unless it is one, and the caller is in it
 */
export async function markDirectRead(core: Core, caller: UserId, id: ConversationId): Promise<number> {
  const { profile, readState } = await core.conversations.describe(id, { userId: caller });
  if (profile.kind !== "direct") throw noConversation();
  const { marked } = await markRead(core, caller, id, readState.lastSeq);
  return marked;
}

/** How far every member has read. @throws `not_found` */
export function readReceipts(core: Core, caller: UserId, id: ConversationId): Promise<ReadReceipt[]> {
  return core.conversations.receipts(id, { userId: caller });
}
