import { NOBODY } from "../domain/ids.ts";
import type { HookCaller, HookDirectory } from "../domain/ports.ts";
import {
  type HookId,
  REPORT_CREATED,
  type ReportEvent,
  type SpaceEvent,
  type UserEvent,
} from "../domain/server/hook.ts";
import type { ExternalIdsOfUsers, HookFormat } from "../domain/server/hook-format.ts";
import type { Timing } from "../domain/timing.ts";
import { HookDeliveries } from "../object/hooks/deliveries.ts";
import { ExternalIds } from "../object/hooks/external-ids.ts";

/** D1 and the way to hooks, as the events of users need them. */
export interface UserFeedDeps {
  directory: HookDirectory;
  caller: HookCaller;
  format: HookFormat;
  /** The events behind a number, in their order. */
  userEvents(after: number, limit: number): Promise<(UserEvent | ReportEvent | SpaceEvent)[]>;
  /** The number of the last event before a time (ms since 1970). */
  lastUserEventBefore(time: number): Promise<number>;
}

/** One row: the events of users of which the hook was told, and how often the next one has failed. */
export const USER_POSITION_TABLE = `
  CREATE TABLE user_position (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0
  ) STRICT;
`;

type Position = { seq: number; tries: number };

const PAGE = 20;

/** Tells a hook what became of users, of reports and of spaces: all of them in one order. */
export class UserFeed {
  readonly #sql: SqlStorage;
  readonly #deps: UserFeedDeps;
  readonly #deliveries: HookDeliveries;
  /** when an event that has failed is tried again (ms since 1970); 0: none has, or it is not known */
  #retryAt = 0;

  constructor(sql: SqlStorage, deps: UserFeedDeps, timing: Timing["hooks"]) {
    this.#sql = sql;
    this.#deps = deps;
    this.#deliveries = new HookDeliveries(
      "users",
      deps.directory,
      deps.caller,
      new ExternalIds(deps.directory),
      timing,
    );
  }

  /** Has the hook told of what comes from a time on, or of that anew. Else a hook goes on where it was. */
  async begin(since: number, isReplay: boolean): Promise<void> {
    const before = await this.#deps.lastUserEventBefore(since);
    const known = this.#position;
    const seq = known ? (isReplay ? Math.min(known.seq, before) : known.seq) : before;
    this.#store({ seq, tries: 0 });
    this.#retryAt = 0;
  }

  /**
   * Delivers the next events.
   * @returns when to go on (ms since 1970), or null: nothing is left
   */
  async run(id: HookId): Promise<number | null> {
    // A further event is no reason to call a hook that has just failed.
    if (this.#retryAt > Date.now()) return this.#retryAt;
    const target = await this.#deps.directory.hook(id);
    const start = this.#position;
    if (!start || target?.state !== "active" || target.conversations !== null) return null;
    const found = await this.#deps.userEvents(start.seq, PAGE);
    const events = latest(found).map((event) => ({
      ...{ id: `evt_u${event.seq}`, type: event.type, at: event.at, next: event.seq },
      ...this.#shown(event),
    }));
    const {
      position: seq,
      tries,
      nextAt,
    } = await this.#deliveries.run(target, start.seq, events, start.tries);
    // A replay has begun meanwhile.
    const now = this.#position;
    if (now?.seq !== start.seq || now.tries !== start.tries) return Date.now();
    this.#store({ seq, tries });
    this.#retryAt = nextAt ?? 0;
    if (tries > 0) return nextAt;
    return found.length === PAGE ? Date.now() : null;
  }

  /** Whom an event names, and how it is written. */
  #shown(event: UserEvent | ReportEvent | SpaceEvent) {
    const { format } = this.#deps;
    if (event.type === REPORT_CREATED)
      return {
        users: event.report.about.userId === null ? [] : [event.report.about.userId],
        data: (externalIds: ExternalIdsOfUsers) => format.report(event, externalIds),
      };
    if ("space" in event)
      return {
        users: event.userId === NOBODY ? [] : [event.userId],
        data: (externalIds: ExternalIdsOfUsers) => format.space(event, externalIds),
      };
    return { users: [], data: () => format.user(event) };
  }

  get #position(): Position | null {
    return this.#sql.exec<Position>("SELECT seq, tries FROM user_position").toArray()[0] ?? null;
  }

  #store({ seq, tries }: Position): void {
    this.#sql.exec("INSERT OR REPLACE INTO user_position (id, seq, tries) VALUES (1, ?, ?)", seq, tries);
  }
}

/**
 * The events without changes of a member whom a later one is about, too: it tells the same, as it is now. To
 * give a member other roles changes a row for each.
 */
function latest<Event extends UserEvent | ReportEvent | SpaceEvent>(events: readonly Event[]): Event[] {
  const told = new Set<string>();
  return events
    .toReversed()
    .filter((event) => {
      if (event.type !== "space_member.changed") return true;
      const member = `${event.space.id}/${event.userId}`;
      const isLater = told.has(member);
      told.add(member);
      return !isLater;
    })
    .toReversed();
}
