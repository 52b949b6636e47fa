import { noDraft } from "../domain/errors.ts";
import type { ConversationId, Seq } from "../domain/ids.ts";
import { DraftContent, type DraftId, type DraftState, type StoredDraft } from "../domain/messages/draft.ts";
import type { Timing } from "../domain/timing.ts";

/** The table of drafts; part of an inbox's migrations. `n` rises with each: the order in which they were made. */
export const DRAFTS_TABLE = `
  CREATE TABLE drafts (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    conversation_id INTEGER,
    seq INTEGER,
    content TEXT
  ) STRICT;`;

/** So many are kept for a user, the newest: each may take 64 KiB. */
const MAX_KEPT = 300;

type DraftRow = { conversation_id: ConversationId | null; seq: Seq | null; content: string | null };

/** What is done later for them. */
interface Scheduler {
  schedule(kind: "drafts", key: string, due: number): void;
}

/** The messages which the user has made and not sent yet, and for as long which message each has become. */
export class Drafts {
  readonly #sql: SqlStorage;
  readonly #jobs: Scheduler;
  readonly #timing: Timing["drafts"];

  constructor(sql: SqlStorage, jobs: Scheduler, timing: Timing["drafts"]) {
    this.#sql = sql;
    this.#jobs = jobs;
    this.#timing = timing;
  }

  /** Keeps a draft, for a day; the oldest makes room for it where there are many. Twice changes nothing. */
  keep({ id, createdAt, content }: StoredDraft): void {
    const insert = "INSERT INTO drafts (id, created_at, content) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    this.#sql.exec(insert, id, createdAt, JSON.stringify(content));
    const oldest = "SELECT n FROM drafts ORDER BY n DESC LIMIT 1 OFFSET ?";
    this.#sql.exec(`DELETE FROM drafts WHERE n <= (${oldest})`, MAX_KEPT);
    this.#jobs.schedule("drafts", "", createdAt + this.#timing.lifetimeMs);
  }

  /** What is known of a draft. @throws `not_found` for one that was never made here, or is forgotten */
  get(id: DraftId): DraftState {
    const query = "SELECT conversation_id, seq, content FROM drafts WHERE id = ? AND created_at > ?";
    const [row] = this.#sql.exec<DraftRow>(query, id, Date.now() - this.#timing.lifetimeMs).toArray();
    if (!row) throw noDraft();
    const { conversation_id: conversationId, seq, content } = row;
    if (conversationId !== null && seq !== null) return { sent: { conversationId, seq } };
    return { content: DraftContent.parse(JSON.parse(content ?? "null")) };
  }

  /** It is a message now: what it says is that one's to keep, so that a revoke takes it away. Twice changes nothing. */
  sent(id: DraftId, message: { conversationId: ConversationId; seq: Seq }): void {
    const set = "conversation_id = ?, seq = ?, content = NULL";
    this.#sql.exec(`UPDATE drafts SET ${set} WHERE id = ?`, message.conversationId, message.seq, id);
  }

  /** The `drafts` job: forgets those of yesterday. @returns when the next of them is that old */
  sweep(): number | null {
    const old = Date.now() - this.#timing.lifetimeMs;
    this.#sql.exec("DELETE FROM drafts WHERE created_at <= ?", old);
    const query = "SELECT min(created_at) AS first FROM drafts";
    const { first } = this.#sql.exec<{ first: number | null }>(query).one();
    return first === null ? null : first + this.#timing.lifetimeMs;
  }
}
