import { noDraft } from "../domain/errors.ts";
import type { ConversationId, Seq } from "../domain/ids.ts";
import { DraftContent, type DraftId, type DraftState, type StoredDraft } from "../domain/messages/draft.ts";
import { overQuota } from "../domain/quotas.ts";
import { bytesOf } from "../domain/text.ts";
import type { Timing } from "../domain/timing.ts";
import type { QuotaUses } from "./quota-uses.ts";

/** The table of stored drafts. `n` rises with each draft: the order of creation. */
export const STORED_DRAFTS_TABLE = `
  CREATE TABLE drafts (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    conversation_id INTEGER,
    seq INTEGER,
    content TEXT
  ) STRICT;`;

/** Bytes that a row counts for besides its content: its id twice, numbers, the pages of the two B-trees. */
const ROW_BYTES = 200;

/** The number of sent drafts that are deleted at once to make room. */
const EVICTED = 1_000;

type DraftRow = {
  conversation_id: ConversationId | null;
  seq: Seq | null;
  content: string | null;
  created_at: number;
};

/** The alarm job of drafts. */
interface Scheduler {
  schedule(kind: "drafts", key: string, due: number): void;
}

/**
 * The stored drafts of a user: messages that are created by one call and sent by a later one. Once a draft is
 * sent, its row keeps the reference to the message. Rows expire after `lifetimeMs`.
 */
export class StoredDrafts {
  readonly #sql: SqlStorage;
  readonly #jobs: Scheduler;
  readonly #timing: Timing["drafts"];
  readonly #quotas: Pick<QuotaUses, "limitOf">;
  /** the bytes of all rows; undefined: to be counted. An inbox counts once each time it wakes */
  #bytes: number | undefined;

  constructor(
    sql: SqlStorage,
    jobs: Scheduler,
    timing: Timing["drafts"],
    quotas: Pick<QuotaUses, "limitOf">,
  ) {
    this.#sql = sql;
    this.#jobs = jobs;
    this.#timing = timing;
    this.#quotas = quotas;
  }

  /**
   * Stores a draft until it expires. Idempotent by id.
   * @throws `quota` if the drafts that wait to be sent leave no room. Sent drafts make room for it
   */
  keep({ id, createdAt, content }: StoredDraft): void {
    const json = JSON.stringify(content);
    const known = this.#sql.exec("SELECT 1 FROM drafts WHERE id = ?", id).toArray();
    if (known.length > 0) return;
    const bytes = ROW_BYTES + bytesOf(json);
    const total = this.#requireRoom(bytes);
    const insert = "INSERT INTO drafts (id, created_at, content) VALUES (?, ?, ?)";
    this.#sql.exec(insert, id, createdAt, json);
    this.#bytes = total + bytes;
    this.#jobs.schedule("drafts", "", createdAt + this.#timing.lifetimeMs);
  }

  /**
   * Replaces the content of a draft that is not sent yet. Idempotent.
   * @returns its state: the new content, or the message that it has become, which stays as it is
   * @throws `not_found` as `get`, `quota` as `keep`
   */
  change(id: DraftId, content: DraftContent): DraftState {
    const state = this.get(id);
    if ("sent" in state) return state;
    const json = JSON.stringify(content);
    const more = bytesOf(json) - bytesOf(JSON.stringify(state.content));
    const total = more > 0 ? this.#requireRoom(more) : this.#total();
    this.#sql.exec("UPDATE drafts SET content = ? WHERE id = ?", json, id);
    this.#bytes = total + more;
    return { ...state, content };
  }

  /**
   * @returns the content of a draft, or the message that it became
   * @throws `not_found` if there is no such draft, or it has expired
   */
  get(id: DraftId): DraftState {
    const query = `SELECT conversation_id, seq, content, created_at FROM drafts
      WHERE id = ? AND created_at > ?`;
    const [row] = this.#sql.exec<DraftRow>(query, id, Date.now() - this.#timing.lifetimeMs).toArray();
    if (!row) throw noDraft();
    const { conversation_id: conversationId, seq, content, created_at: createdAt } = row;
    if (conversationId !== null && seq !== null) return { sent: { conversationId, seq } };
    return { content: DraftContent.parse(JSON.parse(content ?? "null")), createdAt };
  }

  /**
   * Notes that a draft was sent as this message, and erases its content: a revoke of the message would not
   * reach it here. Idempotent.
   */
  sent(id: DraftId, message: { conversationId: ConversationId; seq: Seq }): void {
    const total = this.#total();
    const query = "SELECT octet_length(content) AS bytes FROM drafts WHERE id = ? AND content IS NOT NULL";
    const [waiting] = this.#sql.exec<{ bytes: number }>(query, id).toArray();
    const set = "conversation_id = ?, seq = ?, content = NULL";
    this.#sql.exec(`UPDATE drafts SET ${set} WHERE id = ?`, message.conversationId, message.seq, id);
    this.#bytes = total - (waiting?.bytes ?? 0);
  }

  /** The `drafts` job: deletes expired drafts. @returns when the next one expires (ms), or null */
  deleteExpired(): number | null {
    const expired = Date.now() - this.#timing.lifetimeMs;
    this.#sql.exec("DELETE FROM drafts WHERE created_at <= ?", expired);
    this.#bytes = undefined;
    return this.#nextExpiry();
  }

  #total(): number {
    const query = "SELECT count(*) AS rows, coalesce(sum(octet_length(content)), 0) AS bytes FROM drafts";
    if (this.#bytes === undefined) {
      const { rows, bytes } = this.#sql.exec<{ rows: number; bytes: number }>(query).one();
      this.#bytes = rows * ROW_BYTES + bytes;
    }
    return this.#bytes;
  }

  /**
   * Makes room for `bytes` more: expired drafts go first, then the oldest of the sent ones, whose ids are
   * unknown from then on.
   * @returns the bytes of all rows
   * @throws `quota` if drafts that wait to be sent take the rest
   */
  #requireRoom(bytes: number): number {
    const limit = this.#quotas.limitOf("drafts");
    if (limit === null || this.#total() + bytes <= limit) return this.#total();
    this.deleteExpired();
    const oldest = "SELECT n FROM drafts WHERE content IS NULL ORDER BY n LIMIT ?";
    while (this.#total() + bytes > limit) {
      const evict = `DELETE FROM drafts WHERE n IN (${oldest}) RETURNING n`;
      const { length } = this.#sql.exec(evict, EVICTED).toArray();
      if (length === 0)
        throw overQuota("drafts", { limit, used: this.#total(), resetsAt: this.#nextExpiry() });
      this.#bytes = this.#total() - length * ROW_BYTES;
    }
    return this.#total();
  }

  /** When the next draft expires (ms since 1970); null: there is none. */
  #nextExpiry(): number | null {
    const query = "SELECT min(created_at) AS first FROM drafts";
    const { first } = this.#sql.exec<{ first: number | null }>(query).one();
    return first === null ? null : first + this.#timing.lifetimeMs;
  }
}
