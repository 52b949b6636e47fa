import type { UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import { LIVE_PAGE } from "../views/live-pages.ts";
import type { DeliveryRecord } from "./delivery-record.ts";
import type { DeviceTracker } from "./device-tracker.ts";
import type { RoomLoad } from "./room-load.ts";

/** With so many messages a page of an update is nearly full. */
const NEARLY_FULL = LIVE_PAGE - 20;

/**
 * The pauses after deliveries to members who do not wait for each message:
 * - those without devices, and those who look at the conversation over a room socket alone;
 * - all members of a crowded group;
 * - while the room's load is high all members, until a page is nearly full;
 * - those who are assumed to have the newest update: the pause is the wait for a newer one.
 *
 * Their length follows what a member is now, so a group that shrinks keeps nobody waiting.
 */
export class Cooldowns {
  readonly #devices: DeviceTracker;
  readonly #record: DeliveryRecord;
  readonly #load: Pick<RoomLoad, "isHigh">;
  readonly #timing: Pick<Timing, "assumedUpdates" | "fanout" | "roomLoad">;
  /** when each cooldown began, in ms since 1970 */
  readonly #beganAt = new Map<UserId, number>();
  #timer: { at: number; timer: ReturnType<typeof setTimeout> } | undefined;

  constructor(
    devices: DeviceTracker,
    record: DeliveryRecord,
    load: Pick<RoomLoad, "isHigh">,
    timing: Pick<Timing, "assumedUpdates" | "fanout" | "roomLoad">,
  ) {
    this.#devices = devices;
    this.#record = record;
    this.#load = load;
    this.#timing = timing;
  }

  /** Begins the cooldown of a member; one who waits for each message has none. */
  begin(id: UserId): void {
    if (this.#lengthMs(id) === 0) this.#beganAt.delete(id);
    else this.#beganAt.set(id, Date.now());
  }

  end(id: UserId): void {
    this.#beganAt.delete(id);
  }

  /** A cooldown that seems to begin in the future has ended: the clock was put back. */
  isActive(id: UserId): boolean {
    // The last alarm round counts for deferred members over a hibernation.
    const at = this.#beganAt.get(id) ?? (this.#devices.isDeferred(id) ? this.#record.servedAt : 0);
    if (at === 0) return false;
    const age = Date.now() - at;
    return age >= 0 && age < this.#lengthMs(id) && !this.#isPageNearlyFull(id);
  }

  /** Has `wake` called when the first cooldown of a member ends for whom `isPending` holds. */
  armTimer(isPending: (id: UserId) => boolean, wake: () => void): void {
    let next = Number.POSITIVE_INFINITY;
    for (const [id, at] of this.#beganAt) if (isPending(id)) next = Math.min(next, at + this.#lengthMs(id));
    if (!Number.isFinite(next) || (this.#timer && this.#timer.at <= next)) return;
    // A member of a small group must not wait for the longer cooldown of a large one.
    clearTimeout(this.#timer?.timer);
    const ring = () => {
      this.#timer = undefined;
      wake();
    };
    this.#timer = { at: next, timer: setTimeout(ring, Math.max(1, next - Date.now())) };
  }

  /** Forgets all other users. */
  retain(ids: ReadonlySet<UserId>): void {
    for (const id of this.#beganAt.keys()) if (!ids.has(id)) this.#beganAt.delete(id);
  }

  #lengthMs(id: UserId): number {
    const { cooldownMs, crowdedCooldownMs, largeGroupCooldownMs } = this.#timing.fanout;
    if (this.#devices.isFocused(id)) return cooldownMs;
    if (this.#devices.getsPages(id)) {
      if (this.#record.isAssumedUpToDate(id)) return this.#timing.assumedUpdates.confirmMs;
      return this.#load.isHigh ? this.#timing.roomLoad.pageMs : 0;
    }
    if (this.#devices.hasDevices(id)) return crowdedCooldownMs;
    return this.#devices.isDeferred(id) ? largeGroupCooldownMs : cooldownMs;
  }

  #isPageNearlyFull(id: UserId): boolean {
    return this.#devices.getsPages(id) && this.#devices.waiting(id) >= NEARLY_FULL;
  }
}
