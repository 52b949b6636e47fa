import { deletedUser, type Person } from "../../domain/accounts/person.ts";
import type { UserId } from "../../domain/ids.ts";
import type { ConversationDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/deadline.ts";

type ProfileRow = { user_id: UserId; username: string; nickname: string; avatar: string; checked_at: number };

/**
 * Copies from D1 the profiles of users who write in the conversation or occur in its messages, so that no
 * message waits for D1. A copy is about a minute old at most. A row is written only if its profile has
 * changed.
 */
export class ProfileCache {
  readonly #sql: SqlStorage;
  readonly #directory: ConversationDirectory;
  readonly #timing: Timing["profileCache"];
  readonly #profiles = new Map<UserId, Person>();
  #checkedAt = 0;
  #failedAt = 0;
  #refreshing: Promise<void> | undefined;

  constructor(sql: SqlStorage, directory: ConversationDirectory, timing: Timing["profileCache"]) {
    this.#sql = sql;
    this.#directory = directory;
    this.#timing = timing;
    let oldest = Number.POSITIVE_INFINITY;
    for (const { user_id, username, nickname, avatar, checked_at } of sql.exec<ProfileRow>(
      "SELECT * FROM people",
    )) {
      this.#profiles.set(user_id, { id: user_id, username, nickname, avatar });
      oldest = Math.min(oldest, checked_at);
    }
    if (Number.isFinite(oldest)) this.#checkedAt = oldest;
  }

  /** Stores a profile read from D1, new or changed. */
  static store(sql: SqlStorage, { id, username, nickname, avatar }: Person, now: number): void {
    const columns = "user_id, username, nickname, avatar, checked_at";
    const query = `INSERT OR REPLACE INTO people (${columns}) VALUES (?, ?, ?, ?, ?)`;
    sql.exec(query, id, username, nickname, avatar, now);
  }

  /** Stores the profile of a new user. A row that was stored meanwhile stays. */
  static storeFirst(sql: SqlStorage, { id, username, nickname, avatar }: Person, now: number): void {
    sql.exec("INSERT OR IGNORE INTO people VALUES (?, ?, ?, ?, ?)", id, username, nickname, avatar, now);
  }

  /** Takes a stored profile into memory, after the transaction. */
  apply(person: Person): void {
    this.#profiles.set(person.id, person);
  }

  /** Whether the cache has a profile of the user. */
  has(id: UserId): boolean {
    return this.#profiles.has(id);
  }

  /** The cached profiles of these users, each once. */
  among(ids: UserId[]): Person[] {
    return [...new Set(ids)].flatMap((id) => this.#profiles.get(id) ?? []);
  }

  /** Removes a profile: the user appears as a deleted user. */
  forget(id: UserId): void {
    this.#sql.exec("DELETE FROM people WHERE user_id = ?", id);
    this.#profiles.delete(id);
  }

  /** The profile of a user, or that of a deleted user without a cached one. */
  get(id: UserId): Person {
    return this.#profiles.get(id) ?? deletedUser(id);
  }

  /** Starts a refresh if the profiles are stale, and does not wait for it. */
  refreshInBackground(): void {
    if (this.#isStale()) void this.ensureFresh();
  }

  /**
   * Refreshes stale profiles and waits for D1 up to `timeoutMs`; after that, or on an error, the old copies
   * are used.
   */
  async ensureFresh(): Promise<void> {
    if (!this.#isStale()) return;
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    await withDeadline(this.#refreshing, this.#timing.timeoutMs).catch(() => undefined);
  }

  #isStale(): boolean {
    const now = Date.now();
    const { freshMs, cooldownMs } = this.#timing;
    return now - this.#checkedAt > freshMs && now - this.#failedAt > cooldownMs;
  }

  async #refresh(): Promise<void> {
    try {
      const now = Date.now();
      for (const person of await this.#directory.people([...this.#profiles.keys()])) {
        const cached = this.#profiles.get(person.id);
        // A profile that was forgotten during the query stays forgotten.
        if (!cached || isSame(cached, person)) continue;
        ProfileCache.store(this.#sql, person, now);
        this.#profiles.set(person.id, person);
      }
      this.#checkedAt = now;
    } catch (error) {
      this.#failedAt = Date.now();
      log("warn", "profile_refresh_failed", errorFields(error));
    }
  }
}

function isSame(a: Person, b: Person): boolean {
  return a.username === b.username && a.nickname === b.nickname && a.avatar === b.avatar;
}
