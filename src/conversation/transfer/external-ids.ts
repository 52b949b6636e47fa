import { type Seq, Seq as SeqSchema } from "../../domain/ids.ts";
import { ExternalId } from "../../domain/server/user-ref.ts";
import type { MessageRow } from "../log/row.ts";

/** The external ids of imported messages. */
export const IMPORTED_MESSAGES_TABLE = `
  CREATE TABLE imported_messages (
    seq INTEGER PRIMARY KEY,
    external_id TEXT NOT NULL UNIQUE
  ) STRICT;`;

/** Of a message that was sent here: its time makes the id unique among deployments. */
const OWN = /^(\d{1,16})-(\d{1,16})$/;

type Named = Pick<MessageRow, "seq" | "created_at">;

/** The external ids of messages. One that was sent here has the id `<created_at>-<seq>`. */
export class MessageExternalIds {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The external ids of these messages; a seq without a message is missing. */
  of(seqs: readonly number[]): Map<number, ExternalId> {
    const query = `SELECT messages.seq, created_at, external_id FROM messages
      LEFT JOIN imported_messages USING (seq) WHERE messages.seq IN (SELECT value FROM json_each(?))`;
    type Row = Named & { external_id: ExternalId | null };
    const rows = this.#sql.exec<Row>(query, JSON.stringify([...new Set(seqs)])).toArray();
    return new Map(rows.map((row) => [row.seq, row.external_id ?? ownId(row)]));
  }

  /** The message with this external id; null: there is none. */
  seqOf(id: ExternalId): Seq | null {
    const imported = "SELECT seq FROM imported_messages WHERE external_id = ?";
    const [found] = this.#sql.exec<{ seq: Seq }>(imported, id).toArray();
    if (found) return found.seq;
    const [, at, number] = OWN.exec(id) ?? [];
    const seq = SeqSchema.safeParse(Number(number));
    if (!seq.success) return null;
    const sent = `SELECT seq FROM messages WHERE seq = ? AND created_at = ?
      AND seq NOT IN (SELECT seq FROM imported_messages WHERE seq = ?)`;
    return this.#sql.exec<{ seq: Seq }>(sent, seq.data, Number(at), seq.data).toArray()[0]?.seq ?? null;
  }

  /** Notes the external id of an imported message, in the caller's transaction. */
  store(seq: Seq, id: ExternalId): void {
    this.#sql.exec("INSERT INTO imported_messages (seq, external_id) VALUES (?, ?)", seq, id);
  }
}

function ownId({ created_at: at, seq }: Named): ExternalId {
  return ExternalId.parse(`${at}-${seq}`);
}
