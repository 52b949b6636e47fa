import type { Timing } from "../domain/timing.ts";
import { type Database, databaseAnswers } from "../storage/database.ts";

/** Checks of the database's health; the requests of an isolate share a good answer for `keepMs`. */
export class HealthCheck {
  readonly #timing: Timing["health"];
  #goodUntil = 0;

  constructor(timing: Timing["health"]) {
    this.#timing = timing;
  }

  /** Resolves if the database answers and has its tables. @throws `unavailable` */
  async run(db: Database): Promise<void> {
    if (Date.now() < this.#goodUntil) return;
    await databaseAnswers(db);
    this.#goodUntil = Date.now() + this.#timing.keepMs;
  }
}
