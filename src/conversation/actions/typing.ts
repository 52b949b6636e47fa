import type { UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import type { RoomContext } from "../room/context.ts";
import type { Publisher } from "../room/publisher.ts";
import type { SendingGate } from "../sending/sending-gate.ts";
import { checkWritePermission } from "../sending/write-permission.ts";
import { typing } from "../state/events.ts";

/** Tells members who is typing. */
export class Typing {
  readonly #room: Pick<RoomContext, "state" | "members" | "rights" | "viewers">;
  readonly #publisher: Pick<Publisher, "tellUnstored">;
  readonly #gate: Pick<SendingGate, "isShadowed">;
  readonly #timing: Timing["typing"];
  /** when each member was last shown (ms since 1970) */
  readonly #shownAt = new Map<UserId, number>();

  constructor(
    room: Pick<RoomContext, "state" | "members" | "rights" | "viewers">,
    publisher: Pick<Publisher, "tellUnstored">,
    gate: Pick<SendingGate, "isShadowed">,
    timing: Timing["typing"],
  ) {
    this.#room = room;
    this.#publisher = publisher;
    this.#gate = gate;
    this.#timing = timing;
  }

  /**
   * Publishes that a member is typing, unless they may not write, or nobody would see what they write. Crowds
   * and audience rooms hear of none: somebody always types there.
   * @throws `not_found` for a user who is no member
   */
  show(userId: UserId): void {
    const { members, viewers } = this.#room;
    if (checkWritePermission(this.#room, members.active(userId))) return;
    if (members.isCrowd || viewers.isAudienceRoom || this.#gate.isShadowed(userId)) return;
    const now = Date.now();
    if (now - (this.#shownAt.get(userId) ?? 0) < this.#timing.intervalMs) return;
    this.#shownAt.set(userId, now);
    this.#publisher.tellUnstored(typing(this.#room, userId));
  }
}
