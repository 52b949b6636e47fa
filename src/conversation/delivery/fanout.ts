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
/** One bump in so many is for those without devices, where those with some would keep all lanes. */
const OTHERS_EVERY = 4;

/**
 * Tells every member's inbox what the conversation looks like for him: paced, off the senders' way.
 * Four lanes, 200 inboxes a second at most, each at once and then at most every half second; whoever has
 * waited is told the newest once. One that does not answer keeps its lane, not the others'; those which have not
 * answered never keep the last one.
 * Members with devices' sockets go first, and rest for a moment only. In a large group those without wait for
 * the alarm, unless they ask: a message costs as many calls as there are people to see it.
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
  /** who is told by the alarm now, of a large group */
  readonly #deferred = new Set<UserId>();
  /** whose inbox refused last */
  readonly #failed = new Set<UserId>();
  /** whose inbox has not taken a bump since it refused one: the others have a lane to themselves */
  readonly #suspect = new Set<UserId>();
  #timer: { at: number; timer: ReturnType<typeof setTimeout> } | undefined;
  #markerIsSet: boolean;
  #clearedAt = 0;
  #next = 0;
  #turns = 0;

  constructor(members: FanoutSource, inboxes: Inboxes, note: RetryMarker, timing: Timing) {
    this.#source = members;
    this.#inboxes = inboxes;
    this.#marker = note;
    this.#timing = timing;
    this.#pace = new Pacer(timing.pace);
    this.#markerIsSet = note.isSet();
    // Without a note everybody had been told what start-up finds.
    if (!this.#markerIsSet)
      for (const id of members.ids()) this.#deliveredVersions.set(id, members.version(id));
    this.#devices = new DeviceTracker(members, timing);
  }

  /** Something changed: call it in the same turn as the write, then the note is in the same commit. */
  changed(): void {
    for (const id of this.#failed) if (!this.#isCoolingDown(id)) this.#failed.delete(id);
    if (!this.#markerIsSet) {
      this.#marker.set();
      this.#markerIsSet = true;
    }
    this.resume();
  }

  /** Goes on where a crash or an eviction has left members untold. */
  resume(): void {
    if (this.#markerIsSet) this.#start();
  }

  /** Something passes by of which devices are to hear; it is told now or never. */
  ephemeral(): void {
    this.#start();
  }

  /**
   * A member's inbox knows the newest; whatever comes is told to it without delay from now on.
   * @param listens a device is there, or is about to be: it goes before those who have only looked at their lists
   */
  subscribe(id: UserId, listens: boolean): void {
    this.#devices.subscribe(id, listens);
    this.#cooldownUntil.delete(id);
  }

  /** @see DeviceTracker.mayReceiveEphemeral */
  mayReceiveEphemeral(id: UserId): boolean {
    return this.#devices.mayReceiveEphemeral(id);
  }

  /** Whether a member's inbox knows the newest. */
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
      const lane = this.#work(first)
        .catch((error: unknown) => log("error", "fanout_failed", errorFields(error)))
        .finally(() => this.#workEnded(lane));
      this.#running.add(lane);
    }
  }

  /** One try to tell those of these users at once who do not know yet, so that they read what was written. */
  async deliverNow(userIds: UserId[], most = userIds.length): Promise<void> {
    const pending = [...new Set(userIds)].filter((id) => !this.isDelivered(id));
    await Promise.all(pending.slice(0, most).map((id) => this.#deliver(id)));
  }

  /**
   * For the alarm: tries again whom it could not tell. In a busy room the lanes have no end, so it waits
   * for them for a while only: other jobs want the alarm too.
   * @returns true once everybody knows: the note is to be erased in this turn
   */
  async repair(): Promise<boolean> {
    // Whom only the alarm tells rests as long as he has to.
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

  #workEnded(lane: Promise<void>): void {
    this.#running.delete(lane);
    this.#start();
    // Rows cost: in a busy room the note stays and the alarm erases it.
    const mayErase = this.#markerIsSet && Date.now() - this.#clearedAt > this.#timing.retryMarker.dueMs;
    if (this.#running.size === 0 && mayErase && !this.#isBehind()) {
      this.#marker.clear();
      this.#clearMarker();
    }
  }

  /**
   * The next member who is to be told: first those with devices, but now and then one of the others. Each of both
   * comes in his turn: in a room which is never quiet whoever was told first wants to be told again before the last.
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

  /** Whether there is something for him that no failure holds up. */
  #isWaiting(id: UserId): boolean {
    return !this.#failed.has(id) && (!this.isDelivered(id) || this.#source.hasEphemeral(id));
  }

  /** Whether it is for who answers: all lanes but one wait for inboxes that may not. */
  #isThrottled(id: UserId): boolean {
    if (!this.#suspect.has(id)) return false;
    let waiting = 0;
    for (const other of this.#inFlight.keys()) if (this.#suspect.has(other)) waiting++;
    return waiting >= MAX_CONCURRENT - 1;
  }

  #isCoolingDown(id: UserId): boolean {
    return (this.#cooldownUntil.get(id) ?? 0) > Date.now();
  }

  /** Sees to it that who rests is told what has come meanwhile; who refused waits for a change or the alarm. */
  #wakeLater(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const [id, until] of this.#cooldownUntil) {
      // Who is being told wakes the lanes himself when that ends.
      const isWanted = this.#isWaiting(id) && !this.#devices.isDeferred(id);
      const waits = isWanted && !this.#inFlight.has(id) && !this.#isThrottled(id);
      if (waits) next = Math.min(next, until);
    }
    if (!Number.isFinite(next) || (this.#timer && this.#timer.at <= next)) return;
    // Who has devices rests for a moment: he does not wait for whoever rests longer.
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

  /** Many who wait for the same member share a call: at most one is under way and one to come. */
  async #deliver(id: UserId): Promise<void> {
    const wanted = this.#source.version(id);
    while ((this.#deliveredVersions.get(id) ?? -1) < wanted) {
      await (this.#inFlight.get(id) ?? this.#call(id));
      if (this.#failed.has(id)) return;
    }
  }

  #call(id: UserId): Promise<void> {
    // Made inside the promise: a bump that cannot be made is a refusal like any other.
    const bumped = async () => {
      this.#deferred.delete(id);
      const update = this.#source.update(id, this.#devices.positionOf(id));
      return { bump: update, told: await this.#inboxes.applyUpdate(id, update) };
    };
    const call = withDeadline(bumped(), this.#timing.fanout.callTimeoutMs)
      .then(({ bump: update, told }) => {
        this.#deliveredVersions.set(id, Math.max(update.version, this.#deliveredVersions.get(id) ?? -1));
        this.#failed.delete(id);
        this.#suspect.delete(id);
        this.#source.delivered(id, update);
        this.#devices.answered(id, told);
        this.#cooldownUntil.set(id, Date.now() + this.#cooldownMs(id, told));
      })
      .catch((error: unknown) => {
        this.#failed.add(id);
        this.#suspect.add(id);
        this.#cooldownUntil.set(id, Date.now() + this.#timing.fanout.retryMs);
        log("warn", "bump_failed", {
          conversation: this.#source.conversationId,
          user: id,
          ...errorFields(error),
        });
      })
      .finally(() => {
        this.#inFlight.delete(id);
        // What changed meanwhile found him being told.
        this.#start();
      });
    this.#inFlight.set(id, call);
    return call;
  }

  #cooldownMs(id: UserId, told: DeliveredPosition): number {
    const { cooldownMs, deviceCooldownMs, largeGroupCooldownMs } = this.#timing.fanout;
    if (told) return deviceCooldownMs;
    return this.#devices.isDeferred(id) ? largeGroupCooldownMs : cooldownMs;
  }
}
