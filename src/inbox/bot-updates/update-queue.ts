import { z } from "zod";
import { type BotUpdate, BotWebhook, type NumberedUpdate } from "../../domain/bots/bot-update.ts";
import type { ConversationId, Position, Seq } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";
import { type QueueName, type Reacted, ToldReactions } from "./told-reactions.ts";

/**
 * What a bot is told: three tables, whose names begin with that of their queue.
 * - `_queue`: one row, once the queue is on. `since`: older messages are not told (ms); `asked_at`: when
 *   the bot last asked, to the hour (ms); `last_id`: the number of the newest update; `lost`: those that were
 *   too many; `allowed`: the wanted kinds (JSON; NULL: the usual ones); `webhook`: a `BotWebhook` (JSON;
 *   NULL: none); `failures`: how often its next call has failed, `failed_at` (ms) and `error`: the last time.
 *   A gateway uses `since` and `last_id` alone.
 * - `_updates`: those that the bot has not confirmed. `seq`: of the message whose text it has (NULL:
 *   none).
 * - `_cursors`: how far each conversation is told. `seq` NULL: nothing yet; `edited_at`: the time of the
 *   newest edit that was told (ms); `is_in`: the bot is a member, and nobody blocks it; `name`: of the group.
 */
export function queueTables(queue: QueueName): string {
  return `
  CREATE TABLE ${queue}_queue (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    since INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    lost INTEGER NOT NULL DEFAULT 0,
    allowed TEXT,
    webhook TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    failed_at INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
  ) STRICT;
  CREATE TABLE ${queue}_updates (
    update_id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL,
    seq INTEGER,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE ${queue}_cursors (
    conversation_id INTEGER PRIMARY KEY,
    seq INTEGER,
    rev INTEGER NOT NULL,
    edited_at INTEGER NOT NULL,
    is_in INTEGER NOT NULL,
    name TEXT NOT NULL
  ) STRICT;`;
}

type QueueRow = {
  since: number;
  asked_at: number;
  last_id: number;
  lost: number;
  allowed: string | null;
  webhook: string | null;
  failures: number;
  failed_at: number;
  error: string;
};
type UpdateRow = { update_id: number; at: number; kind: string; body: string };
type CursorRow = { seq: Position | null; rev: number; edited_at: number; is_in: number; name: string };

const Kinds = z.array(z.string());

/** How far a conversation is told. `seq` null: nothing yet, and messages count from the beginning on. */
export interface BotCursor {
  seq: Position | null;
  rev: number;
  editedAt: number;
  /** of a direct conversation: no block stands between the two */
  isIn: boolean;
  name: string;
}

/** An update that waits. `at`: when it was added (ms since 1970). */
export interface KeptUpdate extends NumberedUpdate {
  at: number;
}

/** What the queue knows of itself. */
export interface QueueState {
  since: number;
  askedAt: number;
  allowed: string[] | null;
  webhook: BotWebhook | null;
  failures: number;
  failure: { at: number; error: string } | null;
}

/** A message whose text nobody is told any more. `mask`: what is told in its place; null: nothing. */
export interface RevokedMessage {
  seq: Seq;
  mask: BotUpdate | null;
}

/** What is told of a conversation in one transaction. */
export interface ToldAtOnce {
  updates: readonly BotUpdate[];
  revoked: readonly RevokedMessage[];
  /** the messages whose reactions are told with the updates */
  reacted: readonly Reacted[];
}

interface QueueDeps {
  /** stores what the list has in memory */
  storeList(): void;
  /** whether a client may have this update already; absent: each may be */
  mayBeTold?(updateId: number): boolean;
  timing: Pick<Timing, "botUpdates">;
}

/**
 * The updates that a bot has not confirmed, and how far each conversation is told: in one transaction, so
 * that an update is neither lost nor told twice. It is off until the bot first asks: then nothing is stored.
 */
export class UpdateQueue {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #deps: QueueDeps;
  readonly #name: QueueName;
  /** which reactions are told */
  readonly reactions: ToldReactions;
  #state: QueueState | null;

