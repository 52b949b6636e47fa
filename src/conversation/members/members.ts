import type { MemberState, ReadReceipt } from "../../domain/conversations/conversation.ts";
import type { Role } from "../../domain/conversations/group-kind.ts";
import { noConversation } from "../../domain/errors.ts";
import type { Position, Seq, UserId } from "../../domain/ids.ts";
import type { StoredInitialMember } from "../../domain/ports.ts";

/** A row of a member, active or left. Times are in ms since 1970. */
export type MemberRow = {
  user_id: UserId;
  role: Role;
  state: MemberState;
  joined_at: number;
  /** the member sees messages after this seq */
  visible_from: Position;
  read_seq: Position;
  /** countable messages up to read_seq */
  read_n: number;
  /** when the read position last moved; 0: never */
  read_at: number;
  /** the number of the last change of this member alone; only rises, also over leaving and rejoining */
  touched: number;
  /** 0 or past: not muted */
  muted_until: number;
  /** the member's name in this conversation; `""`: the name of their profile */
  name_card: string;
  /** a member who left sees nothing after this seq; null while active */
  visible_until: Position | null;
  /** the version of the last snapshot for the inbox of a member who left; null while active */
  left_ver: number | null;
  /** 1: the member has deleted the conversation for themselves; see `isDeletedForMe` */
  cleared: number;
  /** the newest seq at that deletion: a later message brings the conversation back */
  cleared_to: Position;
  /** 1: the member ignores unread messages; nothing counts as unread */
  discards: number;
  /** rises with each change that D1 has to get */
  version: number;
  /** the version that D1 has */
  projected: number;
  /** the newest seq when the member joined; null: joined before this was stored */
  came_after: Position | null;
  /**
   * 1: a device was connected when the inbox last answered, 0: none was; null: the inbox has not answered yet
   */
  devices: number | null;
  /** JSON that clients store with the member */
  custom_fields: string;
};

/** The columns that a member changes by reading, by deleting the conversation, or by ignoring it. */
export type OwnFields = Partial<
  Pick<MemberRow, "visible_from" | "read_seq" | "read_n" | "read_at" | "cleared" | "cleared_to" | "discards">
>;

/** A read position: a seq, the countable messages up to it, and when it moved there (ms since 1970). */
export interface ReadPosition {
  seq: Position;
  n: number;
  at: number;
}

/**
 * The members of a conversation. All rows are in memory, as there are at most some thousand. A method
 * `storeX` writes in the caller's transaction, and `applyX` takes the change into memory after it.
 */
export class Members {
  readonly #sql: SqlStorage;
  readonly #rows = new Map<UserId, MemberRow>();
  #touched = 0;
  #activeCount = 0;
  #isClosed: boolean;

  /** @param isClosed the group was dissolved: `active` and `isActive` find nobody */
  constructor(sql: SqlStorage, isClosed = false) {
    this.#sql = sql;
    this.#isClosed = isClosed;
    for (const row of sql.exec<MemberRow>("SELECT * FROM members ORDER BY joined_at, user_id")) {
      this.#rows.set(row.user_id, row);
      this.#touched = Math.max(this.#touched, row.touched);
      if (row.state === "active") this.#activeCount++;
    }
  }

  /** Stores the initial members of a conversation, before the first `new Members`. */
  static insertFirst(sql: SqlStorage, members: StoredInitialMember[]): void {
    for (const { person, role, joinedAt, customFields } of members) {
      const columns =
        "user_id, role, state, joined_at, visible_from, read_seq, read_n, read_at, touched, came_after, custom_fields";
      const row = "?, ?, 'active', ?, 0, 0, 0, 0, 0, 0, ?";
      const insert = `INSERT INTO members (${columns}) VALUES (${row})`;
      sql.exec(insert, person.id, role, joinedAt, JSON.stringify(customFields));
    }
  }

