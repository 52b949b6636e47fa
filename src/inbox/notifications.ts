import type { ConversationId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import type { NotificationBatch as Sent } from "../domain/ports.ts";
import {
  type NotificationBox,
  type ReceivedNotification,
  StoredNotification,
} from "../domain/sync/notification.ts";

/**
 * The notices themselves, in an order of their own; up to which one each conversation has brought its own; and how the user
 * stands to them.
 */
export const NOTIFICATION_TABLES = `
  CREATE TABLE notices (
    id INTEGER PRIMARY KEY,
    body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE notice_sources (
    conversation_id INTEGER PRIMARY KEY,
    last_id INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE notice_box (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    last_id INTEGER NOT NULL,
    read_id INTEGER NOT NULL,
    hidden_id INTEGER NOT NULL
  ) STRICT;
  INSERT INTO notice_box VALUES (1, 0, 0, 0);`;

type NotificationRow = { id: number; body: string };
/** The last there was, the last he has read, the last that was there when he took them out of his list. */
type BoxRow = { last_id: number; read_id: number; hidden_id: number };

/** Part of the notices, the newest first, and whether there are older ones. */
export interface NotificationPage {
  items: ReceivedNotification[];
  hasMore: boolean;
}

/** What groups tell their user besides what their histories tell: the newest thousand. */
export class Notifications {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  /**
   * Takes what is new of a conversation's. These come in its order, each with all before it that were not taken: so the
   * number of the last tells which are known, also of those that were deleted since.
   */
  receive({ conversationId, notifications }: Sent): void {
    const query = "SELECT last_id FROM notice_sources WHERE conversation_id = ?";
    const [source] = this.#sql.exec<Pick<BoxRow, "last_id">>(query, conversationId).toArray();
    const fresh = notifications.filter(({ id }) => id > (source?.last_id ?? 0));
    const newest = fresh.at(-1);
    if (!newest) return;
    this.#storage.transactionSync(() => {
      let last = this.#box().last_id;
      for (const { notification } of fresh) {
        if ("forgotten" in notification) {
          this.#retract(conversationId, notification.forgotten);
          continue;
        }
        last++;
        this.#sql.exec("INSERT INTO notices (id, body) VALUES (?, ?)", last, JSON.stringify(notification));
      }
      this.#sql.exec("DELETE FROM notices WHERE id <= ?", last - LIMITS.notices);
      this.#sql.exec("UPDATE notice_box SET last_id = ?", last);
      const upsert = "INSERT OR REPLACE INTO notice_sources (conversation_id, last_id) VALUES (?, ?)";
      this.#sql.exec(upsert, conversationId, newest.id);
    });
  }

  /** The newest before one of them, or of all. */
  page({ before, limit }: { before?: number; limit: number }): NotificationPage {
    const query = "SELECT * FROM notices WHERE id < ? ORDER BY id DESC LIMIT ?";
    const rows = this.#sql
      .exec<NotificationRow>(query, before ?? Number.MAX_SAFE_INTEGER, limit + 1)
      .toArray();
    return { items: rows.slice(0, limit).map(received), hasMore: rows.length > limit };
  }

  box(): NotificationBox {
    const { read_id, hidden_id } = this.#box();
    const [newest = null] = this.page({ limit: 1 }).items;
    const query = "SELECT count(*) AS count FROM notices WHERE id > ?";
    const { count: unreadCount } = this.#sql.exec<{ count: number }>(query, read_id).one();
    return { newest, unreadCount, isListed: newest !== null && newest.id > hidden_id };
  }

  /** Its user has read all that there are. */
  read(): void {
    this.#sql.exec("UPDATE notice_box SET read_id = last_id WHERE read_id < last_id");
  }

  /** Its user wants to see them no more, until something comes. @param forget and never those that are there */
  hide(forget: boolean): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec("UPDATE notice_box SET read_id = last_id, hidden_id = last_id");
      if (forget) this.#sql.exec("DELETE FROM notices");
    });
  }

  /** Whoever wanted to come in is gone: what he said goes, and what authenticated it. */
  #retract(conversationId: ConversationId, application: number): void {
    this.#sql.exec(
      `UPDATE notices SET body = json_set(body, '$.application.message', '', '$.application.authentication', '')
       WHERE json_extract(body, '$.group.id') = ? AND json_extract(body, '$.application.id') = ?`,
      conversationId,
      application,
    );
  }

  #box(): BoxRow {
    const [box] = this.#sql.exec<BoxRow>("SELECT last_id, read_id, hidden_id FROM notice_box").toArray();
    // Of who is gone nothing is kept.
    return box ?? { last_id: 0, read_id: 0, hidden_id: 0 };
  }
}

function received({ id, body }: NotificationRow): ReceivedNotification {
  return { id, ...StoredNotification.parse(JSON.parse(body)) };
}
