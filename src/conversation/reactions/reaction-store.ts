import type { Seq, UserId } from "../../domain/ids.ts";
import type { OwnPart } from "../../domain/messages/message.ts";
import type { Reaction, ReactionKey } from "../../domain/messages/reactions.ts";
import type { MessageRow } from "../log/row.ts";
import type { OwnPartSource } from "../views/own-parts.ts";
import { FIRST_USERS, readTally, withoutUser, withUser } from "./tally.ts";

/**
 * The table of reactions, and the tally in the row of each message: to render a message reads no other row.
 * - By user: what is a reader's own, and what goes with a deleted account.
 * - By message, key and rev: who reacted, in order. The rev of a reaction is that of the change that made it.
 */
export const REACTIONS_TABLE = `
  CREATE TABLE reactions (
    user_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    key TEXT NOT NULL,
    at INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    PRIMARY KEY (user_id, seq, key)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX reactions_order ON reactions (seq, key, rev);
  ALTER TABLE messages ADD COLUMN reactions TEXT;`;

/** A user of a reaction, when they reacted (ms since 1970), and the change that this was. */
export type ReactorRow = { user_id: UserId; at: number; rev: number };

/** The stored reactions of a conversation. The caller wraps writes in a transaction. */
export class ReactionStore implements OwnPartSource {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Stores a reaction that the user has not made. @param tally of the message before it */
  add(seq: Seq, tally: readonly Reaction[], key: ReactionKey, userId: UserId, rev: number): void {
    const insert = "INSERT INTO reactions (user_id, seq, key, at, rev) VALUES (?, ?, ?, ?, ?)";
    this.#sql.exec(insert, userId, seq, key, Date.now(), rev);
    this.#store(seq, withUser(tally, key, userId));
  }

  /** Deletes reactions that the user has made. @param tally of the message before it */
  remove(seq: Seq, tally: readonly Reaction[], keys: readonly ReactionKey[], userId: UserId): void {
    let rest = [...tally];
    for (const key of keys) {
      this.#sql.exec("DELETE FROM reactions WHERE user_id = ? AND seq = ? AND key = ?", userId, seq, key);
      rest = withoutUser(rest, key, userId, () =>
        this.page(seq, key, 0, FIRST_USERS).map((row) => row.user_id),
      );
    }
    this.#store(seq, rest);
  }

  /** Deletes the reactions of a message that is revoked. */
  clear({ seq, reactions }: MessageRow): void {
    if (reactions === null) return;
    this.#sql.exec("DELETE FROM reactions WHERE seq = ?", seq);
    this.#store(seq, []);
  }

  /** The users of a key after a rev, in the order in which they reacted. */
  page(seq: Seq, key: ReactionKey, after: number, limit: number): ReactorRow[] {
    const query = `SELECT user_id, at, rev FROM reactions WHERE seq = ? AND key = ? AND rev > ?
      ORDER BY rev LIMIT ?`;
    return this.#sql.exec<ReactorRow>(query, seq, key, after, limit).toArray();
  }

  /** A user's keys on a message, in the order of their use. */
  keysOf(seq: Seq, userId: UserId): ReactionKey[] {
    return this.#keysOf([seq], userId).get(seq) ?? [];
  }

  /** At most `limit` messages to which a user has reacted. */
  seqsOf(userId: UserId, limit: number): Seq[] {
    const query = "SELECT DISTINCT seq FROM reactions WHERE user_id = ? ORDER BY seq LIMIT ?";
    return this.#sql
      .exec<{ seq: Seq }>(query, userId, limit)
      .toArray()
      .map(({ seq }) => seq);
  }

  none({ reactions }: MessageRow): OwnPart | null {
    return reactions === null ? null : { mine: [] };
  }

  of(rows: readonly MessageRow[], userId: UserId): Map<Seq, OwnPart> {
    const seqs = rows.flatMap(({ seq, reactions }) => (readTally(reactions).length > 0 ? [seq] : []));
    const keys = seqs.length === 0 ? [] : this.#keysOf(seqs, userId);
    return new Map([...keys].map(([seq, mine]) => [seq, { mine }]));
  }

  #keysOf(seqs: readonly Seq[], userId: UserId): Map<Seq, ReactionKey[]> {
    const query = `SELECT seq, key FROM reactions
      WHERE user_id = ? AND seq IN (SELECT value FROM json_each(?)) ORDER BY rev`;
    const found = new Map<Seq, ReactionKey[]>();
    for (const { seq, key } of this.#sql.exec<{ seq: Seq; key: ReactionKey }>(
      query,
      userId,
      JSON.stringify(seqs),
    ))
      found.set(seq, [...(found.get(seq) ?? []), key]);
    return found;
  }

  /** An empty tally stays: the message has had reactions. */
  #store(seq: Seq, tally: Reaction[]): void {
    this.#sql.exec("UPDATE messages SET reactions = ? WHERE seq = ?", JSON.stringify(tally), seq);
  }
}
