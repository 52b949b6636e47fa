import type { ConversationId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import type { NotificationBatch } from "../domain/ports.ts";
import {
  type NotificationBox,
  type ReceivedNotification,
  StoredNotification,
} from "../domain/sync/notification.ts";

/**
 * The tables of notifications.
 * - `notices`: the notifications, numbered by the inbox.
 * - `notice_sources`: the number of the last notification that each conversation delivered, in its own
 *   numbering.
 * - `notice_box`: one row, see `BoxRow`.
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
/**
 * The number of the newest notification, of the newest read one, and of the newest when the box was hidden.
 */
type BoxRow = { last_id: number; read_id: number; hidden_id: number };

/** A page of notifications, newest first. `hasMore`: there are older ones. */
export interface NotificationPage {
  items: ReceivedNotification[];
  hasMore: boolean;
}

/** The notifications of a user: the newest 1,000. */
export class Notifications {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  /**
   * Stores the new notifications of a batch, and carries out its retractions. A conversation delivers its
   * notifications in order, and repeats all that were not confirmed. The number of its last one therefore
   * suffices to skip repeated ones, also those that were deleted meanwhile. Idempotent.
   * @returns the new notifications
   */
  receive({ conversationId, notifications }: NotificationBatch): ReceivedNotification[] {
    const query = "SELECT last_id FROM notice_sources WHERE conversation_id = ?";
    const [source] = this.#sql.exec<Pick<BoxRow, "last_id">>(query, conversationId).toArray();
    const fresh = notifications.filter(({ id }) => id > (source?.last_id ?? 0));
    const newest = fresh.at(-1);
    if (!newest) return [];
    const received: ReceivedNotification[] = [];
    this.#storage.transactionSync(() => {
      let last = this.#box().last_id;
      for (const { notification } of fresh) {
        if ("forgotten" in notification) {
          this.#retract(conversationId, notification.forgotten);
          continue;
        }
        last++;
        this.#sql.exec("INSERT INTO notices (id, body) VALUES (?, ?)", last, JSON.stringify(notification));
        received.push({ id: last, ...notification });
      }
      this.#sql.exec("DELETE FROM notices WHERE id <= ?", last - LIMITS.notifications);
      this.#sql.exec("UPDATE notice_box SET last_id = ?", last);
      const upsert = "INSERT OR REPLACE INTO notice_sources (conversation_id, last_id) VALUES (?, ?)";
      this.#sql.exec(upsert, conversationId, newest.id);
    });
    return received;
  }

  /** @param before an id; absent: from the newest on @returns at most `limit` notifications with lower ids */
  page({ before, limit }: { before?: number; limit: number }): NotificationPage {
    const query = "SELECT * FROM notices WHERE id < ? ORDER BY id DESC LIMIT ?";
    const rows = this.#sql
      .exec<NotificationRow>(query, before ?? Number.MAX_SAFE_INTEGER, limit + 1)
      .toArray();
    return { items: rows.slice(0, limit).map(readRow), hasMore: rows.length > limit };
  }

  /** @returns the newest notification, the unread count, and whether the box is listed */
  box(): NotificationBox {
    const { read_id, hidden_id } = this.#box();
    const [newest = null] = this.page({ limit: 1 }).items;
    const query = "SELECT count(*) AS count FROM notices WHERE id > ?";
    const { count: unreadCount } = this.#sql.exec<{ count: number }>(query, read_id).one();
    return { newest, unreadCount, isListed: newest !== null && newest.id > hidden_id };
  }

  /** Marks all notifications as read. Idempotent. @returns whether any was unread */
  read(): boolean {
    return this.#sql.exec("UPDATE notice_box SET read_id = last_id WHERE read_id < last_id").rowsWritten > 0;
  }

  /** Marks all as read and hides the box until the next notification. @param forget deletes them as well */
  hide(forget: boolean): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec("UPDATE notice_box SET read_id = last_id, hidden_id = last_id");
      if (forget) this.#sql.exec("DELETE FROM notices");
    });
  }

  /** The account behind a join request is deleted: erases its message and authentication. */
  #retract(conversationId: ConversationId, joinRequestId: number): void {
    this.#sql.exec(
      `UPDATE notices SET body = json_set(body, '$.application.message', '', '$.application.authentication', '')
       WHERE json_extract(body, '$.group.id') = ? AND json_extract(body, '$.application.id') = ?`,
      conversationId,
      joinRequestId,
    );
  }

  #box(): BoxRow {
    const [box] = this.#sql.exec<BoxRow>("SELECT last_id, read_id, hidden_id FROM notice_box").toArray();
    // A deleted account has no row.
    return box ?? { last_id: 0, read_id: 0, hidden_id: 0 };
  }
}

function readRow({ id, body }: NotificationRow): ReceivedNotification {
  return { id, ...StoredNotification.parse(JSON.parse(body)) };
}
