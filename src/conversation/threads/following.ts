import { noMessage } from "../../domain/errors.ts";
import { Position, type Seq, type UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { ThreadState } from "../../domain/messages/thread.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomContext } from "../room/context.ts";
import { threadRead } from "../state/events.ts";
import type { Transaction } from "../state/transaction.ts";
import { type FollowPosition, stateOf } from "./follows.ts";

/** A thread that a member follows, with its root as they see it. */
interface FollowedThread extends ThreadState {
  root: Message;
}

/** Which of the threads that a member follows are asked for. */
export interface FollowedPage {
  limit: number;
  after?: FollowPosition | undefined;
  /** only those with unread replies */
  isUnread?: boolean;
}

/** The state of a thread that a user does not follow. */
export const NOT_FOLLOWING: ThreadState = { isFollowing: false, readSeq: Position.parse(0), unreadCount: 0 };

/** What members do with threads besides writing in them: follow, read, list. */
export class Following {
  readonly #room: RoomContext;

  constructor(room: RoomContext) {
    this.#room = room;
  }

  /**
   * Has a member follow a thread. All replies that are there count as read, unless the member follows it
   * already. Idempotent.
   * @throws `not_found`, `validation_failed` for a message that begins no thread
   */
  async follow(userId: UserId, seq: Seq): Promise<ThreadState> {
    const { member, root } = this.#begin(userId, seq);
    const { follows, replies } = this.#room.threads;
    if (!follows.find(userId, root)) {
      const last = replies.lastSeq(root);
      const read = { read_seq: Position.parse(last), read_n: replies.countUpTo(root, last) };
      this.#change(member, root, (tx) => follows.follow(tx, userId, root, read));
    }
    return this.#answer(userId, root);
  }

  /**
   * Ends the follow of a thread. Idempotent.
   * @throws `not_found`, `validation_failed` for a message that begins no thread
   */
  async unfollow(userId: UserId, seq: Seq): Promise<void> {
    const { member, root } = this.#begin(userId, seq);
    const { follows } = this.#room.threads;
    if (follows.find(userId, root)) {
      this.#change(member, root, (tx) => follows.unfollow(tx, userId, root));
    }
    await this.#room.updateInboxes([userId]);
  }

  /**
   * Moves a member's read position in a thread forward. A position behind the current one changes nothing,
   * and neither does a thread that the member does not follow.
   * @throws `not_found`, also for a seq beyond the last message, `validation_failed` for a message that
   *   begins no thread
   */
  async read(userId: UserId, seq: Seq, upTo: Position): Promise<ThreadState> {
    const { member, root } = this.#begin(userId, seq);
    if (upTo > this.#room.log.last.seq) throw noMessage(upTo);
    const { follows, replies } = this.#room.threads;
    const follow = follows.find(userId, root);
    if (follow && upTo > follow.read_seq) {
      const read = { read_seq: upTo, read_n: replies.countUpTo(root, upTo) };
      this.#change(member, root, (tx) => follows.follow(tx, userId, root, read));
    }
    return this.#answer(userId, root);
  }

  /**
   * A page of the threads that a member follows, the newest reply first.
   * @returns `next`: where the next page begins; null: this is the last one
   */
  list(
    member: MemberRow,
    { limit, after, isUnread }: FollowedPage,
  ): { items: FollowedThread[]; next: FollowPosition | null } {
    const { log, renderer, threads } = this.#room;
    const listed = threads.follows.page(member.user_id, after, limit + 1, isUnread);
    const roots = log.visibleOf(
      listed.map(({ root }) => root),
      member,
    );
    const found = listed.flatMap((follow) => roots.get(follow.root) ?? []);
    const { rows, hasMore: isCut } = log.cut(found, limit);
    const messages = renderer.render(rows, member);
    const items = messages.flatMap((root) => {
      const follow = listed.find((candidate) => candidate.root === root.seq);
      return follow ? [{ root, ...stateOf(follow) }] : [];
    });
    const lastShown = isCut ? listed.find(({ root }) => root === rows.at(-1)?.seq) : undefined;
    // Roots that the member does not see make a page short, and do not end the list.
    const last = lastShown ?? (listed.length > limit ? listed.at(-1) : undefined);
    return { items, next: last ? { last: last.last, root: last.root } : null };
  }

  /**
   * A page of the replies of a thread in rising order, bounds exclusive; without bounds the newest ones.
   * @throws `not_found`, `validation_failed` for a message that begins no thread
   */
  page(
    member: MemberRow,
    seq: Seq,
    { before, after, limit }: { before?: Position; after?: Position; limit: number },
  ): { items: Message[]; hasMore: boolean } {
    const { threads, renderer } = this.#room;
    const root = threads.rootFor(seq, member, "path.root").seq;
    const bound = after === undefined ? { before: before ?? Number.MAX_SAFE_INTEGER } : { after };
    const { rows, hasMore } = threads.replies.page(root, bound, limit, member);
    if (after === undefined) rows.reverse();
    return { items: renderer.render(rows, member), hasMore };
  }

  #begin(userId: UserId, seq: Seq): { member: MemberRow; root: Seq } {
    this.#room.flushSends();
    const member = this.#room.members.active(userId);
    return { member, root: this.#room.threads.rootFor(seq, member, "path.root").seq };
  }

  /** Stores a change of a member's follows, which their list and their sockets show. */
  #change(member: MemberRow, root: Seq, store: (tx: Transaction) => void): void {
    this.#room.commit((tx) => {
      store(tx);
      this.#room.members.touch(tx, member);
    });
    const describe = (userId: UserId) => this.#stateOf(userId, root);
    this.#room.publish([threadRead(this.#room, { own: member.user_id }, root, describe)]);
  }

  /** The state of a thread as a call leaves it, once the list of its caller shows it. */
  async #answer(userId: UserId, root: Seq): Promise<ThreadState> {
    // Read before the wait: the caller may leave during it.
    const state = this.#stateOf(userId, root);
    await this.#room.updateInboxes([userId]);
    return state;
  }

  #stateOf(userId: UserId, root: Seq): ThreadState {
    const follow = this.#room.threads.follows.find(userId, root);
    return follow ? stateOf(follow) : NOT_FOLLOWING;
  }
}
