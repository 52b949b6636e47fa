import type { Person } from "../../domain/accounts/person.ts";
import type { UserId } from "../../domain/ids.ts";
import { ProfileCache } from "./profile-cache.ts";

type Row = { user_id: UserId };

/** A row for each known user. `projected`: 1 once D1 has the user. */
export const KNOWN_USERS_TABLE = `
  CREATE TABLE known_users (
    user_id INTEGER PRIMARY KEY,
    projected INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX known_users_unprojected ON known_users (user_id) WHERE projected = 0;`;

/**
 * Users whose profiles the conversation stores although they did not become known as members: authors of join
 * requests and of messages inside merged ones. D1 stores them too, so that an account deletion finds every
 * conversation with the profile.
 */
export class KnownUsers {
  readonly #sql: SqlStorage;
  readonly #profiles: ProfileCache;

  constructor(sql: SqlStorage, profiles: ProfileCache) {
    this.#sql = sql;
    this.#profiles = profiles;
  }

  /** Stores the unknown ones of these users, in a transaction. D1 lacks them until the next projection. */
  store(people: Person[]): void {
    const now = Date.now();
    for (const person of people) {
      // D1 has, or is about to get, a row for each user with a profile here. A forgotten user is projected
      // again.
      if (this.#profiles.has(person.id)) continue;
      ProfileCache.storeFirst(this.#sql, person, now);
      this.#sql.exec("INSERT OR IGNORE INTO known_users (user_id) VALUES (?)", person.id);
    }
  }

  /** Some users that D1 does not have yet. */
  unprojected(limit: number): UserId[] {
    const query = "SELECT user_id FROM known_users WHERE projected = 0 LIMIT ?";
    return this.#sql
      .exec<Row>(query, limit)
      .toArray()
      .map(({ user_id }) => user_id);
  }

  get hasUnprojected(): boolean {
    return this.unprojected(1).length > 0;
  }

  /** Records that D1 has these users. */
  projected(ids: UserId[]): void {
    const isListed = "user_id IN (SELECT value FROM json_each(?))";
    this.#sql.exec(`UPDATE known_users SET projected = 1 WHERE ${isListed}`, JSON.stringify(ids));
  }

  /** Removes a user, whose account was deleted. Their profile goes by `ProfileCache.forget`. */
  forget(id: UserId): void {
    this.#sql.exec("DELETE FROM known_users WHERE user_id = ?", id);
  }
}
