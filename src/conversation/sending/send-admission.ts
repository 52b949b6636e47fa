import type { Failure, Result } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Draft, ForwardDraft } from "../../domain/messages/message.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { Backlog, weightOf } from "../../object/backlog.ts";
import { KeyQueue } from "../../object/key-queue.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { Arrivals } from "../viewers/arrivals.ts";
import type { DirectPermission } from "./direct-permission.ts";
import type { ForwardResolver } from "./forward-resolver.ts";
import type { PendingSend, SendOrigin, SendOutcome } from "./send.ts";
import { MAX_WAITING, type SendQueue, TOO_MANY } from "./send-queue.ts";

/**
 * Admits sends to the send queue. Most sends pass at once. A send waits here in seven cases:
 * - It is a forward: its originals have to be read first.
 * - It quotes, answers or repeats an old message whose body is in an archive: that is loaded first.
 * - A change of the direct permission is under way: the permission has to be read from D1.
 * - The gate is set, by rules or a hook: it checks each message first.
 * - It mentions roles, or who is online: who that is, is read first.
 * - Viewers become members by it: their profiles are read first, then rules look at it.
 * - An earlier send of the same origin waits: sends of one origin keep their order.
 */
export class SendAdmission {
  readonly #sends: SendQueue<SendOrigin>;
  readonly #permission: DirectPermission;
  readonly #forwards: ForwardResolver;
  readonly #gate: SendGate;
  readonly #arrivals: Pick<Arrivals, "coming" | "load" | "reached">;
  readonly #log: Pick<MessageLog, "archives" | "loading" | "movedOf" | "byClientId">;
  readonly #onRefused: (outcomes: SendOutcome<SendOrigin>[]) => void;
  readonly #queues = new KeyQueue<object>();
  readonly #backlog = new Backlog(MAX_WAITING);

  /** @param onRefused receives the sends that did not reach the queue, in order */
  constructor(
    sends: SendQueue<SendOrigin>,
    permission: DirectPermission,
    forwards: ForwardResolver,
    gate: SendGate,
    arrivals: Pick<Arrivals, "coming" | "load" | "reached">,
    log: Pick<MessageLog, "archives" | "loading" | "movedOf" | "byClientId">,
    onRefused: (outcomes: SendOutcome<SendOrigin>[]) => void,
  ) {
    this.#sends = sends;
    this.#permission = permission;
    this.#forwards = forwards;
    this.#gate = gate;
    this.#arrivals = arrivals;
    this.#log = log;
    this.#onRefused = onRefused;
  }

  /**
   * Admits the sends of one frame or call, in order. Each is stored or refused, unless its socket closes
   * while it waits.
   */
  admit(senderId: UserId, sends: readonly PendingSend[]): void {
    // Sends that wait already when the gate is set are not checked.
    const coming = this.#arrivals.coming(senderId, sends);
    // Of a viewer it is not known yet whether the gate is set for them.
    const isGated = coming.length > 0 || sends.some(mentionsRoles) || this.#gate.isSetFor(senderId);
    for (const batch of batchesOf(sends, isGated)) this.#admit(senderId, batch, isGated, coming);
  }

