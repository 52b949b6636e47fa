import { POLICIES } from "../../domain/conversations/group-policies.ts";
import { type CoreError, invalid, noMessage, refusedFor } from "../../domain/errors.ts";
import { NOBODY, Position, type Seq, type UserId } from "../../domain/ids.ts";
import type { ThreadPlace, ThreadState } from "../../domain/messages/thread.ts";
import type { ChangeFeed } from "../change-feed/change-feed.ts";
import type { Rights } from "../channel/rights.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow, NO_THREAD } from "../log/row.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { Members } from "../members/members.ts";
import type { ConversationState } from "../state/conversation-state.ts";
import type { Transaction } from "../state/transaction.ts";
import { type Follows, stateOf } from "./follows.ts";
import type { ThreadLog } from "./thread-log.ts";

/** What threads are made of. */
interface ThreadsDeps {
  state: ConversationState;
  log: MessageLog;
  members: Members;
  rights: Pick<Rights, "may" | "refusal">;
  changeFeed: Pick<ChangeFeed, "record" | "refusal">;
  replies: ThreadLog;
  follows: Follows;
}

/** The threads of a conversation. */
export class Threads {
  readonly #deps: ThreadsDeps;

  constructor(deps: ThreadsDeps) {
    this.#deps = deps;
  }

  /** @see Follows */
  get follows(): Follows {
    return this.#deps.follows;
  }

  /** @see ThreadLog */
  get replies(): ThreadLog {
    return this.#deps.replies;
  }

  /**
   * Why a member may not answer in a thread; undefined if they may.
   * @returns `validation_failed` where threads are off, and for a root that begins no thread; `forbidden`
   *   where the policy lets others write in threads; `not_found` for a root that the member does not see;
   *   `rate_limited` as `ChangeFeed.refusal`; not thrown
   */
  refusal(
    { root }: ThreadPlace,
    sender: Pick<MemberRow, "user_id" | "visible_from" | "role">,
  ): CoreError | undefined {
    const { kind, policy, threads } = this.#deps.state.profile;
    if (!threads) return invalid("body.thread", "must be absent: threads are switched off in this group");
    const lacks = this.#deps.rights.refusal(sender, "threads");
    if (lacks) return lacks;
    const audience = POLICIES[policy].thread;
    if (kind === "group" && !this.#deps.rights.may(sender, "thread")) {
      const refusal = audience === "nobody" ? "kind" : "rank";
      return refusedFor(refusal, "You may not write in threads here.", policy);
    }
    const row = this.#deps.log.visible(root, sender);
    if (!row) return noMessage(root);
    if (row.revoked_rev !== null && row.thread_n === null)
      return invalid(ROOT, "must be no revoked message: nobody has answered it");
    return flawOf(row, ROOT) ?? this.#deps.changeFeed.refusal(sender.user_id, row, true);
  }

  /**
   * The columns of a reply that is about to be stored.
   * @param mainSeq the newest message of the main stream before it
   */
  columns({ root, alsoInMain }: ThreadPlace, mainSeq: Position): ReplyColumns {
    const n = this.#deps.log.get(root)?.thread_n ?? 0;
    const place = { thread_root: root, thread_summary: null };
    if (alsoInMain) return { ...place, in_main: 1, thread_n: n, main_before: null };
    return { ...place, in_main: 0, thread_n: n + 1, main_before: mainSeq };
  }

  /**
   * Notes a stored reply with its thread. Its sender follows the thread, and with the first reply so does the
   * author of the root.
   */
  addReply(tx: Transaction, row: MessageRow): void {
    const { log, members, replies, follows } = this.#deps;
    const root = row.thread_root === null ? undefined : log.get(row.thread_root);
    if (!root) throw new Error("a reply has a root");
    replies.addReply(row, root);
    const author = members.findActive(root.sender_id);
    // Nobody follows a thread whose root they do not see.
    if (root.thread_n === null && author && log.visible(root.seq, author))
      follows.follow(tx, author.user_id, root.seq, { read_seq: Position.parse(root.seq), read_n: 0 });
    const read = { read_seq: Position.parse(row.seq), read_n: row.thread_n ?? 0 };
    if (row.sender_id !== NOBODY) follows.follow(tx, row.sender_id, root.seq, read);
    if (row.in_main === 0) follows.replied(tx, root.seq);
  }

  /** Stores that the summaries of roots have changed, once for all replies of a transaction. */
  rootsChanged(tx: Transaction, stored: MessageRow[]): void {
    const by = new Map<Seq, UserId>();
    for (const { thread_root: root, sender_id } of stored) if (root !== null) by.set(root, sender_id);
    if (by.size === 0) return;
    // The replies themselves bring the lists up to date.
    this.#deps.changeFeed.record(tx, [...by.keys()], { by });
  }

  /**
   * A message was revoked: a reply leaves the summary of its root.
   * @returns the threads of those who had not read it
   */
  revoked(tx: Transaction, row: MessageRow): Map<UserId, ThreadState> {
    const { follows, replies } = this.#deps;
    if (row.shadowed !== null) return new Map();
    replies.removeReply(row);
    const { seq, thread_root, in_main } = row;
    const unread = thread_root !== null && in_main === 0 ? follows.revoked(tx, thread_root, seq) : [];
    return new Map(unread.map((follow) => [follow.user_id, stateOf(follow)]));
  }

  /**
   * The root of a thread, as a member sees it.
   * @param path of the input that names it, for errors
   * @throws `not_found` for a message that the member does not see, `validation_failed` for one that begins
   *   no thread
   */
  rootFor(seq: Seq, member: MemberRow, path: string): MessageRow {
    const row = this.#deps.log.visible(seq, member);
    if (!row) throw noMessage(seq);
    const flaw = flawOf(row, path);
    if (flaw) throw flaw;
    return row;
  }

  /** Whether a member has read a thread-only reply in its thread. */
  isRead(userId: UserId, root: Seq, seq: Seq): boolean {
    return (this.#deps.follows.find(userId, root)?.read_seq ?? 0) >= seq;
  }
}

/** The columns of a reply besides those of every message. */
type ReplyColumns = Pick<MessageRow, keyof typeof NO_THREAD>;

const ROOT = "body.thread.root";

/** Why a message can be no root; undefined if it can. */
function flawOf({ kind, thread_root }: MessageRow, path: string): CoreError | undefined {
  if (kind === "tip") return invalid(path, "must be no system message");
  if (thread_root !== null) return invalid(path, `must be no reply: name its root, ${thread_root}`);
  return undefined;
}
