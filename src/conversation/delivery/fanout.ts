import type { UserId } from "../../domain/ids.ts";
import type { Inboxes } from "../../domain/ports.ts";
import type { DeliveredPosition, InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import type { RetryMarker } from "../../object/retry-marker.ts";
import type { Wakeup } from "../../object/wakeup.ts";
import { Cooldowns } from "./cooldowns.ts";
import { DeliveryOrder } from "./delivery-order.ts";
import { DeliveryRecord } from "./delivery-record.ts";
import { DeviceTracker, type FanoutSource } from "./device-tracker.ts";
import type { CheckpointStore } from "./fanout-checkpoint.ts";
import { InboxDispatcher } from "./inbox-calls/inbox-dispatcher.ts";
import { type FailureStore, InboxFailures } from "./inbox-calls/inbox-failures.ts";
import { RoomLoad } from "./room-load.ts";

/** So many users who left may stay in memory until they are forgotten together. */
const MAX_FORGOTTEN = 100;

/** What an inbox has confirmed: the update, and the position of its devices. */
interface Confirmation {
  update: InboxUpdate;
  position: DeliveredPosition;
}

/** What the fan-out is handed. */
export interface FanoutDeps {
  inboxes: Pick<Inboxes, "applyUpdate">;
  /** the mark that deliveries may be outstanding; the alarm clears it */
  marker: Pick<RetryMarker, "isSet" | "set">;
  checkpoint: CheckpointStore;
  /** has the alarm call `retryFailed` */
  retry: Wakeup;
  failures: FailureStore;
  /** an inbox works again, or its user has just used it */
  onSignOfLife: (id: UserId) => void;
  /** the number of connected members up to which a group is not crowded */
  maxLiveMembers: number;
  timing: Timing;
}

/**
 * Delivers the newest inbox update to each member's inbox, through an `InboxDispatcher`; `deliverNow` calls
 * beside it, for callers that await it.
 *
 * - Live delivery: a member with devices gets each change at once, and the next one when their inbox has
 *   answered: a slow inbox gets several at a time. While room sockets send very many messages, devices wait
 *   up to 50 ms for a page of them. A member whose devices all leave the conversation to a room socket counts
 *   as one without devices.
 * - List updates: a member without devices gets changes at a pace. After a delivery, those of the next 2 s
 *   are coalesced into one update.
 * - Crowded groups: more members have devices connected than are sent every message. They get an update once
 *   a second, without messages: devices whose users look ask for these.
 * - Large groups: members without devices are deferred to the alarm, unless their inbox subscribes. Otherwise
 *   a message would cost as many calls as the group has members.
 * - Crashes: the retry marker stands for deliveries that a crash would lose. Half a second after the last one
 *   a checkpoint is stored, from which the alarm sees that nothing is left to deliver.
 * - Failures: marker and checkpoint do not wait for inboxes that have failed: those are on record, and have
 *   an alarm job of their own.
 */
export class Fanout {
  readonly #source: FanoutSource;
  readonly #deps: FanoutDeps;
  readonly #devices: DeviceTracker;
  readonly #dispatcher: InboxDispatcher<Confirmation>;
  readonly #record: DeliveryRecord;
  readonly #load: RoomLoad;
  readonly #cooldowns: Cooldowns;
  /** the answers that are about to bring a member the newest update */
  readonly #claims = new Map<UserId, number>();
  /** deferred members whom the alarm lets through now */
  readonly #releasedByAlarm = new Set<UserId>();
  #checkpointTimer: ReturnType<typeof setTimeout> | undefined;
  #markerIsSet: boolean;
  /** the number of changes since the object started */
  #changes = 0;

  constructor(source: FanoutSource, deps: FanoutDeps) {
    const { marker, timing } = deps;
    this.#source = source;
    this.#deps = deps;
    const failures = new InboxFailures("update", source.conversationId, deps.failures, timing.inboxCalls);
    this.#markerIsSet = marker.isSet();
    this.#record = new DeliveryRecord(source, {
      store: deps.checkpoint,
      isUpToDate: !this.#markerIsSet,
      isFailing: (id) => failures.has(id),
      timing: timing.largeGroup,
    });
    this.#devices = new DeviceTracker(
      source,
      (id) => this.#record.toldRev(id),
      (id) => this.#record.knowsLarge(id),
      deps.maxLiveMembers,
      timing,
    );
    this.#load = new RoomLoad(timing.roomLoad);
    this.#cooldowns = new Cooldowns(this.#devices, this.#record, this.#load, timing);
    const order = new DeliveryOrder(source, this.#devices);
    const isDue = (id: UserId) => this.#isDue(id);
    const work = {
      next: () => order.next(isDue),
      nextLive: () => this.#devices.next(isDue),
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

  /** Messages of room sockets are stored. Call it before `changed`. */
  sentInRoom(messages: number): void {
    this.#load.note(messages);
  }

  /** Call it after a change, in the turn of the write: the retry marker is then part of the same commit. */
  changed(): void {
    this.#changes++;
    this.#record.isStored = false;
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
    this.#dispatcher.liftLimit();
    this.#dispatcher.start();
  }

  /**
   * The inbox has just fetched the newest update: the next one is delivered without delay.
   * @param hasDevices a device is connected, or connecting: the member comes before those who only opened
   *   their list
   */
  subscribe(id: UserId, hasDevices: boolean): void {
    this.#devices.subscribe(id, hasDevices);
    this.#cooldowns.end(id);
    this.#dispatcher.release(id);
    this.#deps.onSignOfLife(id);
  }

  /** @see DeviceTracker.tellsWhole */
  get tellsWhole(): boolean {
    return this.#devices.tellsWhole;
  }

  /** @see DeviceTracker.isCrowded */
  get isCrowded(): boolean {
    return this.#devices.isCrowded;
  }

  /** @see DeviceTracker.isFocused */
  isFocused(id: UserId): boolean {
    return this.#devices.isFocused(id);
  }

  /** @see DeviceTracker.mayReceiveEphemeral */
  mayReceiveEphemeral(id: UserId): boolean {
    return this.#devices.mayReceiveEphemeral(id);
  }

  /** Whether a member's inbox has confirmed the newest update, and their devices the newest changes. */
  isDelivered(id: UserId): boolean {
    return this.#record.isDelivered(id) && this.#devices.isTold(id);
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
    if (this.#cooldowns.isActive(id) && !this.#devices.isDeferred(id) && !this.#dispatcher.isFailing(id))
      return;
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
      const remaining = (this.#claims.get(id) ?? 1) - 1;
      if (remaining > 0) this.#claims.set(id, remaining);
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
   * Assumes that a member's inbox takes an update that is being answered to it. The answer may be lost, so
   * the update counts as undelivered: the next one follows at once, or else the same one after `confirmMs`.
   * @param delivered the position of the member's devices before the update: their wire formats stay
   * @returns whether that may be assumed; if not the inbox is to confirm the update (`confirmed`)
   */
  assume(id: UserId, update: InboxUpdate, delivered: DeliveredPosition): boolean {
    // What else an update carries is dropped once it is confirmed.
    const isPlain = update.state === "active" && update.ephemeral.length === 0;
    if (!isPlain || this.#dispatcher.isFailing(id) || !this.#devices.getsPages(id)) return false;
    this.#record.assumed(id, update);
    this.#devices.answered(id, update.rev, { ...delivered, seq: update.lastSeq, rev: update.rev });
    this.#cooldowns.begin(id);
    return true;
  }

  /**
   * For the alarm: delivers what a crash may have cut short, and serves deferred members. The wait is
   * bounded: in a busy room deliveries never end, and other jobs need the alarm.
   * @returns when to run again (ms since 1970); null once every inbox has the newest update, or has failed:
   *   the caller clears the marker in this turn
   */
  async repair(): Promise<number | null> {
    this.#releaseForAlarm();
    this.#dispatcher.limitCalls();
    this.resume();
    await this.#dispatcher.drain();
    const isBehind = this.#isBehind();
    const isUnderWay = isBehind && this.#dispatcher.isOutOfCalls;
    // A later alarm may find an object that has slept meanwhile: it goes on from here.
    if (isUnderWay || this.#record.hasUnstoredRound) this.#storeCheckpoint();
    if (isUnderWay) return Date.now();
    // A change that came meanwhile may wait for its announcement, and a crash must not lose it.
    if (isBehind || this.#source.hasUnannounced()) return Date.now() + this.#deps.timing.retryMarker.dueMs;
    this.#markerIsSet = false;
    this.#scheduleRetry();
    return null;
  }

  /**
   * For the alarm: tries the failed inboxes that are not parked.
   * @returns when to try again (ms since 1970); null: none has to be tried
   */
  async retryFailed(): Promise<number | null> {
    this.#dispatcher.releaseUnparked();
    this.#dispatcher.limitCalls();
    this.#dispatcher.start();
    await this.#dispatcher.drain();
    return this.#dispatcher.nextAlarmAt();
  }

  /**
   * Members whose cooldown has passed are served by this alarm. The others skip their cooldown, which a crash
   * has cut short.
   */
  #releaseForAlarm(): void {
    this.#releasedByAlarm.clear();
    for (const id of this.#source.ids()) {
      if (!this.#devices.isDeferred(id)) this.#cooldowns.end(id);
      else if (!this.isDelivered(id) && !this.#cooldowns.isActive(id) && !this.#dispatcher.isFailing(id))
        this.#releasedByAlarm.add(id);
    }
  }

  /** A released member is served. The last one ends the round: the next begins after the cooldown. */
  #unrelease(id: UserId): void {
    if (this.#releasedByAlarm.delete(id) && this.#releasedByAlarm.size === 0) this.#record.served();
  }

  /** Has the alarm retry the inboxes that have failed. */
  #scheduleRetry(): void {
    const retryAt = this.#dispatcher.nextRetryAt();
    if (retryAt !== null) this.#deps.retry.set(retryAt);
  }

  /** A slot has nothing to do. */
  #idle(): void {
    // A delivery in flight starts the next one itself when it ends. A failed inbox is left to the next change
    // or the alarm.
    const isPending = (id: UserId) =>
      this.#isWaiting(id) &&
      !this.#devices.isDeferred(id) &&
      !this.#claims.has(id) &&
      this.#dispatcher.mayCall(id);
    this.#cooldowns.armTimer(isPending, () => this.#dispatcher.start());
    if (this.#markerIsSet && !this.#record.isStored) this.#armCheckpoint();
  }

  /**
   * Stores a checkpoint once nothing has changed for a while, and all but deferred members have the update.
   */
  #armCheckpoint(): void {
    const changes = this.#changes;
    this.#checkpointTimer ??= setTimeout(() => {
      this.#checkpointTimer = undefined;
      if (!this.#markerIsSet || this.#record.isStored) return;
      if (this.#changes !== changes) this.#armCheckpoint();
      // If a slot or a cooldown is still in use, its end calls `#idle`, which arms this timer again.
      else if (this.#dispatcher.isIdle && !this.#isBehind((id) => !this.#devices.isDeferred(id)))
        this.#storeCheckpoint();
    }, this.#deps.timing.fanout.checkpointMs);
  }

  #storeCheckpoint(): void {
    try {
      this.#record.save((id) => !this.isDelivered(id) && !this.#dispatcher.isFailing(id));
      this.#scheduleRetry();
    } catch (error) {
      // Without it the alarm delivers once more.
      log("error", "checkpoint_failed", { conversation: this.#source.conversationId, ...errorFields(error) });
    }
    if (this.#record.size > 2 * this.#source.ids().length + MAX_FORGOTTEN) this.#forgetFormer();
  }

  /** Forgets the users who are no longer delivered to, so that memory does not grow with visitors. */
  #forgetFormer(): void {
    const ids = new Set(this.#source.ids());
    this.#record.retain(ids);
    this.#devices.retain(ids);
    this.#cooldowns.retain(ids);
  }

  #isDue(id: UserId): boolean {
    if (this.#claims.has(id) || !this.#dispatcher.mayCall(id)) return false;
    // A failed inbox has pauses of its own.
    if (this.#dispatcher.isFailing(id)) return this.#isWaiting(id);
    if (!this.#releasedByAlarm.has(id) && this.#devices.isDeferred(id)) return false;
    return !this.#cooldowns.isActive(id) && this.#isWaiting(id);
  }

  /** Whether an update or an event is pending for the member, and their inbox is not paused. */
  #isWaiting(id: UserId): boolean {
    return !this.#dispatcher.isPaused(id) && (!this.isDelivered(id) || this.#source.hasEphemeral(id));
  }

  /** Whether the inbox of one of these members lacks the newest update, and not because it failed. */
  #isBehind(counts = (_: UserId) => true): boolean {
    const isBehind = (id: UserId) => !this.isDelivered(id) && !this.#dispatcher.isFailing(id);
    return this.#source.ids().some((id) => isBehind(id) && counts(id));
  }

  /** Callers that wait for the same member share calls: at most one is in flight, and one to come. */
  async #deliver(id: UserId): Promise<void> {
    const version = this.#source.version(id);
    while (!this.#record.has(id, version) && !this.#dispatcher.isPaused(id))
      await this.#dispatcher.callNow(id);
  }

  async #call(id: UserId): Promise<Confirmation> {
    this.#unrelease(id);
    // Devices that all focus need no page.
    const position = this.isFocused(id) ? null : this.#devices.positionOf(id);
    const update = this.#source.update(id, position, this.isCrowded);
    return { update, position: await this.#deps.inboxes.applyUpdate(id, update) };
  }

  #confirmed(id: UserId, { update, position }: Confirmation): void {
    this.#record.confirmed(id, update);
    this.#source.delivered(id, update);
    // A user who is back by now has a newer update.
    if (update.state !== "active" && this.isDelivered(id)) this.#devices.forget(id);
    else this.#devices.answered(id, update.rev, position);
    this.#unrelease(id);
    this.#cooldowns.begin(id);
  }
}
