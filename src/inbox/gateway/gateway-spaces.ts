import type { BotFormat, BotUpdate } from "../../domain/bots/bot-update.ts";
import { nullIfNotFound } from "../../domain/errors.ts";
import type { SpaceId, UserId } from "../../domain/ids.ts";
import type { Conversations, UserDirectory } from "../../domain/ports.ts";
import { MAX_VIEWS, type SpaceChange, SpaceView } from "../../domain/spaces/view.ts";
import type { ConversationContext } from "../../domain/sync/message-context.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { CallBudget } from "../../object/concurrency.ts";

/**
 * The spaces of a bot as it was told of them: `view` is a `SpaceView` (JSON). Of `ALL`, it is the id from
 * which on all spaces were read, once they were.
 */
export const GATEWAY_SPACES_TABLE = `
  CREATE TABLE gateway_spaces (
    space_id INTEGER PRIMARY KEY,
    view TEXT NOT NULL
  ) STRICT;`;

/** The id of no space. */
const ALL = 0;

/** Channels that are called at once. */
const AT_ONCE = 20;

type Views = Awaited<ReturnType<UserDirectory["spaceViews"]>>;

/** What has changed since the bot was told last. `store`: notes that it is told. */
export interface Reading {
  updates: BotUpdate[];
  store(): void;
}

interface SpacesDeps {
  conversations: Pick<Conversations, "follow">;
  directory: Pick<UserDirectory, "spaceViews" | "isSpaceOver">;
  format: Pick<BotFormat, "spaceChanged">;
  timing: Pick<Timing, "botUpdates" | "gateway">;
  userId(): UserId;
}

/**
 * The spaces of a bot with a session: it follows the channels that it can read, so that it hears them as it
 * hears groups, and is told of what has changed in what it sees.
 */
export class GatewaySpaces {
  readonly #storage: DurableObjectStorage;
  readonly #deps: SpacesDeps;
  /** what the table has; null: it was not read yet */
  #known: ReadonlyMap<SpaceId, SpaceView> | null = null;
  /** the reading that is under way: of two the older one would take back what the newer one tells */
  #reading: Promise<unknown> = Promise.resolve();

  constructor(storage: DurableObjectStorage, deps: SpacesDeps) {
    this.#storage = storage;
    this.#deps = deps;
  }

  /**
   * Reads the spaces, or one alone, and follows the channels that the bot does not follow yet. Idempotent.
   * @returns what the caller is to tell in the same turn; null: calls are left for the next time
   * @throws if a channel or D1 does not answer
   */
  read(id: SpaceId | null, calls: CallBudget): Promise<Reading | null> {
    const reading = this.#reading.then(() => this.#read(id, calls));
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  async #read(only: SpaceId | null, calls: CallBudget): Promise<Reading | null> {
    const { directory, userId } = this.#deps;
    const found = await directory.spaceViews(userId(), only);
    if (!(await this.#follow(found, calls))) return null;
    const told = this.#told();
    const ids = found.map(({ view }) => view.id);
    // Of more spaces than are read at once, the oldest ones are not: nothing is known of them then.
    const from = ids.length < MAX_VIEWS ? ALL : Math.min(...ids);
    const wasRead = (id: SpaceId) => (only === null ? id >= from : only === id);
    const gone = [...told.keys()].filter((id) => wasRead(id) && !ids.includes(id));
    // A space that nothing was known of is not one into which the bot has come.
    const toldFrom = this.#toldFrom();
    const tellable = found.filter(({ view: { id } }) => told.has(id) || id >= toldFrom);
    const over = await Promise.all(gone.map((id) => directory.isSpaceOver(id)));
    const changes: SpaceChange[] = [
      ...gone.map((id, at) => ({ before: told.get(id) ?? null, after: null, isOver: over[at] === true })),
      ...tellable.map(({ view }) => ({ before: told.get(view.id) ?? null, after: view, isOver: false })),
    ];
    return {
      updates: changes.flatMap((change) => this.#deps.format.spaceChanged?.(change, userId()) ?? []),
      store: () => this.#store(found, gone, only === null ? from : toldFrom),
    };
  }

  /**
   * The same before a session begins, as long as its client waits for it.
   * @returns null also where it takes too long
   */
  async readInTime(calls: CallBudget): Promise<Reading | null> {
    try {
      return await withDeadline(this.read(null, calls), this.#deps.timing.gateway.followMs);
    } catch (error) {
      log("warn", "spaces_not_read", { user: this.#deps.userId(), ...errorFields(error) });
      return null;
    }
  }

  /** Forgets what the bot was told. */
  end(): void {
    this.#known = null;
    this.#storage.sql.exec("DELETE FROM gateway_spaces");
  }

  /** @returns false: calls are left for the next time */
  async #follow(found: Views, calls: CallBudget): Promise<boolean> {
    const { conversations, timing } = this.#deps;
    const input = { userId: this.#deps.userId() };
    const ids = found.flatMap(({ unfollowed }) => unfollowed);
    while (ids.length > 0) {
      const next = ids.splice(0, calls.take(Math.min(AT_ONCE, ids.length)));
      if (next.length === 0) return false;
      const following = next.map((id) => conversations.follow(id, input).catch(nullIfNotFound));
      await withDeadline(Promise.all(following), timing.botUpdates.callTimeoutMs);
    }
    return true;
  }

  /** Whether a channel has another name than the bot was told: D1 has it a moment later. */
  isRenamed({ spaceId, id, name }: Pick<ConversationContext, "spaceId" | "id" | "name">): boolean {
    const view = spaceId === undefined ? undefined : this.#told().get(spaceId);
    const told = view?.channels.find((channel) => channel.id === id);
    return told !== undefined && told.name !== name;
  }

  #told(): ReadonlyMap<SpaceId, SpaceView> {
    if (this.#known) return this.#known;
    const query = "SELECT view FROM gateway_spaces WHERE space_id > ?";
    const rows = this.#storage.sql.exec<{ view: string }>(query, ALL).toArray();
    const views = rows.map(({ view }) => SpaceView.parse(JSON.parse(view)));
    this.#known = new Map(views.map((view) => [view.id, view]));
    return this.#known;
  }

  /** From which id on the spaces of the bot are known: infinite before the first reading of all. */
  #toldFrom(): number {
    const query = "SELECT view FROM gateway_spaces WHERE space_id = ?";
    const [row] = this.#storage.sql.exec<{ view: string }>(query, ALL).toArray();
    return row ? Number(row.view) : Number.POSITIVE_INFINITY;
  }

  #store(found: Views, gone: readonly SpaceId[], from: number): void {
    const { sql } = this.#storage;
    for (const id of gone) sql.exec("DELETE FROM gateway_spaces WHERE space_id = ?", id);
    const insert = "INSERT OR REPLACE INTO gateway_spaces (space_id, view) VALUES (?, ?)";
    for (const { view } of found) sql.exec(insert, view.id, JSON.stringify(view));
    if (Number.isFinite(from)) sql.exec(insert, ALL, String(from));
    this.#known = null;
  }
}
