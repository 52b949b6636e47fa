import type { UserId } from "../../domain/ids.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";
import { LruMap } from "../../lib/lru-map.ts";

/** A user looks different. */
type ProfileEvent = Extract<DeviceEvent, { type: "profile" }>;

/** The users whose last frame is remembered. */
const MAX_KEPT = 1_000;

/**
 * Tells the user's devices of new profiles. Every conversation that the user shares with another user reports
 * a change of that user's profile. The devices get one frame for it, and never an older profile after a newer
 * one. The sent versions are in memory only: after an eviction a frame may come again.
 */
export class ProfileFrames {
  readonly #sockets: () => { sendEvent(event: DeviceEvent): void }[];
  /** the version of the last frame by user */
  readonly #sent = new LruMap<UserId, number>(() => MAX_KEPT);

  /** @param sockets the open device sockets */
  constructor(sockets: () => { sendEvent(event: DeviceEvent): void }[]) {
    this.#sockets = sockets;
  }

  /** Sends a frame to all sockets, unless they have this profile or a newer one. */
  send(event: ProfileEvent): void {
    const { id } = event.user;
    if ((this.#sent.get(id) ?? -1) >= event.version) return;
    this.#sent.set(id, event.version);
    for (const socket of this.#sockets()) socket.sendEvent(event);
  }
}
