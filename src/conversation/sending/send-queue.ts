import type { Person } from "../../domain/accounts/person.ts";
import { CoreError, type Failure, noConversation, type Result } from "../../domain/errors.ts";
import { NOBODY, Position, Seq } from "../../domain/ids.ts";
import { NO_PREVIEW } from "../../domain/messages/link-preview.ts";
import type { Draft } from "../../domain/messages/message.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { Backlog, weightOf } from "../../object/backlog.ts";
import { BatchWait } from "../../object/batches/batch-wait.ts";
import type { StorageSpace } from "../../object/space/storage-space.ts";
import { storedMentions } from "../log/mention-index.ts";
import type { MessageLog } from "../log/message-log.ts";
import { isInMain, type MessageRow, NO_THREAD } from "../log/row.ts";
import type { Composers } from "../members/composers.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { Members } from "../members/members.ts";
import type { PositionsByUser } from "../members/sender-positions.ts";
import { newPoll } from "../polls/stored-poll.ts";
import { Transaction } from "../state/transaction.ts";
import type { Threads } from "../threads/threads.ts";
import { refusedReference } from "./draft-references.ts";
import type { Newcomers, QueuedSend, SendOutcome, StoredSend } from "./send.ts";
import type { SlowMode } from "./slow-mode.ts";

/** The maximum of sends of one user that wait in the queue; admission has a backlog of the same size. */
export const MAX_WAITING = 1_000;

/**
 * A timer turn behind a commit looks for further sends. After so many commits in a row without any, a turn
 * follows each 16th commit only.
 */
const LONE_COMMITS = 16;

/** The newest message of the log, and the seq of the newest one of the main stream. */
type LastStored = MessageLog["last"] & { mainSeq: Position };

/** What the queue needs of threads. */
type ReplyStore = Pick<Threads, "refusal" | "columns" | "addReply" | "rootsChanged">;

/** What the queue is made of. */
interface SendQueueDeps<Origin> {
  storage: DurableObjectStorage;
  space: Pick<StorageSpace, "look">;
  log: MessageLog;
  members: Members;
  composers: Pick<Composers, "isOpen" | "sent">;
  /** where replies are noted with their thread */
  threads: ReplyStore;
  /** stores the senders inside a merged message with it */
  storePeople(tx: Transaction, people: Person[]): void;
  /** @returns why a member may not send a draft now; undefined if they may */
  checkPermission(sender: MemberRow, draft: Draft): CoreError | undefined;
  /** @returns why an incoming hook may not bring a draft now; undefined if it may */
  checkIncomingHook(draft: Draft): CoreError | undefined;
  slowMode: Pick<SlowMode, "refusal" | "sent">;
  arrivals: Newcomers<Origin>;
  /**
   * Gets the outcomes of committed sends in order, with their transaction, which it publishes, and at once
   * the refusals of a full backlog.
   */
  onOutcomes(outcomes: SendOutcome<Origin>[], tx?: Transaction): void;
}

/**
 * Stores messages by group commit, because the runtime syncs storage once for each event. A send that finds
 * the queue idle is committed at once. Sends that arrive right after it wait for the next timer turn and
 * share one transaction. In a busy room a commit waits for as many arrivals as the last commits had
 * (`BatchWait`); the sends of one frame or call are one arrival. Where sends come one by one, as in most
 * rooms, a timer turn follows few commits. A send that fails is refused alone.
 */
export class SendQueue<Origin> {
  readonly #deps: SendQueueDeps<Origin>;
  readonly #backlog = new Backlog(MAX_WAITING);
  #waiting: QueuedSend<Origin>[] = [];
  /** the commit that the waiting sends wait for */
  readonly #nextCommit = new BatchWait();
  #isCommitting = false;
  /** the commits made at once since one waited for others */
  #loneCommits = 0;

  constructor(deps: SendQueueDeps<Origin>) {
    this.#deps = deps;
  }

