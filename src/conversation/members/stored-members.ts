import type { Role } from "../../domain/conversations/group-kind.ts";
import type { Position, Seq, UserId } from "../../domain/ids.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { Transaction } from "../state/transaction.ts";
import type { MemberRow } from "./member-row.ts";

/** The rows read by key that stay in memory: senders of a page of history, and of what is happening now. */
const MAX_CACHED = 2_000;
/** The rows that are read at once where all are asked for. */
const PART = 500;

/**
 * Matches the rows of members who are not settled: active ones, and those who left while their inbox or D1
 * has not confirmed it. The index `members_unsettled` has the same text: SQLite uses it for no other.
 */
export const UNSETTLED = "state = 'active' OR leaving = 1 OR version > projected";

/** The indexes by which settled members stay out of memory. */
export const MEMBER_INDEXES = `
  CREATE INDEX members_unsettled ON members (joined_at) WHERE ${UNSETTLED};
  CREATE INDEX members_left ON members (visible_until, touched) WHERE visible_until IS NOT NULL;`;

/** The unsettled rows by the index that has them in the order of joining. */
const UNSETTLED_ROWS = `FROM members INDEXED BY members_unsettled WHERE (${UNSETTLED})`;

/** Selects members in the order of joining. */
export interface MembersRange {
  /** those after this one: join time (ms since 1970), then user id */
  after?: { joinedAt: number; userId: UserId } | undefined;
  /** how many of them come before */
  skip?: number;
  limit: number;
  /** those who have one of these */
  roles?: readonly Role[] | undefined;
}

/** What a crowd has to know of all its members. */
export type Standing = Pick<MemberRow, "user_id" | "state" | "touched" | "left_ver" | "devices">;

/**
 * Some of the members: all, these, or those who may have devices, who have left, or who have changed after
 * this `touched`.
 */
export type Among = "all" | readonly UserId[] | { changedAfter: number };

/**
 * A cache of objects that change in place: there is one object for each key. An object that was used long
 * ago leaves the cache, but is found again as long as anybody holds it, and until the end of the turn in any
 * case.
 */
class IdentityMap<Key, Value extends WeakKey> {
  readonly #recent: LruMap<Key, Value>;
  readonly #alive = new Map<Key, WeakRef<Value>>();
  readonly #capacity: number;
  /** with so many entries those of collected objects are removed */
  #sweepAt: number;

  /** @param capacity how many objects the cache itself holds */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#sweepAt = 2 * capacity;
    this.#recent = new LruMap(() => capacity);
  }

  /** The object of a key, which counts as a use. */
  get(key: Key): Value | undefined {
    const recent = this.#recent.get(key);
    if (recent) return recent;
    const held = this.#alive.get(key)?.deref();
    if (held) this.#recent.set(key, held);
    return held;
  }

  set(key: Key, value: Value): void {
    this.#recent.set(key, value);
    this.#alive.set(key, new WeakRef(value));
    if (this.#alive.size >= this.#sweepAt) this.#sweep();
  }

  delete(key: Key): void {
    this.#recent.delete(key);
    this.#alive.delete(key);
  }

  /** All objects that are still there. */
  *values(): Iterable<Value> {
    for (const reference of this.#alive.values()) {
      const value = reference.deref();
      if (value) yield value;
    }
  }

  #sweep(): void {
    for (const [key, reference] of this.#alive) if (!reference.deref()) this.#alive.delete(key);
    this.#sweepAt = 2 * Math.max(this.#capacity, this.#alive.size);
  }
}

/**
 * The members who are read when they are asked for: settled ones, who left long ago, and those of a group
 * that is too large for memory. There may be any number of them.
 */
export class StoredMembers {
  readonly #sql: SqlStorage;
  readonly #complete: (row: MemberRow) => MemberRow;
  readonly #cached = new IdentityMap<UserId, MemberRow>(MAX_CACHED);
  /** users without a row: a transaction may be storing one, which nobody sees before the commit */
  readonly #absent = new Set<UserId>();
  /** how many writes are open that memory takes with the commit alone */
  #openWrites = 0;
  /** the rows that were read meanwhile */
  readonly #uncommitted = new Set<UserId>();

  /** @param complete adds to a row what memory alone knows, in place */
  constructor(sql: SqlStorage, complete: (row: MemberRow) => MemberRow) {
    this.#sql = sql;
    this.#complete = complete;
  }

  /** The row of a member if it is in memory. */
  known(id: UserId): MemberRow | undefined {
    return this.#cached.get(id);
  }

