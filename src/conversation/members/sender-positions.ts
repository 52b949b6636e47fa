import type { Position, UserId } from "../../domain/ids.ts";
import { IN_MAIN } from "../log/filter.ts";
import type { MessageRow } from "../log/row.ts";
import type { Transaction } from "../state/transaction.ts";

/** A read position: a seq, the countable messages up to it, and when it moved there (ms since 1970). */
export interface ReadPosition {
  seq: Position;
  n: number;
  at: number;
}

/** The read positions of some users. */
export type PositionsByUser = ReadonlyMap<UserId, ReadPosition>;

/** The positions are stored at each seq that this number divides. A start reads fewer messages than that. */
const INTERVAL = 64;

/** Up to which seq the positions are stored with the members. */
const STORED_UP_TO = `(SELECT max(seq) FROM messages) / ${INTERVAL} * ${INTERVAL}`;
const IMPORTED_SINCE = `SELECT seq FROM imported_messages WHERE seq > ${STORED_UP_TO}`;

/** The newest message of each sender since the positions were stored. A system message moves none. */
const newestSince = (condition: string) => `
  SELECT sender_id, max(seq) AS seq, n, created_at FROM messages
  WHERE seq > ${STORED_UP_TO} AND ${IN_MAIN} AND kind <> 'tip' AND sender_id <> 0 ${condition}
  GROUP BY sender_id`;

/** The messages that a commit stores: those after `from`, up to `to`. */
export interface StoredRange {
  from: Position;
  to: number;
}

/**
 * The read positions that follow the members' own messages. The log has them, so that a send stores none: it
 * would be one more row for each message. At each 64th seq they are stored with the members, in the turn that
 * takes the log there. A start finds the later ones in the log.
 */
export class SenderPositions {
  readonly #sql: SqlStorage;
  /** those that the log alone has */
  readonly #unstored = new Map<UserId, ReadPosition>();

  readonly #hold: (userId: UserId) => void;

  /**
   * Finds in the log the positions that are not stored.
   * @param hold has memory read the row of a member before it is written
   */
  constructor(sql: SqlStorage, hold: (userId: UserId) => void) {
    this.#sql = sql;
    this.#hold = hold;
    type Newest = Pick<MessageRow, "sender_id" | "n" | "created_at"> & { seq: Position };
    // Nobody has sent imported messages here. There are mostly none, which the rows are not compared with.
    const hasImported = sql.exec(`${IMPORTED_SINCE} LIMIT 1`).toArray().length > 0;
    const query = newestSince(hasImported ? `AND seq NOT IN (${IMPORTED_SINCE})` : "");
    for (const { sender_id, seq, n, created_at: at } of sql.exec<Newest>(query))
      this.#unstored.set(sender_id, { seq, n, at });
  }

  /** The positions that the rows of the members lack. A member may have read further since. */
  get unstored(): PositionsByUser {
    return this.#unstored;
  }

  /** Moves positions with the messages of a commit, and stores all positions if that is due. */
  move(tx: Transaction, moved: PositionsByUser, { from, to }: StoredRange): void {
    const isDue = Math.floor(from / INTERVAL) < Math.floor(to / INTERVAL);
    if (isDue) this.#store(moved);
    tx.after(() => {
      if (isDue) this.#unstored.clear();
      else for (const [userId, position] of moved) this.#unstored.set(userId, position);
    });
  }

  /** Stores all positions, also the moved ones. */
  #store(moved: PositionsByUser): void {
    const all = [...new Map([...this.#unstored, ...moved])];
    if (all.length === 0) return;
    for (const [userId] of all) this.#hold(userId);
    this.#sql.exec(
      `UPDATE members SET read_seq = value->>1, read_n = value->>2, read_at = value->>3
       FROM json_each(?) WHERE user_id = value->>0 AND read_seq < value->>1`,
      JSON.stringify(all.map(([userId, { seq, n, at }]) => [userId, seq, n, at])),
    );
  }
}
