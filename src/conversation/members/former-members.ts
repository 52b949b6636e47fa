import type { Position, UserId } from "../../domain/ids.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { aboveFloor, type Floor } from "../retention/floor.ts";
import type { MemberRow } from "./member-row.ts";

/** The settled rows that are kept in memory, as pages of history show the name cards of their senders. */
const MAX_CACHED = 500;

/**
 * Matches the rows of members who are not settled: active ones, and those who left while their inbox or D1
 * has not confirmed it. The index `members_unsettled` has the same text: SQLite uses it for no other.
 */
export const UNSETTLED = "state = 'active' OR leaving = 1 OR version > projected";

/** The indexes by which settled members stay out of memory. */
export const MEMBER_INDEXES = `
  CREATE INDEX members_unsettled ON members (joined_at) WHERE ${UNSETTLED};
  CREATE INDEX members_left ON members (visible_until, touched) WHERE visible_until IS NOT NULL;`;

/**
 * The settled members: they left, and their inboxes and D1 have confirmed it. There may be any number of
 * them, so a row is read when it is asked for.
 */
export class FormerMembers {
  readonly #sql: SqlStorage;
  #cache = new LruMap<UserId, MemberRow>(() => MAX_CACHED);

  #floor: Floor;

  /** @param floor up to where messages have expired */
  constructor(sql: SqlStorage, floor: Floor) {
    this.#sql = sql;
    this.#floor = floor;
  }

  /** Messages have expired: the rows of settled members are read anew. */
  raiseFloor(floor: Floor): void {
    this.#floor = floor;
    this.#cache = new LruMap<UserId, MemberRow>(() => MAX_CACHED);
  }

  /** The row of a settled member; undefined for a user who was never a member. */
  find(id: UserId): MemberRow | undefined {
    const cached = this.#cache.get(id);
    if (cached) return cached;
    const [stored] = this.#sql.exec<MemberRow>("SELECT * FROM members WHERE user_id = ?", id).toArray();
    const row = stored && aboveFloor(stored, this.#floor);
    if (row) this.#cache.set(id, row);
    return row;
  }

  /** Caches the row of a member who is settled now. */
  add(member: MemberRow): void {
    this.#cache.set(member.user_id, member);
  }

  /** Takes a row out of the cache: the member is settled no more. @returns the row, if it was cached */
  take(id: UserId): MemberRow | undefined {
    const row = this.#cache.get(id);
    this.#cache.delete(id);
    return row;
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
    return row && aboveFloor(row, this.#floor);
  }
}
