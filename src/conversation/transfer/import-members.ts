import type { Person } from "../../domain/accounts/person.ts";
import type { Profile } from "../../domain/conversations/conversation.ts";
import type { ImportOutcome, PortableMember, PortableRead } from "../../domain/data/portable-message.ts";
import { Position, type UserId } from "../../domain/ids.ts";
import type { SystemMessage } from "../../domain/messages/content.ts";
import { isSameJson } from "../../domain/server/metadata.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import type { Admission } from "../actions/admission.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomContext } from "../room/context.ts";
import { type GroupChange, withNewVersion } from "../state/group-change.ts";
import { blankRow } from "../viewers/joined-row.ts";
import type { MessageExternalIds } from "./external-ids.ts";

/** Stores members of elsewhere: nothing in the history tells of it, and nobody is notified. */
export class MemberImport {
  readonly #room: RoomContext;
  readonly #ids: Pick<MessageExternalIds, "seqOf" | "ownEventsAt">;
  readonly #admission: Pick<Admission, "freePlaces" | "fullness">;

  constructor(
    room: RoomContext,
    ids: Pick<MessageExternalIds, "seqOf" | "ownEventsAt">,
    admission: Pick<Admission, "freePlaces" | "fullness">,
  ) {
    this.#room = room;
    this.#ids = ids;
    this.#admission = admission;
  }

  /**
   * Sets what the creation of a conversation leaves out, unless its profile has changed since.
   * @param dissolvedAt null: it is not dissolved
   * @returns whether anything changed
   */
  profile(change: Partial<Profile>, dissolvedAt: number | null): boolean {
    this.#room.flushSends();
    const { state } = this.#room;
    if (state.profile.version > 0) return false;
    const changed = Object.entries(change).filter(
      ([field, value]) => !isSameJson(Reflect.get(state.profile, field), value),
    );
    const ends = dissolvedAt !== null && state.dissolvedAt === null;
    if (changed.length === 0 && !ends) return false;
    const stored: GroupChange = { profile: Object.fromEntries(changed), ...(ends && { dissolvedAt }) };
    this.#room.commit((tx) => this.#room.change(tx, stored));
    return true;
  }

  /**
   * Makes users members, active ones or such that have left, with all messages read. A member who is there
   * already gets the role and whatever else is given; the read position stays. A member who has come here, or
   * has left here or was removed, stays so, and sees of the history what they see.
   * @param people their profiles; of a deleted user none
   */
  members(members: PortableMember[], people: Person[]): ImportOutcome[] {
    this.#room.flushSends();
    const rows: MemberRow[] = [];
    const { readers } = this.#room;
    // The space of a channel has a bound of its own.
    let free = readers ? Number.POSITIVE_INFINITY : this.#admission.freePlaces;
    const banned = new Set(this.#room.bans.among(members.map(({ userId }) => userId)));
    const settled = this.#settledHere(members);
    const outcomes = members.map((member): ImportOutcome => {
      const known = this.#room.members.find(member.userId);
      // Who has stopped to follow a channel here does not follow it by an import.
      if (readers && (member.state === "left" || known?.state === "left")) return { result: "unchanged" };
      if (readers && !readers.has(member.userId)) return { result: "left_out", reason: NO_READER };
      const isSettled = settled.has(member.userId);
      if (isSettled && known?.state === "left" && member.state === "active")
        return { result: "left_out", reason: banned.has(member.userId) ? BANNED : GONE_HERE };
      const view = known && isSettled ? seenBy(known) : this.#viewOf(member);
      if (view === null) return { result: "left_out", reason: NO_MESSAGES };
      const given =
        known && isSettled ? { ...member, state: known.state, joinedAt: known.joined_at } : member;
      const row = this.#row(given, known ?? blankRow(member.userId), known !== undefined, view);
      const isAdded = row.state === "active" && known?.state !== "active";
      const note = view.lost.length > 0 ? { note: view.lost.join("; ") } : {};
      if (known && isSameJson(comparable(known), comparable(row))) return { result: "unchanged", ...note };
      if (isAdded && banned.has(member.userId)) return { result: "left_out", reason: BANNED };
      if (isAdded && free-- <= 0) return { result: "left_out", reason: this.#admission.fullness().message };
      rows.push(withNewVersion(row, {}));
      return { result: "imported", ...note };
    });
    this.#store(rows, people);
    return outcomes;
  }

  /**
   * Ends the memberships of those who have left elsewhere, before the messages come that they do not see.
   * What they saw is set by `members`, once all messages are there.
   */
  leavings(members: PortableMember[]): ImportOutcome[] {
    this.#room.flushSends();
    const { log, state } = this.#room;
    // Who can read a channel follows from its space.
    if (this.#room.readers) return [];
    const settled = this.#settledHere(members);
    const rows = members.flatMap(({ userId, state: membership, seesUntil }): MemberRow[] => {
      const known = this.#room.members.find(userId);
      if (membership !== "left" || known?.state !== "active" || userId === state.profile.ownerId) return [];
      if (settled.has(userId)) return [];
      const visible_until = this.#seqOf(seesUntil) ?? log.last.seq;
      return [withNewVersion({ ...known, state: "left", visible_until }, {})];
    });
    this.#store(rows, []);
    return [];
  }

  /** Stores members. Sockets of those who are out are closed. */
  #store(rows: MemberRow[], people: Person[]): void {
    if (rows.length === 0) return;
    const userIds = rows.flatMap(({ user_id, state }) => (state === "left" ? user_id : []));
    const kick = { userIds, reason: "removed" } as const;
    this.#room.commit((tx) =>
      this.#room.change(tx, { members: rows, profiles: people, ...(userIds.length > 0 && { kick }) }),
    );
  }

  /** Moves read positions, forth and back, to where members were elsewhere. */
  reads(reads: PortableRead[]): ImportOutcome[] {
    this.#room.flushSends();
    const { log, members } = this.#room;
    return reads.map(({ userId, message, at }): ImportOutcome => {
      const member = members.findSender(userId);
      if (!member) return { result: "left_out", reason: "The user is no member of this conversation." };
      const seq = this.#seqOf(message);
      if (seq === null) return { result: "left_out", reason: "There is no message with this external id." };
      const { n } = log.headAt(seq);
      if (member.read_seq === seq && member.read_n === n && member.read_at === at)
        return { result: "unchanged" };
      const peer = this.#room.state.profile.kind === "direct" ? members.peerOf(member) : undefined;
      const seers = peer ? [member, peer] : [member];
      members.storeOwnFields(member, { read_seq: seq, read_n: n, read_at: at }, seers);
      return { result: "imported" };
    });
  }

  /** Has the inboxes of members called. Call it in the turn of the change. */
  publish(): void {
    this.#room.publish([]);
  }

  /**
   * Those of these users who have come here, or have left here or were removed, by no import: the event that
   * says so is in the log, behind what they saw until then. If it may have expired, they stay out.
   */
  #settledHere(members: PortableMember[]): Set<UserId> {
    const { members: all, state } = this.#room;
    const known = members.flatMap(({ userId }) => all.find(userId) ?? []);
    const placeOf = ({ visible_until, came_after }: MemberRow) => (visible_until ?? came_after) + 1;
    const events = this.#ids.ownEventsAt([...new Set(known.map(placeOf))]);
    const settled = known.filter((row) => {
      const place = placeOf(row);
      const event = events.get(place);
      if (event && MEMBERSHIP.has(event.event) && event.user_ids.includes(row.user_id)) return true;
      return row.state === "left" && place > 1 && place <= state.floor.seq;
    });
    return new Set(settled.map(({ user_id }) => user_id));
  }

