import type { Seq, UserId } from "../../domain/ids.ts";
import type { MemberRow } from "./member-row.ts";
import type { MembersRange, StoredMembers } from "./stored-members.ts";

/**
 * The members in memory. Those who are not settled are kept: active ones, and those who left while their
 * inbox or D1 has not confirmed it. Of a group with more than `CROWD_MEMBERS` active ones only the pending
 * are kept, of whom an inbox or D1 lacks something. All others are read by key.
 */
export class KeptMembers {
  readonly #stored: StoredMembers;
  readonly #crowdMembers: number;
  /** ordered by join time as of the start */
  readonly #kept = new Map<UserId, MemberRow>();
  /** whether all who are not settled are kept */
  #isWhole = false;
  #activeCount = 0;
  /** those of whom D1 lacks the newest version */
  readonly #unprojected = new Set<MemberRow>();
  /** the highest `touched` of those who were not settled at the start */
  readonly lastTouched: number;

  /** @param crowdMembers the number of active members up to which all are kept */
  constructor(stored: StoredMembers, crowdMembers: number) {
    this.#stored = stored;
    this.#crowdMembers = crowdMembers;
    if (this.#keepAll()) {
      let highest = 0;
      for (const { touched } of this.#kept.values()) highest = Math.max(highest, touched);
      this.lastTouched = highest;
      return;
    }
    const { active, touched } = stored.totals();
    this.#activeCount = active;
    this.lastTouched = touched;
    for (const member of stored.pending()) this.#place(member);
  }

  /** @returns false: there are too many, and nothing has changed */
  #keepAll(): boolean {
    const rows: MemberRow[] = [];
    let count = 0;
    for (const member of this.#readAll()) {
      if (member.state === "active" && ++count > this.#crowdMembers) return false;
      rows.push(member);
    }
    this.#isWhole = true;
    this.#activeCount = count;
    this.#kept.clear();
    for (const member of rows) this.#place(member);
    return true;
  }

  /** The members of whom D1 lacks the newest version. */
  get unprojected(): ReadonlySet<MemberRow> {
    return this.#unprojected;
  }

  /** The number of active members. */
  get activeCount(): number {
    return this.#activeCount;
  }

  /** Whether there are so many that few are kept. */
  get isCrowd(): boolean {
    return this.#activeCount > this.#crowdMembers;
  }

  /** A member who is kept. */
  kept(id: UserId): MemberRow | undefined {
    return this.#kept.get(id);
  }

  /** A member, active or left; undefined for a user who was never one. */
  find(id: UserId): MemberRow | undefined {
    return this.#kept.get(id) ?? this.#stored.find(id);
  }

  /** The same, but nobody who is settled where all others are kept. */
  findUnsettled(id: UserId): MemberRow | undefined {
    return this.#isWhole ? this.#kept.get(id) : this.find(id);
  }

  /** A member who is in memory. */
  inMemory(id: UserId): MemberRow | undefined {
    return this.#kept.get(id) ?? this.#stored.known(id);
  }

  /** All members who are in memory. */
  *allInMemory(): Iterable<MemberRow> {
    yield* this.#kept.values();
    yield* this.#stored.inMemory();
  }

  /** A transaction is about to store a row: memory knows it from now on as it was before. */
  hold(id: UserId): void {
    if (!this.#kept.has(id)) this.#stored.hold(id);
  }

  /** The members who are not settled. */
  unsettled(): Iterable<MemberRow> {
    return this.#isWhole ? this.#kept.values() : this.#readAll();
  }

  /** The ids of those among them who see nothing up to this message. */
  blindTo(seq: Seq): UserId[] {
    if (!this.#isWhole) return this.#stored.blindTo(seq);
    const ids: UserId[] = [];
    for (const { user_id: id, visible_from } of this.#kept.values()) if (visible_from >= seq) ids.push(id);
    return ids;
  }

  /** The ids of the members who are not settled. */
  ids(): UserId[] {
    return this.#isWhole ? [...this.#kept.keys()] : this.#stored.ids();
  }

  /** The ids of the active members. */
  activeIds(): UserId[] {
    if (!this.#isWhole) return this.#stored.activeIds();
    const ids: UserId[] = [];
    for (const { user_id: id, state } of this.#kept.values()) if (state === "active") ids.push(id);
    return ids;
  }

  /** Active members in the order of joining, and then of their ids. */
  inOrder(range: MembersRange): MemberRow[] {
    if (!this.#isWhole) return this.#stored.active(range).map((row) => this.inMemory(row.user_id) ?? row);
    const { after, skip = 0, limit, roles } = range;
    return [...this.#kept.values()]
      .filter(({ state, role }) => state === "active" && (!roles || roles.includes(role)))
      .sort((a, b) => a.joined_at - b.joined_at || a.user_id - b.user_id)
      .filter((member) => !after || isBehind(member, after))
      .slice(skip, skip + limit);
  }

  /** Takes a row that was stored. Once all of its transaction are taken, call `fit`. */
  take(row: MemberRow): void {
    const known = this.inMemory(row.user_id);
    if (known?.state === "active") this.#activeCount--;
    if (row.state === "active") this.#activeCount++;
    this.#place(Object.assign(known ?? row, row));
  }

  /** An inbox or D1 has confirmed something of a member. */
  confirmed(member: MemberRow): void {
    this.#place(member);
  }

  /** Keeps all members of a group that has become small enough, and few of one that has become too large. */
  readonly fit = (): void => {
    if (this.isCrowd !== this.#isWhole) return;
    if (!this.isCrowd) this.#keepAll();
    else {
      this.#isWhole = false;
      for (const member of [...this.#kept.values()]) this.#place(member);
    }
  };

  /** Keeps a row, or leaves it to the cache of those that are read by key. */
  #place(member: MemberRow): void {
    const { user_id: id, state, leaving, version, projected } = member;
    if (version > projected) this.#unprojected.add(member);
    else this.#unprojected.delete(member);
    if (leaving === 1 || version > projected || (this.#isWhole && state === "active")) {
      if (!this.#kept.has(id)) this.#kept.set(id, member);
      this.#stored.remove(id);
    } else {
      this.#kept.delete(id);
      this.#stored.add(member);
    }
  }

  *#readAll(): Iterable<MemberRow> {
    for (const row of this.#stored.unsettled()) yield this.inMemory(row.user_id) ?? row;
  }
}

function isBehind(member: MemberRow, { joinedAt, userId }: NonNullable<MembersRange["after"]>): boolean {
  return member.joined_at > joinedAt || (member.joined_at === joinedAt && member.user_id > userId);
}
