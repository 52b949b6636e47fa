import type { UserId } from "../../domain/ids.ts";
import type { Inboxes } from "../../domain/ports.ts";
import type { DeliveredPosition } from "../../domain/sync/inbox-update.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/deadline.ts";
import { Pacer } from "../../object/pacer.ts";
import type { RetryMarker } from "../../object/retry-marker.ts";
import { DeviceTracker, type FanoutSource } from "./device-tracker.ts";

const MAX_CONCURRENT = 4;
/**
 * Every so many deliveries one goes to a member without devices: members with devices would take all slots.
 */
const OTHERS_EVERY = 4;

/**
 * Delivers the newest inbox update to each member's inbox. Deliveries in the background go in 4 slots, 200 a
 * second after a burst of 50; `deliverNow` calls beside the slots, for callers that await it.
 *
 * - Cooldown: after a delivery, changes of the next 500 ms are coalesced into one update (20 ms with
 *   devices).
 * - Failure: a call that hangs occupies its slot until the deadline. A failed inbox is tried again by the
 *   first change after `retryMs`, or by the alarm. Inboxes that have confirmed nothing since a failure occupy
 *   at most 3 of the 4 slots, so that healthy inboxes always progress.
 * - Order: members with devices come first, but every fourth delivery goes to another member.
 * - Large groups: members without devices are deferred to the alarm, unless their inbox subscribes. Otherwise
 *   a message would cost as many calls as the group has members.
 */
export class Fanout {
  readonly #source: FanoutSource;
  readonly #inboxes: Inboxes;
  readonly #marker: RetryMarker;
  readonly #timing: Timing;
  readonly #devices: DeviceTracker;
  readonly #pace: Pacer;
  readonly #deliveredVersions = new Map<UserId, number>();
  readonly #inFlight = new Map<UserId, Promise<void>>();
  readonly #running = new Set<Promise<void>>();
  readonly #cooldownUntil = new Map<UserId, number>();
  /** deferred members whom the alarm lets through now */
  readonly #releasedByAlarm = new Set<UserId>();
  /** members whose inbox failed: the first change after `retryMs`, or the alarm, takes them out */
  readonly #awaitsRetry = new Set<UserId>();
  /** members whose inbox has confirmed nothing since a failure; only a success takes them out */
  readonly #unconfirmed = new Set<UserId>();
  #timer: { at: number; timer: ReturnType<typeof setTimeout> } | undefined;
  #markerIsSet: boolean;
  #markerClearedAt = 0;
  #nextOther = 0;
  #picks = 0;

