import { noDraft } from "../domain/errors.ts";
import type { ConversationId, Seq } from "../domain/ids.ts";
import { DraftContent, type DraftId, type DraftState, type StoredDraft } from "../domain/messages/draft.ts";
import type { Timing } from "../domain/timing.ts";

/**
 * The table of stored drafts; part of an inbox's migrations. `n` rises with each draft: the order of
 * creation.
 */
export const DRAFTS_TABLE = `
  CREATE TABLE drafts (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    conversation_id INTEGER,
    seq INTEGER,
    content TEXT
  ) STRICT;`;

/** The most drafts of a user, the newest; each may take 64 KiB. */
const MAX_KEPT = 300;

type DraftRow = { conversation_id: ConversationId | null; seq: Seq | null; content: string | null };

/** The alarm job of drafts. */
interface Scheduler {
  schedule(kind: "drafts", key: string, due: number): void;
}

/**
 * The stored drafts of a user: messages that are created by one call and sent by a later one. Once a draft is
 * sent, its row keeps the reference to the message. Rows expire after `lifetimeMs`.
 */
export class Drafts {
  readonly #sql: SqlStorage;
  readonly #jobs: Scheduler;
  readonly #timing: Timing["drafts"];

  constructor(sql: SqlStorage, jobs: Scheduler, timing: Timing["drafts"]) {
    this.#sql = sql;
    this.#jobs = jobs;
    this.#timing = timing;
  }

  /** Stores a draft until it expires. Over 300 drafts the oldest is deleted. Idempotent by id. */
  keep({ id, createdAt, content }: StoredDraft): void {
    const insert = "INSERT INTO drafts (id, created_at, content) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    this.#sql.exec(insert, id, createdAt, JSON.stringify(content));
    const oldest = "SELECT n FROM drafts ORDER BY n DESC LIMIT 1 OFFSET ?";
    this.#sql.exec(`DELETE FROM drafts WHERE n <= (${oldest})`, MAX_KEPT);
    this.#jobs.schedule("drafts", "", createdAt + this.#timing.lifetimeMs);
  }

  /**
   * @returns the content of a draft, or the message that it became
   * @throws `not_found` if there is no such draft, or it has expired
   */
  get(id: DraftId): DraftState {
    const query = "SELECT conversation_id, seq, content FROM drafts WHERE id = ? AND created_at > ?";
    const [row] = this.#sql.exec<DraftRow>(query, id, Date.now() - this.#timing.lifetimeMs).toArray();
    if (!row) throw noDraft();
    const { conversation_id: conversationId, seq, content } = row;
    if (conversationId !== null && seq !== null) return { sent: { conversationId, seq } };
    return { content: DraftContent.parse(JSON.parse(content ?? "null")) };
  }

  /**
   * Notes that a draft was sent as this message, and erases its content: a revoke of the message would not
   * reach it here. Idempotent.
   */
  sent(id: DraftId, message: { conversationId: ConversationId; seq: Seq }): void {
    const set = "conversation_id = ?, seq = ?, content = NULL";
    this.#sql.exec(`UPDATE drafts SET ${set} WHERE id = ?`, message.conversationId, message.seq, id);
  }

  /** The `drafts` job: deletes expired drafts. @returns when the next one expires (ms), or null */
  deleteExpired(): number | null {
    const expired = Date.now() - this.#timing.lifetimeMs;
    this.#sql.exec("DELETE FROM drafts WHERE created_at <= ?", expired);
    const query = "SELECT min(created_at) AS first FROM drafts";
    const { first } = this.#sql.exec<{ first: number | null }>(query).one();
    return first === null ? null : first + this.#timing.lifetimeMs;
  }
}
