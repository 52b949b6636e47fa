import { type Seq, Seq as SeqSchema, type UserId } from "../../domain/ids.ts";
import { type BodyJson, readTip, type SystemMessage } from "../../domain/messages/content.ts";
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
type NamedRow = Named & { external_id: ExternalId | null };

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
    const rows = this.#sql.exec<NamedRow>(query, JSON.stringify([...new Set(seqs)])).toArray();
    return new Map(rows.map((row) => [row.seq, row.external_id ?? ownId(row)]));
  }

  /** The same of messages that a reader may know of. @param reader their own shadowed ones; null: none */
  knownOf(seqs: readonly number[], reader: UserId | null): Map<number, ExternalId> {
    const query = `SELECT seq FROM messages WHERE seq IN (SELECT value FROM json_each(?))
      AND (shadowed IS NULL OR sender_id = ?)`;
    const known = this.#sql.exec<{ seq: number }>(query, JSON.stringify([...new Set(seqs)]), reader);
    return this.of(known.toArray().map(({ seq }) => seq));
  }

  /**
   * The first message of an export of a conversation in which older ones have expired: an import may have
   * those from an earlier export. null: none has expired, or none is left
   */
  firstOf({ after, upTo }: { after: number; upTo: number }): ExternalId | null {
    if (after === 0) return null;
    const query = `SELECT seq FROM messages WHERE seq > ? AND seq <= ? AND shadowed IS NULL
      ORDER BY seq LIMIT 1`;
    const [first] = this.#sql.exec<{ seq: number }>(query, after, upTo).toArray();
    return first ? (this.of([first.seq]).get(first.seq) ?? null) : null;
  }

  /**
   * For each of some places in the log, the external id of the newest message up to there that an export has.
   * A place without such a message is missing.
   * @param range the messages of the export: those after `after`, up to `upTo`, but for shadowed ones
   */
  newestUpTo(
    places: readonly number[],
    { after, upTo }: { after: number; upTo: number },
  ): Map<number, ExternalId> {
    const newest = `SELECT seq FROM messages WHERE seq <= min(value, ?) AND seq > ? AND shadowed IS NULL
      ORDER BY seq DESC LIMIT 1`;
    const query = `SELECT value AS place, (${newest}) AS seq FROM json_each(?)`;
    type Found = { place: number; seq: number | null };
    const found = this.#sql.exec<Found>(query, upTo, after, JSON.stringify([...new Set(places)])).toArray();
    const names = this.of(found.flatMap(({ seq }) => seq ?? []));
    return new Map(
      found.flatMap(({ place, seq }) => {
        const name = seq === null ? undefined : names.get(seq);
        return name === undefined ? [] : [[place, name]];
      }),
    );
  }

  /** When a message was sent (ms since 1970): an import may have given it a later time than it had. */
  timeOf({ seq, created_at: at }: Named): number {
    const query = "SELECT external_id FROM imported_messages WHERE seq = ?";
    const [found] = this.#sql.exec<{ external_id: string }>(query, seq).toArray();
    const sentAt = Number(OWN.exec(found?.external_id ?? "")?.[1] ?? at);
    return Math.min(sentAt, at);
  }

  /** When the imported message behind another imported one was sent; null: there is none, or it is none. */
  nextImportedTime(seq: number): number | null {
    if (!this.imported([seq]).has(seq)) return null;
    const query = `SELECT messages.seq, created_at FROM imported_messages JOIN messages USING (seq)
      WHERE imported_messages.seq > ? ORDER BY imported_messages.seq LIMIT 1`;
    const [next] = this.#sql.exec<Named>(query, seq).toArray();
    return next ? this.timeOf(next) : null;
  }

  /** The events of the group at these places in the log, without those that an import has brought. */
  ownEventsAt(seqs: readonly number[]): Map<number, SystemMessage> {
    const query = `SELECT seq, body FROM messages WHERE seq IN (SELECT value FROM json_each(?)) AND kind = 'tip'
      AND NOT EXISTS (SELECT 1 FROM imported_messages AS i WHERE i.seq = messages.seq)`;
    const rows = this.#sql.exec<{ seq: number; body: BodyJson }>(query, JSON.stringify(seqs)).toArray();
    return new Map(
      rows.flatMap(({ seq, body }) => {
        const tip = readTip(body);
        return "notice" in tip ? [] : [[seq, tip]];
      }),
    );
  }

  /** Those of these messages that an import has brought. */
  imported(seqs: readonly number[]): Set<number> {
    const query = "SELECT seq FROM imported_messages WHERE seq IN (SELECT value FROM json_each(?))";
    const rows = this.#sql.exec<{ seq: number }>(query, JSON.stringify(seqs)).toArray();
    return new Set(rows.map(({ seq }) => seq));
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
