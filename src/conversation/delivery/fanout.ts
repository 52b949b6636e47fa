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
 * Delivers the newest inbox update to each member's inbox, asynchronously and rate-limited: 4 concurrent
 * calls, 200 a second.
 *
 * - Cooldown: after a delivery, changes of the next 500 ms are coalesced into one update (20 ms with
 *   devices).
 * - Failure: a call that hangs occupies its slot until the deadline. Inboxes that failed last occupy at most
 *   3 of the 4 slots, so that healthy inboxes always progress.
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
  /** members of a large group whom the alarm serves now */
  readonly #deferred = new Set<UserId>();
  /** members whose inbox failed last: the next change after their cooldown, or the alarm, tries again */
  readonly #failed = new Set<UserId>();
  /**
   * members whose inbox has confirmed nothing since a failure: healthy inboxes keep one slot for themselves
   */
  readonly #suspect = new Set<UserId>();
  #timer: { at: number; timer: ReturnType<typeof setTimeout> } | undefined;
  #markerIsSet: boolean;
  #clearedAt = 0;
  #next = 0;
  #turns = 0;

  constructor(source: FanoutSource, inboxes: Inboxes, marker: RetryMarker, timing: Timing) {
    this.#source = source;
    this.#inboxes = inboxes;
    this.#marker = marker;
    this.#timing = timing;
    this.#pace = new Pacer(timing.pace);
    this.#markerIsSet = marker.isSet();
    // Without the marker every inbox had the newest update before the object stopped.
    if (!this.#markerIsSet)
      for (const id of source.ids()) this.#deliveredVersions.set(id, source.version(id));
    this.#devices = new DeviceTracker(source, timing);
  }

  /** Call it after a change, in the turn of the write: the retry marker is then part of the same commit. */
  changed(): void {
    for (const id of this.#failed) if (!this.#isCoolingDown(id)) this.#failed.delete(id);
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
   * Ends a member's cooldown: their inbox has the newest update, and gets the next one without delay.
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
      const first = this.#due();
      if (first === undefined) {
        this.#wakeLater();
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
      if (this.#failed.has(id) || !this.#devices.isDeferred(id)) this.#cooldownUntil.delete(id);
    }
    this.#failed.clear();
    for (const id of this.#source.ids())
      if (this.#devices.isDeferred(id) && !this.isDelivered(id)) this.#deferred.add(id);
    this.resume();
    await withDeadline(Promise.all(this.#running), this.#timing.fanout.drainTimeoutMs).catch(() => undefined);
    if (this.#isBehind()) return false;
    this.#clearMarker();
    return true;
  }

  #clearMarker(): void {
    this.#markerIsSet = false;
    this.#clearedAt = Date.now();
  }

  async #work(first: UserId): Promise<void> {
    for (let id: UserId | undefined = first; id !== undefined; id = this.#due()) {
      await this.#call(id);
      await this.#pace.next();
    }
  }

  #workEnded(slot: Promise<void>): void {
    this.#running.delete(slot);
    this.#start();
    // Each write costs: in a busy room the marker stays, and the alarm clears it.
    const mayClear = this.#markerIsSet && Date.now() - this.#clearedAt > this.#timing.retryMarker.dueMs;
    if (this.#running.size === 0 && mayClear && !this.#isBehind()) {
      this.#marker.clear();
      this.#clearMarker();
    }
  }

  /**
   * The next member to deliver to: members with devices first, every fourth time another member. Both kinds
   * take turns, as in a busy room the first member is due again before the last one was served.
   */
  #due(): UserId | undefined {
    this.#turns++;
    const withDevices = () => this.#devices.next((id) => this.#isDue(id));
    if (this.#turns % OTHERS_EVERY === 0) return this.#dueOther() ?? withDevices();
    return withDevices() ?? this.#dueOther();
  }

  #dueOther(): UserId | undefined {
    const ids = this.#source.ids();
    for (let i = 0; i < ids.length; i++) {
      const at = (this.#next + i) % ids.length;
      const id = ids[at];
      if (id === undefined || this.#devices.hasDevices(id) || !this.#isDue(id)) continue;
      this.#next = at + 1;
      return id;
    }
    return undefined;
  }

  #isDue(id: UserId): boolean {
    if (this.#inFlight.has(id) || this.#isCoolingDown(id) || this.#isThrottled(id)) return false;
    return this.#isWaiting(id) && (!this.#devices.isDeferred(id) || this.#deferred.has(id));
  }

  /** Whether an update or an event is pending for the member, and their inbox has not just failed. */
  #isWaiting(id: UserId): boolean {
    return !this.#failed.has(id) && (!this.isDelivered(id) || this.#source.hasEphemeral(id));
  }

  /** Whether the last slot is reserved: the others wait for inboxes that failed before. */
  #isThrottled(id: UserId): boolean {
    if (!this.#suspect.has(id)) return false;
    let waiting = 0;
    for (const other of this.#inFlight.keys()) if (this.#suspect.has(other)) waiting++;
    return waiting >= MAX_CONCURRENT - 1;
  }

  #isCoolingDown(id: UserId): boolean {
    return (this.#cooldownUntil.get(id) ?? 0) > Date.now();
  }

  /**
   * Arms a timer for the earliest member whose cooldown ends while an update is pending. Members whose inbox
   * failed are left to the next change or the alarm.
   */
  #wakeLater(): void {
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
      if (this.#failed.has(id)) return;
    }
  }

  #call(id: UserId): Promise<void> {
    // The update is made inside the promise: if that throws, the delivery has failed like any other.
    const delivery = async () => {
      this.#deferred.delete(id);
      const update = this.#source.update(id, this.#devices.positionOf(id));
      return { update, position: await this.#inboxes.applyUpdate(id, update) };
    };
    const call = withDeadline(delivery(), this.#timing.fanout.callTimeoutMs)
      .then(({ update, position }) => {
        this.#deliveredVersions.set(id, Math.max(update.version, this.#deliveredVersions.get(id) ?? -1));
        this.#failed.delete(id);
        this.#suspect.delete(id);
        this.#source.delivered(id, update);
        this.#devices.answered(id, position);
        this.#cooldownUntil.set(id, Date.now() + this.#cooldownMs(id, position));
      })
      .catch((error: unknown) => {
        this.#failed.add(id);
        this.#suspect.add(id);
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
