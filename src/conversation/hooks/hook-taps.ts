import { firstTapIdAt, type Tap, TapId } from "../../domain/bots/tap.ts";
import { Seq, UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";

/** The taps on buttons that hooks are told of, until they are too old to be answered. */
export const HOOK_TAPS_TABLE = `
  CREATE TABLE hook_taps (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    bot_id INTEGER NOT NULL,
    data TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

type Row = { id: string; seq: number; user_id: number; bot_id: number; data: string; at: number };

/** A tap that hooks are told of. */
interface HookTap extends Pick<Tap, "id" | "seq" | "data" | "at"> {
  userId: UserId;
  botId: UserId;
}

/** The taps of a conversation for its hooks. No message shows them, so the log does not have them. */
export class HookTaps {
  readonly #sql: SqlStorage;
  readonly #timing: Timing["taps"];
  #last: TapId | "" | undefined;

  constructor(sql: SqlStorage, timing: Timing["taps"]) {
    this.#sql = sql;
    this.#timing = timing;
  }

  /** The newest one; `""`: none is kept. */
  get last(): TapId | "" {
    if (this.#last !== undefined) return this.#last;
    const [row] = this.#sql.exec<Row>("SELECT * FROM hook_taps ORDER BY id DESC LIMIT 1").toArray();
    this.#last = row ? readRow(row).id : "";
    return this.#last;
  }

  add({ id, seq, user, data, at }: Tap, botId: UserId): void {
    this.#sql.exec("DELETE FROM hook_taps WHERE id < ?", firstTapIdAt(at - this.#timing.keepMs));
    const insert = "INSERT INTO hook_taps (id, seq, user_id, bot_id, data, at) VALUES (?, ?, ?, ?, ?, ?)";
    this.#sql.exec(insert, id, seq, user.id, botId, data, at);
    this.#last = id;
  }

  /** Those behind one, in the order of time. */
  after(id: TapId | "", limit: number): HookTap[] {
    const query = "SELECT * FROM hook_taps WHERE id > ? ORDER BY id LIMIT ?";
    return this.#sql.exec<Row>(query, id, limit).toArray().map(readRow);
  }
}

function readRow({ id, seq, user_id, bot_id, data, at }: Row): HookTap {
  return {
    ...{ id: TapId.parse(id), seq: Seq.parse(seq), data, at },
    ...{ userId: UserId.parse(user_id), botId: UserId.parse(bot_id) },
  };
}
