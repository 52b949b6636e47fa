import type { AttachmentType } from "../../domain/messages/attachment.ts";
import { inChunks } from "../../object/row-chunks.ts";
import { VISIBLE, visibleTo } from "./filter.ts";
import type { MessageRow, Reader } from "./row.ts";

/** The `AttachmentType` of a message; NULL: it has none, or is revoked. */
const TYPE = `CASE WHEN revoked_rev IS NOT NULL THEN NULL
    WHEN kind IN ('image', 'video') THEN 'media'
    WHEN kind IN ('file', 'audio') THEN kind
    WHEN kind = 'text' AND poll IS NULL AND instr(body, '://') > 0 THEN 'link' END`;

/** A message without an attachment has no entry, so that a plain text costs no row. */
export const ATTACHMENTS_INDEX = `
  CREATE INDEX messages_attachments ON messages (${TYPE}, seq) WHERE ${TYPE} IS NOT NULL;`;

/** The messages of a conversation that have an attachment of some type. */
export class Attachments {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** At most `limit` messages before a seq that a reader may see, newest first. */
  before(seq: number, type: AttachmentType, limit: number, reader: Reader): Iterable<MessageRow> {
    const query = `SELECT * FROM messages INDEXED BY messages_attachments
      WHERE ${TYPE} = ? AND ${TYPE} IS NOT NULL AND seq < ? AND ${VISIBLE} ORDER BY seq DESC LIMIT ?`;
    return inChunks<MessageRow>(limit, (count, row) =>
      this.#sql.exec<MessageRow>(query, type, row?.seq ?? seq, ...visibleTo(reader), count).toArray(),
    );
  }
}
