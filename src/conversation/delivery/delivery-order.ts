import type { UserId } from "../../domain/ids.ts";
import type { DeviceTracker, FanoutSource } from "./device-tracker.ts";

/**
 * Every so many deliveries one goes to a member without devices: members with devices would take all slots.
 */
const OTHERS_EVERY = 4;

/**
 * Whose turn it is: members with devices first, every fourth time another member. Both groups go round-robin:
 * otherwise the first member is due again before the last one is served.
 */
export class DeliveryOrder {
  readonly #source: Pick<FanoutSource, "ids">;
  readonly #devices: DeviceTracker;
  #nextOther = 0;
  #picks = 0;

  constructor(source: Pick<FanoutSource, "ids">, devices: DeviceTracker) {
    this.#source = source;
    this.#devices = devices;
  }

  /** Takes the next member for whom `isDue` holds. */
  next(isDue: (id: UserId) => boolean): UserId | undefined {
    this.#picks++;
    if (this.#picks % OTHERS_EVERY === 0) return this.#other(isDue) ?? this.#devices.next(isDue);
    return this.#devices.next(isDue) ?? this.#other(isDue);
  }

  #other(isDue: (id: UserId) => boolean): UserId | undefined {
    const ids = this.#source.ids();
    for (let i = 0; i < ids.length; i++) {
      const at = (this.#nextOther + i) % ids.length;
      const id = ids[at];
      if (id === undefined || this.#devices.hasDevices(id) || !isDue(id)) continue;
      this.#nextOther = at + 1;
      return id;
    }
    return undefined;
  }
}
