import { CoreError } from "../../domain/errors.ts";
import type { ConversationId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { type ChosenLevel, isQuietAt, type PushLevel, QuietHours } from "../../domain/push/device.ts";

/** What the user has chosen. A conversation without a row has the level `all`. */
export const PUSH_PREFERENCES_TABLES = `
  CREATE TABLE push_levels (
    conversation_id INTEGER PRIMARY KEY,
    level TEXT NOT NULL
  ) STRICT;
  CREATE TABLE quiet_hours (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    hours TEXT NOT NULL
  ) STRICT;`;

type LevelRow = { conversationId: ConversationId; level: PushLevel };

/** What the user has chosen of pushes, on all their devices. */
export class PushPreferences {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The conversations with another level than `all`. */
  levels(): ChosenLevel[] {
    const query = "SELECT conversation_id AS conversationId, level FROM push_levels ORDER BY conversation_id";
    return this.#sql.exec<LevelRow>(query).toArray();
  }

  levelOf(id: ConversationId): PushLevel {
    const query = "SELECT level FROM push_levels WHERE conversation_id = ?";
    return this.#sql.exec<Pick<LevelRow, "level">>(query, id).toArray()[0]?.level ?? "all";
  }

  /** Idempotent. @throws `conflict` for one more than 1,000 conversations */
  setLevel(id: ConversationId, level: PushLevel): void {
    if (level === "all") {
      this.#sql.exec("DELETE FROM push_levels WHERE conversation_id = ?", id);
      return;
    }
    const others = "SELECT count(*) AS count FROM push_levels WHERE conversation_id <> ?";
    if (this.#sql.exec<{ count: number }>(others, id).one().count >= LIMITS.pushLevels)
      throw new CoreError("conflict", `You have chosen ${LIMITS.pushLevels} levels. Set one to "all" first.`);
    this.#sql.exec("INSERT OR REPLACE INTO push_levels (conversation_id, level) VALUES (?, ?)", id, level);
  }

  /** null: there are none. */
  get quietHours(): QuietHours | null {
    const [row] = this.#sql.exec<{ hours: string }>("SELECT hours FROM quiet_hours").toArray();
    return row ? QuietHours.parse(JSON.parse(row.hours)) : null;
  }

  /** Idempotent. */
  setQuietHours(hours: QuietHours | null): void {
    if (hours === null) this.#sql.exec("DELETE FROM quiet_hours");
    else
      this.#sql.exec("INSERT OR REPLACE INTO quiet_hours (id, hours) VALUES (1, ?)", JSON.stringify(hours));
  }

  /** Whether the user wants no pushes at a time (ms since 1970). */
  isQuietAt(time: number): boolean {
    const hours = this.quietHours;
    return hours !== null && isQuietAt(hours, time);
  }
}
