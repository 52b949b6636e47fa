import type { Seq, UserId } from "../../domain/ids.ts";
import type { OwnPart } from "../../domain/messages/message.ts";
import type { Reaction, ReactionKey } from "../../domain/messages/reactions.ts";
import type { MessageRow } from "../log/row.ts";
import type { OwnPartSource } from "../views/own-parts.ts";
import { FIRST_USERS, withoutUser, withUser } from "./tally.ts";

/**
 * The table of reactions. The tally is in the row of each message: to render a message reads no other row.
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
  CREATE UNIQUE INDEX reactions_order ON reactions (seq, key, rev);`;

/** In place of a key: the user has no reaction to the message any more, and their devices may not know it. */
const HAD_SOME = "";

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

  /**
   * Deletes a reaction that the user has made. If it was their last to this message, a row stays that says
   * that they had one.
   * @param tally of the message before it
   */
  remove(seq: Seq, tally: readonly Reaction[], key: ReactionKey, userId: UserId, rev: number): void {
    this.#sql.exec("DELETE FROM reactions WHERE user_id = ? AND seq = ? AND key = ?", userId, seq, key);
    const insert = `INSERT INTO reactions (user_id, seq, key, at, rev) SELECT ?1, ?2, ?3, ?4, ?5
      WHERE NOT EXISTS (SELECT 1 FROM reactions WHERE user_id = ?1 AND seq = ?2)`;
    this.#sql.exec(insert, userId, seq, HAD_SOME, Date.now(), rev);
    this.#store(seq, this.#without(seq, tally, [key], userId));
  }

  /**
   * Deletes all that is stored of a user about a message.
   * @param tally of the message before it
   * @returns whether they had reactions to it
   */
  forget(seq: Seq, tally: readonly Reaction[], userId: UserId): boolean {
    const keys = this.keysOf(seq, userId);
    this.#sql.exec("DELETE FROM reactions WHERE user_id = ? AND seq = ?", userId, seq);
    if (keys.length > 0) this.#store(seq, this.#without(seq, tally, keys, userId));
    return keys.length > 0;
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

  known(rows: readonly MessageRow[], userId: UserId): Map<Seq, OwnPart> {
    const seqs = rows.map(({ seq }) => seq);
    return new Map([...this.#keysOf(seqs, userId)].map(([seq, mine]) => [seq, { mine }]));
  }

  /** The keys by message; none for a message to which they had some. */
  #keysOf(seqs: readonly Seq[], userId: UserId): Map<Seq, ReactionKey[]> {
    const query = `SELECT seq, key FROM reactions
      WHERE user_id = ? AND seq IN (SELECT value FROM json_each(?)) ORDER BY rev`;
    const found = new Map<Seq, ReactionKey[]>();
    for (const { seq, key } of this.#sql.exec<{ seq: Seq; key: ReactionKey | typeof HAD_SOME }>(
      query,
      userId,
      JSON.stringify(seqs),
    ))
      found.set(seq, [...(found.get(seq) ?? []), ...(key === HAD_SOME ? [] : [key])]);
    return found;
  }

  #without(seq: Seq, tally: readonly Reaction[], keys: readonly ReactionKey[], userId: UserId): Reaction[] {
    const firstOf = (key: ReactionKey) => this.page(seq, key, 0, FIRST_USERS).map((row) => row.user_id);
    return keys.reduce((rest, key) => withoutUser(rest, key, userId, () => firstOf(key)), [...tally]);
  }

  /** An empty tally stays: the message has had reactions. */
  #store(seq: Seq, tally: Reaction[]): void {
    this.#sql.exec("UPDATE messages SET reactions = ? WHERE seq = ?", JSON.stringify(tally), seq);
  }
}
