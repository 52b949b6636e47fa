import type { UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/deadline.ts";
import { Pacer } from "../../object/pacer.ts";
import type { InboxFailures } from "./inbox-failures.ts";

const MAX_CONCURRENT = 4;

/** What is dispatched: whose turn it is, and the call itself. */
export interface InboxWork<Answer> {
  /** the next user whose inbox is to be called, among those that `mayCall`; undefined: none */
  next(): UserId | undefined;
  /** whether something is left to deliver to this user */
  isWaiting(id: UserId): boolean;
  /** one call */
  call(id: UserId): Promise<Answer>;
  /**
   * the inbox has answered in time
   * @param hasRecovered it had failed before
   */
  succeeded(id: UserId, answer: Answer, hasRecovered: boolean): void;
  /** a call has failed, and is stored among the failures */
  failed(id: UserId): void;
  /** a slot has found nothing to do */
  idle(): void;
}

/**
 * Calls inboxes in the background: 4 slots, 200 calls a second after a burst of 50, one call to an inbox at
 * a time. `callNow` goes beside the slots, for callers that await it. An alarm makes 300 calls at most.
 *
 * A failed inbox is paused until a change, the alarm or the inbox itself releases it: `InboxFailures` has
 * the pauses. Failing inboxes occupy at most 3 of the 4 slots, so that healthy inboxes always progress.
 */
export class InboxDispatcher<Answer> {
  readonly #work: InboxWork<Answer>;
  readonly #failures: InboxFailures;
  readonly #timing: Timing["inboxCalls"];
  readonly #pace: Pacer;
  readonly #inFlight = new Map<UserId, Promise<void>>();
  readonly #slots = new Set<Promise<void>>();
  readonly #paused: Set<UserId>;
  /** the calls that the slots may still make */
  #callsLeft = Number.POSITIVE_INFINITY;

  constructor(work: InboxWork<Answer>, failures: InboxFailures, timing: Pick<Timing, "inboxCalls" | "pace">) {
    this.#work = work;
    this.#failures = failures;
    this.#timing = timing.inboxCalls;
    this.#pace = new Pacer(timing.pace);
    this.#paused = new Set(failures.ids());
  }

  /** Whether no slot is in use. */
  get isIdle(): boolean {
    return this.#slots.size === 0;
  }

  /** Whether the inbox failed, and has not been released since. */
  isPaused(id: UserId): boolean {
    return this.#paused.has(id);
  }

  /** Whether a slot may call the inbox now. */
  mayCall(id: UserId): boolean {
    if (this.isOutOfCalls || this.#inFlight.has(id) || this.#paused.has(id)) return false;
    return !this.#isThrottled(id);
  }

  /** Whether the slots have made all calls that one alarm may make. */
  get isOutOfCalls(): boolean {
    return this.#callsLeft <= 0;
  }

  /**
   * For the alarm: from now on the slots make `maxPerAlarm` calls at most, as the platform limits the calls
   * of one event. A change is an event of its own, and lifts the limit.
   */
  limitCalls(): void {
    this.#callsLeft = this.#timing.maxPerAlarm;
  }

  /** In an event that is no alarm. @see limitCalls */
  liftLimit(): void {
    this.#callsLeft = Number.POSITIVE_INFINITY;
  }

  /** Fills the free slots. */
  start(): void {
    while (this.#slots.size < MAX_CONCURRENT) {
      const first = this.#work.next();
      if (first === undefined) {
        this.#work.idle();
        return;
      }
      const slot = this.#run(first)
        .catch((error: unknown) => log("error", "inbox_dispatch_failed", errorFields(error)))
        .finally(() => {
          this.#slots.delete(slot);
          this.start();
        });
      this.#slots.add(slot);
    }
  }

  /** Calls an inbox at once, or joins the call in flight. Failures are stored, and do not reject. */
  callNow(id: UserId): Promise<void> {
    return this.#inFlight.get(id) ?? this.#call(id);
  }

  /** After a change: releases the failed inboxes whose pause has passed. */
  releaseOnChange(): void {
    this.liftLimit();
    for (const id of this.#paused) if (this.#failures.mayTryOnChange(id)) this.#paused.delete(id);
  }

  /** For the alarm: releases the failed inboxes that are not parked. */
  releaseUnparked(): void {
    for (const id of this.#paused) if (!this.#failures.isParked(id)) this.#paused.delete(id);
  }

  /** Releases an inbox that has shown that it works, also a parked one. */
  release(id: UserId): void {
    if (this.#paused.delete(id)) this.start();
  }

  /** Notes that an inbox works, also by an answer outside this dispatcher. @returns whether it had failed */
  confirmed(id: UserId): boolean {
    this.#paused.delete(id);
    return this.#failures.succeeded(id);
  }

  /** Whether the last call of the inbox failed: what it lacks is left to `nextRetryAt`. */
  isFailing(id: UserId): boolean {
    return this.#failures.has(id);
  }

  /** When the alarm retries failed inboxes (ms since 1970); null: none has to be retried. */
  nextRetryAt(): number | null {
    const failing = this.#failures.ids().filter((id) => this.#work.isWaiting(id));
    const times = failing.flatMap((id) => this.#failures.retryAt(id, this.#inFlight.has(id)) ?? []);
    return times.length > 0 ? Math.min(...times) : null;
  }

  /**
   * After an alarm: when the next one retries failed inboxes (ms since 1970); null: none has to be retried.
   * An inbox that this alarm could not call waits for a pause, unless the calls ran out: otherwise alarm
   * would follow alarm.
   */
  nextAlarmAt(): number | null {
    const retryAt = this.nextRetryAt();
    if (retryAt === null || this.isOutOfCalls) return retryAt;
    return Math.max(retryAt, Date.now() + this.#timing.retryMs);
  }

  /** Resolves once the slots are free, or after a time: in a busy room they never are. */
  async drain(): Promise<void> {
    await withDeadline(Promise.all(this.#slots), this.#timing.drainTimeoutMs).catch(() => undefined);
  }

  async #run(first: UserId): Promise<void> {
    for (let id: UserId | undefined = first; id !== undefined; id = this.#work.next()) {
      this.#callsLeft--;
      await this.callNow(id);
      await this.#pace.next();
    }
  }

  #call(id: UserId): Promise<void> {
    // The call is made inside a promise: if that throws, it has failed like any other.
    const work = async () => this.#work.call(id);
    const call = withDeadline(work(), this.#timing.callTimeoutMs)
      .then((answer) => this.#work.succeeded(id, answer, this.confirmed(id)))
      .catch((error: unknown) => {
        this.#paused.add(id);
        this.#failures.failed(id, error);
        this.#work.failed(id);
      })
      .finally(() => {
        this.#inFlight.delete(id);
        // A change during the call found the inbox in flight.
        this.start();
      });
    this.#inFlight.set(id, call);
    return call;
  }

  /** Whether the inbox has to wait, as the last slot is kept for inboxes that have not failed. */
  #isThrottled(id: UserId): boolean {
    if (!this.#failures.has(id)) return false;
    let failing = 0;
    for (const other of this.#inFlight.keys()) if (this.#failures.has(other)) failing++;
    return failing >= MAX_CONCURRENT - 1;
  }
}
