import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { DeliveredPosition, InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import type { Timing } from "../../domain/timing.ts";
import type { RoomStores } from "../room/context.ts";
import { LivePages } from "../views/live-pages.ts";
import { versionOf } from "../views/member-snapshots.ts";
import type { FanoutSource } from "./device-tracker.ts";
import type { EphemeralEvents } from "./ephemeral-events.ts";
import type { StateMark } from "./fanout-checkpoint.ts";

/** A version that every inbox has. */
const NOTHING = -1;

/** A room as its fan-out sees it: the members, and the newest update for each. */
export class RoomFanoutSource implements FanoutSource {
  readonly #room: RoomStores;
  readonly #events: EphemeralEvents;
  readonly #pages: LivePages;
  readonly #timing: Timing["largeGroup"];

  constructor(room: RoomStores, events: EphemeralEvents, timing: Timing["largeGroup"]) {
    this.#room = room;
    this.#events = events;
    this.#pages = new LivePages(room);
    this.#timing = timing;
  }

  get conversationId(): ConversationId {
    return this.#room.state.id;
  }

  ids(): UserId[] {
    return this.#room.members.ids();
  }

  version(userId: UserId): number {
    const { members, snapshots } = this.#room;
    return members.isSettled(userId) || members.isUnopened(userId)
      ? NOTHING
      : snapshots.version(members.find(userId));
  }

  mark(): StateMark {
    // `touched` of a stored row: a transaction that failed may have left the counter in memory above it.
    const { members, log, state, changeFeed } = this.#room;
    const touched = members.ids().reduce((max, id) => Math.max(max, members.find(id)?.touched ?? 0), 0);
    return { seq: log.last.seq, changes: state.changes, touched, rev: changeFeed.sharedRev };
  }

  versionAt(userId: UserId, { seq, changes, touched }: Omit<StateMark, "rev">): number | null {
    const member = this.#room.members.find(userId);
    if (!member || member.touched > touched) return null;
    if (member.left_ver === null) return versionOf(seq, changes, member.touched);
    // A revoke raises the version of a member who left, and counts among the changes.
    return changes === this.#room.state.changes ? member.left_ver : null;
  }

  update(userId: UserId, position: DeliveredPosition, isOnDemand: boolean): InboxUpdate {
    const update = this.#room.snapshots.inboxUpdate(userId);
    const member = this.#room.members.find(userId);
    return {
      ...update,
      ephemeral: this.#events.of(userId),
      ephemeralEpoch: this.#events.epoch,
      ...(isOnDemand && { onDemand: true }),
      ...(member && position && !isOnDemand && this.#pages.after(member, position, update.rev)),
    };
  }

  isLarge(): boolean {
    return this.#room.members.activeCount > this.#timing.aboveMembers;
  }

  deliveredPosition(): SyncPosition {
    return { seq: this.#room.log.last.seq, rev: this.#room.changeFeed.announcedRev };
  }

  dueRev(): number {
    return this.#room.changeFeed.sharedRev;
  }

  hasUnannounced(): boolean {
    return this.#room.changeFeed.announcedRev < this.#room.state.rev;
  }

  hasDevices(userId: UserId): boolean | null {
    const devices = this.#room.members.find(userId)?.devices ?? null;
    return devices === null ? null : devices === 1;
  }

  setDevices(userId: UserId, hasDevices: boolean): void {
    this.#room.members.setDevices(userId, hasDevices);
  }

  hasEphemeral(userId: UserId): boolean {
    return this.#events.has(userId);
  }

  delivered(userId: UserId, { version, ephemeral }: InboxUpdate): void {
    this.#room.members.confirmed(userId, version);
    const last = ephemeral.at(-1);
    if (last) this.#events.delivered(userId, last.id);
  }
}
