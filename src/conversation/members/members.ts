import type { ReadReceipt } from "../../domain/conversations/conversation.ts";
import { noConversation } from "../../domain/errors.ts";
import type { Seq, UserId } from "../../domain/ids.ts";
import type { StoredInitialMember } from "../../domain/ports.ts";
import { shownTime } from "../../lib/stored-time.ts";
import { aboveFloor, type Floor, NO_FLOOR } from "../retention/floor.ts";
import type { Transaction } from "../state/transaction.ts";
import { KeptMembers } from "./kept-members.ts";
import { ASKED, type MemberRow, OPENED, UNASKED, UNOPENED } from "./member-row.ts";
import {
  type PositionsByUser,
  type ReadPosition,
  SenderPositions,
  type StoredRange,
} from "./sender-positions.ts";
import { type Among, type MembersRange, type Standing, StoredMembers } from "./stored-members.ts";

/** The columns that a member changes by reading, marking unread, deleting for oneself, or ignoring. */
export type OwnFields = Partial<
  Pick<
    MemberRow,
    | (
        | "visible_from"
        | "read_seq"
        | "read_n"
        | "read_at"
        | "cleared"
        | "cleared_to"
        | "ignores_unread"
        | "unopened"
      )
    | ("unread_from" | "unread_n" | "unread_read_seq")
  >
>;

/** Some columns of a member, as a statement returns them. */
type Changed = Pick<MemberRow, "user_id"> & Partial<MemberRow>;

/**
 * The members of a conversation. A small group has them in memory, a large one reads most of them by key
 * (`KeptMembers`): it costs memory and a start neither for its visitors nor for its hundred thousand members.
 * - A member has one row in memory at most, which changes in place: nobody holds an old one.
 * - After a commit memory has what SQLite has, after a rollback what it had. So a row is in memory before a
 *   transaction writes it (`hold`), or a rollback drops what was read since (`writing`).
 * - `touched` only rises.
 */
export class Members {
  readonly #sql: SqlStorage;
  readonly #stored: StoredMembers;
  readonly #rows: KeptMembers;
  readonly #senderPositions: SenderPositions;
  /** the highest `touched` of all rows; a transaction that failed may have left it above them */
  #touched: number;
  /** the highest `touched` of all stored rows */
  #storedTouched: number;
  /** see `concern` */
  readonly #concerned = new Set<UserId>();
  #concernsAll = false;
  #isClosed: boolean;
  #floor: Floor;

  /**
   * @param isClosed the group was dissolved: `active` and `findActive` find nobody
   * @param floor up to where messages have expired: no member sees what is before it
   * @param crowdMembers the setting `CROWD_MEMBERS`; absent: no group is a crowd
   */
  constructor(sql: SqlStorage, isClosed = false, floor: Floor = NO_FLOOR, crowdMembers = Number.MAX_VALUE) {
    this.#sql = sql;
    this.#isClosed = isClosed;
    this.#floor = floor;
    this.#senderPositions = new SenderPositions(sql, (id) => this.#rows.hold(id));
    this.#stored = new StoredMembers(sql, (row) => this.#complete(row));
    this.#rows = new KeptMembers(this.#stored, crowdMembers);
    this.#touched = Math.max(this.#stored.lastTouched(), this.#rows.lastTouched);
    this.#storedTouched = this.#touched;
  }