  /** An active member. @throws `not_found` for others, the same error as for a missing conversation */
  active(userId: UserId): MemberRow {
    const member = this.#rows.get(userId);
    if (this.#isClosed || member?.state !== "active") throw noConversation();
    return member;
  }

  /** A member, active or left. @throws `not_found` for a user who was never a member */
  known(userId: UserId): MemberRow {
    const member = this.#rows.get(userId);
    if (!member) throw noConversation();
    return member;
  }

  isActive(userId: UserId): boolean {
    return !this.#isClosed && this.#rows.get(userId)?.state === "active";
  }

  /** A member, active or left; undefined for a user who was never a member. */
  find(userId: UserId): MemberRow | undefined {
    return this.#rows.get(userId);
  }

  /** All members, active and left. */
  all(): Iterable<MemberRow> {
    return this.#rows.values();
  }

  /** The ids of all members, active and left. */
  ids(): UserId[] {
    return [...this.#rows.keys()];
  }

  /** The number of active members. It is kept in a field, as the fan-out reads it once for each member. */
  get activeCount(): number {
    return this.#activeCount;
  }

  /** The number of active members once these rows are stored. */
  countAfter(rows: MemberRow[]): number {
    const difference = ({ user_id, state }: MemberRow) =>
      Number(state === "active") - Number(this.#rows.get(user_id)?.state === "active");
    return rows.reduce((count, row) => count + difference(row), this.#activeCount);
  }

  /** The read positions of all active members. */
  receipts(): ReadReceipt[] {
    return [...this.#rows.values()]
      .filter((member) => member.state === "active")
      .map(({ user_id, read_seq, read_at }) => ({ userId: user_id, readSeq: read_seq, readAt: read_at }));
  }

  /** The active members; for a member who left, the members who were active at that time. */
  activeAlongside({ visible_until: end }: MemberRow): UserId[] {
    if (end === null) return this.receipts().map(({ userId }) => userId);
    const wasHere = ({ state, came_after, visible_from, visible_until }: MemberRow) =>
      (came_after ?? visible_from) < end && (state === "active" || (visible_until ?? 0) >= end);
    return [...this.#rows.values()].filter(wasHere).map(({ user_id }) => user_id);
  }

  /** Clears a member's name card and custom fields. */
  clearCard(userId: UserId): void {
    const member = this.#rows.get(userId);
    if (!member) return;
    this.#sql.exec("UPDATE members SET name_card = '', custom_fields = '{}' WHERE user_id = ?", userId);
    Object.assign(member, { name_card: "", custom_fields: "{}" });
  }

  /** Stores a sender's read position, which follows their own message. `applySent` follows the commit. */
  storeReadPosition(userId: UserId, { seq, n, at }: ReadPosition): void {
    this.#sql.exec(
      "UPDATE members SET read_seq = ?, read_n = ?, read_at = ? WHERE user_id = ?",
      seq,
      n,
      at,
      userId,
    );
  }

  applyReadPosition(userId: UserId, { seq, n, at }: ReadPosition): void {
    const member = this.#rows.get(userId);
    if (member) Object.assign(member, { read_seq: seq, read_n: n, read_at: at });
  }

  /**
   * Stores a member's row, new or changed, under the next `touched`. `apply` takes the result after the
   * transaction.
   * @param version maps `touched` to the snapshot's version; it is stored with a member who leaves
   */
  store(member: MemberRow, version: (touched: number) => number): MemberRow {
    // `touched` only has to rise: a transaction that fails leaves a harmless gap.
    this.#touched++;
    const left_ver = member.state === "left" ? version(this.#touched) : null;
    const row = { ...member, touched: this.#touched, left_ver };
    const columns = Object.keys(row);
    const places = columns.map(() => "?").join(", ");
    this.#sql.exec(
      `INSERT OR REPLACE INTO members (${columns.join(", ")}) VALUES (${places})`,
      ...Object.values(row),
    );
    return row;
  }

  /** Takes a row that `store` returned into memory. */
  apply(row: MemberRow): void {
    const previous = this.#rows.get(row.user_id);
    if (previous?.state === "active") this.#activeCount--;
    if (row.state === "active") this.#activeCount++;
    if (previous) Object.assign(previous, row);
    else this.#rows.set(row.user_id, row);
  }

  /**
   * Raises the snapshot version of members who left and could see a revoked message: their preview may hold
   * its text.
   */
  storeRevoked(seq: Seq): void {
    this.#sql.exec("UPDATE members SET left_ver = left_ver + 1 WHERE visible_until >= ?", seq);
  }

  applyRevoked(seq: Seq): void {
    for (const member of this.#rows.values()) {
      const { left_ver, visible_until } = member;
      if (left_ver !== null && visible_until !== null && visible_until >= seq) member.left_ver = left_ver + 1;
    }
  }

  /** Records the versions that D1 has of these members. */
  projected(accepted: { userId: UserId; version: number }[]): void {
    this.#sql.exec(
      `UPDATE members SET projected = (SELECT json_extract(value, '$.version') FROM json_each(?1)
         WHERE json_extract(value, '$.userId') = user_id)
       WHERE user_id IN (SELECT json_extract(value, '$.userId') FROM json_each(?1))`,
      JSON.stringify(accepted),
    );
    for (const { userId, version } of accepted) {
      const member = this.#rows.get(userId);
      if (member) member.projected = version;
    }
  }

  /** Stores whether a member has a device connected. */
  setDevices(userId: UserId, hasDevices: boolean): void {
    const member = this.#rows.get(userId);
    if (!member) return;
    const devices = hasDevices ? 1 : 0;
    this.#sql.exec("UPDATE members SET devices = ? WHERE user_id = ?", devices, userId);
    member.devices = devices;
  }

  /** Marks the group as dissolved: from now on `active` and `isActive` find nobody. */
  close(): void {
    this.#isClosed = true;
  }

  /**
   * Stores that something changed for this member alone. `applyTouched` follows the transaction.
   * @returns the member's new `touched`
   */
  storeTouched(member: MemberRow): number {
    const touched = this.#touched + 1;
    this.#sql.exec("UPDATE members SET touched = ? WHERE user_id = ?", touched, member.user_id);
    return touched;
  }

  applyTouched(member: MemberRow, touched: number): void {
    this.#touched = Math.max(this.#touched, touched);
    member.touched = touched;
  }

  /**
   * Changes columns of a member in one statement, and memory.
   * @param seers the members whose snapshots change by it: the member, and others who see these columns
   */
  storeOwnFields(member: MemberRow, fields: OwnFields, seers: MemberRow[]): void {
    const columns = Object.keys(fields);
    const touched = this.#touched + 1;
    const set = columns.map(
      (column) => `${column} = iif(user_id = ?1, ?${columns.indexOf(column) + 4}, ${column})`,
    );
    const ids = JSON.stringify(seers.map(({ user_id }) => user_id));
    const sql = `UPDATE members SET touched = ?2, ${set.join(", ")} WHERE user_id IN (SELECT value FROM json_each(?3))`;
    this.#sql.exec(sql, member.user_id, touched, ids, ...Object.values(fields));
    Object.assign(member, fields);
    for (const seer of seers) this.applyTouched(seer, touched);
  }
}
