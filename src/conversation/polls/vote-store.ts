import type { Seq, UserId } from "../../domain/ids.ts";
import type { OwnPart } from "../../domain/messages/message.ts";
import type { MessageRow } from "../log/row.ts";
import type { OwnPartSource } from "../views/own-parts.ts";
import { REVOKED_POLL } from "./stored-poll.ts";

/**
 * The table of votes. Each poll with its tally is in the row of its message: to render a message reads no
 * other row.
 * - By user: what is a reader's own, and what goes with a deleted account.
 * - By message, option and rev: who voted, in order. The rev of a vote is that of the change that made it.
 */
export const VOTES_TABLE = `
  CREATE TABLE votes (
    user_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    option INTEGER NOT NULL,
    at INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    PRIMARY KEY (user_id, seq, option)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX votes_order ON votes (seq, option, rev);`;

/** In place of an option: the user has no vote in the poll any more, and their devices may not know it. */
const HAD_SOME = -1;

/** A user who voted for an option, when (ms since 1970), and the change that this was. */
export type VoterRow = { user_id: UserId; at: number; rev: number };

/** The stored votes of a conversation. The caller wraps writes in a transaction. */
export class VoteStore implements OwnPartSource {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The options for which a user has voted, by index. */
  optionsOf(seq: Seq, userId: UserId): number[] {
    return this.#optionsOf([seq], userId).get(seq) ?? [];
  }

  none(row: MessageRow): OwnPart | null {
    return row.poll === null ? null : { votes: [] };
  }

  known(rows: readonly MessageRow[], userId: UserId): Map<Seq, OwnPart> {
    const options = this.#optionsOf(
      rows.map(({ seq }) => seq),
      userId,
    );
    return new Map([...options].map(([seq, votes]) => [seq, { votes }]));
  }

  #optionsOf(seqs: readonly Seq[], userId: UserId): Map<Seq, number[]> {
    const query = `SELECT seq, option FROM votes
      WHERE user_id = ? AND seq IN (SELECT value FROM json_each(?)) ORDER BY option`;
    const found = new Map<Seq, number[]>();
    for (const { seq, option } of this.#sql.exec<{ seq: Seq; option: number }>(
      query,
      userId,
      JSON.stringify(seqs),
    ))
      found.set(seq, [...(found.get(seq) ?? []), ...(option === HAD_SOME ? [] : [option])]);
    return found;
  }

  add(seq: Seq, options: readonly number[], userId: UserId, rev: number): void {
    const insert = "INSERT INTO votes (user_id, seq, option, at, rev) VALUES (?, ?, ?, ?, ?)";
    for (const option of options) this.#sql.exec(insert, userId, seq, option, Date.now(), rev);
  }

  /** Deletes votes of a user. If no other is left, a row stays that says that they had one. */
  remove(seq: Seq, options: readonly number[], userId: UserId, rev: number): void {
    const query = `DELETE FROM votes
      WHERE user_id = ? AND seq = ? AND option IN (SELECT value FROM json_each(?))`;
    this.#sql.exec(query, userId, seq, JSON.stringify(options));
    const insert = `INSERT INTO votes (user_id, seq, option, at, rev) SELECT ?1, ?2, ?3, ?4, ?5
      WHERE NOT EXISTS (SELECT 1 FROM votes WHERE user_id = ?1 AND seq = ?2)`;
    this.#sql.exec(insert, userId, seq, HAD_SOME, Date.now(), rev);
  }

  /** Deletes all that is stored of a user about a poll. */
  forget(seq: Seq, userId: UserId): void {
    this.#sql.exec("DELETE FROM votes WHERE user_id = ? AND seq = ?", userId, seq);
  }

  /** Deletes a poll that is revoked, and its votes. */
  clear({ seq, poll }: MessageRow): void {
    if (poll === null) return;
    this.#sql.exec("DELETE FROM votes WHERE seq = ?", seq);
    this.store(seq, REVOKED_POLL);
  }

  /** Stores a poll with its tally. @see storedPoll */
  store(seq: Seq, poll: string): void {
    this.#sql.exec("UPDATE messages SET poll = ? WHERE seq = ?", poll, seq);
  }

  /** The users who voted for an option, after a rev, in the order in which they voted. */
  page(seq: Seq, option: number, after: number, limit: number): VoterRow[] {
    const query = `SELECT user_id, at, rev FROM votes WHERE seq = ? AND option = ? AND rev > ?
      ORDER BY rev LIMIT ?`;
    return this.#sql.exec<VoterRow>(query, seq, option, after, limit).toArray();
  }

  /** At most `limit` polls in which a user has voted. */
  seqsOf(userId: UserId, limit: number): Seq[] {
    const query = "SELECT DISTINCT seq FROM votes WHERE user_id = ? ORDER BY seq LIMIT ?";
    return this.#sql
      .exec<{ seq: Seq }>(query, userId, limit)
      .toArray()
      .map(({ seq }) => seq);
  }
}
