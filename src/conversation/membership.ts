import type { Bump, Told } from "../core/bump.ts";
import type { ConversationId, UserId } from "../core/ids.ts";
import type { Place } from "../core/replay.ts";
import type { Timing } from "../core/timing.ts";
import type { Membership } from "./attendance.ts";
import type { Passings } from "./passings.ts";
import { replayPage } from "./replay.ts";
import type { Room } from "./room.ts";

/** A room as its fan-out sees it: who is to be told, and of what. */
export class RoomMembership implements Membership {
  readonly #room: Room;
  readonly #passings: Passings;
  readonly #timing: Timing["largeGroup"];

  constructor(room: Room, passings: Passings, timing: Timing["largeGroup"]) {
    this.#room = room;
    this.#passings = passings;
    this.#timing = timing;
  }

  get conversationId(): ConversationId {
    return this.#room.state.id;
  }

  ids(): UserId[] {
    return this.#room.members.ids();
  }

  version(userId: UserId): number {
    return this.#room.snapshots.version(this.#room.members.find(userId));
  }

  bump(userId: UserId, told: Told): Bump {
    const bump = this.#room.snapshots.bump(userId);
    const member = this.#room.members.find(userId);
    return {
      ...bump,
      passing: this.#passings.of(userId),
      ...(told && member && { page: replayPage(this.#room, member, told.seq, told.rev) }),
    };
  }

  isLarge(): boolean {
    return this.#room.members.activeCount > this.#timing.aboveMembers;
  }

  place(): Place {
    return { seq: this.#room.log.last.seq, rev: this.#room.state.rev };
  }

  hasDevices(userId: UserId): boolean | null {
    const devices = this.#room.members.find(userId)?.devices ?? null;
    return devices === null ? null : devices === 1;
  }

  setDevices(userId: UserId, hasDevices: boolean): void {
    this.#room.members.setDevices(userId, hasDevices);
  }

  hasPassing(userId: UserId): boolean {
    return this.#passings.has(userId);
  }

  took(userId: UserId, { passing }: Bump): void {
    const last = passing.at(-1);
    if (last) this.#passings.took(userId, last.id);
  }
}