  /**
   * Queues sends. A send that exceeds the backlog is refused as `rate_limited`; every other send gets its
   * outcome after its commit.
   */
  enqueue(sends: QueuedSend<Origin>[]): void {
    const refused: SendOutcome<Origin>[] = [];
    for (const send of sends) {
      if (this.#backlog.take(send.senderId, 1, weightOf(send.draft))) this.#waiting.push(send);
      else refused.push({ send, result: TOO_MANY });
    }
    const added = sends.length - refused.length;
    if (added > 0) this.#arrive(added);
    if (refused.length > 0) this.#deps.onOutcomes(refused);
  }

  /**
   * Commits all waiting sends in this turn. Every other writing method calls it first, so changes keep their
   * order.
   */
  flush(): void {
    const sends = this.#waiting;
    if (sends.length === 0) return;
    this.#waiting = [];
    this.#backlog.clear();
    this.#nextCommit.drop();
    this.#isCommitting = true;
    this.#deps.space.look();
    try {
      const { outcomes, tx } = this.#commit(sends);
      // What is stored is stored: whatever fails now, each caller gets its answer.
      try {
        tx?.applyAll();
      } finally {
        this.#deps.onOutcomes(outcomes, tx);
      }
    } finally {
      this.#isCommitting = false;
    }
  }

  /** The sends of an arrival wait for their commit, or are committed at once in a quiet room. */
  #arrive(sends: number): void {
    // What is sent during a commit waits for a turn.
    if (this.#isCommitting && !this.#nextCommit.isOpen) this.#nextCommit.beginTurn(this.#commitWaiting);
    if (this.#nextCommit.isOpen) {
      this.#nextCommit.add();
    } else if (!this.#nextCommit.begin(1, this.#commitWaiting, sends > 1)) {
      this.flush();
      this.#lookForMore();
    }
  }

  readonly #commitWaiting = () => {
    this.#loneCommits = 0;
    this.flush();
  };

  /** Has a turn gather what follows a commit at once, unless the commits before were lone. */
  #lookForMore(): void {
    this.#loneCommits++;
    const isDue = this.#loneCommits <= LONE_COMMITS || this.#loneCommits % LONE_COMMITS === 0;
    if (isDue && !this.#nextCommit.isOpen) this.#nextCommit.beginTurn(this.#commitWaiting);
  }