  constructor(source: FanoutSource, inboxes: Inboxes, marker: RetryMarker, timing: Timing) {
    this.#source = source;
    this.#inboxes = inboxes;
    this.#marker = marker;
    this.#timing = timing;
    this.#pace = new Pacer(timing.pace);
    this.#markerIsSet = marker.isSet();
    // No marker at start-up: every inbox is up to date.
    if (!this.#markerIsSet)
      for (const id of source.ids()) this.#deliveredVersions.set(id, source.version(id));
    this.#devices = new DeviceTracker(source, timing);
  }

  /** Call it after a change, in the turn of the write: the retry marker is then part of the same commit. */
  changed(): void {
    for (const id of this.#awaitsRetry) if (!this.#isCoolingDown(id)) this.#awaitsRetry.delete(id);
    if (!this.#markerIsSet) {
      this.#marker.set();
      this.#markerIsSet = true;
    }
    this.resume();
  }

  /** Resumes deliveries that a crash or an eviction has cut short. */
  resume(): void {
    if (this.#markerIsSet) this.#start();
  }

  /** Starts the delivery of ephemeral events to members with devices; a failed delivery loses them. */
  ephemeral(): void {
    this.#start();
  }

  /**
   * The inbox has just fetched the newest update: the next one is delivered without delay.
   * @param hasDevices a device is connected, or connecting: the member comes before those who only opened
   *   their list
   */
  subscribe(id: UserId, hasDevices: boolean): void {
    this.#devices.subscribe(id, hasDevices);
    this.#cooldownUntil.delete(id);
  }

  /** @see DeviceTracker.mayReceiveEphemeral */
  mayReceiveEphemeral(id: UserId): boolean {
    return this.#devices.mayReceiveEphemeral(id);
  }

  /** Whether a member's inbox has confirmed the newest update. */
  isDelivered(id: UserId): boolean {
    return (this.#deliveredVersions.get(id) ?? -1) >= this.#source.version(id);
  }

  #start(): void {
    while (this.#running.size < MAX_CONCURRENT) {
      const first = this.#takeDue();
      if (first === undefined) {
        this.#armTimer();
        return;
      }
      const slot = this.#work(first)
        .catch((error: unknown) => log("error", "fanout_failed", errorFields(error)))
        .finally(() => this.#workEnded(slot));
      this.#running.add(slot);
    }
  }

  /**
   * One awaited try for these users, so that they read in their lists what was just written.
   * @param max so many of them at most
   */
  async deliverNow(userIds: UserId[], max = userIds.length): Promise<void> {
    const pending = [...new Set(userIds)].filter((id) => !this.isDelivered(id));
    await Promise.all(pending.slice(0, max).map((id) => this.#deliver(id)));
  }

  /**
   * For the alarm: retries failed inboxes and serves deferred members. The wait is bounded: in a busy room
   * deliveries never end, and other jobs need the alarm.
   * @returns true once every inbox has the newest update: the caller clears the marker in this turn
   */
  async repair(): Promise<boolean> {
    // Deferred members keep their cooldown: only the alarm serves them, once a minute.
    for (const id of this.#cooldownUntil.keys()) {
      if (this.#awaitsRetry.has(id) || !this.#devices.isDeferred(id)) this.#cooldownUntil.delete(id);
    }
    this.#awaitsRetry.clear();
    for (const id of this.#source.ids())
      if (this.#devices.isDeferred(id) && !this.isDelivered(id)) this.#releasedByAlarm.add(id);
    this.resume();
    await withDeadline(Promise.all(this.#running), this.#timing.fanout.drainTimeoutMs).catch(() => undefined);
    if (this.#isBehind()) return false;
    this.#noteMarkerCleared();
    return true;
  }

  /** Memory follows the marker, which the caller clears. */
  #noteMarkerCleared(): void {
    this.#markerIsSet = false;
    this.#markerClearedAt = Date.now();
  }

  async #work(first: UserId): Promise<void> {
    for (let id: UserId | undefined = first; id !== undefined; id = this.#takeDue()) {
      await this.#call(id);
      await this.#pace.next();
    }
  }

  #workEnded(slot: Promise<void>): void {
    this.#running.delete(slot);
    this.#start();
    // Each write costs: the marker is cleared here at most once in `dueMs`, else by the alarm.
    const mayClear = this.#markerIsSet && Date.now() - this.#markerClearedAt > this.#timing.retryMarker.dueMs;
    if (this.#running.size === 0 && mayClear && !this.#isBehind()) {
      this.#marker.clear();
      this.#noteMarkerCleared();
    }
  }

  /**
   * Takes the next member to deliver to: members with devices first, every fourth time another member. Both
   * groups go round-robin: otherwise the first member is due again before the last one is served.
   */
  #takeDue(): UserId | undefined {
    this.#picks++;
    const withDevices = () => this.#devices.next((id) => this.#isDue(id));
    if (this.#picks % OTHERS_EVERY === 0) return this.#takeDueOther() ?? withDevices();
    return withDevices() ?? this.#takeDueOther();
  }

  #takeDueOther(): UserId | undefined {
    const ids = this.#source.ids();
    for (let i = 0; i < ids.length; i++) {
      const at = (this.#nextOther + i) % ids.length;
      const id = ids[at];
      if (id === undefined || this.#devices.hasDevices(id) || !this.#isDue(id)) continue;
      this.#nextOther = at + 1;
      return id;
    }
    return undefined;
  }

  #isDue(id: UserId): boolean {
    if (this.#inFlight.has(id) || this.#isCoolingDown(id) || this.#isThrottled(id)) return false;
    return this.#isWaiting(id) && (!this.#devices.isDeferred(id) || this.#releasedByAlarm.has(id));
  }

  /** Whether an update or an event is pending for the member, and their inbox has not just failed. */
  #isWaiting(id: UserId): boolean {
    return !this.#awaitsRetry.has(id) && (!this.isDelivered(id) || this.#source.hasEphemeral(id));
  }

  /** Whether the member has to wait, as the last slot is kept for inboxes that have not failed. */
  #isThrottled(id: UserId): boolean {
    if (!this.#unconfirmed.has(id)) return false;
    let inFlight = 0;
    for (const other of this.#inFlight.keys()) if (this.#unconfirmed.has(other)) inFlight++;
    return inFlight >= MAX_CONCURRENT - 1;
  }

  #isCoolingDown(id: UserId): boolean {
    return (this.#cooldownUntil.get(id) ?? 0) > Date.now();
  }

  /**
   * Arms a timer for the earliest member whose cooldown ends while an update is pending. Members whose inbox
   * failed are left to the next change or the alarm.
   */
  #armTimer(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const [id, until] of this.#cooldownUntil) {
      // A delivery in flight starts the next one itself when it ends.
      const isPending = this.#isWaiting(id) && !this.#devices.isDeferred(id);
      const waits = isPending && !this.#inFlight.has(id) && !this.#isThrottled(id);
      if (waits) next = Math.min(next, until);
    }
    if (!Number.isFinite(next) || (this.#timer && this.#timer.at <= next)) return;
    // A member with devices has a short cooldown and must not wait for a longer one.
    clearTimeout(this.#timer?.timer);
    const wake = () => {
      this.#timer = undefined;
      this.#start();
    };
    this.#timer = { at: next, timer: setTimeout(wake, Math.max(1, next - Date.now())) };
  }

  #isBehind(): boolean {
    return this.#source.ids().some((id) => !this.isDelivered(id));
  }

  /** Callers that wait for the same member share calls: at most one is in flight, and one to come. */
  async #deliver(id: UserId): Promise<void> {
    const version = this.#source.version(id);
    while ((this.#deliveredVersions.get(id) ?? -1) < version) {
      await (this.#inFlight.get(id) ?? this.#call(id));
      if (this.#awaitsRetry.has(id)) return;
    }
  }

  #call(id: UserId): Promise<void> {
    // The update is made inside the promise: if that throws, the delivery has failed like any other.
    const delivery = async () => {
      this.#releasedByAlarm.delete(id);
      const update = this.#source.update(id, this.#devices.positionOf(id));
      return { update, position: await this.#inboxes.applyUpdate(id, update) };
    };
    const call = withDeadline(delivery(), this.#timing.fanout.callTimeoutMs)
      .then(({ update, position }) => {
        this.#deliveredVersions.set(id, Math.max(update.version, this.#deliveredVersions.get(id) ?? -1));
        this.#awaitsRetry.delete(id);
        this.#unconfirmed.delete(id);
        this.#source.delivered(id, update);
        this.#devices.answered(id, position);
        this.#cooldownUntil.set(id, Date.now() + this.#cooldownMs(id, position));
      })
      .catch((error: unknown) => {
        this.#awaitsRetry.add(id);
        this.#unconfirmed.add(id);
        this.#cooldownUntil.set(id, Date.now() + this.#timing.fanout.retryMs);
        log("warn", "inbox_update_failed", {
          conversation: this.#source.conversationId,
          user: id,
          ...errorFields(error),
        });
      })
      .finally(() => {
        this.#inFlight.delete(id);
        // A change during the call found the member in flight.
        this.#start();
      });
    this.#inFlight.set(id, call);
    return call;
  }

  #cooldownMs(id: UserId, position: DeliveredPosition): number {
    const { cooldownMs, deviceCooldownMs, largeGroupCooldownMs } = this.#timing.fanout;
    if (position) return deviceCooldownMs;
    return this.#devices.isDeferred(id) ? largeGroupCooldownMs : cooldownMs;
  }
}
