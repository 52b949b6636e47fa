import { CoreError, type Failure, noMentioned, noMessage, type Result } from "../../domain/errors.ts";
import { Position, Seq, type UserId } from "../../domain/ids.ts";
import type { Draft } from "../../domain/messages/message.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { Backlog, weightOf } from "../../object/backlog.ts";
import { type MessageLog, storedMentions } from "../log/message-log.ts";
import type { MessageRow } from "../log/row.ts";
import type { KnownUsers } from "../members/known-users.ts";
import type { MemberRow, Members, ReadPosition } from "../members/members.ts";
import type { QueuedSend, SendOutcome, StoredSend } from "./send.ts";

/** More do not wait for their turn, or for others. */
export const MAX_WAITING = 1_000;

/**
 * The one queue for messages: group commit with a lead. A send that finds the room quiet is committed
 * at once; those on its heels wait for the next timer turn and go together in one transaction, as the
 * runtime syncs once for each event. Each has a savepoint: one that throws is refused alone.
 */
export class SendQueue<Origin> {
  readonly #storage: DurableObjectStorage;
  readonly #log: MessageLog;
  readonly #members: Members;
  readonly #knownUsers: Pick<KnownUsers, "store" | "apply">;
  readonly #checkPermission: (sender: MemberRow) => CoreError | undefined;
  readonly #committed: (outcomes: SendOutcome<Origin>[]) => void;
  readonly #backlog = new Backlog(MAX_WAITING);
  #waiting: QueuedSend<Origin>[] = [];
  #turnIsSet = false;

  /**
   * @param acquaintances has who is shown in a message noted with it
   * @param writeRefusal why a member may not write now
   * @param committed told of every send, in order, once its transaction is through
   */
  constructor(
    storage: DurableObjectStorage,
    log: MessageLog,
    members: Members,
    knownUsers: Pick<KnownUsers, "store" | "apply">,
    writeRefusal: (sender: MemberRow) => CoreError | undefined,
    committed: (outcomes: SendOutcome<Origin>[]) => void,
  ) {
    this.#storage = storage;
    this.#log = log;
    this.#members = members;
    this.#knownUsers = knownUsers;
    this.#checkPermission = writeRefusal;
    this.#committed = committed;
  }