  #commit(sends: QueuedSend<Origin>[]): Committed<Origin> {
    try {
      return this.#commitAll(sends);
    } catch (error) {
      if (!(error instanceof CoreError)) {
        log("error", "commit_failed", { sends: sends.length, ...errorFields(error) });
      }
      const result = error instanceof CoreError ? error.toFailure() : NOT_STORED;
      return { outcomes: sends.map((send) => ({ send, result })) };
    }
  }

  /**
   * Commits plain messages by one statement, and others in one transaction. A refusal comes before the first
   * write of its send, so no send needs a savepoint: only after an unexpected error all are stored once more,
   * each in a savepoint.
   */
  #commitAll(sends: QueuedSend<Origin>[]): Committed<Origin> {
    // A send that takes a composer draft writes that draft too.
    const isPlain = !sends.some(({ senderId, draft }) =>
      this.#deps.composers.isOpen(senderId, draft.clientMsgId),
    );
    try {
      const plain = isPlain ? this.#storeAtOnce(sends) : null;
      if (plain) return plain;
      return this.#commitTogether(
        (tx) => (isPlain ? null : this.#storeAtOnce(sends, tx)) ?? this.#storeEach(sends, tx, false),
      );
    } catch (error) {
      if (sends.length === 1) throw error;
      return this.#commitTogether((tx) => this.#storeEach(sends, tx, true));
    }
  }

  /** @param storeSends stores the sends in the transaction */
  #commitTogether(storeSends: (tx: Transaction) => Committed<Origin>): Committed<Origin> {
    const tx = new Transaction(this.#deps.storage);
    return this.#deps.storage.transactionSync(() => {
      const committed = storeSends(tx);
      const rows = newRows(committed.outcomes);
      for (const { sender_id: userId, client_msg_id: id } of rows)
        if (this.#deps.composers.isOpen(userId, id)) this.#deps.composers.sent(tx, userId);
      this.#deps.threads.rootsChanged(
        tx,
        rows.filter(({ shadowed }) => shadowed === null),
      );
      return committed;
    });
  }

  /**
   * Stores plain messages by one statement, which needs no transaction.
   * @returns null if one of them is refused, a repeat, or more than a plain message: nothing is stored then
   */
  #storeAtOnce(
    sends: QueuedSend<Origin>[],
    tx = new Transaction(this.#deps.storage),
  ): Committed<Origin> | null {
    let last = this.#lastStored;
    const at = Math.max(Date.now(), last.at);
    const outcomes: SendOutcome<Origin>[] = [];
    const rows: MessageRow[] = [];
    for (const send of sends) {
      const { thread, rendered, shadowed } = send.draft;
      if (thread || rendered || shadowed || this.#refusal(send, rows)) return null;
      if (this.#deps.arrivals.coming(send.senderId, [send]).length > 0) return null;
      const row = newRow(send, last, NO_THREAD, at);
      last = headAt(row, last);
      rows.push(row);
      outcomes.push({ send, result: { ok: true, value: { row, isRepeated: false } } });
    }
    let isWhole = false;
    try {
      if (!this.#deps.log.appendAll(tx, rows)) return null;
      this.#moveSenders(tx, rows);
      isWhole = true;
      return { outcomes, tx };
    } finally {
      if (!isWhole) this.#deps.log.dropUnfinished();
    }
  }

  /** Stores or refuses sends one by one. */
  #storeEach(sends: QueuedSend<Origin>[], tx: Transaction, areInSavepoints: boolean): Committed<Origin> {
    let last = this.#lastStored;
    const rows: MessageRow[] = [];
    const outcomes = sends.map((send) => {
      const result = areInSavepoints
        ? this.#storeInSavepoint(send, tx, last, rows)
        : this.#storeOrRefuse(send, tx, last, rows);
      if (result.ok && !result.value.isRepeated) {
        last = headAt(result.value.row, last);
        rows.push(result.value.row);
      }
      return { send, result };
    });
    this.#moveSenders(tx, rows);
    return { outcomes, tx };
  }

  /** The read positions of the senders follow their messages. */
  #moveSenders(tx: Transaction, rows: readonly MessageRow[]): void {
    this.#deps.members.moveSenders(tx, positionsOf(rows), {
      from: this.#deps.log.last.seq,
      to: rows.at(-1)?.seq ?? 0,
    });
    tx.after(() => this.#deps.slowMode.sent(rows));
  }

  get #lastStored(): LastStored {
    return { ...this.#deps.log.last, mainSeq: this.#deps.log.main.last.seq };
  }

  /** @param before the messages that this commit has stored before */
  #storeOrRefuse(
    send: QueuedSend<Origin>,
    tx: Transaction,
    last: LastStored,
    before: readonly MessageRow[],
  ): Result<StoredSend> {
    try {
      return { ok: true, value: this.#store(send, tx, last, before) };
    } catch (error) {
      if (error instanceof CoreError) return error.toFailure();
      throw error;
    }
  }

  #storeInSavepoint(
    send: QueuedSend<Origin>,
    tx: Transaction,
    last: LastStored,
    before: readonly MessageRow[],
  ): Result<StoredSend> {
    try {
      return tx.savepoint(() => this.#storeOrRefuse(send, tx, last, before));
    } catch (error) {
      log("error", "send_failed", { sender: send.senderId, ...errorFields(error) });
      return NOT_STORED;
    }
  }

  #store(
    send: QueuedSend<Origin>,
    tx: Transaction,
    last: LastStored,
    before: readonly MessageRow[],
  ): StoredSend {
    const { senderId, draft, origin } = send;
    const { clientMsgId } = draft;
    // Repeated sends are rare, so no lookup precedes the insert: the unique index finds a repeat. A refusal
    // looks too: the first send may have come before a mute, or before the sender left.
    const earlier = () =>
      clientMsgId === undefined ? undefined : this.#deps.log.byClientId(senderId, clientMsgId);
    const refusal = this.#refusal(send, before);
    if (refusal) return replayOf(earlier()) ?? raise(refusal);
    const thread = this.#threadOf(draft, last);
    const row = newRow(send, last, thread, Math.max(Date.now(), last.at));
    if (!this.#deps.log.append(tx, row))
      return replayOf(earlier()) ?? raise(new Error("a conflicting client message id has no message"));
    const arriving = this.#deps.arrivals.find(senderId, origin);
    if (arriving) this.#deps.arrivals.join(tx, arriving);
    if (!draft.shadowed) this.#deps.arrivals.joinNamed(tx, draft, row);
    if (draft.rendered) this.#deps.storePeople(tx, draft.rendered.people);
    if (draft.thread && !draft.shadowed) this.#deps.threads.addReply(tx, row);
    return { row, isRepeated: false };
  }

  #threadOf({ thread, shadowed }: Draft, { mainSeq }: LastStored): ReturnType<ReplyStore["columns"]> {
    if (!thread) return NO_THREAD;
    // A shadowed reply does not count in its thread, as one that is also in the main stream.
    const place = shadowed ? { ...thread, alsoInMain: true } : thread;
    return this.#deps.threads.columns(place, mainSeq);
  }

  #refusal(
    { draft, senderId, origin }: QueuedSend<Origin>,
    before: readonly MessageRow[],
  ): CoreError | undefined {
    if (draft.hookOrigin) return this.#deps.checkIncomingHook(draft);
    const { members, arrivals } = this.#deps;
    const member = members.findSender(senderId);
    const sender = member ?? arrivals.find(senderId, origin);
    if (!sender) return noConversation();
    const referenced = { log: this.#deps.log, members, threads: this.#deps.threads, arrivals };
    return (
      (member ? undefined : arrivals.refusal(before)) ??
      this.#deps.checkPermission(sender, draft) ??
      this.#deps.slowMode.refusal(sender, draft, before) ??
      refusedReference(referenced, sender, draft)
    );
  }
}

