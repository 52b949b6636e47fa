import { CoreError, type Failure, noMentioned, noMessage, type Result } from "../core/errors.ts";
import { Position, Seq, type UserId } from "../core/ids.ts";
import { fault, log } from "../core/log.ts";
import type { Draft } from "../core/message.ts";
import { Backlog, weightOf } from "../object/backlog.ts";
import type { Acquaintances } from "./acquaintances.ts";
import { type Log, type Row, storedMentions } from "./log.ts";
import type { Member, Members, ReadPosition } from "./members.ts";

/** More do not wait for their turn, or for others. */
export const MAX_WAITING = 1_000;

/** A message that is stored; `replay`: it was already, and its sender repeats himself. */
export interface Sent {
  row: Row;
  replay: boolean;
}

/** A send on its way. */
export interface Send<Origin> {
  senderId: UserId;
  draft: Draft;
  /** where it came from: a socket gets an ack instead of the message, a call its answer */
  origin: Origin;
}

/** What became of a send. */
export interface Outcome<Origin> {
  send: Pick<Send<Origin>, "origin"> & { draft: Pick<Draft, "clientMsgId"> };
  result: Result<Sent>;
}

/**
 * The one queue for messages: group commit with a lead. A send that finds the room quiet is committed
 * at once; those on its heels wait for the next timer turn and go together in one transaction, as the
 * runtime syncs once for each event. Each has a savepoint: one that throws is refused alone.
 */
export class Sends<Origin> {
  readonly #storage: DurableObjectStorage;
  readonly #log: Log;
  readonly #members: Members;
  readonly #acquaintances: Pick<Acquaintances, "store" | "apply">;
  readonly #writeRefusal: (sender: Member) => CoreError | undefined;
  readonly #committed: (outcomes: Outcome<Origin>[]) => void;
  readonly #backlog = new Backlog(MAX_WAITING);
  #waiting: Send<Origin>[] = [];
  #turnIsSet = false;

  /**
   * @param acquaintances has who is shown in a message noted with it
   * @param writeRefusal why a member may not write now
   * @param committed told of every send, in order, once its transaction is through
   */
  constructor(
    storage: DurableObjectStorage,
    log: Log,
    members: Members,
    acquaintances: Pick<Acquaintances, "store" | "apply">,
    writeRefusal: (sender: Member) => CoreError | undefined,
    committed: (outcomes: Outcome<Origin>[]) => void,
  ) {
    this.#storage = storage;
    this.#log = log;
    this.#members = members;
    this.#acquaintances = acquaintances;
    this.#writeRefusal = writeRefusal;
    this.#committed = committed;
  }

  /** Takes sends in; what finds no room is refused as `rate_limited`, the rest is answered after its commit. */
  submit(sends: Send<Origin>[]): void {
    const refused: Outcome<Origin>[] = [];
    for (const send of sends) {
      if (this.#backlog.enter(1, weightOf(send.draft))) this.#waiting.push(send);
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

  #commit(sends: Send<Origin>[]): Outcome<Origin>[] {
    try {
      return this.#commitAll(sends);
    } catch (error) {
      if (!(error instanceof CoreError)) {
        log("error", "commit_failed", { sends: sends.length, ...fault(error) });
      }
      const result = error instanceof CoreError ? error.toFailure() : NOT_STORED;
      return sends.map((send) => ({ send, result }));
    }
  }

  /** One transaction for all; a single send needs no savepoint in it. */
  #commitAll(sends: Send<Origin>[]): Outcome<Origin>[] {
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
      const { shown } = send.draft;
      if (shown && result.ok && !result.value.replay) this.#acquaintances.apply(shown.people);
    }
    return outcomes;
  }

  readonly #storeAlone = (send: Send<Origin>, last: Log["last"]): Result<Sent> => ({
    ok: true,
    value: this.#store(send, last),
  });

  readonly #storeAmongOthers = (send: Send<Origin>, last: Log["last"]): Result<Sent> => {
    try {
      return this.#storage.transactionSync(() => this.#storeAlone(send, last));
    } catch (error) {
      if (error instanceof CoreError) return error.toFailure();
      log("error", "send_failed", { sender: send.senderId, ...fault(error) });
      return NOT_STORED;
    }
  };

  #store({ senderId, draft }: Send<Origin>, last: Log["last"]): Sent {
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
    if (draft.shown) this.#acquaintances.store(draft.shown.people);
    return { row: { ...row, revoked_by: null, revoked_rev: null }, replay: false };
  }

  #refusal({ quoteSeq, mentions }: Draft, sender: Member): CoreError | undefined {
    const refusal = this.#writeRefusal(sender);
    if (refusal) return refusal;
    if (quoteSeq !== undefined && !this.#log.visible(quoteSeq, sender)) return noMessage(quoteSeq);
    const stranger = mentions === "all" ? undefined : mentions.find((id) => !this.#members.isActive(id));
    return stranger === undefined ? undefined : noMentioned(stranger);
  }
}

function replayOf(row: Row | undefined): Sent | undefined {
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
