import type { MemberState, ReadReceipt } from "../../domain/conversations/conversation.ts";
import type { Role } from "../../domain/conversations/group-kind.ts";
import { noConversation } from "../../domain/errors.ts";
import type { Position, Seq, UserId } from "../../domain/ids.ts";
import type { StoredInitialMember } from "../../domain/ports.ts";

/** A member's row. `touched` numbers his own changes: it only rises, over leaving and rejoining too. */
export type MemberRow = {
  user_id: UserId;
  role: Role;
  state: MemberState;
  joined_at: number;
  /** he sees messages after this seq */
  visible_from: Position;
  read_seq: Position;
  /** countable messages up to read_seq */
  read_n: number;
  /** when his read position last moved; 0: never */
  read_at: number;
  touched: number;
  /** milliseconds since 1970; 0 or past: not muted */
  muted_until: number;
  /** what he is called here; `""`: by his own name */
  name_card: string;
  /** who left sees nothing after this seq; null while he is here */
  visible_until: Position | null;
  /** the version of the snapshot that an inbox has of who left; null while he is here */
  left_ver: number | null;
  /** 1: he has deleted the conversation for himself, and nothing has come since */
  cleared: number;
  /** where he deleted it last: what comes after that brings it back */
  cleared_to: Position;
  /** 1: he takes no notice of it: nothing is unread to him */
  discards: number;
  /** rises with each change that D1 has to know; `projected` is what D1 knows */
  version: number;
  projected: number;
  /** the last message when he came in; null: that was before it was kept */
  came_after: Position | null;
  /** 1: his devices had a socket open when his inbox was last told, 0: they had none; null: not told yet */
  devices: number | null;
  /** what clients keep with him: JSON */
  custom_fields: string;
};

/** What of a member's row is his own to change, besides what he writes. */
export type OwnFields = Partial<
  Pick<MemberRow, "visible_from" | "read_seq" | "read_n" | "read_at" | "cleared" | "cleared_to" | "discards">
>;

/** Where a read position stands: a seq, the countable messages up to it, and when it moved there. */
export interface ReadPosition {
  seq: Position;
  n: number;
  at: number;
}

/** Who is in the conversation: all rows in memory, as there are at most some thousand. */
export class Members {
  readonly #sql: SqlStorage;
  readonly #rows = new Map<UserId, MemberRow>();
  #touched = 0;
  #activeCount = 0;
  #isClosed: boolean;

  /** @param isClosed the conversation was dissolved: nobody is in it */
  constructor(sql: SqlStorage, isClosed = false) {
    this.#sql = sql;
    this.#isClosed = isClosed;
    for (const row of sql.exec<MemberRow>("SELECT * FROM members ORDER BY joined_at, user_id")) {
      this.#rows.set(row.user_id, row);
      this.#touched = Math.max(this.#touched, row.touched);
      if (row.state === "active") this.#activeCount++;
    }
  }

  /** Writes the members a conversation was created with. Before the first `new Members`. */
  static insertFirst(sql: SqlStorage, members: StoredInitialMember[]): void {
    for (const { person, role, joinedAt, customFields } of members) {
      const columns =
        "user_id, role, state, joined_at, visible_from, read_seq, read_n, read_at, touched, came_after, custom_fields";
      const row = "?, ?, 'active', ?, 0, 0, 0, 0, 0, 0, ?";
      const insert = `INSERT INTO members (${columns}) VALUES (${row})`;
      sql.exec(insert, person.id, role, joinedAt, JSON.stringify(customFields));
    }
  }

