import type { UserId } from "../../../domain/ids.ts";
import type { Timing } from "../../../domain/timing.ts";
import { errorFields, log } from "../../../lib/logger.ts";
import { Deadlines, withDeadline } from "../../../object/calls/deadline.ts";
import { Pacer } from "../../../object/pacer.ts";
import type { InboxFailures } from "./inbox-failures.ts";

/** The slots of paced calls. */
const MAX_SLOTS = 4;
/** The inboxes that have failed and are called at once: one slot is left to the others. */
const MAX_FAILING = MAX_SLOTS - 1;
/** The most live calls in flight: each has a page of messages in memory. */
const MAX_LIVE = 64;
/** The live calls that one turn starts: each makes an update, and other events wait meanwhile. */
const MAX_PER_TURN = 8;

/**
 * How inboxes are called.
 * - `slot`: at a pace, for inboxes that nobody looks at: 4 at once, 200 a second after a burst of 50.
 * - `live`: as soon as there is something, for inboxes with devices: 64 at once. A call that takes longer
 *   than `slowMs` does not count any more, so an inbox that hangs holds up nobody.
 */
export type Lane = "slot" | "live";

/** What is dispatched. */
export interface InboxWork {
  /** the next user whose inbox is to be called, among those that `mayCall`; undefined: none */
  next(lane: Lane): UserId | undefined;
  /** One call. @returns what takes its answer: that is not run if the answer comes too late */
  call(id: UserId): Promise<() => void>;
  /** the slots have found nothing to do */
  idle(): void;
}

/**
 * Calls inboxes in the background, one call to an inbox at a time. An alarm makes 300 calls at most.
 * `callNow` goes beside both lanes, for callers that await it.
 *
 * A failed inbox is paused until a change, the alarm or the inbox itself releases it: `InboxFailures` has
 * the pauses. At most 3 failing inboxes are called at once, so that healthy inboxes always progress.
 */
export class InboxDispatcher {
  readonly #work: InboxWork;
  readonly #failures: InboxFailures;
  readonly #timing: Pick<Timing, "inboxCalls" | "liveCalls">;
  readonly #pace: Pacer;
  readonly #deadlines: Deadlines;
  readonly #inFlight = new Map<UserId, Promise<void>>();
  readonly #slots = new Set<Promise<void>>();
  /** the live calls that count, and when each began (ms since 1970) */
  readonly #live = new Map<UserId, number>();
  #slowTimer: ReturnType<typeof setTimeout> | undefined;
  /** starts the live calls that a turn has left */
  #nextTurn: ReturnType<typeof setTimeout> | undefined;
  /** the background calls, of both lanes together, that may still be made */
  #callsLeft = Number.POSITIVE_INFINITY;

  constructor(
    work: InboxWork,
    failures: InboxFailures,
    timing: Pick<Timing, "inboxCalls" | "liveCalls" | "pace">,
  ) {
    this.#work = work;
    this.#failures = failures;
    this.#timing = timing;
    this.#pace = new Pacer(timing.pace);
    this.#deadlines = new Deadlines(timing.inboxCalls.callTimeoutMs);
  }

  /** Whether no background call is in flight, apart from live ones that hang. */
  get isIdle(): boolean {
    return this.#slots.size === 0 && this.#live.size === 0;
  }

  /** Whether a background call to the inbox may start now. */
  mayCall(id: UserId): boolean {
    return !this.#inFlight.has(id) && !this.#failures.isPaused(id) && !this.#isThrottled(id);
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
    this.#callsLeft = this.#timing.inboxCalls.maxPerAlarm;
  }

  /** In an event that is no alarm. @see limitCalls */
  liftLimit(): void {
    this.#callsLeft = Number.POSITIVE_INFINITY;
  }

  /** Starts the calls that are due, as far as there is room. */
  start(): void {
    this.#startLive();
    while (this.#slots.size < MAX_SLOTS) {
      const id = this.#next("slot");
      if (id === undefined) {
        this.#work.idle();
        return;
      }
      const slot = this.callNow(id)
        .then(() => this.#pace.next())
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

  /**
   * @param isWaiting whether something is left to deliver to a user
   * @returns when the alarm retries failed inboxes (ms since 1970); null: none has to be retried
   */
  nextRetryAt(isWaiting: (id: UserId) => boolean): number | null {
    const failing = this.#failures.ids().filter(isWaiting);
    const times = failing.flatMap((id) => this.#failures.retryAt(id, this.#inFlight.has(id)) ?? []);
    return times.length > 0 ? Math.min(...times) : null;
  }

  /**
   * After an alarm: when the next one retries failed inboxes (ms since 1970); null: none has to be retried.
   * An inbox that this alarm could not call waits for a pause, unless the calls ran out: otherwise alarm
   * would follow alarm.
   */
  nextAlarmAt(isWaiting: (id: UserId) => boolean): number | null {
    const retryAt = this.nextRetryAt(isWaiting);
    if (retryAt === null || this.isOutOfCalls) return retryAt;
    return Math.max(retryAt, Date.now() + this.#timing.inboxCalls.retryMs);
  }

  /** Resolves once no background call is in flight, or after a time: in a busy room that never happens. */
  async drain(): Promise<void> {
    const { drainTimeoutMs } = this.#timing.inboxCalls;
    const until = Date.now() + drainTimeoutMs;
    const drained = async () => {
      // Without the time this would go on behind the alarm for as long as the room is busy.
      while (!this.isIdle && Date.now() < until)
        await Promise.race([...this.#slots, ...this.#inFlight.values()]);
    };
    await withDeadline(drained(), drainTimeoutMs).catch(() => undefined);
  }

  #next(lane: Lane): UserId | undefined {
    const id = this.isOutOfCalls ? undefined : this.#work.next(lane);
    if (id !== undefined) this.#callsLeft--;
    return id;
  }

  /** Starts live calls: a turn starts some of them, and the next turn the others. */
  #startLive(): void {
    for (let started = 0; this.#hasRoom(); started++) {
      if (started === MAX_PER_TURN) {
        this.#startLiveNextTurn();
        return;
      }
      const id = this.#next("live");
      if (id === undefined) return;
      this.#live.set(id, Date.now());
      void this.callNow(id);
    }
  }

  #startLiveNextTurn(): void {
    this.#nextTurn ??= setTimeout(() => {
      this.#nextTurn = undefined;
      this.#startLive();
    }, 0);
  }

  /** Whether another live call may start. If not, the end of one or a timer starts it. */
  #hasRoom(): boolean {
    if (this.#live.size < MAX_LIVE) return true;
    const { slowMs } = this.#timing.liveCalls;
    this.#slowTimer ??= setTimeout(() => {
      this.#slowTimer = undefined;
      const since = Date.now() - slowMs;
      for (const [id, beganAt] of this.#live) if (beganAt <= since) this.#live.delete(id);
      this.start();
    }, slowMs);
    return false;
  }

  #call(id: UserId): Promise<void> {
    // The call is made inside a promise: if that throws, it has failed like any other.
    const work = async () => this.#work.call(id);
    const call = this.#deadlines
      .within(work())
      .then((take) => take())
      .catch((error: unknown) => this.#failures.failed(id, error))
      .finally(() => {
        this.#inFlight.delete(id);
        // A change during the call found the inbox in flight. While live calls go on, their ends look for
        // live work only: to look at all members each time would cost the square of the group's size. Calls
        // that end together start the next ones together.
        if (this.#live.delete(id) && this.#live.size > 0) this.#startLiveNextTurn();
        else this.start();
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
