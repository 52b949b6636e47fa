import type { Failure, Result } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { AnyDraft, Draft, ForwardDraft } from "../../domain/messages/message.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { Backlog, weightOf } from "../../object/backlog.ts";
import { KeyQueue } from "../../object/key-queue.ts";
import type { DirectPermission } from "./direct-permission.ts";
import type { ForwardResolver } from "./forward-resolver.ts";
import type { SendOrigin, SendOutcome } from "./send.ts";
import { MAX_WAITING, type SendQueue, TOO_MANY } from "./send-queue.ts";

/**
 * Admits sends to the send queue. Most sends pass at once. A send waits here in three cases:
 * - It is a forward: its originals have to be read first.
 * - A change of the direct permission is under way: the permission has to be read from D1.
 * - An earlier send of the same origin waits: sends of one origin keep their order.
 */
export class SendAdmission {
  readonly #sends: SendQueue<SendOrigin>;
  readonly #permission: DirectPermission;
  readonly #forwards: ForwardResolver;
  readonly #onRefused: (outcomes: SendOutcome<SendOrigin>[]) => void;
  readonly #queues = new KeyQueue<object>();
  readonly #backlog = new Backlog(MAX_WAITING);

  /** @param onRefused receives the sends that did not reach the queue, in order */
  constructor(
    sends: SendQueue<SendOrigin>,
    permission: DirectPermission,
    forwards: ForwardResolver,
    onRefused: (outcomes: SendOutcome<SendOrigin>[]) => void,
  ) {
    this.#sends = sends;
    this.#permission = permission;
    this.#forwards = forwards;
    this.#onRefused = onRefused;
  }

  /**
   * Admits drafts of one origin, in order. Each is stored or refused, unless its socket closes while it
   * waits.
   */
  admit(senderId: UserId, drafts: AnyDraft[], origin: SendOrigin): void {
    for (const batch of batchesOf(drafts)) this.#admit(senderId, batch, origin);
  }

  #admit(senderId: UserId, batch: Batch, origin: SendOrigin): void {
    const pendingCheck = this.#permission.check();
    const key = "socket" in origin ? origin.socket : (origin.orderKey ?? origin);
    // A full backlog does not refuse a send that has nothing to wait for.
    if (batch.isComplete && !pendingCheck && !this.#queues.isBusy(key)) {
      this.#submit(senderId, batch.drafts, origin);
      return;
    }
    const bytes = batch.drafts.reduce((sum, draft) => sum + weightOf(draft), 0);
    const count = batch.drafts.length;
    if (!this.#backlog.take(count, bytes)) {
      this.#refuse(batch.drafts, TOO_MANY, origin);
      return;
    }
    const admitted = this.#queues.run(key, async () => {
      const ready = await this.#prepare(senderId, batch, pendingCheck);
      this.#backlog.release(count, bytes);
      // The socket was closed while the send waited, as when its session ended: the send must not take
      // effect.
      if ("socket" in origin && origin.socket.isClosing) return;
      if (ready.ok) this.#submit(senderId, ready.value, origin);
      else this.#refuse(batch.drafts, ready, origin);
    });
    admitted.catch((error: unknown) => log("error", "send_admission_failed", errorFields(error)));
  }

  /** Waits for the dependencies of a batch: first the originals of a forward, then the direct permission. */
  #prepare(
    senderId: UserId,
    batch: Batch,
    pendingCheck: ReturnType<DirectPermission["check"]>,
  ): Promise<Result<Draft[]>> | Result<Draft[]> {
    if (!batch.isComplete) return this.#resolveForward(senderId, batch.drafts[0]);
    const { drafts } = batch;
    // A change of the permission may have begun while this batch waited for an earlier one.
    const check = pendingCheck ?? this.#permission.check();
    return check ? check.then((failure) => failure ?? success(drafts)) : success(drafts);
  }

  async #resolveForward(senderId: UserId, draft: ForwardDraft): Promise<Result<Draft[]>> {
    const resolved = await this.#forwards.resolve(senderId, draft);
    if (!resolved.ok) return resolved;
    return (await this.#permission.check()) ?? success([resolved.value]);
  }

  #submit(senderId: UserId, drafts: Draft[], origin: SendOrigin): void {
    this.#sends.enqueue(drafts.map((draft) => ({ senderId, draft, origin })));
  }

  #refuse(drafts: AnyDraft[], result: Failure, origin: SendOrigin): void {
    this.#onRefused(drafts.map((draft) => ({ send: { draft, origin }, result })));
  }
}

/** Drafts that are admitted together: consecutive complete ones, or a single forward. */
type Batch = { isComplete: true; drafts: Draft[] } | { isComplete: false; drafts: [ForwardDraft] };

function batchesOf(drafts: AnyDraft[]): Batch[] {
  const batches: Batch[] = [];
  for (const draft of drafts) {
    const last = batches.at(-1);
    if ("copy" in draft) batches.push({ isComplete: false, drafts: [draft] });
    else if (last?.isComplete) last.drafts.push(draft);
    else batches.push({ isComplete: true, drafts: [draft] });
  }
  return batches;
}

function success(drafts: Draft[]): Result<Draft[]> {
  return { ok: true, value: drafts };
}
