import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { DeliveredPosition, InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import type { Timing } from "../../domain/timing.ts";
import type { MessageRow } from "../log/row.ts";
import type { RoomStores } from "../room/context.ts";
import { LivePages } from "../views/live-pages.ts";
import { versionOf } from "../views/member-snapshots.ts";
import { CrowdCalls } from "./crowd-calls.ts";
import type { EphemeralEvents } from "./ephemeral-events.ts";
import type { FanoutCheckpoint, StateMark } from "./fanout-checkpoint.ts";

/** A version that every inbox has. */
const NOTHING = -1;

/** What the fan-out reads from its conversation, and reports to it: without private fields, for tests. */
export type FanoutSource = Pick<RoomFanoutSource, keyof RoomFanoutSource>;

/** A room as its fan-out sees it: the members, and the newest update for each. */
export class RoomFanoutSource {
  readonly #room: RoomStores;
  readonly #events: EphemeralEvents;
  readonly #pages: LivePages;
  readonly #timing: Timing["largeGroup"];
  readonly #calls: CrowdCalls;
  #wasCrowd: boolean;

  constructor(room: RoomStores, events: EphemeralEvents, timing: Timing["largeGroup"]) {
    this.#room = room;
    this.#events = events;
    this.#pages = new LivePages(room);
    this.#timing = timing;
    this.#calls = new CrowdCalls(room);
    this.#wasCrowd = this.isCrowd();
  }

  /** Whether the group is a crowd, which tells few inboxes. @see CrowdCalls */
  isCrowd(): boolean {
    return this.#room.members.isCrowd;
  }

  /**
   * In a crowd: tells the inboxes that a crash may have kept from being told.
   * @param checkpoint the last state that all who are told have; null: none is known
   * @param failed the users whose inboxes have failed
   */
  restore(checkpoint: FanoutCheckpoint | null, isUpToDate: boolean, failed: readonly UserId[]): void {
    if (!this.#wasCrowd) return;
    if (isUpToDate) this.#calls.restore(this.mark(), failed);
    else this.#calls.restore(checkpoint, [...failed, ...(checkpoint?.behind ?? [])]);
  }

  /** In a crowd: tells the inboxes of those whom these messages concern, the senders and who is named. */
  sent(rows: readonly MessageRow[]): void {
    if (this.isCrowd()) this.#calls.sent(rows);
  }

  /** Something has changed. A group that becomes a crowd tells all once: from then on their inboxes ask. */
  changed(): void {
    const concerned = this.#room.members.takeConcerned();
    const isCrowd = this.isCrowd();
    if (isCrowd) this.#calls.tell(this.#wasCrowd ? concerned : "all");
    this.#wasCrowd = isCrowd;
  }

  /** In a crowd: whether a member is told soon, and not once a minute. */
  isUrgent(userId: UserId): boolean {
    return this.#calls.isUrgent(userId) || this.#events.has(userId);
  }

  get conversationId(): ConversationId {
    return this.#room.state.id;
  }

  /**
   * The users whose inboxes may lack something: active members, and users whose leaving is not confirmed yet.
   * In a crowd those who are told.
   */
  ids(): UserId[] {
    if (!this.isCrowd()) return this.#room.members.ids();
    return [...new Set([...this.#calls.ids(), ...this.#events.receivers()])];
  }

  /** In a crowd: those who are told, in the order of their turns, one by one: there may be very many. */
  *inTurn(): Iterable<UserId> {
    yield* this.#calls.inTurn();
    yield* this.#events.receivers();
  }

  /** The version of a snapshot that a member's inbox is told; -1 for a user who is told nothing. */
  version(userId: UserId): number {
    if (this.isCrowd()) return this.#calls.needs(userId) ?? NOTHING;
    const { members, snapshots } = this.#room;
    if (members.isSettled(userId) || members.isUnopened(userId)) return NOTHING;
    return snapshots.version(members.find(userId));
  }

  /** The state of the conversation as it is now. */
  mark(): StateMark {
    const { members, log, state, changeFeed } = this.#room;
    const { storedTouched: touched } = members;
    return { seq: log.last.seq, changes: state.changes, touched, rev: changeFeed.sharedRev };
  }

  /**
   * The version that a member's snapshot had at a mark; null: it has changed since for this member alone, or
   * the member of a crowd is told anew.
   */
  versionAt(userId: UserId, mark: Omit<StateMark, "rev">): number | null {
    if (this.isCrowd()) return this.#calls.neededAt(userId, mark);
    const { seq, changes, touched } = mark;
    const member = this.#room.members.find(userId);
    if (!member || member.touched > touched) return null;
    if (member.left_ver === null) return versionOf(seq, changes, member.touched);
    // A revoke raises the version of a member who left, and counts among the changes.
    return changes === this.#room.state.changes ? member.left_ver : null;
  }

  /**
   * The newest update for a member's inbox.
   * @param position the update has a page of the messages after it, and none for `null`
   * @param isOnDemand the group is crowded: the update has no page, and says so
   */
  update(userId: UserId, position: DeliveredPosition, isOnDemand: boolean): InboxUpdate {
    const update = this.#room.snapshots.inboxUpdate(userId);
    update.ephemeral = this.#events.of(userId);
    update.ephemeralEpoch = this.#events.epoch;
    if (isOnDemand) update.onDemand = true;
    const member = this.#room.members.find(userId);
    if (!member || !position || isOnDemand) return update;
    return Object.assign(update, this.#pages.after(member, position, update.rev));
  }

  /** Whether the group is large: members without devices are deferred, and typing stays in the room. */
  isLarge(): boolean {
    return this.#room.members.activeCount > this.#timing.aboveMembers;
  }

  /** The position of the newest message and the newest announced change. */
  newestPosition(): SyncPosition {
    return { seq: this.#room.log.last.seq, rev: this.#room.changeFeed.announcedRev };
  }

  /** The newest announced change that devices of all members must hear of. */
  dueRev(): number {
    return this.#room.changeFeed.sharedRev;
  }

  /** Whether changes wait for their announcement. */
  hasUnannounced(): boolean {
    return this.#room.changeFeed.announcedRev < this.#room.state.rev;
  }

  /**
   * Whether the member's devices had a socket open when their inbox last answered; null: it never has, or it
   * answered `NOT_DEFERRED`.
   */
  hasDevices(userId: UserId): boolean | null {
    const devices = this.#room.members.find(userId)?.devices ?? null;
    return devices === null ? null : devices === 1;
  }

  setDevices(userId: UserId, hasDevices: boolean | null): void {
    this.#room.members.setDevices(userId, hasDevices);
  }

  /** In a crowd: an inbox says whether something waits there for messages. */
  noteAwaiting(userId: UserId, awaits: boolean): void {
    if (!this.isCrowd()) return;
    const isWaiting = this.#calls.setWaiting(userId, awaits);
    const devices = isWaiting ? null : false;
    if (this.hasDevices(userId) !== devices) this.setDevices(userId, devices);
  }

  /** Whether ephemeral events are pending for the member's devices. */
  hasEphemeral(userId: UserId): boolean {
    return this.#events.has(userId);
  }

  /**
   * The member's inbox has confirmed this update: drops the ephemeral events that the update carried. A user
   * who has left may be missing from `ids` afterwards.
   */
  confirmed(userId: UserId, { version, ephemeral }: InboxUpdate): void {
    this.#room.members.confirmed(userId, version);
    this.#calls.confirmed(userId, version);
    const last = ephemeral.at(-1);
    if (last) this.#events.delivered(userId, last.id);
  }
}
