import { z } from "zod";
import type { ActivityPosition, MentionSource } from "../../domain/conversations/conversation-list.ts";
import { encodePosition, readCursor } from "../../domain/conversations/pagination.ts";
import { isNotFound } from "../../domain/errors.ts";
import { ConversationId, Position, Seq, type UserId } from "../../domain/ids.ts";
import type { MentionPage } from "../../domain/messages/mention-page.ts";
import type { Message } from "../../domain/messages/message.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { forEachConcurrent } from "../../object/concurrency.ts";
import { withDeadline } from "../../object/deadline.ts";
import type { Core } from "../context.ts";
import { readReferences } from "../messages/by-reference.ts";
import { behind, type FoundMention, type MentionPosition, merge } from "./merge.ts";

/** Conversations that are asked at once. An answer has places, no messages. */
const MAX_CONCURRENT = 25;

/** A message that names the caller, or everybody. */
interface Mention {
  message: Message;
  isUnread: boolean;
}

/** A page of mentions. `unreachable`: the conversations that did not answer, whose mentions are missing. */
export interface MentionList {
  items: Mention[];
  nextCursor: string | null;
  unreachable: ConversationId[];
}

/**
 * A place in the list. First come the mentions that the list of conversations knows to be unread, then all
 * others. Each part goes through blocks of conversations.
 */
interface Place {
  isUnreadPart: boolean;
  /** the block begins after this conversation; null: with the newest activity */
  block: ActivityPosition | null;
  /** within the block, after this message; null: from the newest one on */
  after: MentionPosition | null;
}

const START: Place = { isUnreadPart: true, block: null, after: null };

const Time = z.int().nonnegative();
const Cursor = z.tuple([
  z.boolean(),
  z.tuple([Time, ConversationId]).nullable(),
  z.tuple([Time, ConversationId, Seq]).nullable(),
]);

/**
 * A page of the messages that name the caller, or everybody, in the conversations of their list: unread ones
 * first, each part newest first. The caller's own messages are left out. A page may have fewer items than
 * `limit`, even none, and a cursor.
 *
 * Newest first holds within each block of 50 conversations, ordered by their newest activity. While nothing
 * changes, the pages have each mention once.
 * @throws `validation_failed` for a cursor of another list
 */
export async function listMentions(
  core: Core,
  caller: UserId,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<MentionList> {
  const unreachable = new Set<ConversationId>();
  const start = cursor === undefined ? START : placeOf(cursor);
  const { found, next } = await findMentions(core, caller, start, limit, unreachable);
  const read = await readReferences(core, caller, found);
  const items: Mention[] = [];
  for (const [i, { conversationId, isUnread }] of found.slice(0, read.length).entries()) {
    const message = read[i];
    if (message === "unreachable") unreachable.add(conversationId);
    // Revoked since it was found: it names nobody any more.
    else if (typeof message === "object" && !message.revoked) items.push({ message, isUnread });
  }
  const last = found[read.length - 1];
  const end = read.length < found.length && last ? afterMention(last) : next;
  return { items, nextCursor: end && cursorOf(end), unreachable: [...unreachable] };
}

/**
 * Finds the places of mentions, by as many calls as a page may make.
 * @param unreachable the conversations that do not answer are added to it
 * @returns at most `limit` places; `next`: where the list goes on, null: it has ended
 */
async function findMentions(
  core: Core,
  caller: UserId,
  start: Place,
  limit: number,
  unreachable: Set<ConversationId>,
): Promise<{ found: FoundMention[]; next: Place | null }> {
  const { block: blockSize, budgetMs, maxAsked } = core.timing.acrossConversations;
  const until = Date.now() + budgetMs;
  const found: FoundMention[] = [];
  let place: Place | null = start;
  for (let asked = 0; place && found.length < limit && asked < maxAsked && Date.now() < until; ) {
    const { isUnreadPart, block }: Place = place;
    const sources: MentionSource[] = await core.inboxes.mentionSources(caller, {
      limit: blockSize,
      onlyUnread: isUnreadPart,
      ...(block && { after: block }),
    });
    const reachable = sources.filter(({ conversationId }) => !unreachable.has(conversationId));
    asked += Math.max(1, reachable.length);
    const remaining = limit - found.length;
    const { pages, failed } = await askAll(core, caller, reachable, place, remaining);
    for (const id of failed) unreachable.add(id);
    const merged = merge(pages, remaining);
    for (const one of merged.found) found.push({ ...one, isOfUnreadPart: isUnreadPart, block });
    place = merged.next
      ? { isUnreadPart, block, after: merged.next }
      : followingBlock(place, sources, blockSize);
  }
  return { found, next: place };
}

/** Asks conversations for the places of mentions behind a place of the list. */
async function askAll(
  core: Core,
  caller: UserId,
  sources: MentionSource[],
  { isUnreadPart, after }: Place,
  limit: number,
): Promise<{ pages: Map<ConversationId, MentionPage>; failed: ConversationId[] }> {
  const pages = new Map<ConversationId, MentionPage>();
  const failed: ConversationId[] = [];
  await forEachConcurrent(MAX_CONCURRENT, sources, async ({ conversationId: id, readSeq, hasUnread }) => {
    // The two parts share each conversation out by the read position that the list has.
    const part = isUnreadPart
      ? { after: readSeq }
      : { after: START_OF_LOG, ...(hasUnread && { upTo: readSeq }) };
    try {
      const input = { userId: caller, limit, ...part, ...behind(id, after) };
      const call = core.conversations.mentionPage(id, input);
      pages.set(id, await withDeadline(call, core.timing.acrossConversations.callTimeoutMs));
    } catch (error) {
      // The caller has just left it.
      if (isNotFound(error)) return;
      failed.push(id);
      log("warn", "conversation_unreachable", { conversationId: id, ...errorFields(error) });
    }
  });
  return { pages, failed };
}

const START_OF_LOG = Position.parse(0);

/** The place after a whole block; null: at the end of the list. */
function followingBlock({ isUnreadPart }: Place, sources: MentionSource[], blockSize: number): Place | null {
  const last = sources.length < blockSize ? undefined : sources.at(-1);
  if (last) {
    const { updatedAt, conversationId } = last;
    return { isUnreadPart, block: { updatedAt, conversationId }, after: null };
  }
  return isUnreadPart ? { ...START, isUnreadPart: false } : null;
}

function afterMention({ isOfUnreadPart, block, conversationId, seq, at }: FoundMention): Place {
  return { isUnreadPart: isOfUnreadPart, block, after: { conversationId, seq, at } };
}

function cursorOf({ isUnreadPart, block, after }: Place): string {
  return encodePosition([
    isUnreadPart,
    block && [block.updatedAt, block.conversationId],
    after && [after.at, after.conversationId, after.seq],
  ]);
}

function placeOf(cursor: string): Place {
  const [isUnreadPart, block, after] = readCursor(Cursor, cursor);
  return {
    isUnreadPart,
    block: block && { updatedAt: block[0], conversationId: block[1] },
    after: after && { at: after[0], conversationId: after[1], seq: after[2] },
  };
}
