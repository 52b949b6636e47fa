import { firstTapIdAt, noTap, type TakenTap, type Tap, type TapId } from "../../domain/bots/tap.ts";
import { CoreError } from "../../domain/errors.ts";
import type { ConversationId, Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";

/** The taps on buttons of a bot, until they are too old to be answered. Their ids are sorted by time. */
export const TAPS_TABLE = `
  CREATE TABLE taps (
    id TEXT PRIMARY KEY,
    conversation_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    answered INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;`;

type TapRow = { id: TapId; conversation_id: ConversationId; seq: Seq; user_id: UserId; answered: number };

/** The taps on buttons of the user, who is a bot. */
export class KeptTaps {
  readonly #sql: SqlStorage;
  readonly #timing: Timing["taps"];
  readonly #tell: (event: DeviceEvent) => void;

  /** @param tell sends an event to the bot's device sockets */
  constructor(sql: SqlStorage, timing: Timing["taps"], tell: (event: DeviceEvent) => void) {
    this.#sql = sql;
    this.#timing = timing;
    this.#tell = tell;
  }

  /**
   * Keeps a tap, so that it can be answered, and tells the devices of it. Idempotent by its id. The oldest
   * taps go beyond a thousand.
   * @returns whether it is new
   * @throws `rate_limited` if too many taps of one user wait for an answer
   */
  add(tap: Tap): boolean {
    this.#sql.exec("DELETE FROM taps WHERE id < ?", firstTapIdAt(Date.now() - this.#timing.keepMs));
    const { id, conversationId, seq, user } = tap;
    if (this.#find(id)) return false;
    const waiting = "SELECT count(*) AS n FROM taps WHERE user_id = ? AND answered = 0";
    if (this.#sql.exec<{ n: number }>(waiting, user.id).one().n >= LIMITS.tapsOfUser) throw tooMany();
    const insert = "INSERT INTO taps (id, conversation_id, seq, user_id) VALUES (?, ?, ?, ?)";
    this.#sql.exec(insert, id, conversationId, seq, user.id);
    this.#sql.exec(
      "DELETE FROM taps WHERE id <= (SELECT id FROM taps ORDER BY id DESC LIMIT 1 OFFSET ?)",
      LIMITS.taps,
    );
    this.#tell({ type: "tapped", tap });
    return true;
  }

  /** Takes a tap to answer it. @throws `not_found` for one that is not kept */
  take(id: TapId, isAsked = false): TakenTap {
    const row = this.#find(id);
    if (!row || id < firstTapIdAt(Date.now() - this.#timing.keepMs)) throw noTap();
    if (row.answered === 0 && !isAsked) this.#sql.exec("UPDATE taps SET answered = 1 WHERE id = ?", id);
    const { conversation_id: conversationId, seq, user_id: userId } = row;
    return { id, conversationId, seq, userId, isAnswered: row.answered === 1 };
  }

  #find(id: TapId): TapRow | undefined {
    return this.#sql.exec<TapRow>("SELECT * FROM taps WHERE id = ?", id).toArray()[0];
  }
}

function tooMany(): CoreError {
  const detail = "Too many of your taps wait for an answer of this bot. Try again in a minute.";
  return new CoreError("rate_limited", detail, { retryAfter: 60 });
}
