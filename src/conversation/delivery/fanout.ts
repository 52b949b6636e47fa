import type { UserId } from "../../domain/ids.ts";
import type { Inboxes } from "../../domain/ports.ts";
import type { DeliveredPosition, InboxAnswer, InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { whenLoaded } from "../../object/calls/not-loaded.ts";
import type { RetryMarker } from "../../object/jobs/retry-marker.ts";
import type { Wakeup } from "../../object/jobs/wakeup.ts";
import type { MessageRow } from "../log/row.ts";
import { type CheckpointStore, isSameState } from "./fanout-checkpoint.ts";
import type { FanoutSource } from "./fanout-source.ts";
import { InboxDispatcher, type Lane } from "./inbox-calls/inbox-dispatcher.ts";
import { type FailureStore, InboxFailures } from "./inbox-calls/inbox-failures.ts";
import { type FanoutRecipient, type Plan, Recipients } from "./recipients.ts";
import { RoomLoad } from "./room-load.ts";

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
 * Delivers the newest inbox update to each member's inbox. `Recipients.plan` says who calls an inbox and
 * when, `InboxDispatcher` makes the calls; `deliverNow` calls beside it, for callers that await it.
 *
 * - Live delivery: a member with devices gets each change at once, and the next one when their inbox has
 *   answered: a slow inbox gets several at a time. While room sockets send very many messages, devices wait
 *   up to 50 ms for a page of them. A member whose devices all leave the conversation to a room socket counts
 *   as one without devices.
 * - List updates: a member without devices gets changes at a pace. After a delivery, those of the next 2 s
 *   are coalesced into one update.
 * - Crowded groups: more members have devices connected than are sent every message. They get an update once
 *   a second, without messages: devices whose users look ask for these.
 * - Crowds: very large groups tell few (`CrowdCalls`). All other inboxes ask.
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
  readonly #failures: InboxFailures;
  readonly #load: RoomLoad;
  readonly #recipients: Recipients;
  readonly #dispatcher: InboxDispatcher;
  #markerIsSet: boolean;
  /** the number of changes since the object started */
  #changes = 0;
  /** whether the alarm serves deferred members: a round, which may take several alarms */
  #isServing = false;
  /** when the last round ended, in ms since 1970 */
  #servedAt: number;
  /** whether the checkpoint has the newest state */
  #isStored: boolean;
  #checkpointTimer: ReturnType<typeof setTimeout> | undefined;
  #pauseTimer: { at: number; timer: ReturnType<typeof setTimeout> } | undefined;

  constructor(source: FanoutSource, deps: FanoutDeps) {
    const { marker, maxLiveMembers, timing } = deps;
    this.#source = source;
    this.#deps = deps;
    this.#failures = new InboxFailures("update", source.conversationId, deps.failures, timing.inboxCalls);
    this.#load = new RoomLoad(timing.roomLoad);
    this.#markerIsSet = marker.isSet();
    const checkpoint = deps.checkpoint.read();
    this.#servedAt = checkpoint?.servedAt ?? 0;
    this.#isStored = checkpoint !== null && isSameState(checkpoint, source.mark());
    source.restore(checkpoint, !this.#markerIsSet, this.#failures.ids());
    this.#recipients = new Recipients(
      source,
      { failures: this.#failures, load: this.#load, maxLiveMembers, timing },
      checkpoint,
      !this.#markerIsSet,
    );
    const work = {
      next: (lane: Lane) => this.#next(lane),
      call: (id: UserId) => this.#call(id),
      idle: () => this.#idle(),
    };
    this.#dispatcher = new InboxDispatcher(work, this.#failures, timing);
  }

  /** Messages of room sockets are stored. Call it before `changed`. */
  sentInRoom(messages: number): void {
    this.#load.note(messages);
  }

  /** @see RoomFanoutSource.sent. Call it before `changed`. */
  sent(rows: readonly MessageRow[]): void {
    this.#source.sent(rows);
  }

  /** Call it after a change, in the turn of the write: the retry marker is then part of the same commit. */
  changed(): void {
    this.#source.changed();
    this.#changes++;
    this.#isStored = false;
    this.#failures.releaseDue();
    this.#dispatcher.liftLimit();
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
    this.#recipients.subscribe(id, hasDevices);
    if (this.#failures.release(id)) this.#dispatcher.start();
    this.#deps.onSignOfLife(id);
  }

  /** @see Recipients.tellsWhole */
  get tellsWhole(): boolean {
    return this.#recipients.tellsWhole;
  }

  /** @see Recipients.isCrowded */
  get isCrowded(): boolean {
    return this.#recipients.isCrowded;
  }

  /** @see Recipients.isFocused */
  isFocused(id: UserId): boolean {
    return this.#recipients.isFocused(id);
  }

  /** @see Recipients.mayReceiveEphemeral */
  mayReceiveEphemeral(id: UserId): boolean {
    return this.#recipients.mayReceiveEphemeral(id);
  }

  /** @see Recipients.isDelivered */
  isDelivered(id: UserId): boolean {
    return this.#recipients.isDelivered(id);
  }

  /**
   * One awaited try for these users, so that they read in their lists what was just written. An inbox that
   * has just failed is left to its retry.
   * @param max so many of them at most
   */
  async deliverNow(userIds: UserId[], max = userIds.length): Promise<void> {
    const pending = [...new Set(userIds)].filter(
      (id) => !this.isDelivered(id) && !this.#failures.isPaused(id),
    );
    await Promise.all(pending.slice(0, max).map((id) => this.#deliver(id)));
  }

  /**
   * One awaited try for the inbox of a sender, so that their list shows what they have just sent. An inbox
   * that is cooling down is not awaited: it asks this conversation before it answers for its list, and the
   * next update follows within `cooldownMs`.
   */
  async deliverToSender(id: UserId): Promise<void> {
    const recipient = this.#recipients.of(id);
    const { by, pauseMs } = this.#recipients.plan(recipient);
    if (by === "alarm" || this.#recipients.pauseEnd(recipient, pauseMs) <= Date.now())
      await this.deliverNow([id]);
  }

  /**
   * Reserves the next update of a member for an answer that their inbox waits for. Call it in the turn of the
   * change: the slots skip the member until the release, so that the inbox takes the update once.
   * @returns the release; without `confirmed` before it, the slots deliver the update
   */
  claim(id: UserId): () => void {
    const release = this.#recipients.claim(id);
    return () => {
      release();
      this.#dispatcher.start();
    };
  }

  /**
   * An inbox has taken an update, with a call or with an answer.
   * @param answer the delivered position of the member's devices after it, or that there are none
   */
  confirmed(id: UserId, update: InboxUpdate, answer: InboxAnswer): void {
    this.#recipients.confirmed(id, update, answer);
    if (this.#failures.succeeded(id)) this.#deps.onSignOfLife(id);
  }

  /**
   * Assumes that a member's inbox takes an update that is being answered to it. The answer may be lost, so
   * the update counts as undelivered: the next one follows at once, or else the same one after `confirmMs`.
   * @param delivered the position of the member's devices before the update: their wire formats stay
   * @returns whether that may be assumed; if not the inbox is to confirm the update (`confirmed`)
   */
  assume(id: UserId, update: InboxUpdate, delivered: DeliveredPosition): boolean {
    return this.#recipients.assume(id, update, delivered);
  }

  /**
   * For the alarm: delivers what a crash may have cut short, and serves deferred members. The wait is
   * bounded: in a busy room deliveries never end, and other jobs need the alarm.
   * @returns when to run again (ms since 1970); null once every inbox has the newest update, or has failed:
   *   the caller clears the marker in this turn
   */
  async repair(): Promise<number | null> {
    // A crash has cut the pauses of the others short.
    for (const recipient of this.#recipients.all())
      if (this.#recipients.plan(recipient).by !== "alarm") recipient.deliveredAt = 0;
    const isServing = this.#isServing || this.#isDeferredDue();
    this.#isServing = isServing;
    this.#dispatcher.limitCalls();
    this.resume();
    await this.#dispatcher.drain();
    this.#isServing = isServing && this.#isDeferredDue();
    if (isServing && !this.#isServing) this.#servedAt = Date.now();
    const isBehind = this.#isBehind();
    const isUnderWay = isBehind && this.#dispatcher.isOutOfCalls;
    // A later alarm may find an object that has slept meanwhile: it goes on from here.
    if (isUnderWay || isServing) this.#storeCheckpoint();
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
    this.#failures.releaseUnparked();
    this.#dispatcher.limitCalls();
    this.#dispatcher.start();
    await this.#dispatcher.drain();
    return this.#dispatcher.nextAlarmAt((id) => !this.isDelivered(id));
  }

  /** Has the alarm retry the inboxes that have failed. */
  #scheduleRetry(): void {
    const retryAt = this.#dispatcher.nextRetryAt((id) => !this.isDelivered(id));
    if (retryAt !== null) this.#deps.retry.set(retryAt);
  }

  #next(lane: Lane): UserId | undefined {
    const serves = lane === "slot" && this.#isServing;
    const isMine = ({ by }: Plan) => by === lane || (serves && by === "alarm");
    const now = Date.now();
    return this.#recipients.next(lane, (recipient) => this.#isDue(recipient, isMine, now))?.id;
  }

  /** Whether a recipient is to be called now, by a plan of this kind. What costs little is asked first. */
  #isDue(recipient: FanoutRecipient, isMine: (plan: Plan) => boolean, now: number): boolean {
    if (this.#isTaken(recipient)) return false;
    const plan = this.#recipients.plan(recipient, now);
    if (!isMine(plan) || this.#recipients.pauseEnd(recipient, plan.pauseMs, now) > now) return false;
    return this.#isPending(recipient.id);
  }

  /** Whether a call or a claim is about to bring the update, or a failure has to be waited for. */
  #isTaken({ id, claims }: FanoutRecipient): boolean {
    return claims > 0 || !this.#dispatcher.mayCall(id);
  }

  /** Whether an inbox lacks something. */
  #isPending(id: UserId): boolean {
    return !this.isDelivered(id) || this.#source.hasEphemeral(id);
  }

  #isDeferredDue(): boolean {
    const now = Date.now();
    const isDue = (id: UserId) => this.#isDue(this.#recipients.of(id), ({ by }) => by === "alarm", now);
    return this.#source.ids().some(isDue);
  }

  /** The slots have nothing to do: arms the timers for the next pause that ends, and for a checkpoint. */
  #idle(): void {
    // A delivery in flight starts the next one itself when it ends. A failed inbox is left to the next change
    // or the alarm.
    const now = Date.now();
    let next = Number.POSITIVE_INFINITY;
    for (const recipient of this.#recipients.all()) {
      const { by, pauseMs } = this.#recipients.plan(recipient, now);
      const at = this.#recipients.pauseEnd(recipient, pauseMs, now);
      const isNext = by !== "alarm" && at > now && at < next;
      if (isNext && !this.#isTaken(recipient) && this.#isPending(recipient.id)) next = at;
    }
    if (Number.isFinite(next) && !(this.#pauseTimer && this.#pauseTimer.at <= next)) {
      // A member of a small group must not wait for the longer cooldown of a large one.
      clearTimeout(this.#pauseTimer?.timer);
      const ring = () => {
        this.#pauseTimer = undefined;
        this.#dispatcher.start();
      };
      this.#pauseTimer = { at: next, timer: setTimeout(ring, next - now) };
    }
    if (this.#markerIsSet && !this.#isStored) this.#armCheckpoint();
  }

  /**
   * Stores a checkpoint once nothing has changed for a while, and all but deferred members have the update.
   */
  #armCheckpoint(): void {
    const changes = this.#changes;
    this.#checkpointTimer ??= setTimeout(() => {
      this.#checkpointTimer = undefined;
      if (!this.#markerIsSet || this.#isStored) return;
      if (this.#changes !== changes) this.#armCheckpoint();
      // If a slot or a pause is still in use, its end calls `#idle`, which arms this timer again.
      else if (this.#dispatcher.isIdle && !this.#isBehind(({ by }) => by !== "alarm"))
        this.#storeCheckpoint();
    }, this.#deps.timing.fanout.checkpointMs);
  }

  #storeCheckpoint(): void {
    this.#recipients.forgetFormer();
    const source = this.#source;
    const behind = source.ids().filter((id) => !this.isDelivered(id) && !this.#failures.has(id));
    const state = { ...source.mark(), isLarge: source.isLarge(), behind, servedAt: this.#servedAt };
    try {
      this.#deps.checkpoint.save(state);
      this.#isStored = true;
      this.#scheduleRetry();
    } catch (error) {
      // Without it the alarm delivers once more.
      log("error", "checkpoint_failed", { conversation: source.conversationId, ...errorFields(error) });
    }
  }

  /** Whether the inbox of one of these members lacks the newest update, and not because it failed. */
  #isBehind(counts = (_: Plan) => true): boolean {
    const isBehind = (id: UserId) => !this.isDelivered(id) && !this.#failures.has(id);
    return this.#source
      .ids()
      .some((id) => isBehind(id) && counts(this.#recipients.plan(this.#recipients.of(id))));
  }

  /** Callers that wait for the same member share calls: at most one is in flight, and one to come. */
  async #deliver(id: UserId): Promise<void> {
    const version = this.#source.version(id);
    // A user who has left is forgotten some time after their inbox knows it.
    const has = () => this.#recipients.has(id, Math.min(version, this.#source.version(id)));
    while (!has() && !this.#failures.isPaused(id)) await this.#dispatcher.callNow(id);
  }

  async #call(id: UserId): Promise<() => void> {
    const { page } = this.#recipients.plan(this.#recipients.of(id));
    const update = await whenLoaded(() => this.#source.update(id, page, this.isCrowded));
    const answer = await this.#deps.inboxes.applyUpdate(id, update);
    return () => this.confirmed(id, update, answer);
  }
}
