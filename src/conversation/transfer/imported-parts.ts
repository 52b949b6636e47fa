import type { PortableMark, PortableMessage } from "../../domain/data/portable-message.ts";
import type { Seq } from "../../domain/ids.ts";
import { emptyTally } from "../../domain/messages/polls.ts";
import type { EditHistory } from "../log/edit-history.ts";
import type { Hides } from "../log/hides.ts";
import type { MessageRow } from "../log/row.ts";
import { storedPoll } from "../polls/stored-poll.ts";
import { tallyOf } from "../reactions/tally.ts";

/**
 * Writes what hangs on an imported message. The caller wraps writes in a transaction, and raises the revs.
 */
export class ImportedParts {
  readonly #sql: SqlStorage;
  readonly #history: Pick<EditHistory, "replaceAll">;
  readonly #hides: Pick<Hides, "has" | "add">;

  constructor(sql: SqlStorage, history: Pick<EditHistory, "replaceAll">, hides: Pick<Hides, "has" | "add">) {
    this.#sql = sql;
    this.#history = history;
    this.#hides = hides;
  }

  /**
   * Replaces what hangs on a stored message: former versions, marks, pin, hides, and of a new one the revoke.
   * @param row the message as it is stored
   * @param rev the number of the last change in the conversation
   * @param isNew readers get the message with all of it: it is no changed one
   * @returns the number of the last change then: each mark, hide and revoke takes one
   */
  write(row: MessageRow, message: PortableMessage, rev: number, isNew: boolean): number {
    const { seq } = row;
    const { reactions, votes, pinned, version, editedAt, edits, poll, hiddenBy, revoked } = message;
    if (version > 1) {
      this.#set(seq, "version = ?, edited_at = ?", version, editedAt);
      this.#history.replaceAll(row, edits);
    }
    let last = rev;
    if (reactions.length > 0 || row.reactions !== null) {
      last = this.#writeMarks("reactions", "key", seq, reactions, last);
      this.#set(seq, "reactions = ?", tallyOf(reactions));
    }
    if (poll) {
      last = this.#writeMarks("votes", "option", seq, votes, last);
      const counts = poll.options.map((_, option) => votes.filter(({ mark }) => mark === option).length);
      const voters = new Set(votes.map(({ userId }) => userId)).size;
      const tally = { ...emptyTally(poll), counts, voters, closedAt: message.pollClosedAt };
      this.#set(seq, "poll = ?", storedPoll({ body: poll, tally }));
    }
    if (pinned || row.pinned_at !== null)
      this.#set(seq, "pinned_at = ?, pinned_by = ?", pinned?.at ?? null, pinned?.by ?? null);
    for (const userId of hiddenBy) if (!this.#hides.has(seq, userId)) this.#hides.add(seq, userId, ++last);
    // Behind the insert: a trigger counts revokes.
    if (revoked) this.#set(seq, "revoked_by = ?, revoked_rev = ?", revoked.by, ++last);
    if (last > rev && !isNew) this.#set(seq, "changed_rev = ?", last);
    return last;
  }

  #writeMarks<Mark extends string | number>(
    table: "reactions" | "votes",
    column: "key" | "option",
    seq: Seq,
    marks: readonly PortableMark<Mark>[],
    rev: number,
  ): number {
    this.#sql.exec(`DELETE FROM ${table} WHERE seq = ?`, seq);
    const insert = `INSERT OR IGNORE INTO ${table} (user_id, seq, ${column}, at, rev) VALUES (?, ?, ?, ?, ?)`;
    for (const [i, { userId, mark, at }] of marks.entries())
      this.#sql.exec(insert, userId, seq, mark, at, rev + 1 + i);
    return rev + marks.length;
  }

  #set(seq: Seq, columns: string, ...values: (string | number | null)[]): void {
    this.#sql.exec(`UPDATE messages SET ${columns} WHERE seq = ?`, ...values, seq);
  }
}