  /** Adds to a stored row what memory alone knows. */
  #complete(row: MemberRow): MemberRow {
    moveOne(row, this.#senderPositions.unstored.get(row.user_id));
    return aboveFloor(row, this.#floor);
  }

  /**
   * Stores the initial members of a conversation, before the first `new Members`.
   * @param isDirect no member has opened the conversation yet
   */
  static insertFirst(sql: SqlStorage, members: StoredInitialMember[], isDirect: boolean): void {
    for (const { person, role, joinedAt, customFields, isAsked } of members) {
      const unopened = isAsked ? UNASKED : UNOPENED;
      const columns =
        "user_id, role, state, joined_at, visible_from, read_seq, read_n, read_at, touched, came_after, custom_fields, unopened";
      const row = "?, ?, 'active', ?, 0, 0, 0, 0, 0, 0, ?, ?";
      const insert = `INSERT INTO members (${columns}) VALUES (${row})`;
      sql.exec(insert, person.id, role, joinedAt, JSON.stringify(customFields), isDirect ? unopened : OPENED);
    }
  }

  /** An active member. @throws `not_found` for others, the same error as for a missing conversation */
  active(userId: UserId): MemberRow {
    const member = this.findActive(userId);
    if (!member) throw noConversation();
    return member;
  }

  /** An active member; null for others, in a dissolved group, and for a member who has it unopened. */
  findActive(userId: UserId): MemberRow | null {
    const member = this.findSender(userId);
    return member && member.unopened !== OPENED ? null : member;
  }

  /** An active member, also one who has the conversation unopened: a message opens it. */
  findSender(userId: UserId): MemberRow | null {
    const member = this.#rows.findUnsettled(userId);
    return !this.#isClosed && member?.state === "active" ? member : null;
  }

  /**
   * Whether the conversation is hidden from a member: they have not opened it, and it has no message or they
   * have a message request for it.
   */
  isUnopened(userId: UserId): boolean {
    return (this.findSender(userId)?.unopened ?? OPENED) !== OPENED;
  }

  /**
   * A member, active or left.
   * @throws `not_found` for a user who was never a member, or has the conversation unopened
   */
  known(userId: UserId): MemberRow {
    const member = this.find(userId);
    if (!member || this.isUnopened(userId)) throw noConversation();
    return member;
  }

  /**
   * The first message opens the conversation for both users, but not for one with a message request. Its seq
   * raises the versions of snapshots.
   */
  openForAll(): void {
    this.#open(({ unopened }) => unopened === UNOPENED);
  }

  /** A message opens the conversation for its sender. Its seq raises the version. */
  openForSender(senderId: UserId): void {
    this.#open((member) => member.user_id === senderId && member.unopened !== OPENED);
  }

  #open(which: (member: MemberRow) => boolean): void {
    // Only a direct conversation is unopened.
    if (this.isCrowd) return;
    for (const member of this.#rows.unsettled()) if (which(member)) this.#setUnopened(member, OPENED);
  }

  /** The member with a message request of which D1 does not know that there is a message. */
  get unasked(): UserId | undefined {
    if (this.isCrowd) return undefined;
    for (const member of this.#rows.unsettled()) if (member.unopened === UNASKED) return member.user_id;
    return undefined;
  }

  /** D1 knows of the message request. */
  asked(userId: UserId): void {
    const member = this.#rows.kept(userId);
    if (member?.unopened === UNASKED) this.#setUnopened(member, ASKED);
  }

  #setUnopened(member: MemberRow, unopened: number): void {
    this.#sql.exec("UPDATE members SET unopened = ? WHERE user_id = ?", unopened, member.user_id);
    member.unopened = unopened;
  }

  isActive(userId: UserId): boolean {
    return this.findActive(userId) !== null;
  }

  /** Whether the user is a settled member, or was never a member: their inbox lacks nothing. */
  isSettled(userId: UserId): boolean {
    const member = this.#rows.findUnsettled(userId);
    return !member || (member.state === "left" && !this.#rows.kept(userId));
  }

  /**
   * A member, active or left; undefined for a user who was never a member. Reads the row of a settled member.
   */
  find(userId: UserId): MemberRow | undefined {
    return this.#rows.find(userId);
  }

  /** The other member of a direct conversation, active or left. */
  peerOf({ user_id: id }: MemberRow): MemberRow | undefined {
    for (const member of this.#rows.unsettled()) if (member.user_id !== id) return member;
    return this.#stored.other(id);
  }

  /** The two users of a direct conversation, active or left: one alone is left of a deleted account. */
  pair(): UserId[] {
    const [one] = this.#rows.unsettled();
    const other = one && this.peerOf(one);
    return [one, other].flatMap((member) => member?.user_id ?? []);
  }

  /**
   * The members who are not settled: active ones, and those whose inbox or D1 has not confirmed the leaving.
   * Of a large group each row is read: ask for less where that does.
   */
  unsettled(): Iterable<MemberRow> {
    return this.#rows.unsettled();
  }

  /** The users among them who do not see a message, as it is so old. */
  blindTo(seq: Seq): UserId[] {
    return this.#rows.blindTo(seq);
  }

  /** Active members in the order of joining, and then of their ids. */
  inOrder(range: MembersRange): MemberRow[] {
    return this.#rows.inOrder(range);
  }

  /** What a crowd has to know of its members, without a row in memory for each. */
  standing(among: Among): Iterable<Standing> {
    return this.#stored.standing(among);
  }

  /** The members of whom D1 lacks the newest version. */
  unprojected(): Iterable<MemberRow> {
    return this.#rows.unprojected;
  }

  /** Whether D1 lacks the newest version of a member. */
  get hasUnprojected(): boolean {
    return this.#rows.unprojected.size > 0;
  }

  /** The ids of the members who are not settled. */
  ids(): UserId[] {
    return this.#rows.ids();
  }

  /** The ids of the active members. */
  activeIds(): UserId[] {
    return this.#rows.activeIds();
  }

  /** The number of active members. It is kept in a field, as the fan-out reads it once for each member. */
  get activeCount(): number {
    return this.#rows.activeCount;
  }

  /** Whether the group is a crowd: it tells few inboxes of what happens, and the others ask. */
  get isCrowd(): boolean {
    return this.#rows.isCrowd;
  }

  /** The number of active members once these rows are stored. */
  countAfter(rows: MemberRow[]): number {
    const difference = ({ user_id, state }: MemberRow) =>
      Number(state === "active") - Number(this.#rows.findUnsettled(user_id)?.state === "active");
    return rows.reduce((count, row) => count + difference(row), this.#rows.activeCount);
  }

  /** The read positions of the active ones of these members. */
  receipts(members: Iterable<MemberRow> = this.unsettled()): ReadReceipt[] {
    return [...members]
      .filter((member) => member.state === "active")
      .map(({ user_id, read_seq, read_at }) => ({
        userId: user_id,
        readSeq: read_seq,
        readAt: shownTime(read_at),
      }));
  }

  /** The active members; for a member who left, the members who were active at that time. */
  activeAlongside({ visible_until: end }: MemberRow): UserId[] {
    if (end === null) return this.activeIds();
    const stillHere = [...this.unsettled()].filter(
      ({ state, came_after }) => state === "active" && came_after < end,
    );
    return [...stillHere, ...this.#stored.leftSince(end)]
      .sort((a, b) => a.joined_at - b.joined_at || a.user_id - b.user_id)
      .map(({ user_id }) => user_id);
  }

  /** Clears a member's name card and custom fields, and what is known of their composer draft. */
  clearCard(userId: UserId): void {
    const member = this.find(userId);
    if (!member) return;
    const set = "name_card = '', custom_fields = '{}', composer_id = NULL, sent_composer = NULL";
    this.#sql.exec(`UPDATE members SET ${set} WHERE user_id = ?`, userId);
    Object.assign(member, { name_card: "", custom_fields: "{}", composer_id: null, sent_composer: null });
  }

  /** Notes members whom a change concerns more than others: theirs alone, or one that names them. */
  concern(userIds: Iterable<UserId> | "all"): void {
    if (userIds === "all") this.#concernsAll = true;
    else for (const id of userIds) this.#concerned.add(id);
  }

  /** The members who were noted since the last call. @see concern */
  takeConcerned(): readonly UserId[] | "all" {
    if (this.#concerned.size === 0 && !this.#concernsAll) return [];
    const concerned = this.#concernsAll ? "all" : [...this.#concerned];
    this.#concerned.clear();
    this.#concernsAll = false;
    return concerned;
  }

  /** Moves the read positions of senders to their own messages. @see SenderPositions.move */
  moveSenders(tx: Transaction, moved: PositionsByUser, range: StoredRange): void {
    this.#senderPositions.move(tx, moved, range);
    tx.after(() => this.#move(moved));
  }

  /** Moves the read positions of members to the end of what an import has stored. */
  readAll(tx: Transaction, userIds: UserId[], { seq, n }: Pick<ReadPosition, "seq" | "n">): void {
    const query = `UPDATE members SET read_seq = ?, read_n = ?
      WHERE user_id IN (SELECT value FROM json_each(?)) RETURNING user_id, read_seq, read_n`;
    this.#update(tx, query, seq, n, JSON.stringify(userIds));
  }

  /** Counts messages of an import as read for members who have unread ones, whose positions stay. */
  countRead(tx: Transaction, userIds: UserId[], count: number): void {
    if (count === 0 || userIds.length === 0) return;
    const query = `UPDATE members SET read_n = read_n + ?1, unread_n = unread_n + ?1
      WHERE user_id IN (SELECT value FROM json_each(?2)) RETURNING user_id, read_n, unread_from, unread_n`;
    this.#update(tx, query, count, JSON.stringify(userIds));
  }

  /** Changes columns of many members. @param query returns them and `user_id` */
  #update(tx: Transaction, query: string, ...bindings: (number | string)[]): void {
    this.#stored.writing(tx);
    const changed = this.#sql.exec<Changed>(query, ...bindings).toArray();
    tx.after(() => {
      for (const columns of changed) {
        const member = this.#rows.inMemory(columns.user_id);
        if (member) aboveFloor(Object.assign(member, columns), this.#floor);
      }
    });
  }

  #move(positions: PositionsByUser): void {
    for (const [userId, position] of positions) {
      const member = this.#rows.inMemory(userId);
      if (member) moveOne(member, position);
    }
  }

  /**
   * Stores a member's row, new or changed, under the next `touched`.
   * @param version maps `touched` to the snapshot's version; it is stored with a member who leaves
   */
  store(tx: Transaction, member: MemberRow, version: (touched: number) => number): void {
    this.#rows.hold(member.user_id);
    const touched = this.#nextTouched();
    const isLeft = member.state === "left";
    const row = { ...member, touched, left_ver: isLeft ? version(touched) : null, leaving: isLeft ? 1 : 0 };
    const columns = Object.keys(row);
    const places = columns.map(() => "?").join(", ");
    this.#sql.exec(
      `INSERT OR REPLACE INTO members (${columns.join(", ")}) VALUES (${places})`,
      ...Object.values(row),
    );
    tx.after(() => this.#take(row));
    tx.publish(this.#rows.fit);
  }

  /** The number of the last change of a member alone. */
  get lastTouched(): number {
    return this.#touched;
  }

  /** The highest `touched` that is stored. */
  get storedTouched(): number {
    return this.#storedTouched;
  }

  /** `touched` only has to rise: a transaction that fails leaves a harmless gap. */
  #nextTouched(): number {
    return ++this.#touched;
  }

  #take(stored: MemberRow): void {
    const row = aboveFloor(stored, this.#floor);
    this.#concerned.add(row.user_id);
    this.#storedTouched = Math.max(this.#storedTouched, row.touched);
    this.#rows.take(row);
  }

  /**
   * Raises the snapshot version of the members who left and whose preview may be a message that was
   * revoked or edited. That is the newest message of the main stream that they could see, unless they have
   * hidden it: then every message from the one after the changed one on is hidden from them.
   * @param upTo the last message before the next one of the main stream
   * @param hiders the users who have hidden that next one
   */
  previewChanged(tx: Transaction, seq: Seq, upTo: number, hiders: UserId[]): void {
    this.#stored.writing(tx);
    const raise = (where: string, ...bindings: (number | string)[]) => {
      const query = `UPDATE members SET left_ver = left_ver + 1, leaving = 1 WHERE ${where} RETURNING *`;
      const rows = this.#sql.exec<MemberRow>(query, ...bindings).toArray();
      tx.after(() => {
        for (const row of rows) this.#take(row);
      });
    };
    const isHider = "user_id IN (SELECT value FROM json_each(?)) AND visible_until > ?";
    raise("visible_until BETWEEN ? AND ?", seq, upTo);
    if (hiders.length > 0) raise(isHider, JSON.stringify(hiders), upTo);
  }

  /**
   * Messages have expired: in memory no member sees them any more. A row is stored with its next change. The
   * lists of members who left get another preview.
   * @param upTo the last message before the next one of the main stream
   */
  raiseFloor(tx: Transaction, floor: Floor, upTo: number): void {
    this.#stored.writing(tx);
    const hid = "user_id IN (SELECT user_id FROM hidden WHERE seq > ?)";
    const query = `UPDATE members SET left_ver = left_ver + 1, leaving = 1
      WHERE visible_until > ? AND (visible_until <= ? OR ${hid}) RETURNING *`;
    const former = this.#sql.exec<MemberRow>(query, this.#floor.seq, upTo, floor.seq).toArray();
    tx.after(() => {
      this.#floor = floor;
      for (const row of this.#rows.allInMemory()) aboveFloor(row, floor);
      for (const row of former) this.#take(row);
    });
  }

  /** The inbox of a member has confirmed a snapshot. A member who left may be settled by it. */
  confirmed(userId: UserId, version: number): void {
    const member = this.#rows.kept(userId);
    if (!member || member.leaving === 0 || version < (member.left_ver ?? 0)) return;
    this.#sql.exec("UPDATE members SET leaving = 0 WHERE user_id = ?", userId);
    member.leaving = 0;
    this.#rows.confirmed(member);
  }

  /** Records the versions that D1 has of these members. */
  projected(accepted: { userId: UserId; version: number }[]): void {
    this.#sql.exec(
      `UPDATE members SET projected = json_extract(accepted.value, '$.version') FROM json_each(?) AS accepted
       WHERE user_id = json_extract(accepted.value, '$.userId')`,
      JSON.stringify(accepted),
    );
    for (const { userId, version } of accepted) {
      const member = this.#rows.kept(userId);
      if (!member) continue;
      member.projected = version;
      this.#rows.confirmed(member);
    }
  }

  /** Stores whether a member has a device connected; null: that is not known. */
  setDevices(userId: UserId, hasDevices: boolean | null): void {
    const member = this.find(userId);
    if (!member) return;
    const devices = hasDevices === null ? null : Number(hasDevices);
    this.#sql.exec("UPDATE members SET devices = ? WHERE user_id = ?", devices, userId);
    member.devices = devices;
  }

  /** Marks the group as dissolved: from now on `active` and `findActive` find nobody. It concerns all. */
  close(): void {
    this.#isClosed = true;
    this.concern("all");
  }

  /** Stores that something changed for this member alone. */
  touch(tx: Transaction, member: MemberRow): void {
    const touched = this.#nextTouched();
    this.#sql.exec("UPDATE members SET touched = ? WHERE user_id = ?", touched, member.user_id);
    tx.after(() => {
      member.touched = touched;
      this.#storedTouched = Math.max(this.#storedTouched, touched);
      this.#concerned.add(member.user_id);
    });
  }

  /**
   * Changes columns of a member in one statement that needs no transaction, and memory.
   * @param seers the members whose snapshots change by it: the member, and others who see these columns
   */
  storeOwnFields(member: MemberRow, fields: OwnFields, seers: MemberRow[]): void {
    const columns = Object.keys(fields);
    const touched = this.#nextTouched();
    const set = columns.map(
      (column) => `${column} = iif(user_id = ?1, ?${columns.indexOf(column) + 4}, ${column})`,
    );
    const ids = JSON.stringify(seers.map(({ user_id }) => user_id));
    const sql = `UPDATE members SET touched = ?2, ${set.join(", ")} WHERE user_id IN (SELECT value FROM json_each(?3))`;
    this.#sql.exec(sql, member.user_id, touched, ids, ...Object.values(fields));
    Object.assign(member, fields);
    this.#storedTouched = touched;
    for (const seer of seers) {
      seer.touched = touched;
      this.#concerned.add(seer.user_id);
    }
  }
}

function moveOne(member: MemberRow, position: ReadPosition | undefined): void {
  if (!position || member.read_seq >= position.seq) return;
  Object.assign(member, { read_seq: position.seq, read_n: position.n, read_at: position.at });
}