  #admit(senderId: UserId, batch: Batch, isGated: boolean, coming: readonly UserId[]): void {
    const pendingCheck = this.#permission.check();
    const { origin } = batch.sends[0];
    const key = "socket" in origin ? origin.socket : (origin.orderKey ?? origin);
    // A full backlog does not refuse a send that has nothing to wait for.
    const loading = batch.isComplete ? this.#loading(senderId, batch.sends) : null;
    if (batch.isComplete && !loading && !pendingCheck && !isGated && !this.#queues.isBusy(key)) {
      this.#submit(senderId, batch.sends);
      return;
    }
    const bytes = batch.sends.reduce((sum, { draft }) => sum + weightOf(draft), 0);
    const count = batch.sends.length;
    if (!this.#backlog.take(senderId, count, bytes)) {
      this.#refuse(batch.sends, TOO_MANY);
      return;
    }
    const admitted = this.#queues.run(key, async () => {
      // What cannot be loaded is refused by the queue.
      await loading?.catch(() => undefined);
      const reached = await this.#reached(senderId, batch);
      const arriving =
        reached.ok && reached.value !== batch ? this.#arrivals.coming(senderId, reached.value.sends) : coming;
      const failure = arriving.length > 0 ? await this.#arrivals.load(senderId, arriving) : null;
      const prepared =
        failure ?? (reached.ok ? await this.#prepare(senderId, reached.value, pendingCheck) : reached);
      const ready = prepared.ok && isGated ? await this.#gated(senderId, prepared.value) : prepared;
      this.#backlog.release(senderId, count, bytes);
      // The socket was closed while the send waited, as when its session ended: the send must not take
      // effect.
      if ("socket" in origin && origin.socket.isClosing) return;
      if (ready.ok) this.#submit(senderId, ready.value);
      else this.#refuse(batch.sends, ready);
    });
    admitted.catch((error: unknown) => log("error", "send_admission_failed", errorFields(error)));
  }

  /** A batch, of which mentions of roles have become those of users. */
  async #reached(senderId: UserId, batch: Batch): Promise<Result<Batch>> {
    const [{ draft, origin }] = batch.sends;
    const { roleMentions, clientMsgId } = draft;
    // What is stored already is answered with, whatever its roles are by now.
    const isStored = clientMsgId !== undefined && this.#log.byClientId(senderId, clientMsgId) !== undefined;
    if (!roleMentions || isStored) return { ok: true, value: batch };
    const reached = await this.#arrivals.reached(senderId, draft);
    return reached.ok ? { ok: true, value: batchOf({ draft: reached.value, origin }) } : reached;
  }

  /** Waits for the dependencies of a batch: first the originals of a forward, then the direct permission. */
  #prepare(
    senderId: UserId,
    batch: Batch,
    pendingCheck: ReturnType<DirectPermission["check"]>,
  ): Promise<Result<readonly ReadySend[]>> | Result<readonly ReadySend[]> {
    if (!batch.isComplete) return this.#resolveForward(senderId, batch.sends[0]);
    const { sends } = batch;
    // A change of the permission may have begun while this batch waited for an earlier one.
    const check = pendingCheck ?? this.#permission.check();
    return check ? check.then((failure) => failure ?? success(sends)) : success(sends);
  }

  /** Has the old messages loaded that sends refer to, or repeat. @returns null: all are here */
  #loading(senderId: UserId, sends: readonly ReadySend[]): Promise<unknown> | null {
    if (this.#log.archives.upTo === 0) return null;
    const seqs = sends.flatMap(({ draft: { quoteSeq, thread, clientMsgId } }) => [
      ...[quoteSeq ?? [], thread?.root ?? []].flat(),
      ...(clientMsgId === undefined ? [] : this.#log.movedOf(senderId, clientMsgId)),
    ]);
    return seqs.length === 0 ? null : this.#log.loading(seqs);
  }

  async #resolveForward(
    senderId: UserId,
    { draft, origin }: PendingSend<ForwardDraft>,
  ): Promise<Result<readonly ReadySend[]>> {
    const resolved = await this.#forwards.resolve(senderId, draft);
    if (!resolved.ok) return resolved;
    return (await this.#permission.check()) ?? success([{ draft: resolved.value, origin }]);
  }

  /** Has the gate check the one message of a batch. */
  async #gated(senderId: UserId, sends: readonly ReadySend[]): Promise<Result<readonly ReadySend[]>> {
    const gated: ReadySend[] = [];
    for (const send of sends) {
      const draft = await this.#gate.check(senderId, send);
      if (!draft.ok) return draft;
      gated.push({ ...send, draft: draft.value });
    }
    // What the permission was may have changed meanwhile.
    return (await this.#permission.check()) ?? success(gated);
  }

  #submit(senderId: UserId, sends: readonly ReadySend[]): void {
    this.#sends.enqueue(sends.map(({ draft, origin }) => ({ senderId, draft, origin })));
  }

  #refuse(sends: readonly PendingSend[], result: Failure): void {
    this.#onRefused(sends.map((send) => ({ send, result })));
  }
}

/** What checks a send before it is stored. @see SendingGate */
export interface SendGate {
  /** whether messages of a sender are checked */
  isSetFor(senderId: UserId): boolean;
  /** @returns the draft as it is to be stored, or why it is not */
  check(senderId: UserId, send: PendingSend<Draft>): Promise<Result<Draft>>;
}

/** A send whose dependencies are there. */
type ReadySend = PendingSend<Draft>;

/** Sends that are admitted together: consecutive complete ones, or a single forward. */
type Batch =
  | { isComplete: true; sends: [ReadySend, ...ReadySend[]] }
  | { isComplete: false; sends: [PendingSend<ForwardDraft>] };

/** @param areSingle each send is a batch: the gate decides of each by itself */
function batchesOf(sends: readonly PendingSend[], areSingle: boolean): Batch[] {
  const batches: Batch[] = [];
  for (const { draft, origin } of sends) {
    const last = batches.at(-1);
    if (!("copy" in draft) && last?.isComplete && !areSingle) last.sends.push({ draft, origin });
    else batches.push(batchOf({ draft, origin }));
  }
  return batches;
}

function batchOf({ draft, origin }: PendingSend): Batch {
  if ("copy" in draft) return { isComplete: false, sends: [{ draft, origin }] };
  return { isComplete: true, sends: [{ draft, origin }] };
}

function mentionsRoles({ draft }: PendingSend): boolean {
  return draft.roleMentions !== undefined;
}

function success(sends: readonly ReadySend[]): Result<readonly ReadySend[]> {
  return { ok: true, value: sends };
}