/** The row of a message that is about to be stored. */
function newRow(
  { senderId, draft }: Pick<QueuedSend<unknown>, "senderId" | "draft">,
  last: LastStored,
  thread: ReturnType<ReplyStore["columns"]>,
  at: number,
): MessageRow {
  // Every column by name: a row that is built by spreading others costs every send 2 µs.
  return {
    seq: Seq.parse(last.seq + 1),
    n: last.n + (draft.silent || draft.shadowed ? 0 : thread.in_main),
    sender_id: senderId,
    kind: draft.kind,
    body: draft.body,
    quote_seq: draft.quoteSeq ?? null,
    mentions: storedMentions(draft.mentions),
    also_mentioned: draft.alsoMentioned ? storedMentions(draft.alsoMentioned) : null,
    role_mentions: draft.roleMentions ? JSON.stringify(draft.roleMentions) : null,
    client_msg_id: draft.clientMsgId ?? null,
    forwarded: draft.forwarded ? JSON.stringify(draft.forwarded) : null,
    client_time: draft.clientTime ?? null,
    priority: draft.priority ?? null,
    custom_data: draft.customData ?? null,
    metadata: draft.metadata || null,
    silent: draft.silent ? 1 : null,
    link_preview: draft.noPreview ? NO_PREVIEW : null,
    buttons: draft.buttons ? JSON.stringify(draft.buttons) : null,
    tip: null,
    place: draft.place ?? null,
    thread_root: thread.thread_root,
    in_main: draft.shadowed ? 0 : thread.in_main,
    shadowed: draft.shadowed ? Number(draft.thread?.alsoInMain ?? true) : null,
    thread_n: thread.thread_n,
    thread_summary: thread.thread_summary,
    main_before: draft.shadowed ? last.mainSeq : thread.main_before,
    poll: newPoll(draft.poll),
    hook: draft.hookOrigin ? JSON.stringify(draft.hookOrigin) : null,
    created_at: at,
    reactions: null,
    revoked_by: null,
    revoked_rev: null,
    pinned_at: null,
    pinned_by: null,
    changed_rev: null,
    version: null,
    custom_version: null,
    edited_at: null,
  };
}

/** The newest message of the log after this one is stored. */
function headAt(row: MessageRow, before: LastStored): LastStored {
  const seq = Position.parse(row.seq);
  return { seq, n: row.n, at: row.created_at, mainSeq: row.in_main === 1 ? seq : before.mainSeq };
}

/** Sends that are stored, or refused. `tx`: what is to follow; absent: none is stored. */
interface Committed<Origin> {
  outcomes: SendOutcome<Origin>[];
  tx?: Transaction;
}

/** Where the messages leave the senders. Who answers in a thread has not read the main stream. */
function positionsOf(rows: readonly MessageRow[]): PositionsByUser {
  return new Map(
    rows
      .filter((row) => isInMain(row) && row.sender_id !== NOBODY)
      .map(({ sender_id, seq, n, created_at: at }) => [sender_id, { seq: Position.parse(seq), n, at }]),
  );
}

/** The rows that sends have stored, without repeats. */
export function newRows<Origin>(outcomes: SendOutcome<Origin>[]): MessageRow[] {
  const rows: MessageRow[] = [];
  for (const { result } of outcomes) if (result.ok && !result.value.isRepeated) rows.push(result.value.row);
  return rows;
}

function replayOf(row: MessageRow | undefined): StoredSend | undefined {
  return row && { row, isRepeated: true };
}

function raise(error: Error): never {
  throw error;
}

/** The refusal of a send that exceeds a backlog. */
export const TOO_MANY: Failure = {
  ok: false,
  code: "rate_limited",
  detail: "Too many messages wait in this conversation. Try again in a second.",
  data: { retryAfter: 1 },
};

/** The refusal of a send that failed for an unexpected error, which is logged. */
export const NOT_STORED: Failure = {
  ok: false,
  code: "internal",
  detail: "The message could not be stored. Send it again with the same client_msg_id.",
};
