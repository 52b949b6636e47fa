import type { UserId } from "../../domain/ids.ts";
import type { Inboxes } from "../../domain/ports.ts";
import type { DeliveredPosition, InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { Timing } from "../../domain/timing.ts";
import type { RetryMarker } from "../../object/retry-marker.ts";
import type { Wakeup } from "../../object/wakeup.ts";
import { DeviceTracker, type FanoutSource } from "./device-tracker.ts";
import { InboxDispatcher } from "./inbox-dispatcher.ts";
import { type FailureStore, InboxFailures } from "./inbox-failures.ts";

/**
 * Every so many deliveries one goes to a member without devices: members with devices would take all slots.
 */
const OTHERS_EVERY = 4;

/** What an inbox has confirmed: the update, and the position of its devices. */
interface Confirmation {
  update: InboxUpdate;
  position: DeliveredPosition;
}

/** What the fan-out is handed. */
export interface FanoutDeps {
  inboxes: Pick<Inboxes, "applyUpdate">;
  /** the mark that deliveries are outstanding */
  marker: RetryMarker;
  /** has the alarm call `retryFailed` */
  retry: Wakeup;
  failures: FailureStore;
  /** an inbox works again, or its user has just used it */
  onSignOfLife: (id: UserId) => void;
  timing: Timing;
}

/**
 * Delivers the newest inbox update to each member's inbox, through an `InboxDispatcher`; `deliverNow` calls
 * beside its slots, for callers that await it.
 *
 * - Cooldown: after a delivery, changes of the next 500 ms are coalesced into one update (20 ms with
 *   devices).
 * - Order: members with devices come first, but every fourth delivery goes to another member.
 * - Large groups: members without devices are deferred to the alarm, unless their inbox subscribes. Otherwise
 *   a message would cost as many calls as the group has members.
 * - Failures: the retry marker stands for deliveries that a crash would lose. It does not wait for inboxes
 *   that have failed: those are on record, and have an alarm job of their own.
 */
export class Fanout {
  readonly #source: FanoutSource;
  readonly #deps: FanoutDeps;
  readonly #devices: DeviceTracker;
  readonly #dispatcher: InboxDispatcher<Confirmation>;
  readonly #deliveredVersions = new Map<UserId, number>();
  readonly #cooldownUntil = new Map<UserId, number>();
  /** the answers that are about to bring a member the newest update */
  readonly #claims = new Map<UserId, number>();
  /** deferred members whom the alarm lets through now */
  readonly #releasedByAlarm = new Set<UserId>();
  #timer: { at: number; timer: ReturnType<typeof setTimeout> } | undefined;
  #markerIsSet: boolean;
  #markerClearedAt = 0;
  #nextOther = 0;
  #picks = 0;

  constructor(source: FanoutSource, deps: FanoutDeps) {
    const { marker, timing } = deps;
    this.#source = source;
    this.#deps = deps;
    const failures = new InboxFailures("update", source.conversationId, deps.failures, timing.inboxCalls);
    this.#markerIsSet = marker.isSet();
    // No marker at start-up: every inbox is up to date, except those that failed.
    if (!this.#markerIsSet)
      for (const id of source.ids())
        if (!failures.has(id)) this.#deliveredVersions.set(id, source.version(id));
    this.#devices = new DeviceTracker(source, timing);
    const work = {
      next: () => this.#takeDue(),
      isWaiting: (id: UserId) => !this.isDelivered(id),
      call: (id: UserId) => this.#call(id),
      succeeded: (id: UserId, confirmation: Confirmation, hasRecovered: boolean) => {
        this.#confirmed(id, confirmation);
        if (hasRecovered) deps.onSignOfLife(id);
      },
      failed: () => undefined,
      idle: () => this.#idle(),
    };
    this.#dispatcher = new InboxDispatcher(work, failures, timing);
  }

  /** Call it after a change, in the turn of the write: the retry marker is then part of the same commit. */
  changed(): void {
    this.#dispatcher.releaseOnChange();
    if (!this.#markerIsSet) {
      this.#deps.marker.set();
      this.#markerIsSet = true;
    }
    this.resume();
  }

  /** Resumes deliveries that a crash or an eviction has cut short. */
  resume(): void {
    if (this.#markerIsSet) this.#dispatcher.start();
  }

  /** Starts the delivery of ephemeral events to members with devices; a failed delivery loses them. */
  ephemeral(): void {
    this.#dispatcher.start();
  }

  /**
   * The inbox has just fetched the newest update: the next one is delivered without delay.
   * @param hasDevices a device is connected, or connecting: the member comes before those who only opened
   *   their list
   */
  subscribe(id: UserId, hasDevices: boolean): void {
    this.#devices.subscribe(id, hasDevices);
    this.#cooldownUntil.delete(id);
    this.#dispatcher.release(id);
    this.#deps.onSignOfLife(id);
  }

  /** @see DeviceTracker.mayReceiveEphemeral */
  mayReceiveEphemeral(id: UserId): boolean {
    return this.#devices.mayReceiveEphemeral(id);
  }

  /** Whether a member's inbox has confirmed the newest update. */
  isDelivered(id: UserId): boolean {
    return (this.#deliveredVersions.get(id) ?? -1) >= this.#source.version(id);
  }

  /**
   * One awaited try for these users, so that they read in their lists what was just written. An inbox that
   * has just failed is left to its retry.
   * @param max so many of them at most
   */
  async deliverNow(userIds: UserId[], max = userIds.length): Promise<void> {
    const pending = [...new Set(userIds)].filter(
      (id) => !this.isDelivered(id) && !this.#dispatcher.isPaused(id),
    );
    await Promise.all(pending.slice(0, max).map((id) => this.#deliver(id)));
  }

  /**
   * One awaited try for the inbox of a sender, so that their list shows what they have just sent. An inbox
   * that is cooling down is not awaited: it asks this conversation before it answers for its list, and the
   * next update follows within `cooldownMs`.
   */
  async deliverToSender(id: UserId): Promise<void> {
    if (this.#isCoolingDown(id) && !this.#devices.isDeferred(id) && !this.#dispatcher.isFailing(id)) return;
    await this.deliverNow([id]);
  }

  /**
   * Reserves the next update of a member for an answer that their inbox waits for. Call it in the turn of the
   * change: the slots skip the member until the release, so that the inbox takes the update once.
   * @returns the release; without `confirmed` before it, the slots deliver the update
   */
  claim(id: UserId): () => void {
    this.#claims.set(id, (this.#claims.get(id) ?? 0) + 1);
    return () => {
      const left = (this.#claims.get(id) ?? 1) - 1;
      if (left > 0) this.#claims.set(id, left);
      else this.#claims.delete(id);
      this.#dispatcher.start();
    };
  }

  /**
   * An inbox has taken an update with an answer.
   * @param position the delivered position of the member's devices after it
   */
  confirmed(id: UserId, update: InboxUpdate, position: DeliveredPosition): void {
    this.#confirmed(id, { update, position });
    if (this.#dispatcher.confirmed(id)) this.#deps.onSignOfLife(id);
  }

  /**
   * For the alarm: delivers what a crash may have cut short, and serves deferred members. The wait is
   * bounded: in a busy room deliveries never end, and other jobs need the alarm.
   * @returns true once every inbox has the newest update, or has failed: the caller clears the marker in this
   *   turn
   */
  async repair(): Promise<boolean> {
    // Deferred members keep their cooldown: only the alarm serves them, once a minute.
    for (const id of this.#cooldownUntil.keys())
      if (!this.#devices.isDeferred(id)) this.#cooldownUntil.delete(id);
    for (const id of this.#source.ids())
      if (this.#devices.isDeferred(id) && !this.isDelivered(id)) this.#releasedByAlarm.add(id);
    this.resume();
    await this.#dispatcher.drain();
    if (this.#isBehind()) return false;
    this.#noteMarkerCleared();
    return true;
  }

  /**
   * For the alarm: tries the failed inboxes that are not parked.
   * @returns when to try again (ms since 1970); null: none has to be tried
   */
  async retryFailed(): Promise<number | null> {
    // Deferred members too: only an alarm serves them.
    for (const id of this.#dispatcher.failing()) this.#releasedByAlarm.add(id);
    this.#dispatcher.releaseUnparked();
    this.#dispatcher.start();
    await this.#dispatcher.drain();
    return this.#dispatcher.nextRetryAt();
  }

  /** Memory follows the marker, which the caller clears. */
  #noteMarkerCleared(): void {
    this.#markerIsSet = false;
    this.#markerClearedAt = Date.now();
    const retryAt = this.#dispatcher.nextRetryAt();
    if (retryAt !== null) this.#deps.retry.set(retryAt);
  }

  /** A slot has nothing to do. */
  #idle(): void {
    this.#armTimer();
    // Each write costs: the marker is cleared here at most once in `dueMs`, else by the alarm.
    const { dueMs } = this.#deps.timing.retryMarker;
    const mayClear = this.#markerIsSet && Date.now() - this.#markerClearedAt > dueMs;
    if (!this.#dispatcher.isIdle || !mayClear || this.#isBehind()) return;
    this.#deps.marker.clear();
    this.#noteMarkerCleared();
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
    if (this.#isCoolingDown(id) || this.#claims.has(id) || !this.#dispatcher.mayCall(id)) return false;
    return this.#isWaiting(id) && (!this.#devices.isDeferred(id) || this.#releasedByAlarm.has(id));
  }

  /** Whether an update or an event is pending for the member, and their inbox is not paused. */
  #isWaiting(id: UserId): boolean {
    return !this.#dispatcher.isPaused(id) && (!this.isDelivered(id) || this.#source.hasEphemeral(id));
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
      const isPending = this.#isWaiting(id) && !this.#devices.isDeferred(id) && !this.#claims.has(id);
      if (isPending && this.#dispatcher.mayCall(id)) next = Math.min(next, until);
    }
    if (!Number.isFinite(next) || (this.#timer && this.#timer.at <= next)) return;
    // A member with devices has a short cooldown and must not wait for a longer one.
    clearTimeout(this.#timer?.timer);
    const wake = () => {
      this.#timer = undefined;
      this.#dispatcher.start();
    };
    this.#timer = { at: next, timer: setTimeout(wake, Math.max(1, next - Date.now())) };
  }

  /** Whether an inbox lacks the newest update, and not because it failed. */
  #isBehind(): boolean {
    return this.#source.ids().some((id) => !this.isDelivered(id) && !this.#dispatcher.isFailing(id));
  }

  /** Callers that wait for the same member share calls: at most one is in flight, and one to come. */
  async #deliver(id: UserId): Promise<void> {
    const version = this.#source.version(id);
    const isBehind = () => (this.#deliveredVersions.get(id) ?? -1) < version;
    while (isBehind() && !this.#dispatcher.isPaused(id)) await this.#dispatcher.callNow(id);
  }

  async #call(id: UserId): Promise<Confirmation> {
    this.#releasedByAlarm.delete(id);
    const update = this.#source.update(id, this.#devices.positionOf(id));
    return { update, position: await this.#deps.inboxes.applyUpdate(id, update) };
  }

  #confirmed(id: UserId, { update, position }: Confirmation): void {
    this.#deliveredVersions.set(id, Math.max(update.version, this.#deliveredVersions.get(id) ?? -1));
    this.#source.delivered(id, update);
    this.#devices.answered(id, position);
    this.#cooldownUntil.set(id, Date.now() + this.#cooldownMs(id, position));
  }

  #cooldownMs(id: UserId, position: DeliveredPosition): number {
    const { cooldownMs, deviceCooldownMs, largeGroupCooldownMs } = this.#deps.timing.fanout;
    if (position) return deviceCooldownMs;
    return this.#devices.isDeferred(id) ? largeGroupCooldownMs : cooldownMs;
  }
}
