import type { ConversationId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import type { Core } from "../../context.ts";
import type { FollowedThread } from "../threads.ts";
import { askEach } from "./ask.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { type Answer, type Mergeable, mergePage, type Question } from "./merge.ts";
import { type Progress, START, WHOLE_LIST } from "./progress.ts";

/** A thread, placed by its last reply; one without replies by its root. */
interface FoundThread extends Mergeable {
  thread: FollowedThread;
}

/** A page of followed threads. `unreachable`: the conversations that did not answer. */
export interface WideThreadPage {
  items: FollowedThread[];
  nextCursor: string | null;
  unreachable: ConversationId[];
}

/** Above every seq and time. */
const HIGHEST = Number.MAX_SAFE_INTEGER;

/**
 * A page of the threads that the caller follows in the conversations of their list, the newest reply first. A
 * page may have fewer items than `limit`, even none, and a cursor. A thread that gets a reply between two
 * pages may be missing from the second.
 * @param isUnread only those with unread replies, in the `keptUnread` conversations with the newest activity
 * @throws `validation_failed` for a cursor of another list
 */
export async function listAllThreads(
  core: Core,
  caller: UserId,
  { limit, cursor, isUnread }: { limit: number; cursor?: string | undefined; isUnread: boolean },
): Promise<WideThreadPage> {
  const {
    budgetMs,
    maxAsked: calls,
    callTimeoutMs,
    parallel,
    kept,
    keptUnread,
  } = core.timing.acrossConversations;
  const owner = JSON.stringify([caller, "threads", isUnread]);
  const first = () => (isUnread ? unreadOnes(core, caller, keptUnread) : START);
  const progress = cursor === undefined ? await first() : readCursor(cursor, owner, "query.cursor");
  const list = await core.inboxes.activity(caller, {
    walked: progress.asked,
    ids: progress.open.map(({ conversationId }) => conversationId),
    limit: calls + 1,
  });
  const unreachable = new Set<ConversationId>();
  const { items, next } = await mergePage<FoundThread>(
    progress,
    list,
    limit,
    {
      ...{ calls, parallel, until: Date.now() + budgetMs, size: LIMITS.pageBytes, since: 0 },
      kept: isUnread ? keptUnread : kept,
    },
    (questions) =>
      askEach(questions, unreachable, callTimeoutMs, (question) =>
        threadsIn(core, caller, question, isUnread),
      ),
  );
  return {
    items: items.map(({ thread }) => thread),
    nextCursor: next && writeCursor(next, owner),
    unreachable: [...unreachable],
  };
}

/** The conversations with unread replies, before the first page. Nothing else is asked. */
async function unreadOnes(core: Core, caller: UserId, limit: number): Promise<Progress> {
  const ids = await core.inboxes.unreadThreads(caller, { limit });
  const open = ids.map((conversationId) => ({ conversationId, before: HIGHEST, at: HIGHEST }));
  return { ...START, asked: WHOLE_LIST, open };
}

/** Asks a conversation for the threads whose last replies are within a bound. */
async function threadsIn(
  core: Core,
  userId: UserId,
  { conversationId, bound, limit }: Question,
  isUnread: boolean,
): Promise<Answer<FoundThread>> {
  const { before = HIGHEST, until = HIGHEST } = bound;
  const after = { last: before, root: 0 };
  const page = await core.conversations.threads(conversationId, { userId, limit, after, isUnread });
  const items = page.items.map((thread) => {
    const { seq, createdAt, body, threadSummary: summary } = thread.root;
    const place = summary ? { seq: summary.lastSeq, createdAt: summary.lastAt } : { seq, createdAt };
    return { conversationId, ...place, body, thread };
  });
  const last = items.at(-1)?.createdAt ?? until;
  return {
    items: items.filter(({ createdAt }) => createdAt <= until),
    next: page.next && { before: page.next.last, at: last },
  };
}