  /**
   * The part of the history that a member sees. A bound that is not there leaves less of it, never more.
   * @returns null: there is no history yet that could be kept from the member
   */
  #viewOf({ state: membership, seesAfter, seesFrom, seesUntil }: PortableMember): View | null {
    const { log, state } = this.#room;
    const [field, bound] = seesFrom === null ? ["sees_after", seesAfter] : ["sees_from", seesFrom];
    const found = this.#seqOf(bound);
    const from = found !== null && seesFrom !== null ? found - 1 : found;
    if (from === null && log.last.seq === 0) return null;
    const until = membership === "left" ? this.#seqOf(seesUntil) : undefined;
    return {
      visible_from: Position.parse(Math.max(from ?? log.last.seq, state.floor.seq)),
      visible_until: until === undefined ? null : (until ?? Position.parse(0)),
      lost: [
        ...(from === null ? [`they see no message up to now: that of ${field} is not there`] : []),
        ...(until === null ? ["they see no message: that of sees_until is not there"] : []),
      ],
    };
  }

  #row(
    member: PortableMember,
    row: MemberRow,
    isKnown: boolean,
    { visible_from, visible_until }: View,
  ): MemberRow {
    const { log, state, readers } = this.#room;
    const { state: membership, mutedUntil, nameCard } = member;
    // What one may do in a channel follows from its space.
    const role = readers ? "member" : member.role;
    const isOwner = state.profile.ownerId === member.userId;
    const joinedAt = member.joinedAt ?? (isKnown ? row.joined_at : Date.now());
    return {
      ...row,
      role: isOwner ? "owner" : role === "owner" ? (isKnown ? row.role : "admin") : role,
      state: membership,
      joined_at: joinedAt,
      ...{ visible_from, visible_until },
      ...(!isKnown && {
        came_after: log.lastUntil(joinedAt),
        read_seq: log.last.seq,
        read_n: log.last.n,
      }),
      muted_until: mutedUntil ?? row.muted_until,
      name_card: nameCard ?? row.name_card,
      custom_fields: member.customFields === null ? row.custom_fields : JSON.stringify(member.customFields),
    };
  }

  /** The seq of a message; 0 for none; null: it is not there. */
  #seqOf(id: ExternalId | null): Position | null {
    if (id === null) return Position.parse(0);
    const seq = this.#ids.seqOf(id);
    return seq === null ? null : Position.parse(seq);
  }
}

/** What a member sees of the history. `lost`: what to say of it in the report */
type View = Pick<MemberRow, "visible_from" | "visible_until"> & { lost: string[] };

/** What a member sees of the history as it is here. */
function seenBy({ visible_from, visible_until }: MemberRow): View {
  return { visible_from, visible_until, lost: [] };
}

/** The events by which people come and go. */
const MEMBERSHIP: ReadonlySet<SystemMessage["event"]> = new Set(["joined", "left", "removed"]);

const BANNED = "This user is banned from the group: lift the ban first.";
const NO_READER = "They cannot read this channel here, so they do not follow it.";
const GONE_HERE = "They have left this group here, or were removed: add them here.";
const NO_MESSAGES = "The message where their history begins is not there: import the messages first.";

/** What two states of a member are compared by. */
function comparable(row: MemberRow): unknown {
  const { role, state, joined_at, visible_from, visible_until, muted_until, name_card, custom_fields } = row;
  return { role, state, joined_at, visible_from, visible_until, muted_until, name_card, custom_fields };
}
