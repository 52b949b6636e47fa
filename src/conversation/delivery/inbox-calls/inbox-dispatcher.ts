import type { UserId } from "../../../domain/ids.ts";
import type { Timing } from "../../../domain/timing.ts";
import { errorFields, log } from "../../../lib/logger.ts";
import { withDeadline } from "../../../object/calls/deadline.ts";
import { Pacer } from "../../../object/pacer.ts";
import type { InboxFailures } from "./inbox-failures.ts";
import { LiveCalls } from "./live-calls.ts";

/** The slots of paced calls. */
const MAX_CONCURRENT = 4;
/** The inboxes that have failed and are called at once: one slot of paced calls is left to the others. */
const MAX_FAILING = MAX_CONCURRENT - 1;
/** The live calls that one turn starts: each makes an update, and other events wait meanwhile. */
const MAX_PER_TURN = 8;

/** What is dispatched: whose turn it is, and the call itself. */
export interface InboxWork<Answer> {
  /** the next user whose inbox is to get a paced call, among those that `mayCall`; undefined: none */
  next(): UserId | undefined;
  /** the same for live calls, which no pace holds back */
  nextLive?(): UserId | undefined;
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
 * Calls inboxes in the background, one call to an inbox at a time. An alarm makes 300 calls at most.
 * - Paced calls, to inboxes that nobody looks at: 4 slots, 200 calls a second after a burst of 50.
 * - Live calls, to inboxes with devices: as many as `LiveCalls` allows, each as soon as there is something.
 * - `callNow` goes beside both, for callers that await it.
 *
 * A failed inbox is paused until a change, the alarm or the inbox itself releases it: `InboxFailures` has
 * the pauses. At most 3 failing inboxes are called at once, so that healthy inboxes always progress.
 */
export class InboxDispatcher<Answer> {
  readonly #work: InboxWork<Answer>;
  readonly #failures: InboxFailures;
  readonly #timing: Timing["inboxCalls"];
  readonly #pace: Pacer;
  readonly #inFlight = new Map<UserId, Promise<void>>();
  readonly #slots = new Set<Promise<void>>();
  readonly #live: LiveCalls;
  /** whether the last turn has left live calls to the next one, or to when there is room */
  #hasMoreLive = false;
  /** starts the live calls that a turn has left */
  #nextTurn: ReturnType<typeof setTimeout> | undefined;
  readonly #paused: Set<UserId>;
  /** the background calls, of slots and live ones together, that may still be made */
  #callsLeft = Number.POSITIVE_INFINITY;

  constructor(
    work: InboxWork<Answer>,
    failures: InboxFailures,
    timing: Pick<Timing, "inboxCalls" | "liveCalls" | "pace">,
  ) {
    this.#work = work;
    this.#failures = failures;
    this.#timing = timing.inboxCalls;
    this.#pace = new Pacer(timing.pace);
    this.#live = new LiveCalls(timing.liveCalls, () => this.start());
    this.#paused = new Set(failures.ids());
  }

  /** Whether no background call is in flight, apart from live ones that hang. */
  get isIdle(): boolean {
    return this.#slots.size === 0 && this.#live.isIdle;
  }

  /** Whether the inbox failed, and has not been released since. */
  isPaused(id: UserId): boolean {
    return this.#paused.has(id);
  }

  /** Whether a background call to the inbox may start now. */
  mayCall(id: UserId): boolean {
    if (this.isOutOfCalls || this.#inFlight.has(id) || this.#paused.has(id)) return false;
    return !this.#isThrottled(id);
  }

  /** Whether all calls that one alarm may make have been made. */
  get isOutOfCalls(): boolean {
    return this.#callsLeft <= 0;
  }

  /**
   * For the alarm: from now on `maxPerAlarm` background calls are made at most, as the platform limits the
   * calls of one event. A change is an event of its own, and lifts the limit.
   */
  limitCalls(): void {
    this.#callsLeft = this.#timing.maxPerAlarm;
  }

  /** In an event that is no alarm. @see limitCalls */
  liftLimit(): void {
    this.#callsLeft = Number.POSITIVE_INFINITY;
  }

  /** Starts the calls that are due, as far as slots are free. */
  start(): void {
    this.#startLive();
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

  /** Resolves once no background call is in flight, or after a time: in a busy room that never happens. */
  async drain(): Promise<void> {
    const { drainTimeoutMs } = this.#timing;
    const until = Date.now() + drainTimeoutMs;
    const drained = async () => {
      await Promise.all(this.#slots);
      // Without the time this would go on behind the alarm for as long as the room is busy.
      while (!this.#live.isIdle && Date.now() < until) await Promise.race(this.#inFlight.values());
    };
    await withDeadline(drained(), drainTimeoutMs).catch(() => undefined);
  }

  /** Starts live calls: a turn starts some of them, and the next turn the others. */
  #startLive(): void {
    this.#hasMoreLive = true;
    for (let started = 0; this.#live.hasRoom(); started++) {
      if (started === MAX_PER_TURN) {
        this.#startLiveNextTurn();
        return;
      }
      const id = this.#work.nextLive?.();
      if (id === undefined) {
        this.#hasMoreLive = false;
        return;
      }
      this.#callsLeft--;
      this.#live.began(id);
      void this.callNow(id);
    }
  }

  #startLiveNextTurn(): void {
    this.#nextTurn ??= setTimeout(() => {
      this.#nextTurn = undefined;
      this.#startLive();
    }, 0);
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
        // A change during the call found the inbox in flight. While live calls go on, their ends look for
        // live work only: to look at all members each time would cost the square of the group's size.
        if (!this.#live.ended(id) || this.#live.isIdle) this.start();
        // Calls that end together start the next ones together: a turn for each would cost as much as a call.
        else if (this.#hasMoreLive) this.#startLiveNextTurn();
        else this.#startLive();
      });
    this.#inFlight.set(id, call);
    return call;
  }

  /** Whether the inbox has to wait, as enough failing ones are being called. */
  #isThrottled(id: UserId): boolean {
    if (!this.#failures.has(id)) return false;
    let failing = 0;
    for (const other of this.#inFlight.keys()) if (this.#failures.has(other)) failing++;
    return failing >= MAX_FAILING;
  }
}
