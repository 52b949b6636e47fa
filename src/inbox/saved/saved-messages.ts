import { CoreError, invalid } from "../../domain/errors.ts";
import type { ConversationId, Seq } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { MessageReference } from "../../domain/messages/message.ts";
import type { SavedChange, SavedEntry, SavedRange } from "../../domain/messages/saved.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";

/**
 * The table of saved messages. `reminded`: the frame of the reminder was sent.
 * It has no index: `LIMITS.saved` bounds it, and a written row costs a thousand read ones.
 */
export const SAVED_TABLE = `
  CREATE TABLE saved (
    conversation_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    note TEXT NOT NULL,
    saved_at INTEGER NOT NULL,
    remind_at INTEGER,
    reminded INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (conversation_id, seq)
  ) STRICT, WITHOUT ROWID;`;

/** The reminders that one alarm sends at most; the next alarm goes on. */
const MAX_REMINDED = 100;

/** Entries, and the conversations that they are in as the user's list has them. */
const LISTED = "saved JOIN conversations USING (conversation_id)";
/**
 * Matches entries of conversations that the user is in, unless the message is older than what they see there.
 */
const IS_SEEN = "state = 'active' AND seq > visible_from";

type SavedRow = {
  conversation_id: ConversationId;
  seq: Seq;
  note: string;
  saved_at: number;
  remind_at: number | null;
};

/** What saved messages need from the rest of the inbox. */
interface SavedMessagesDeps {
  /** the alarm job of reminders */
  jobs: {
    schedule(kind: "reminders", key: string, due: number): void;
    cancel(kind: "reminders", key: string): void;
  };
  /** has the rows of the list stored: memory may be ahead of them */
  storeList(): void;
  /** sends an event to the user's device sockets */
  broadcast(event: DeviceEvent): void;
}

/**
 * The messages that a user has saved, with notes and reminders: references, no contents. An entry stays while
 * the user is out of its conversation, and is not shown meanwhile.
 */
export class SavedMessages {
  readonly #sql: SqlStorage;
  readonly #deps: SavedMessagesDeps;

  constructor(sql: SqlStorage, deps: SavedMessagesDeps) {
    this.#sql = sql;
    this.#deps = deps;
  }

  /**
   * Saves a message that the user sees, or changes what was saved of it. Idempotent: a repeat keeps its
   * place.
   * @throws `validation_failed` for a new reminder that is not within the next year, `conflict` if as many
   *   messages are saved as may be
   */
  save({ conversationId, seq, note, remindAt }: MessageReference & SavedChange): SavedEntry {
    const now = Date.now();
    const known = this.#find(conversationId, seq);
    const before = known?.remind_at ?? null;
    const row: SavedRow = {
      conversation_id: conversationId,
      seq,
      note: note ?? known?.note ?? "",
      saved_at: known?.saved_at ?? Math.max(now, this.#newest() + 1),
      remind_at: remindAt === undefined ? before : remindAt,
    };
    const isMoved = row.remind_at !== before;
    if (isMoved && row.remind_at !== null) requireAhead(row.remind_at, now);
    if (known && !isMoved && row.note === known.note) return entryOf(row, now);
    if (!known) this.#requireRoom();
    const set = `note = excluded.note${isMoved ? ", remind_at = excluded.remind_at, reminded = 0" : ""}`;
    this.#sql.exec(
      `INSERT INTO saved (conversation_id, seq, note, saved_at, remind_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET ${set}`,
      ...[conversationId, seq, row.note, row.saved_at, row.remind_at],
    );
    if (isMoved) this.#moved([{ ...row, remind_at: before }], now);
    return entryOf(row, now);
  }

  /** Ends what was saved of these messages. Idempotent. */
  remove(messages: MessageReference[]): void {
    const removed = messages.flatMap(({ conversationId, seq }) => {
      const known = this.#find(conversationId, seq);
      if (!known) return [];
      this.#sql.exec("DELETE FROM saved WHERE conversation_id = ? AND seq = ?", conversationId, seq);
      return known.remind_at === null ? [] : known;
    });
    if (removed.length > 0) this.#moved(removed, Date.now());
  }

  /** A page of the entries of conversations that the user is in, newest first. */
  page({ limit, before, onlyDue = false }: SavedRange): SavedEntry[] {
    this.#deps.storeList();
    const now = Date.now();
    const query = `SELECT saved.* FROM ${LISTED} WHERE ${IS_SEEN} AND saved_at < ? AND (? OR remind_at <= ?)
      ORDER BY saved_at DESC LIMIT ?`;
    const bounds = [before ?? Number.MAX_SAFE_INTEGER, onlyDue ? 0 : 1, now, limit];
    const rows = this.#sql.exec<SavedRow>(query, ...bounds).toArray();
    return rows.map((row) => entryOf(row, now));
  }