  /** Takes sends in; what finds no room is refused as `rate_limited`, the rest is answered after its commit. */
  enqueue(sends: QueuedSend<Origin>[]): void {
    const refused: SendOutcome<Origin>[] = [];
    for (const send of sends) {
      if (this.#backlog.take(1, weightOf(send.draft))) this.#waiting.push(send);
      else refused.push({ send, result: TOO_MANY });
    }
    if (!this.#turnIsSet) this.#turn();
    if (refused.length > 0) this.#committed(refused);
  }

  /** Commits what waits, in this turn: every other writing method begins with this, so that order holds. */
  flush(): void {
    const sends = this.#waiting;
    if (sends.length === 0) return;
    this.#waiting = [];
    this.#backlog.clear();
    this.#committed(this.#commit(sends));
  }

  #turn(): void {
    this.#turnIsSet = this.#waiting.length > 0;
    if (!this.#turnIsSet) return;
    try {
      this.flush();
    } finally {
      // Whatever happened: without a next turn every later send would wait for ever.
      setTimeout(() => this.#turn(), 0);
    }
  }

  #commit(sends: QueuedSend<Origin>[]): SendOutcome<Origin>[] {
    try {
      return this.#commitAll(sends);
    } catch (error) {
      if (!(error instanceof CoreError)) {
        log("error", "commit_failed", { sends: sends.length, ...errorFields(error) });
      }
      const result = error instanceof CoreError ? error.toFailure() : NOT_STORED;
      return sends.map((send) => ({ send, result }));
    }
  }

  /** One transaction for all; a single send needs no savepoint in it. */
  #commitAll(sends: QueuedSend<Origin>[]): SendOutcome<Origin>[] {
    const storeOne = sends.length === 1 ? this.#storeAlone : this.#storeAmongOthers;
    let last = this.#log.last;
    const positions = new Map<UserId, ReadPosition>();
    const outcomes = this.#storage.transactionSync(() => {
      const done = sends.map((send) => {
        const result = storeOne(send, last);
        if (result.ok && !result.value.replay) {
          const { row } = result.value;
          last = { seq: Position.parse(row.seq), n: row.n, at: row.created_at };
          positions.set(send.senderId, last);
        }
        return { send, result };
      });
      for (const [userId, position] of positions) this.#members.storeSent(userId, position);
      return done;
    });
    // Only now is it so: what was computed aside enters memory.
    this.#log.last = last;
    for (const [userId, position] of positions) this.#members.applySent(userId, position);
    for (const { send, result } of outcomes) {
      const { rendered: shown } = send.draft;
      if (shown && result.ok && !result.value.replay) this.#knownUsers.apply(shown.people);
    }
    return outcomes;
  }

  readonly #storeAlone = (send: QueuedSend<Origin>, last: MessageLog["last"]): Result<StoredSend> => ({
    ok: true,
    value: this.#store(send, last),
  });

  readonly #storeAmongOthers = (send: QueuedSend<Origin>, last: MessageLog["last"]): Result<StoredSend> => {
    try {
      return this.#storage.transactionSync(() => this.#storeAlone(send, last));
    } catch (error) {
      if (error instanceof CoreError) return error.toFailure();
      log("error", "send_failed", { sender: send.senderId, ...errorFields(error) });
      return NOT_STORED;
    }
  };

  #store({ senderId, draft }: QueuedSend<Origin>, last: MessageLog["last"]): StoredSend {
    const sender = this.#members.active(senderId);
    const { clientMsgId } = draft;
    // Repeated sends are rare: it is the index that finds them, or a check that has become untrue since.
    const known = () => (clientMsgId === undefined ? undefined : this.#log.byClientId(senderId, clientMsgId));
    const refusal = this.#refusal(draft, sender);
    if (refusal) return replayOf(known()) ?? raise(refusal);
    const row = {
      seq: Seq.parse(last.seq + 1),
      n: last.n + 1,
      sender_id: senderId,
      kind: draft.kind,
      body: draft.body,
      quote_seq: draft.quoteSeq ?? null,
      mentions: storedMentions(draft.mentions),
      client_msg_id: clientMsgId ?? null,
      forwarded: draft.forwarded ? JSON.stringify(draft.forwarded) : null,
      client_time: draft.clientTime ?? null,
      priority: draft.priority ?? null,
      custom_data: draft.customData ?? null,
      tip: null,
      created_at: Math.max(Date.now(), last.at),
    };
    if (!this.#log.insert(row))
      return replayOf(known()) ?? raise(new Error("a client id that conflicts is there"));
    if (draft.rendered) this.#knownUsers.store(draft.rendered.people);
    return { row: { ...row, revoked_by: null, revoked_rev: null }, replay: false };
  }

  #refusal({ quoteSeq, mentions }: Draft, sender: MemberRow): CoreError | undefined {
    const refusal = this.#checkPermission(sender);
    if (refusal) return refusal;
    if (quoteSeq !== undefined && !this.#log.visible(quoteSeq, sender)) return noMessage(quoteSeq);
    const stranger = mentions === "all" ? undefined : mentions.find((id) => !this.#members.isActive(id));
    return stranger === undefined ? undefined : noMentioned(stranger);
  }
}

function replayOf(row: MessageRow | undefined): StoredSend | undefined {
  return row && { row, replay: true };
}

function raise(error: Error): never {
  throw error;
}

export const TOO_MANY: Failure = {
  ok: false,
  code: "rate_limited",
  detail: "Too many messages wait in this conversation. Try again in a second.",
  data: { retryAfter: 1 },
};

export const NOT_STORED: Failure = {
  ok: false,
  code: "internal",
  detail: "The message could not be stored. Send it again with the same client_msg_id.",
};
