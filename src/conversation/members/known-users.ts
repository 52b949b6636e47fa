import type { Person } from "../../domain/accounts/person.ts";
import type { UserId } from "../../domain/ids.ts";
import { ProfileCache } from "./profile-cache.ts";

type Row = { user_id: UserId };

/** Somebody each, and whether D1 has been told of him. */
export const KNOWN_USERS_TABLE = `
  CREATE TABLE acquaintances (
    user_id INTEGER PRIMARY KEY,
    projected INTEGER NOT NULL DEFAULT 0
  ) STRICT;`;

/**
 * Who is known here and came in by another way than as a member: who asked to be let in, who wrote what a merged
 * message holds. D1 is told of them, so that the end of an account finds each place that has the profile.
 */
export class KnownUsers {
  readonly #sql: SqlStorage;
  readonly #people: ProfileCache;
  readonly #changed: () => void;
  readonly #untold: Set<UserId>;

  /** @param changed told in the turn in which there is somebody new of whom D1 has to hear */
  constructor(sql: SqlStorage, people: ProfileCache, changed: () => void) {
    this.#sql = sql;
    this.#people = people;
    this.#changed = changed;
    const rows = sql.exec<Row>("SELECT user_id FROM acquaintances WHERE projected = 0");
    this.#untold = new Set(rows.toArray().map(({ user_id }) => user_id));
  }

  /** Writes those of these who are not known yet, in the caller's transaction; memory follows by `apply`. */
  store(people: Person[]): void {
    const now = Date.now();
    for (const person of people) {
      // D1 has, or is about to have, a row of whoever is known. Who was forgotten is told of once more.
      if (this.#people.knows(person.id)) continue;
      ProfileCache.storeFirst(this.#sql, person, now);
      this.#sql.exec("INSERT OR IGNORE INTO acquaintances (user_id) VALUES (?)", person.id);
    }
  }

  /** Knows them from now on. */
  apply(people: Person[]): void {
    const unknown = people.filter(({ id }) => !this.#people.knows(id));
    for (const person of unknown) {
      this.#people.apply(person);
      this.#untold.add(person.id);
    }
    if (unknown.length > 0) this.#changed();
  }

  /** Who they are that D1 does not know of. */
  get unprojected(): UserId[] {
    return [...this.#untold];
  }

  get hasUnprojected(): boolean {
    return this.#untold.size > 0;
  }

  /** D1 knows of these. */
  projected(ids: UserId[]): void {
    const these = "user_id IN (SELECT value FROM json_each(?))";
    this.#sql.exec(`UPDATE acquaintances SET projected = 1 WHERE ${these}`, JSON.stringify(ids));
    for (const id of ids) this.#untold.delete(id);
  }

  forget(id: UserId): void {
    this.#sql.exec("DELETE FROM acquaintances WHERE user_id = ?", id);
    this.#untold.delete(id);
  }
}
