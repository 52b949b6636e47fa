import { z } from "zod";
import { type Page, type PageQuery, readCursor, writeCursor } from "../../domain/conversations/pagination.ts";
import { invalid } from "../../domain/errors.ts";
import type { ConversationId, Position, Seq, UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { ThreadState } from "../../domain/messages/thread.ts";
import type { Core } from "../context.ts";

/** A thread that the caller follows, with its root as they see it. */
export interface FollowedThread extends ThreadState {
  root: Message;
}

/** The newest reply of a thread, and its root. */
const ThreadPosition = z.tuple([z.int(), z.int()]);

/**
 * A page of the threads that the caller follows in a conversation, the newest reply first.
 * @throws `not_found` unless the caller is a member, `validation_failed` for a cursor of another list
 */
export async function listThreads(
  core: Core,
  caller: UserId,
  id: ConversationId,
  { limit, cursor }: PageQuery,
): Promise<Page<FollowedThread>> {
  const position = cursor === undefined ? undefined : readCursor(ThreadPosition, cursor);
  const after = position && { last: position[0], root: position[1] };
  const { items, next } = await core.conversations.threads(id, {
    userId: caller,
    limit,
    ...(after && { after }),
  });
  return { items, nextCursor: next && writeCursor([next.last, next.root]) };
}

/**
 * A page of the replies of a thread in rising order, bounds exclusive; without bounds the newest ones.
 * @throws `not_found` unless the caller sees the root, `validation_failed` for a message that begins no
 *   thread, and for both bounds at once
 */
export function pageOfThread(
  core: Core,
  caller: UserId,
  id: ConversationId,
  root: Seq,
  { before, after, limit }: { before?: Position | undefined; after?: Position | undefined; limit: number },
): Promise<{ items: Message[]; hasMore: boolean }> {
  if (before !== undefined && after !== undefined) {
    throw invalid("query.before", "before and after exclude each other: send one of them");
  }
  return core.conversations.threadPage(id, {
    ...{ userId: caller, root, limit },
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  });
}