  /** The row of a member; undefined for a user who was never one. */
  find(id: UserId): MemberRow | undefined {
    const cached = this.#cached.get(id);
    if (cached || this.#absent.has(id)) return cached;
    const [stored] = this.#sql.exec<MemberRow>("SELECT * FROM members WHERE user_id = ?", id).toArray();
    const row = stored && this.#complete(stored);
    if (!row) return undefined;
    this.#cached.set(id, row);
    if (this.#openWrites > 0) this.#uncommitted.add(id);
    return row;
  }

  /** A transaction is about to write rows that may not be in memory: a rollback drops what was read since. */
  writing(tx: Transaction): void {
    this.#openWrites++;
    const end = () => {
      this.#openWrites--;
      this.#uncommitted.clear();
    };
    tx.after(end);
    tx.undo(() => {
      for (const id of this.#uncommitted) this.#cached.delete(id);
      end();
    });
  }

  /** A transaction is about to store a row: until its commit `find` answers as before it. */
  hold(id: UserId): void {
    if (!this.find(id)) this.#absent.add(id);
  }

  /** Caches a row, as it is stored. */
  add(member: MemberRow): void {
    this.#absent.delete(member.user_id);
    this.#cached.set(member.user_id, member);
  }

  /** Removes a row from the cache: it is kept elsewhere. */
  remove(id: UserId): void {
    this.#absent.delete(id);
    this.#cached.delete(id);
  }

  /** The rows in memory. */
  inMemory(): Iterable<MemberRow> {
    return this.#cached.values();
  }

  /** How many are active, and the highest `touched` of those who are not settled. */
  totals(): { active: number; touched: number } {
    const query = `SELECT count(*) FILTER (WHERE state = 'active') AS active, max(touched) AS touched
      ${UNSETTLED_ROWS}`;
    const [found] = this.#sql.exec<{ active: number; touched: number | null }>(query).toArray();
    return { active: found?.active ?? 0, touched: found?.touched ?? 0 };
  }

  /** The members whose leaving an inbox has to confirm, or of whom D1 lacks something. */
  pending(): MemberRow[] {
    const query = `SELECT * ${UNSETTLED_ROWS} AND (leaving = 1 OR version > projected)`;
    return this.#sql.exec<MemberRow>(query).toArray().map(this.#complete);
  }

  /** What a crowd has to know of members who are not settled. */
  standing(among: Among): Iterable<Standing> {
    const columns = "user_id, state, touched, left_ver, devices";
    const all = `SELECT ${columns} ${UNSETTLED_ROWS}`;
    if (among === "all") return this.#sql.exec<Standing>(all);
    if ("changedAfter" in among) {
      const query = `${all} AND (devices IS NOT 0 OR state = 'left' OR touched > ?)`;
      return this.#sql.exec<Standing>(query, among.changedAfter);
    }
    const query = `SELECT ${columns} FROM members
      WHERE user_id IN (SELECT value FROM json_each(?)) AND (${UNSETTLED})`;
    return this.#sql.exec<Standing>(query, JSON.stringify(among));
  }

  /** The ids of the members who are not settled, in the order of joining. */
  ids(): UserId[] {
    return this.#ids(`SELECT user_id ${UNSETTLED_ROWS} ORDER BY joined_at, user_id`);
  }

  /** The ids of the active ones among them, in the same order. */
  activeIds(): UserId[] {
    return this.#ids(`SELECT user_id ${UNSETTLED_ROWS} AND state = 'active' ORDER BY joined_at, user_id`);
  }

  /** The ids of those among them who see nothing up to this message. */
  blindTo(seq: Seq): UserId[] {
    return this.#ids(`SELECT user_id ${UNSETTLED_ROWS} AND visible_from >= ?`, seq);
  }

  #ids(query: string, ...bindings: number[]): UserId[] {
    const rows = this.#sql.exec<Pick<MemberRow, "user_id">>(query, ...bindings).toArray();
    return rows.map(({ user_id }) => user_id);
  }

  /** The members who are not settled, in the order of joining. The rows do not stay in memory. */
  *unsettled(): Iterable<MemberRow> {
    let part: MemberRow[] = [];
    do {
      part = this.#page("", { after: positionOf(part.at(-1)), limit: PART });
      yield* part;
    } while (part.length === PART);
  }

  /** Active members, in the order of joining. The rows do not stay in memory. */
  active(range: MembersRange): MemberRow[] {
    return this.#page("AND state = 'active'", range);
  }

  #page(condition: string, { after, skip = 0, limit, roles }: MembersRange): MemberRow[] {
    const isWanted = roles ? "role IN (SELECT value FROM json_each(?1))" : "?1 IS NULL";
    const given = roles ? JSON.stringify(roles) : null;
    const read = (where: string, most: number, ...bindings: number[]) =>
      this.#sql
        .exec<MemberRow>(
          `SELECT * ${UNSETTLED_ROWS} ${condition} AND ${isWanted} ${where}
           ORDER BY joined_at, user_id LIMIT ?2`,
          ...[given, most, ...bindings],
        )
        .toArray();
    const most = skip + limit;
    // Thousands may have joined at once: SQLite finds a place among them by two columns, not by a pair.
    const beside = after
      ? read("AND joined_at = ?3 AND user_id > ?4", most, after.joinedAt, after.userId)
      : [];
    const rest = most - beside.length;
    const later = rest <= 0 ? [] : read("AND joined_at > ?3", rest, after?.joinedAt ?? -1);
    return [...beside, ...later].slice(skip).map(this.#complete);
  }

  /**
   * The highest `touched` of the members who left; 0 without any. It is that of the last one to leave: the
   * others have smaller ones of an earlier time.
   */
  lastTouched(): number {
    const query = `SELECT touched FROM members WHERE visible_until IS NOT NULL
      ORDER BY visible_until DESC, touched DESC LIMIT 1`;
    return this.#sql.exec<Pick<MemberRow, "touched">>(query).toArray()[0]?.touched ?? 0;
  }

  /**
   * The users who left at `end` or later and had joined before it, with their join times. Former members who
   * are not settled are among them.
   */
  leftSince(end: Position): Pick<MemberRow, "user_id" | "joined_at">[] {
    return this.#sql
      .exec<Pick<MemberRow, "user_id" | "joined_at">>(
        `SELECT user_id, joined_at FROM members
         WHERE visible_until >= ?1 AND state = 'left' AND came_after < ?1`,
        end,
      )
      .toArray();
  }

  /** A member other than this one. For direct conversations: they have two. */
  other(id: UserId): MemberRow | undefined {
    const query = "SELECT * FROM members WHERE user_id != ? LIMIT 1";
    const [row] = this.#sql.exec<MemberRow>(query, id).toArray();
    return row && this.#complete(row);
  }
}

function positionOf(row: MemberRow | undefined): MembersRange["after"] {
  return row && { joinedAt: row.joined_at, userId: row.user_id };
}