  constructor(storage: DurableObjectStorage, deps: QueueDeps, name: QueueName = "bot") {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#deps = deps;
    this.#name = name;
    this.reactions = new ToldReactions(storage.sql, name);
    const [row] = this.#sql.exec<QueueRow>(`SELECT * FROM ${name}_queue`).toArray();
    this.#state = row ? readQueue(row) : null;
  }

  /** null: the queue is off. */
  get state(): QueueState | null {
    return this.#state;
  }

  /**
   * Switches the queue on, or notes that the bot still asks. The list's conversations are told from `since`
   * on.
   * @returns the conversations to look at: those with messages since then
   */
  ask(since: number): ConversationId[] {
    const now = Date.now();
    if (this.#state) {
      if (now - this.#state.askedAt < this.#deps.timing.botUpdates.noteAskedMs) return [];
      this.#sql.exec(`UPDATE ${this.#name}_queue SET asked_at = ?`, now);
      this.#state.askedAt = now;
      return [];
    }
    this.#begin(since, "NULL");
    const query = "SELECT conversation_id AS id FROM conversations WHERE state = 'active' AND active_at >= ?";
    return this.#sql
      .exec<{ id: ConversationId }>(query, since)
      .toArray()
      .map(({ id }) => id);
  }

  /** Switches the queue on, unless it is. What conversations have by now counts as told. */
  begin(): void {
    if (!this.#state) this.#begin(Date.now(), "last_seq");
  }

  /** @param told the column of the list up to which conversations are told */
  #begin(since: number, told: "NULL" | "last_seq"): void {
    const now = Date.now();
    this.#deps.storeList();
    this.#storage.transactionSync(() => {
      // Higher than before a time in which the queue was off, or a backup was restored.
      const first = Math.floor(now / 1_000);
      const insert = `INSERT INTO ${this.#name}_queue (id, since, asked_at, last_id) VALUES (1, ?, ?, ?)`;
      this.#sql.exec(insert, since, now, first);
      this.#sql.exec(
        `INSERT INTO ${this.#name}_cursors (conversation_id, seq, rev, edited_at, is_in, name)
         SELECT conversation_id, ${told}, rev, ?, state = 'active', '' FROM conversations`,
        now,
      );
    });
    this.#state = { ...{ since, askedAt: now, allowed: null, webhook: null, failures: 0 }, failure: null };
  }

  /** Switches the queue off, and forgets what waits. */
  end(): void {
    this.#storage.transactionSync(() => {
      for (const table of ["queue", "updates", "cursors", "reactions"])
        this.#sql.exec(`DELETE FROM ${this.#name}_${table}`);
    });
    this.#state = null;
  }

  /** How far a conversation is told; null: the bot has not been in it since the queue is on. */
  cursor(id: ConversationId): BotCursor | null {
    const query = `SELECT seq, rev, edited_at, is_in, name FROM ${this.#name}_cursors WHERE conversation_id = ?`;
    const [row] = this.#sql.exec<CursorRow>(query, id).toArray();
    if (!row) return null;
    const { seq, rev, edited_at: editedAt, is_in, name } = row;
    return { seq, rev, editedAt, isIn: is_in === 1, name };
  }

  /**
   * Adds updates of a conversation, and notes how far it is told with them.
   * @returns whether updates were added
   */
  add(id: ConversationId, { updates, revoked, reacted }: ToldAtOnce, cursor: BotCursor): boolean {
    const { seq, rev, editedAt, isIn, name } = cursor;
    return this.#storage.transactionSync(() => {
      if (!this.#state) return false;
      for (const message of reacted) this.reactions.note(id, message);
      const told = [...revoked.flatMap((message) => this.#mask(id, message)), ...updates];
      this.append(id, told);
      this.#sql.exec(
        `INSERT OR REPLACE INTO ${this.#name}_cursors (conversation_id, seq, rev, edited_at, is_in, name)
         VALUES (?, ?, ?, ?, ?, ?)`,
        ...[id, seq, rev, editedAt, isIn ? 1 : 0, name],
      );
      return told.length > 0;
    });
  }

  /**
   * Takes the text of a revoked message out of the updates that wait. A mask keeps their numbers.
   * @returns what is told of the revoke besides: nothing if no client can have what the mask replaces
   */
  #mask(id: ConversationId, { seq, mask }: RevokedMessage): BotUpdate[] {
    if (!mask) {
      this.#sql.exec(`DELETE FROM ${this.#name}_updates WHERE conversation_id = ? AND seq = ?`, id, seq);
      return [];
    }
    const sql = `UPDATE ${this.#name}_updates SET kind = ?, body = ?, seq = NULL
      WHERE conversation_id = ? AND seq = ? RETURNING update_id`;
    const masked = this.#sql.exec<{ update_id: number }>(sql, mask.kind, mask.body, id, seq).toArray();
    const isUntold = masked.length > 0 && !masked.some(({ update_id }) => this.#mayBeTold(update_id));
    return isUntold ? [] : [mask];
  }

  /** Takes the texts of a conversation out of the updates that wait, as of revoked messages. */
  hide(id: ConversationId, maskOf: (seq: Seq) => BotUpdate | null): void {
    const updates = `${this.#name}_updates`;
    const query = `SELECT update_id AS row, seq FROM ${updates} WHERE conversation_id = ? AND seq IS NOT NULL`;
    // Each by its number: to look for a message reads all that waits.
    for (const { row, seq } of this.#sql.exec<{ row: number; seq: Seq }>(query, id).toArray()) {
      const mask = maskOf(seq);
      const sql = mask ? `UPDATE ${updates} SET kind = ?, body = ?, seq = NULL` : `DELETE FROM ${updates}`;
      this.#sql.exec(`${sql} WHERE update_id = ?`, ...(mask ? [mask.kind, mask.body] : []), row);
    }
  }

  #mayBeTold(updateId: number): boolean {
    return this.#deps.mayBeTold?.(updateId) ?? true;
  }

  /** Adds updates that no cursor notes. @param id null: they are of no conversation */
  append(id: ConversationId | null, updates: readonly BotUpdate[]): void {
    if (updates.length === 0 || !this.#state) return;
    const now = Date.now();
    const { last_id: last, lost } = this.#sql
      .exec<QueueRow>(`SELECT last_id, lost FROM ${this.#name}_queue`)
      .one();
    this.#deleteOld(now);
    for (const [i, { kind, seq = null, body }] of updates.entries()) {
      this.#sql.exec(
        `INSERT INTO ${this.#name}_updates (update_id, at, conversation_id, seq, kind, body)
         VALUES (?, ?, ?, ?, ?, ?)`,
        ...[last + i + 1, now, id ?? 0, seq, kind, body],
      );
    }
    const newest = last + updates.length;
    const oldest = `DELETE FROM ${this.#name}_updates WHERE update_id <= ? RETURNING update_id`;
    const { length: tooMany } = this.#sql.exec(oldest, newest - LIMITS.botUpdates).toArray();
    if (tooMany > 0) log("warn", "bot_updates_lost", { lost: tooMany });
    this.#sql.exec(`UPDATE ${this.#name}_queue SET last_id = ?, lost = ?`, newest, lost + tooMany);
  }

  #deleteOld(now: number): void {
    const until = now - this.#deps.timing.botUpdates.keepMs;
    this.#sql.exec(`DELETE FROM ${this.#name}_updates WHERE at < ?`, until);
  }

  /** How many updates the bot has not confirmed. */
  waiting(): number {
    return this.#sql.exec<{ count: number }>(`SELECT count(*) AS count FROM ${this.#name}_updates`).one()
      .count;
  }

  /**
   * Forgets the updates before a number, which the bot has. Idempotent.
   * @param offset negative: so many of the newest stay
   */
  confirm(offset: number): void {
    if (offset >= 0) {
      this.#sql.exec(`DELETE FROM ${this.#name}_updates WHERE update_id < ?`, offset);
      return;
    }
    const newest = `SELECT update_id FROM ${this.#name}_updates ORDER BY update_id DESC LIMIT ?`;
    this.#sql.exec(`DELETE FROM ${this.#name}_updates WHERE update_id NOT IN (${newest})`, -offset);
  }

  /** Forgets what waits. */
  drop(): void {
    this.#sql.exec(`DELETE FROM ${this.#name}_updates`);
  }

  /** The number of the newest update, or the one before the first. The queue is on. */
  get lastId(): number {
    return this.#sql.exec<QueueRow>(`SELECT last_id FROM ${this.#name}_queue`).one().last_id;
  }

  /** The updates after a number, and when they came (ms since 1970); null: some are not kept any more. */
  after(id: number, limit: number): KeptUpdate[] | null {
    const query = `SELECT update_id, at, kind, body FROM ${this.#name}_updates
      WHERE update_id > ? ORDER BY update_id LIMIT ?`;
    const rows = this.#sql.exec<UpdateRow>(query, id, limit).toArray();
    // Numbers have no gaps here: the next one is there, or all up to it have gone.
    if ((rows[0]?.update_id ?? this.lastId + 1) !== id + 1) return null;
    return rows.map(({ update_id, at, kind, body }) => ({ id: update_id, at, kind, body }));
  }

  /** The oldest updates, and when they were added (ms since 1970). */
  first(limit: number): KeptUpdate[] {
    this.#deleteOld(Date.now());
    const query = `SELECT update_id, at, kind, body FROM ${this.#name}_updates ORDER BY update_id LIMIT ?`;
    return this.#sql
      .exec<UpdateRow>(query, limit)
      .toArray()
      .map(({ update_id: id, at, kind, body }) => ({ id, at, kind, body }));
  }

  /** Sets which kinds are told from now on; an empty list: the usual ones. */
  setAllowed(kinds: string[]): void {
    const allowed = kinds.length === 0 ? null : kinds;
    if (!this.#state) return;
    this.#sql.exec(`UPDATE ${this.#name}_queue SET allowed = ?`, allowed && JSON.stringify(allowed));
    this.#state.allowed = allowed;
  }

  setWebhook(webhook: BotWebhook | null): void {
    if (!this.#state) return;
    const sql = `UPDATE ${this.#name}_queue SET webhook = ?, failures = 0, failed_at = 0, error = ''`;
    this.#sql.exec(sql, webhook && JSON.stringify(webhook));
    Object.assign(this.#state, { webhook, failures: 0, failure: null });
  }

  /** Notes how a call of the webhook has ended; null: it was taken. */
  note(failure: QueueState["failure"]): void {
    const state = this.#state;
    if (!state || (failure === null && state.failures === 0)) return;
    const failures = failure ? state.failures + 1 : 0;
    this.#sql.exec(`UPDATE ${this.#name}_queue SET failures = ?`, failures);
    state.failures = failures;
    // What failed last is shown after it was taken, too.
    if (failure) this.show(failure);
  }

  /** Shows the maker of the bot what has failed. It stops nothing. */
  show(failure: NonNullable<QueueState["failure"]>): void {
    if (!this.#state) return;
    const sql = `UPDATE ${this.#name}_queue SET failed_at = ?, error = ?`;
    this.#sql.exec(sql, failure.at, failure.error);
    this.#state.failure = failure;
  }
}

function readQueue({ allowed, webhook, ...row }: QueueRow): QueueState {
  return {
    ...{ since: row.since, askedAt: row.asked_at, failures: row.failures },
    allowed: allowed === null ? null : Kinds.parse(JSON.parse(allowed)),
    webhook: webhook === null ? null : BotWebhook.parse(JSON.parse(webhook)),
    failure: row.failed_at === 0 ? null : { at: row.failed_at, error: row.error },
  };
}

/**
 * Makes the queue of a bot one of this deployment, after a restore. What the bot has confirmed is not told
 * again; what waits has numbers above all that the bot may have seen since the copy was made. A copy of a
 * deployment calls no webhook: the bot sets it when it starts.
 */
export function takeOverQueue(sql: SqlStorage): void {
  const now = Date.now();
  const first = Math.floor(now / 1_000);
  // Each number becomes negative first: an update may move to the number of another one.
  const ahead = `max(0, ${first} - (SELECT last_id FROM bot_queue))`;
  sql.exec(`UPDATE bot_updates SET update_id = -(update_id + ${ahead})`);
  sql.exec("UPDATE bot_updates SET update_id = -update_id");
  sql.exec(
    `UPDATE bot_queue SET last_id = last_id + ${ahead}, asked_at = ?, webhook = NULL, failures = 0,
      failed_at = 0, error = ''`,
    now,
  );
}
