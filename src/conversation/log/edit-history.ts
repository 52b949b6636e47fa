import type { PortableEdit } from "../../domain/data/portable-message.ts";
import type { Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { BodyJson } from "../../domain/messages/content.ts";
import type { FormerVersion } from "../../domain/messages/edit.ts";
import type { Transaction } from "../state/transaction.ts";
import { readMentions, storedMentions } from "./mention-index.ts";
import type { MessageRow } from "./row.ts";

/** The former versions of messages. The trigger empties the history of a message with its revoke. */
export const EDITS_TABLE = `
  CREATE TABLE message_edits (
    sender_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    mentions TEXT,
    edited_at INTEGER NOT NULL,
    PRIMARY KEY (sender_id, seq, version)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER message_edits_revoked AFTER UPDATE OF revoked_rev ON messages
    WHEN NEW.revoked_rev IS NOT NULL BEGIN
      DELETE FROM message_edits WHERE sender_id = NEW.sender_id AND seq = NEW.seq;
    END;`;

/** A row of the table `message_edits`: a message before an edit. Its time is that of the version. */
type EditRow = {
  sender_id: UserId;
  seq: Seq;
  version: number;
  body: BodyJson;
  mentions: string | null;
  edited_at: number;
};

/** A message, as far as its history is concerned. */
type Edited = Pick<MessageRow, "seq" | "sender_id">;

/** A body that left the history. */
export type FormerBody = Pick<EditRow, "seq" | "body">;

/** The former versions of edited messages: the newest of each. The caller wraps writes in a transaction. */
export class EditHistory {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * Keeps a message as it is before an edit.
   * @returns the bodies that leave the history for it
   */
  keep(row: MessageRow): BodyJson[] {
    const version = versionOf(row);
    this.#sql.exec(
      "INSERT INTO message_edits (sender_id, seq, version, body, mentions, edited_at) VALUES (?, ?, ?, ?, ?, ?)",
      row.sender_id,
      row.seq,
      version,
      row.body,
      row.mentions,
      row.edited_at ?? row.created_at,
    );
    if (version <= LIMITS.formerVersions) return [];
    const drop = "DELETE FROM message_edits WHERE sender_id = ? AND seq = ? AND version <= ? RETURNING body";
    return this.#sql
      .exec<Pick<EditRow, "body">>(drop, row.sender_id, row.seq, version - LIMITS.formerVersions)
      .toArray()
      .map(({ body }) => body);
  }

  /** Gives a message these former versions, and no others: the newest that are kept. */
  replaceAll({ sender_id, seq }: Edited, edits: readonly PortableEdit[]): void {
    this.#forget({ sender_id, seq });
    const insert =
      "INSERT INTO message_edits (sender_id, seq, version, body, mentions, edited_at) VALUES (?, ?, ?, ?, ?, ?)";
    for (const { version, body, mentions, at } of edits.slice(-LIMITS.formerVersions))
      this.#sql.exec(insert, sender_id, seq, version, body, storedMentions(mentions), at);
  }

  /** The former versions of a message, newest first. */
  of({ sender_id, seq }: Edited): FormerVersion[] {
    const query = "SELECT * FROM message_edits WHERE sender_id = ? AND seq = ? ORDER BY version DESC";
    return this.#sql.exec<EditRow>(query, sender_id, seq).toArray().map(formerVersion);
  }

  /** The former version that an edited message had before a time (ms); undefined: it is not kept. */
  before(time: number, { sender_id, seq }: Edited): FormerVersion | undefined {
    const query = `SELECT * FROM message_edits WHERE sender_id = ? AND seq = ?
      AND (version = 1 OR edited_at < ?) ORDER BY version DESC LIMIT 1`;
    const [row] = this.#sql.exec<EditRow>(query, sender_id, seq, time).toArray();
    return row && formerVersion(row);
  }

  /** @see ContentFollower.removed */
  removed(_: Transaction, row: Edited): void {
    this.#forget(row);
  }

  /**
   * Removes former versions of a user's messages.
   * @param limit of versions
   * @returns the removed ones; fewer than `limit`: none is left
   */
  take(userId: UserId, limit: number): FormerBody[] {
    const query = "SELECT * FROM message_edits WHERE sender_id = ? ORDER BY seq, version LIMIT ?";
    const rows = this.#sql.exec<EditRow>(query, userId, limit).toArray();
    const last = rows.at(-1);
    if (!last) return [];
    const drop = "DELETE FROM message_edits WHERE sender_id = ? AND (seq, version) <= (?, ?)";
    this.#sql.exec(drop, userId, last.seq, last.version);
    return rows;
  }

  #forget({ sender_id, seq }: Edited): void {
    this.#sql.exec("DELETE FROM message_edits WHERE sender_id = ? AND seq = ?", sender_id, seq);
  }
}

function formerVersion({ version, body, mentions, edited_at: editedAt }: EditRow): FormerVersion {
  return { version, body, editedAt, mentions: readMentions(mentions) };
}

/** The version of a message: 1 until it is edited. */
export function versionOf({ version }: Pick<MessageRow, "version">): number {
  return version ?? 1;
}
