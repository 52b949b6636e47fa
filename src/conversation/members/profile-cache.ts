import { deletedUser, type Person } from "../../domain/accounts/person.ts";
import type { UserId } from "../../domain/ids.ts";
import type { ConversationDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/deadline.ts";

type ProfileRow = { user_id: UserId; username: string; nickname: string; avatar: string; checked_at: number };

/**
 * The profiles of who writes here, or is shown in what is written, copied from D1, so that no message waits for D1. What is shown is
 * about a minute old at most; a row is written only when a profile has really changed.
 */
export class ProfileCache {
  readonly #sql: SqlStorage;
  readonly #directory: ConversationDirectory;
  readonly #timing: Timing["profileCache"];
  readonly #people = new Map<UserId, Person>();
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
      this.#people.set(user_id, { id: user_id, username, nickname, avatar });
      oldest = Math.min(oldest, checked_at);
    }
    if (Number.isFinite(oldest)) this.#checkedAt = oldest;
  }

  /** Writes one profile as it is now in D1. */
  static store(sql: SqlStorage, { id, username, nickname, avatar }: Person, now: number): void {
    const columns = "user_id, username, nickname, avatar, checked_at";
    const query = `INSERT OR REPLACE INTO people (${columns}) VALUES (?, ?, ?, ?, ?)`;
    sql.exec(query, id, username, nickname, avatar, now);
  }

  /** Writes the profile of somebody new; if he was written meanwhile, that stays. */
  static storeFirst(sql: SqlStorage, { id, username, nickname, avatar }: Person, now: number): void {
    sql.exec("INSERT OR IGNORE INTO people VALUES (?, ?, ?, ?, ?)", id, username, nickname, avatar, now);
  }

  /** Knows a profile from now on which was stored. */
  apply(person: Person): void {
    this.#people.set(person.id, person);
  }

  knows(id: UserId): boolean {
    return this.#people.has(id);
  }

  /** Those of these who are known, each once. */
  among(ids: UserId[]): Person[] {
    return [...new Set(ids)].flatMap((id) => this.#people.get(id) ?? []);
  }

  /** Knows nothing of somebody any more: he is shown as a deleted user. */
  forget(id: UserId): void {
    this.#sql.exec("DELETE FROM people WHERE user_id = ?", id);
    this.#people.delete(id);
  }

  get(id: UserId): Person {
    return this.#people.get(id) ?? deletedUser(id);
  }

  /** Reads again behind the answer what is older than a minute. */
  refreshInBackground(): void {
    if (this.#stale()) void this.ensureFresh();
  }

  /** Resolves once nothing is older than a minute, or D1 takes its time: then with what was known. */
  async ensureFresh(): Promise<void> {
    if (!this.#stale()) return;
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    await withDeadline(this.#refreshing, this.#timing.timeoutMs).catch(() => undefined);
  }

  #stale(): boolean {
    const now = Date.now();
    const { freshMs, cooldownMs } = this.#timing;
    return now - this.#checkedAt > freshMs && now - this.#failedAt > cooldownMs;
  }

  async #refresh(): Promise<void> {
    try {
      const now = Date.now();
      for (const person of await this.#directory.people([...this.#people.keys()])) {
        const known = this.#people.get(person.id);
        // Who was forgotten while D1 was asked stays forgotten.
        if (!known || same(known, person)) continue;
        ProfileCache.store(this.#sql, person, now);
        this.#people.set(person.id, person);
      }
      this.#checkedAt = now;
    } catch (error) {
      this.#failedAt = Date.now();
      log("warn", "people_not_refreshed", errorFields(error));
    }
  }
}

function same(a: Person, b: Person): boolean {
  return a.username === b.username && a.nickname === b.nickname && a.avatar === b.avatar;
}
