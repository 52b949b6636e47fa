import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Draft } from "../../domain/messages/message.ts";
import type { Rights } from "../channel/rights.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow } from "../log/row.ts";
import type { MemberRow } from "../members/member-row.ts";

/**
 * The messages in which the last one of each member is looked for. Plain members send fewer in a pause; the
 * limit is for a group that was busy until its slow mode was set.
 */
const MAX_READ = 20_000;

/** When each member has sent their last message, without imported, silent and system messages. */
const LAST_SENT = `
  SELECT sender_id, max(created_at) FROM messages AS m
  WHERE seq > ? AND seq <= ? AND kind <> 'tip' AND silent IS NULL
    AND NOT EXISTS (SELECT 1 FROM imported_messages AS i WHERE i.seq = m.seq)
  GROUP BY sender_id`;

/** When members have sent their last messages (ms since 1970), of all that came after `since`. */
interface LastSent {
  since: number;
  times: Map<UserId, number>;
}

/**
 * The slow mode of a group: a plain member waits between two messages. The times are in memory, from the
 * first question on while it is set; the log has them, so that a send stores none. A message counts whatever
 * the role of its sender and the setting were then, and if it was revoked since.
 */
export class SlowMode {
  readonly #sql: SqlStorage;
  readonly #log: Pick<MessageLog, "last" | "lastUntil">;
  readonly #rights: Pick<Rights, "leads" | "slowModeS">;
  #known: LastSent | undefined;

  constructor(
    sql: SqlStorage,
    log: Pick<MessageLog, "last" | "lastUntil">,
    rights: Pick<Rights, "leads" | "slowModeS">,
  ) {
    this.#sql = sql;
    this.#log = log;
    this.#rights = rights;
  }

  /**
   * Why a member may not send now. The send queue asks in the turn that gives a message its seq.
   * @param before the messages of the same commit before this one
   * @returns undefined if they may; else `slow_mode`, not thrown
   */
  refusal(
    sender: Pick<MemberRow, "user_id" | "role">,
    { silent }: Pick<Draft, "silent">,
    before: readonly MessageRow[] = [],
  ): CoreError | undefined {
    const slowModeS = this.#rights.slowModeS();
    if (slowModeS === 0 || silent || this.#rights.leads(sender, "manage_messages")) return undefined;
    const now = Date.now();
    const own = before.findLast((row) => row.sender_id === sender.user_id && counts(row));
    const last = own?.created_at ?? this.#lastSent(now - slowModeS * 1_000).get(sender.user_id);
    const leftS = last === undefined ? 0 : Math.ceil((last - now) / 1_000 + slowModeS);
    if (leftS <= 0) return undefined;
    return new CoreError("slow_mode", `Slow mode: you can send the next message in ${leftS} s.`, {
      retryAfter: leftS,
    });
  }

  /** Notes messages that sends have stored. */
  sent(rows: readonly MessageRow[]): void {
    if (this.#rights.slowModeS() === 0) this.#known = undefined;
    if (!this.#known) return;
    for (const row of rows) if (counts(row)) this.#known.times.set(row.sender_id, row.created_at);
  }

  /** The times of the last messages, of all that came after `since`. */
  #lastSent(since: number): ReadonlyMap<UserId, number> {
    if (this.#known && this.#known.since <= since) return this.#known.times;
    const { seq: last } = this.#log.last;
    const from = Math.max(this.#log.lastUntil(since), last - MAX_READ);
    const rows = this.#sql.exec(LAST_SENT, from, last).raw<[UserId, number]>();
    this.#known = { since, times: new Map(rows) };
    return this.#known.times;
  }
}

function counts({ kind, silent }: MessageRow): boolean {
  return kind !== "tip" && silent === null;
}
