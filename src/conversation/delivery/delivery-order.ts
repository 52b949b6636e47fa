import type { UserId } from "../../domain/ids.ts";
import type { DeviceTracker, FanoutSource } from "./device-tracker.ts";

/**
 * Whose turn it is among the members without devices: round-robin, as otherwise the first member is due again
 * before the last one is served.
 */
export class DeliveryOrder {
  readonly #source: Pick<FanoutSource, "ids">;
  readonly #devices: Pick<DeviceTracker, "hasDevices">;
  #next = 0;

  constructor(source: Pick<FanoutSource, "ids">, devices: Pick<DeviceTracker, "hasDevices">) {
    this.#source = source;
    this.#devices = devices;
  }

  /** Takes the next member without devices for whom `isDue` holds. */
  next(isDue: (id: UserId) => boolean): UserId | undefined {
    const ids = this.#source.ids();
    for (let i = 0; i < ids.length; i++) {
      const at = (this.#next + i) % ids.length;
      const id = ids[at];
      if (id === undefined || this.#devices.hasDevices(id) || !isDue(id)) continue;
      this.#next = at + 1;
      return id;
    }
    return undefined;
  }
}
