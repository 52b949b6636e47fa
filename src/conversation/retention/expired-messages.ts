import { type BodyJson, EMPTY_BODY } from "../../domain/messages/content.ts";
import { inChunks } from "../../object/row-chunks.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow } from "../log/row.ts";

/** The columns of a message that an expired one has no more. */
const EXPIRED_COLUMNS = [
  ...(["quote_seq", "mentions", "also_mentioned", "client_msg_id", "forwarded", "client_time"] as const),
  ...(["priority", "custom_data", "metadata", "silent", "tip", "place", "thread_summary"] as const),
  ...(["poll", "hook", "reactions", "changed_rev", "revoked_rev", "revoked_by", "pinned_at"] as const),
  ...(["pinned_by", "version", "edited_at", "link_preview", "buttons", "custom_version"] as const),
  ...(["role_mentions"] as const),
] satisfies readonly (keyof MessageRow)[];

/** The body of an expired system message. */
const EMPTY_NOTICE: BodyJson = '{"text":""}';

/** The messages of the log that have expired, until they are emptied. */
export class ExpiredMessages {
  readonly #sql: SqlStorage;
  readonly #log: Pick<MessageLog, "revoked">;

  constructor(sql: SqlStorage, log: Pick<MessageLog, "revoked">) {
    this.#sql = sql;
    this.#log = log;
  }

  /** At most `limit` rows after a seq and up to another, oldest first: expired ones. */
  range(after: number, upTo: number, limit: number): Iterable<MessageRow> {
    const query = "SELECT * FROM messages WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?";
    return inChunks<MessageRow>(limit, (count, row) =>
      this.#sql.exec<MessageRow>(query, row?.seq ?? after, upTo, count).toArray(),
    );
  }

  /** Empties an expired message: its number, its time, its sender, its kind and its thread stay. */
  empty({ seq, kind, in_main, thread_root, revoked_rev }: MessageRow): void {
    const set = `body = ?, ${EXPIRED_COLUMNS.map((column) => `${column} = NULL`).join()}`;
    // The release before reads the body of a system message.
    this.#sql.exec(
      `UPDATE messages SET ${set} WHERE seq = ?`,
      kind === "tip" ? EMPTY_NOTICE : EMPTY_BODY,
      seq,
    );
    this.#sql.exec("DELETE FROM hidden WHERE seq = ?", seq);
    if (revoked_rev !== null) this.#log.revoked.forget(in_main === 1 ? null : thread_root, seq);
  }
}
