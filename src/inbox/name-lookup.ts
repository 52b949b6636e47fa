import { deletedUser, type Person } from "../domain/accounts/person.ts";
import type { UserId } from "../domain/ids.ts";
import type { UserDirectory } from "../domain/ports.ts";
import type { Timing } from "../domain/timing.ts";
import { errorFields, log } from "../lib/logger.ts";
import { LruMap } from "../lib/lru-map.ts";
import { withDeadline } from "../object/calls/deadline.ts";

/** The users whose profiles are remembered. */
const MAX_KEPT = 1_000;
/** Users per query. */
const BATCH = 500;

/** Takes the profiles of users; null: D1 did not give them. */
type Take = (profileOf: ((id: UserId) => Person) | null) => void;

/** What the names of events need from the inbox. */
interface NameLookupDeps {
  directory: Pick<UserDirectory, "people">;
  timing: Pick<Timing, "contextCache">;
}

/**
 * The users whom events name, for wire formats that write usernames where events have numbers. A profile is
 * remembered for a minute. Calls are answered in their order, and one query serves all that wait.
 */
export class NameLookup {
  readonly #deps: NameLookupDeps;
  readonly #known = new LruMap<UserId, { person: Person; at: number }>(() => MAX_KEPT);
  #waiting: { ids: UserId[]; take: Take }[] = [];
  #isAsking = false;

  constructor(deps: NameLookupDeps) {
    this.#deps = deps;
  }

  /**
   * Hands over the profiles of these users: in this turn if they are known and nobody waits, else once D1 has
   * answered. Never rejects.
   */
  find(ids: UserId[], take: Take): void {
    const known = this.#knownAmong(ids);
    if (!this.#isAsking && ids.every((id) => known.has(id))) {
      take(lookupIn(known));
      return;
    }
    this.#waiting.push({ ids, take });
    if (!this.#isAsking) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    while (this.#waiting.length > 0) {
      const asking = this.#waiting;
      this.#waiting = [];
      const people = await this.#people(asking.flatMap(({ ids }) => ids));
      for (const { take } of asking) {
        try {
          take(people && lookupIn(people));
        } catch (error) {
          // A socket that fails keeps nobody else waiting.
          log("error", "event_not_sent", errorFields(error));
        }
      }
    }
    this.#isAsking = false;
  }

  #knownAmong(ids: UserId[]): Map<UserId, Person> {
    const oldest = Date.now() - this.#deps.timing.contextCache.freshMs;
    const known = new Map<UserId, Person>();
    for (const id of ids) {
      const found = this.#known.get(id);
      if (found && found.at > oldest) known.set(id, found.person);
    }
    return known;
  }

  /** The profiles of these users; null: D1 does not answer. */
  async #people(ids: UserId[]): Promise<Map<UserId, Person> | null> {
    const { directory, timing } = this.#deps;
    const people = this.#knownAmong(ids);
    const unknown = [...new Set(ids)].filter((id) => !people.has(id));
    try {
      for (let at = 0; at < unknown.length; at += BATCH) {
        const query = directory.people(unknown.slice(at, at + BATCH));
        for (const person of await withDeadline(query, timing.contextCache.timeoutMs)) {
          people.set(person.id, person);
          this.#known.set(person.id, { person, at: Date.now() });
        }
      }
      return people;
    } catch (error) {
      log("warn", "event_names_failed", { users: unknown.length, ...errorFields(error) });
      return null;
    }
  }
}

function lookupIn(people: Map<UserId, Person>): (id: UserId) => Person {
  return (id) => people.get(id) ?? deletedUser(id);
}
