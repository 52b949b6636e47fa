import {
  deletedUser,
  LAST_VERSION,
  looksSame,
  type Person,
  type VersionedPerson,
} from "../../domain/accounts/person.ts";
import { NOBODY, type UserId } from "../../domain/ids.ts";
import type { ConversationDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { Transaction } from "../state/transaction.ts";
import type { Members } from "./members.ts";

type ProfileRow = { user_id: UserId; username: string; nickname: string; avatar: string; checked_at: number };

/** A profile in memory. */
interface CachedProfile {
  person: Person;
  /** the version of the profile; 0: unknown, as only memory has it */
  version: number;
  /** when D1 was last asked for it (ms since 1970) */
  checkedAt: number;
  /** it was used since then */
  isShown: boolean;
}

/**
 * The profiles in memory besides two for each active member: of former members and known users. A crowd has
 * twice as many for its members.
 */
const MAX_OTHERS = 1_000;
/** The most users in a query. */
const BATCH = 500;

/**
 * Copies from D1 the profiles of users who write in the conversation or occur in its messages, so that no
 * message waits for D1. A row is written only if its profile has changed.
 *
 * The inbox of a user announces a new profile (`learn`). Without an announcement a copy of an active member,
 * or of another user who was shown, is about a minute old at most. Other copies stay as they are until they
 * are shown: the conversation may know any number of former members. In a crowd that holds for active members
 * too. An older profile never replaces a newer one.
 */
export class ProfileCache {
  readonly #sql: SqlStorage;
  readonly #directory: Pick<ConversationDirectory, "people">;
  readonly #timing: Timing["profileCache"];
  readonly #members: Pick<Members, "activeIds" | "isCrowd">;
  readonly #onChanged: (profile: VersionedPerson) => void;
  readonly #cached: LruMap<UserId, CachedProfile>;
  readonly #expected = new LruMap<UserId, Person>(() => MAX_OTHERS);
  /** the earliest time at which a profile may be stale (ms since 1970) */
  #freshUntil = 0;
  #failedAt = 0;
  #refreshing: Promise<void> | undefined;

  /** @param onChanged called in the turn in which a user looks different */
  constructor(
    sql: SqlStorage,
    directory: Pick<ConversationDirectory, "people">,
    timing: Timing["profileCache"],
    members: Pick<Members, "activeIds" | "activeCount" | "isCrowd">,
    onChanged: (profile: VersionedPerson) => void,
  ) {
    this.#sql = sql;
    this.#directory = directory;
    this.#timing = timing;
    this.#members = members;
    this.#onChanged = onChanged;
    this.#cached = new LruMap(() => MAX_OTHERS + 2 * (members.isCrowd ? MAX_OTHERS : members.activeCount));
  }

  /** Writes a profile read from D1, new or changed. */
  static write(sql: SqlStorage, { id, username, nickname, avatar, bot }: Person, now: number): void {
    const write = bot
      ? "INSERT OR IGNORE INTO bots (user_id) VALUES (?)"
      : "DELETE FROM bots WHERE user_id = ?";
    sql.exec(write, id);
    const columns = "user_id, username, nickname, avatar, checked_at";
    const query = `INSERT OR REPLACE INTO people (${columns}) VALUES (?, ?, ?, ?, ?)`;
    sql.exec(query, id, username, nickname, avatar, now);
  }

  /** Stores the profile of a new user. A row that was stored meanwhile stays. */
  static storeFirst(sql: SqlStorage, { id, username, nickname, avatar, bot }: Person, now: number): void {
    if (bot) sql.exec("INSERT OR IGNORE INTO bots (user_id) VALUES (?)", id);
    sql.exec("INSERT OR IGNORE INTO people VALUES (?, ?, ?, ?, ?)", id, username, nickname, avatar, now);
  }

  /** Stores a profile, new or changed. */
  store(tx: Transaction, person: Person, now: number): void {
    ProfileCache.write(this.#sql, person, now);
    tx.after(() => this.#take(person));
  }

  #take(person: Person): void {
    this.#expected.delete(person.id);
    const cached = this.#cached.get(person.id);
    const version = cached?.version ?? 0;
    let checkedAt = Date.now();
    // An accepted applicant comes with the copy that is here already.
    if (cached && looksSame(cached.person, person)) checkedAt = cached.checkedAt;
    // Which of two is newer only D1 knows: the next use asks for it.
    else if (version > 0) checkedAt = 0;
    this.#cached.set(person.id, { person, version, checkedAt, isShown: true });
  }

  /** Takes a profile that its user's inbox announces, if there is a copy to replace. Idempotent. */
  learn({ version, ...person }: VersionedPerson): void {
    const cached = this.#cached.get(person.id) ?? this.#load([person.id])[0];
    if (!cached || version <= cached.version) return;
    cached.checkedAt = Date.now();
    this.#replace(cached, person, version);
  }

  /** Whether a profile of the user is stored. Nothing is cached, so that a transaction may ask. */
  has(id: UserId): boolean {
    const query = "SELECT 1 FROM people WHERE user_id = ?";
    return this.#cached.has(id) || this.#sql.exec(query, id).toArray().length > 0;
  }

  /** The stored profiles of these users, each once. */
  among(ids: UserId[]): Person[] {
    return [...new Set(ids)].flatMap((id) => this.#find(id) ?? []);
  }

  /** Removes a profile: the user appears as a deleted user. */
  forget(id: UserId): void {
    const cached = this.#cached.get(id) ?? this.#load([id])[0];
    this.#sql.exec("DELETE FROM people WHERE user_id = ?", id);
    if (cached?.person.bot) this.#sql.exec("DELETE FROM bots WHERE user_id = ?", id);
    this.#cached.delete(id);
    this.#expected.delete(id);
    const deleted = deletedUser(id);
    if (cached && !looksSame(cached.person, deleted)) this.#onChanged({ ...deleted, version: LAST_VERSION });
  }

  /** The profile of a user, or that of a deleted user without a stored one. */
  get(id: UserId): Person {
    return (id === NOBODY ? undefined : this.#find(id)) ?? this.#expected.get(id) ?? deletedUser(id);
  }

  /** Takes the profile of a user who is about to write for the first time. It is stored with the message. */
  expect(person: Person): void {
    this.#expected.set(person.id, person);
  }

  /** @see expect */
  expected(id: UserId): Person | undefined {
    return this.#expected.get(id);
  }

  /** The profile of a user if it is in memory: it does not count as shown. */
  peek(id: UserId): Person | undefined {
    return this.#cached.peek(id)?.person;
  }

  /** Starts a refresh if profiles are stale, and does not wait for it. */
  refreshInBackground(): void {
    if (this.#isStale()) void this.ensureFresh();
  }

  /**
   * Refreshes stale profiles of active members, and of all who were shown since the last refresh. Waits
   * for D1 up to `timeoutMs`; after that, or on an error, the old copies are used.
   */
  async ensureFresh(): Promise<void> {
    if (!this.#refreshing && !this.#isStale()) return;
    await withDeadline(this.#refreshAll(), this.#timing.timeoutMs).catch(() => undefined);
  }

  /**
   * Renders with fresh profiles. If `render` uses a stale profile, of a former member for instance, it is
   * called again after a refresh.
   */
  async fresh<Rendered>(render: () => Rendered): Promise<Rendered> {
    await this.ensureFresh();
    const rendered = render();
    // A refresh that is still under way has had its time.
    if (this.#refreshing || !this.#isStale()) return rendered;
    await this.ensureFresh();
    return render();
  }

  #isStale(): boolean {
    const now = Date.now();
    return now > this.#freshUntil && now - this.#failedAt > this.#timing.cooldownMs;
  }

  /** A profile from memory or from its row, noted as shown. */
  #find(id: UserId): Person | undefined {
    const found = this.#cached.get(id) ?? this.#load([id])[0];
    if (!found) return undefined;
    found.isShown = true;
    this.#freshUntil = Math.min(this.#freshUntil, found.checkedAt + this.#timing.freshMs);
    return found.person;
  }

  /** Reads the rows of users who are not in memory. */
  #load(ids: UserId[]): CachedProfile[] {
    const query = "SELECT * FROM people WHERE user_id IN (SELECT value FROM json_each(?))";
    const rows = ids.length === 0 ? [] : this.#sql.exec<ProfileRow>(query, JSON.stringify(ids)).toArray();
    const bots = new Set(rows.length === 0 ? [] : this.bots());
    return rows.map(({ user_id: id, username, nickname, avatar, checked_at: checkedAt }) => {
      const person = { id, username, nickname, avatar, ...(bots.has(id) && { bot: true }) };
      const loaded = { person, version: 0, checkedAt, isShown: false };
      this.#cached.set(id, loaded);
      return loaded;
    });
  }

  /** The bots among the stored profiles, also of former members: a few. */
  bots(): UserId[] {
    const rows = this.#sql.exec<{ user_id: UserId }>("SELECT user_id FROM bots ORDER BY user_id").toArray();
    return rows.map(({ user_id: id }) => id);
  }

  async #refreshAll(): Promise<void> {
    // A profile that was shown during a refresh may need another one.
    while (this.#refreshing || this.#isStale()) {
      this.#refreshing ??= this.#refresh().finally(() => {
        this.#refreshing = undefined;
      });
      await this.#refreshing;
    }
  }

  async #refresh(): Promise<void> {
    const now = Date.now();
    try {
      const stale = this.#takeStale(now);
      for (let at = 0; at < stale.length; at += BATCH) await this.#query(stale.slice(at, at + BATCH), now);
    } catch (error) {
      this.#freshUntil = 0;
      this.#failedAt = Date.now();
      log("warn", "profile_refresh_failed", errorFields(error));
    }
  }

  /** The users whose profiles are due, and sets when the next ones are. */
  #takeStale(now: number): UserId[] {
    const { freshMs } = this.#timing;
    const active = this.#members.isCrowd ? [] : this.#members.activeIds();
    this.#load(active.filter((id) => !this.#cached.has(id)));
    const isActive = new Set(active);
    const stale: UserId[] = [];
    this.#freshUntil = now + freshMs;
    for (const [id, cached] of this.#cached.entries()) {
      if (!cached.isShown && !isActive.has(id)) continue;
      if (now - cached.checkedAt > freshMs) stale.push(id);
      else this.#freshUntil = Math.min(this.#freshUntil, cached.checkedAt + freshMs);
    }
    return stale;
  }

  async #query(ids: UserId[], now: number): Promise<void> {
    const people = new Map((await this.#directory.people(ids)).map((person) => [person.id, person]));
    for (const id of ids) {
      const cached = this.#cached.get(id);
      // A profile that was forgotten during the query stays forgotten.
      if (!cached) continue;
      Object.assign(cached, { checkedAt: now, isShown: false });
      const found = people.get(id);
      // A newer profile may have been announced during the query.
      if (!found || found.version < cached.version) continue;
      const { version, ...person } = found;
      this.#replace(cached, person, version);
    }
  }

  #replace(cached: CachedProfile, person: Person, version: number): void {
    cached.version = version;
    if (looksSame(cached.person, person)) return;
    ProfileCache.write(this.#sql, person, Date.now());
    cached.person = person;
    this.#onChanged({ ...person, version });
  }
}