  /** @throws `not_found`, as for a conversation that does not exist, for who is not in it */
  active(userId: UserId): MemberRow {
    const member = this.#rows.get(userId);
    if (this.#isClosed || member?.state !== "active") throw noConversation();
    return member;
  }

  /** Who is here, or was. @throws `not_found` for who never was */
  known(userId: UserId): MemberRow {
    const member = this.#rows.get(userId);
    if (!member) throw noConversation();
    return member;
  }

  isActive(userId: UserId): boolean {
    return !this.#isClosed && this.#rows.get(userId)?.state === "active";
  }

  find(userId: UserId): MemberRow | undefined {
    return this.#rows.get(userId);
  }

  /** Everybody on record, who left too. */
  all(): Iterable<MemberRow> {
    return this.#rows.values();
  }

  ids(): UserId[] {
    return [...this.#rows.keys()];
  }

  /** Kept, as the fan-out asks for it of each member. */
  get activeCount(): number {
    return this.#activeCount;
  }

  /** How many there will be once these rows are stored. */
  countAfter(rows: MemberRow[]): number {
    const come = ({ user_id, state }: MemberRow) =>
      Number(state === "active") - Number(this.#rows.get(user_id)?.state === "active");
    return rows.reduce((count, row) => count + come(row), this.#activeCount);
  }

  receipts(): ReadReceipt[] {
    return [...this.#rows.values()]
      .filter((member) => member.state === "active")
      .map(({ user_id, read_seq, read_at }) => ({ userId: user_id, readSeq: read_seq, readAt: read_at }));
  }

  /** Who is here with this member; with one who has left, who was when he went. */
  contemporaries({ visible_until: end }: MemberRow): UserId[] {
    if (end === null) return this.receipts().map(({ userId }) => userId);
    const wasHere = ({ state, came_after, visible_from, visible_until }: MemberRow) =>
      (came_after ?? visible_from) < end && (state === "active" || (visible_until ?? 0) >= end);
    return [...this.#rows.values()].filter(wasHere).map(({ user_id }) => user_id);
  }

  /** Forgets what somebody is called here, and what is kept with him. */
  forgetCard(userId: UserId): void {
    const member = this.#rows.get(userId);
    if (!member) return;
    this.#sql.exec("UPDATE members SET name_card = '', custom_fields = '{}' WHERE user_id = ?", userId);
    Object.assign(member, { name_card: "", custom_fields: "{}" });
  }

  /** Stores where a sender stands after his own message; memory follows by `applySent` after the commit. */
  storeSent(userId: UserId, { seq, n, at }: ReadPosition): void {
    this.#sql.exec(
      "UPDATE members SET read_seq = ?, read_n = ?, read_at = ? WHERE user_id = ?",
      seq,
      n,
      at,
      userId,
    );
  }

  applySent(userId: UserId, { seq, n, at }: ReadPosition): void {
    const member = this.#rows.get(userId);
    if (member) Object.assign(member, { read_seq: seq, read_n: n, read_at: at });
  }

  /**
   * Writes a row as a change of this member's own, of somebody new too. Inside a transaction: `apply`
   * what it gives after it.
   * @param version what the snapshot's version is, by his `touched`: who leaves keeps it
   */
  store(member: MemberRow, version: (touched: number) => number): MemberRow {
    // Only rises: a transaction that fails leaves a gap, which nobody minds.
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

  apply(row: MemberRow): void {
    const known = this.#rows.get(row.user_id);
    if (known?.state === "active") this.#activeCount--;
    if (row.state === "active") this.#activeCount++;
    if (known) Object.assign(known, row);
    else this.#rows.set(row.user_id, row);
  }

  /** Who left may have a message as his preview that is revoked now: his snapshot is a new one. */
  storeRevoked(seq: Seq): void {
    this.#sql.exec("UPDATE members SET left_ver = left_ver + 1 WHERE visible_until >= ?", seq);
  }

  applyRevoked(seq: Seq): void {
    for (const member of this.#rows.values()) {
      const { left_ver, visible_until } = member;
      if (left_ver !== null && visible_until !== null && visible_until >= seq) member.left_ver = left_ver + 1;
    }
  }

  /** Notes what D1 has taken of these members. */
  projected(taken: { userId: UserId; version: number }[]): void {
    this.#sql.exec(
      `UPDATE members SET projected = (SELECT json_extract(value, '$.version') FROM json_each(?1)
         WHERE json_extract(value, '$.userId') = user_id)
       WHERE user_id IN (SELECT json_extract(value, '$.userId') FROM json_each(?1))`,
      JSON.stringify(taken),
    );
    for (const { userId, version } of taken) {
      const member = this.#rows.get(userId);
      if (member) member.projected = version;
    }
  }

  /** Notes whether a member's devices have a socket open. */
  setDevices(userId: UserId, hasDevices: boolean): void {
    const member = this.#rows.get(userId);
    if (!member) return;
    const devices = hasDevices ? 1 : 0;
    this.#sql.exec("UPDATE members SET devices = ? WHERE user_id = ?", devices, userId);
    member.devices = devices;
  }

  /** Nobody is in the conversation any more: it was dissolved. */
  close(): void {
    this.#isClosed = true;
  }

  /** Records that something changed for this member alone. Inside a transaction: call `applyTouched` after it. */
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
   * Stores fields of a member's own, at once.
   * @param seers whose snapshots are new ones by it: himself, and whoever else sees it
   */
  affected(member: MemberRow, fields: OwnFields, seers: MemberRow[]): void {
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
