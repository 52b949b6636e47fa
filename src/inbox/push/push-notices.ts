import type { ConversationId, Position, Seq } from "../../domain/ids.ts";
import type { PushDeviceId } from "../../domain/push/device.ts";
import type { PushPurpose } from "../../domain/push/payload.ts";

/**
 * What is pushed of each conversation, and what each device was sent of it.
 * - `seen_*`: the newest message of which it is decided whether it is pushed, and the countable messages
 *   then.
 * - `decide_at`: when it is decided of newer ones (ms; NULL: there are none).
 * - `seq`, `version`: the message that devices are to show (NULL: none), and of which edit.
 * - `notified_at`: when that was decided (ms); `expires_at`: when it is given up (ms).
 * A row of `push_deliveries` is written before its push goes out: what became of it may be lost by a crash,
 * and then the push is not repeated.
 */
export const PUSH_NOTICE_TABLES = `
  CREATE TABLE push_notices (
    conversation_id INTEGER PRIMARY KEY,
    seen_seq INTEGER NOT NULL,
    seen_count INTEGER NOT NULL,
    decide_at INTEGER,
    seq INTEGER,
    version INTEGER NOT NULL DEFAULT 0,
    mention INTEGER NOT NULL DEFAULT 0,
    notified_at INTEGER NOT NULL DEFAULT 0,
    expires_at INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE push_deliveries (
    conversation_id INTEGER NOT NULL,
    device_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, device_id)
  ) STRICT, WITHOUT ROWID;`;

type NoticeRow = {
  seen_seq: Position;
  seen_count: number;
  decide_at: number | null;
  seq: Seq | null;
  version: number;
  mention: number;
  notified_at: number;
  expires_at: number;
};

type DeliveryRow = { device_id: PushDeviceId; seq: Seq; version: number };

/** A message that devices show, or are to show, as of an edit. */
export interface Shown {
  seq: Seq;
  version: number;
}

/** A message that devices are to show. Times are ms since 1970. */
export interface PushNotice extends Shown {
  kind: Extract<PushPurpose, "message" | "mention">;
  at: number;
  expiresAt: number;
}

/** How far it is decided what is pushed of a conversation. */
export interface Seen {
  lastSeq: Position;
  lastCount: number;
  /** when it is decided of newer messages (ms since 1970); null: there are none */
  decideAt: number | null;
}

/** What is to be shown of conversations, and what devices show. */
export class PushNotices {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** null: nothing was decided of the conversation yet. */
  find(id: ConversationId): { seen: Seen; notice: PushNotice | null } | null {
    const query = "SELECT * FROM push_notices WHERE conversation_id = ?";
    const [row] = this.#sql.exec<NoticeRow>(query, id).toArray();
    if (!row) return null;
    const { seen_seq: lastSeq, seen_count: lastCount, decide_at: decideAt } = row;
    return { seen: { lastSeq, lastCount, decideAt }, notice: noticeOf(row) };
  }

  /** Stores how far it is decided. The notice stays. */
  setSeen(id: ConversationId, { lastSeq, lastCount, decideAt }: Seen): void {
    this.#sql.exec(
      `INSERT INTO push_notices (conversation_id, seen_seq, seen_count, decide_at) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET seen_seq = excluded.seen_seq, seen_count = excluded.seen_count,
         decide_at = excluded.decide_at`,
      ...[id, lastSeq, lastCount, decideAt],
    );
  }

  /** Stores what devices are to show; null: nothing. */
  setNotice(id: ConversationId, notice: PushNotice | null): void {
    this.#sql.exec(
      `UPDATE push_notices SET seq = ?, version = ?, mention = ?, notified_at = ?, expires_at = ?
       WHERE conversation_id = ?`,
      ...[notice?.seq ?? null, notice?.version ?? 0, notice?.kind === "mention" ? 1 : 0],
      ...[notice?.at ?? 0, notice?.expiresAt ?? 0, id],
    );
  }

  /** What devices were sent of a conversation last; those that show nothing are missing. */
  deliveries(id: ConversationId): ReadonlyMap<PushDeviceId, Shown> {
    const query = "SELECT device_id, seq, version FROM push_deliveries WHERE conversation_id = ?";
    const rows = this.#sql.exec<DeliveryRow>(query, id).toArray();
    return new Map(rows.map(({ device_id, seq, version }) => [device_id, { seq, version }]));
  }

  /** Stores what a device is about to be sent; null: it shows nothing. */
  setDelivery(id: ConversationId, deviceId: PushDeviceId, shown: Shown | null): void {
    if (shown)
      this.#sql.exec(
        "INSERT OR REPLACE INTO push_deliveries (conversation_id, device_id, seq, version) VALUES (?, ?, ?, ?)",
        ...[id, deviceId, shown.seq, shown.version],
      );
    else
      this.#sql.exec(
        "DELETE FROM push_deliveries WHERE conversation_id = ? AND device_id = ?",
        ...[id, deviceId],
      );
  }

  /** Forgets what a device was sent. */
  forgetDevice(deviceId: PushDeviceId): void {
    this.#sql.exec("DELETE FROM push_deliveries WHERE device_id = ?", deviceId);
  }

  /** Forgets everything: no device is left. */
  clear(): void {
    this.#sql.exec("DELETE FROM push_deliveries");
    this.#sql.exec("DELETE FROM push_notices");
  }
}

function noticeOf({ seq, version, mention, notified_at, expires_at }: NoticeRow): PushNotice | null {
  if (seq === null) return null;
  const kind = mention === 1 ? "mention" : "message";
  return { seq, version, kind, at: notified_at, expiresAt: expires_at };
}
