import type { Position, Seq, UserId } from "../../domain/ids.ts";
import type { Bodies } from "../archives/bodies.ts";
import { VISIBLE, visibleTo } from "./filter.ts";
import type { MessageRow, Reader } from "./row.ts";

/** The pinned messages of a conversation. The caller wraps writes in a transaction. */
export class Pins {
  readonly #sql: SqlStorage;
  readonly #bodies: Pick<Bodies, "all">;

  constructor(sql: SqlStorage, bodies: Pick<Bodies, "all">) {
    this.#sql = sql;
    this.#bodies = bodies;
  }

  /** Pins a message, or unpins it. */
  set(seq: Seq, pin: { at: number; by: UserId } | null): void {
    const set = "UPDATE messages SET pinned_at = ?, pinned_by = ? WHERE seq = ?";
    this.#sql.exec(set, pin?.at ?? null, pin?.by ?? null, seq);
  }

  /** The number of pinned messages after a seq, without those in the shadow of others than a user. */
  count(after: Position, userId: UserId): number {
    const query = `SELECT count(*) AS count FROM messages INDEXED BY messages_pinned
      WHERE pinned_at IS NOT NULL AND seq > ? AND (shadowed IS NULL OR sender_id = ?)`;
    return this.#sql.exec<{ count: number }>(query, after, userId).one().count;
  }

  /** Whether a system message after a seq and a time (ms) says that a message was pinned. */
  wasTold(seq: Seq, after: number, since: number): boolean {
    const query = `SELECT 1 FROM messages WHERE seq > ? AND kind = 'tip' AND created_at > ?
      AND body ->> 'event' = 'pinned' AND body ->> 'seq' = ? LIMIT 1`;
    return this.#sql.exec(query, after, since, seq).toArray().length > 0;
  }

  /** When the newest pin was made; 0 without any. */
  lastAt(): number {
    const query = `SELECT max(pinned_at) AS at FROM messages INDEXED BY messages_pinned WHERE pinned_at IS NOT NULL`;
    return this.#sql.exec<{ at: number | null }>(query).one().at ?? 0;
  }

  /** The pinned messages that a reader may see, the one that was pinned last first. */
  visibleTo(reader: Reader): MessageRow[] {
    const query = `SELECT * FROM messages INDEXED BY messages_pinned WHERE pinned_at IS NOT NULL AND ${VISIBLE}
      ORDER BY pinned_at DESC, seq DESC`;
    return this.#bodies.all(this.#sql.exec<MessageRow>(query, ...visibleTo(reader)).toArray());
  }
}