  /** The number of reminders that are due, of conversations that the user is in. */
  countDue(): number {
    this.#deps.storeList();
    const query = `SELECT count(*) AS count FROM ${LISTED} WHERE ${IS_SEEN} AND remind_at <= ?`;
    return this.#sql.exec<{ count: number }>(query, Date.now()).one().count;
  }

  /**
   * The `reminders` job: sends the reminders whose time has come, once each. A reminder of a conversation
   * that the user has left is not sent.
   * @returns when the next one is due (ms since 1970), or null
   */
  remind(): number | null {
    this.#deps.storeList();
    const query = `SELECT saved.*, coalesce(${IS_SEEN}, 0) AS is_seen
      FROM saved LEFT JOIN conversations USING (conversation_id)
      WHERE reminded = 0 AND remind_at <= ? ORDER BY remind_at LIMIT ?`;
    const due = this.#sql.exec<SavedRow & { is_seen: number }>(query, Date.now(), MAX_REMINDED).toArray();
    // Frames leave once the rows are durable: each reminder is sent once, also if the object is lost here.
    for (const { conversation_id: conversationId, seq } of due) {
      const set = "UPDATE saved SET reminded = 1 WHERE conversation_id = ? AND seq = ?";
      this.#sql.exec(set, conversationId, seq);
    }
    const dueCount = this.countDue();
    for (const { conversation_id: conversationId, seq, note, remind_at: remindAt, is_seen } of due) {
      if (is_seen === 0 || remindAt === null) continue;
      this.#deps.broadcast({ type: "reminder", conversationId, seq, note, remindAt, dueCount });
    }
    return this.#next();
  }

  /** The account is deleted: no reminder wakes the inbox any more. */
  stop(): void {
    this.#deps.jobs.cancel("reminders", "");
  }

  #find(conversationId: ConversationId, seq: Seq): SavedRow | undefined {
    const query = "SELECT * FROM saved WHERE conversation_id = ? AND seq = ?";
    return this.#sql.exec<SavedRow>(query, conversationId, seq).toArray()[0];
  }

  #newest(): number {
    const query = "SELECT coalesce(max(saved_at), 0) AS at FROM saved";
    return this.#sql.exec<{ at: number }>(query).one().at;
  }

  /**
   * Reminders were set, moved or taken back: schedules the next one, and ends their marks on all devices.
   * @param before the entries as they were
   */
  #moved(before: readonly SavedRow[], now: number): void {
    const next = this.#next();
    this.#deps.jobs.cancel("reminders", "");
    if (next !== null) this.#deps.jobs.schedule("reminders", "", next);
    const seen = before.filter(({ remind_at }) => remind_at !== null && remind_at <= now);
    if (seen.length === 0) return;
    const dueCount = this.countDue();
    for (const { conversation_id: conversationId, seq } of seen)
      this.#deps.broadcast({ type: "reminder_seen", conversationId, seq, dueCount });
  }

  /** When the next reminder is to be sent; null: none is set. */
  #next(): number | null {
    const query = "SELECT min(remind_at) AS at FROM saved WHERE reminded = 0";
    return this.#sql.exec<{ at: number | null }>(query).one().at;
  }

  /**
   * Makes room for one more entry: the oldest one that is not shown goes, as its user cannot find it.
   * @throws `conflict` if all are shown
   */
  #requireRoom(): void {
    const { count } = this.#sql.exec<{ count: number }>("SELECT count(*) AS count FROM saved").one();
    if (count < LIMITS.saved) return;
    this.#deps.storeList();
    const query = `SELECT saved.* FROM saved LEFT JOIN conversations USING (conversation_id)
      WHERE NOT coalesce(${IS_SEEN}, 0) ORDER BY saved_at LIMIT 1`;
    const [hidden] = this.#sql.exec<SavedRow>(query).toArray();
    if (!hidden)
      throw new CoreError("conflict", `You have saved ${LIMITS.saved} messages. Remove one of them first.`);
    this.remove([{ conversationId: hidden.conversation_id, seq: hidden.seq }]);
  }
}

function requireAhead(remindAt: number, now: number): void {
  if (remindAt > now && remindAt <= now + LIMITS.reminderAheadMs) return;
  throw invalid("body.remind_at", "must be in the future, and at most a year (366 days) ahead");
}

function entryOf(row: SavedRow, now: number): SavedEntry {
  const { conversation_id: conversationId, seq, note, saved_at: savedAt, remind_at: remindAt } = row;
  return { conversationId, seq, note, remindAt, savedAt, isDue: remindAt !== null && remindAt <= now };
}
