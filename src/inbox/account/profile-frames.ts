import type { UserId } from "../../domain/ids.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";

/** A user looks different. */
type ProfileEvent = Extract<DeviceEvent, { type: "profile" }>;

/** The users whose last frame is remembered. */
const MAX_KEPT = 1_000;

/**
 * Tells the user's devices of new profiles. Each conversation that the user shares with somebody brings the
 * change, but the devices hear of it once, and never of an older profile after a newer one. Memory alone
 * knows what was sent: after an eviction a frame may come again.
 */
export class ProfileFrames {
  readonly #sockets: () => { sendEvent(event: DeviceEvent): void }[];
  /** the version of the last frame by user, in the order of sending */
  readonly #sent = new Map<UserId, number>();

  /** @param sockets the open device sockets */
  constructor(sockets: () => { sendEvent(event: DeviceEvent): void }[]) {
    this.#sockets = sockets;
  }

  /** Sends a frame to all sockets, unless they have this profile or a newer one. */
  send(event: ProfileEvent): void {
    const { id } = event.user;
    if ((this.#sent.get(id) ?? -1) >= event.version) return;
    this.#sent.delete(id);
    this.#sent.set(id, event.version);
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > MAX_KEPT && oldest !== undefined) this.#sent.delete(oldest);
    for (const socket of this.#sockets()) socket.sendEvent(event);
  }
}
