import { z } from "zod";
import { CoreError } from "../../domain/errors.ts";
import { type ConversationId, UserId } from "../../domain/ids.ts";
import type { Inboxes } from "../../domain/ports.ts";
import { NotificationOrRetraction, type SentNotification } from "../../domain/sync/notification.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/deadline.ts";
import { Pacer } from "../../object/pacer.ts";

const MAX_CONCURRENT = 4;
/** Notifications in one call to an inbox. */
const BATCH = 100;
/** Inboxes that are awaited before an answer. */
const MAX_AWAITED = 50;
/** Confirmed receivers after which the remaining ones are stored. */
const STORE_EACH = 100;

/**
 * The notifications that some receiver has not confirmed: one row each, whatever the number of receivers.
 * Dissolving a group of a thousand writes one row. `conversation.notices` numbers them.
 */
export const OUTBOX_TABLES = `
  ALTER TABLE conversation ADD COLUMN notices INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE applications ADD COLUMN authentication TEXT NOT NULL DEFAULT '';
  CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    receivers TEXT NOT NULL
  ) STRICT;`;

type OutboxRow = { id: number; body: string; receivers: string };

const Receivers = z.array(UserId);

/** A notification, and its receivers. */
export interface QueuedNotification {
  notification: NotificationOrRetraction;
  to: UserId[];
}

/** A stored notification, with its number. */
type Stored = QueuedNotification & { id: number };

/** A notification, and the receivers that have not confirmed it. */
interface Pending {
  sent: SentNotification;
  left: Set<UserId>;
}

/** Has the alarm call `repair`. */
export interface Wakeup {
  set(due: number): void;
  cancel(): void;
}

/**
 * Transactional outbox for notifications (https://microservices.io/patterns/data/transactional-outbox.html).
 * A notification is stored in the transaction of the change that caused it, and retried until the receiver's
 * inbox confirms it. Each inbox gets its notifications in order, one call at a time, and ignores numbers that
 * it has seen: delivery is at least once, processing exactly once.
 */
export class NotificationOutbox {
  readonly #sql: SqlStorage;
  readonly #conversationId: ConversationId;
  readonly #inboxes: Pick<Inboxes, "notify">;
  readonly #wakeup: Wakeup;
  readonly #timing: Timing;
  readonly #pace: Pacer;
  readonly #pending = new Map<number, Pending>();
  /** by receiver, in order */
  readonly #queues = new Map<UserId, SentNotification[]>();
  readonly #inFlight = new Map<UserId, Promise<void>>();
  readonly #running = new Set<Promise<void>>();
  /** receivers whose inbox failed last, and the end of their cooldown (ms) */
  readonly #failed = new Map<UserId, number>();
  /** confirmed receivers since the remaining ones were stored */
  #unstored = 0;
  #isRepairing = false;

  constructor(
    sql: SqlStorage,
    conversationId: ConversationId,
    inboxes: Pick<Inboxes, "notify">,
    wakeup: Wakeup,
    timing: Timing,
  ) {
    this.#sql = sql;
    this.#conversationId = conversationId;
    this.#inboxes = inboxes;
    this.#wakeup = wakeup;
    this.#timing = timing;
    this.#pace = new Pacer(timing.pace);
    const rows = sql.exec<OutboxRow>("SELECT * FROM outbox ORDER BY id").toArray();
    this.apply(
      rows.map(({ id, body, receivers }) => ({
        id,
        notification: NotificationOrRetraction.parse(JSON.parse(body)),
        to: Receivers.parse(JSON.parse(receivers)),
      })),
    );
  }

  /** Stores notifications in the caller's transaction; call `apply` after the commit. */
  static store(sql: SqlStorage, posted: QueuedNotification[]): Stored[] {
    return posted
      .filter(({ to }) => to.length > 0)
      .map(({ notification, to }) => {
        const count = "UPDATE conversation SET notices = notices + 1 RETURNING notices AS id";
        const [row] = sql.exec<Pick<OutboxRow, "id">>(count).toArray();
        if (!row) throw new Error("a conversation has its row");
        const insert = "INSERT INTO outbox (id, body, receivers) VALUES (?, ?, ?)";
        sql.exec(insert, row.id, JSON.stringify(notification), JSON.stringify(to));
        return { id: row.id, notification, to };
      });
  }

  /** Queues stored notifications. */
  apply(stored: Stored[]): void {
    for (const { id, notification, to } of stored) {
      const sent = { id, notification };
      this.#pending.set(id, { sent, left: new Set(to) });
      for (const userId of to) {
        const queue = this.#queues.get(userId);
        if (queue) queue.push(sent);
        else this.#queues.set(userId, [sent]);
      }
    }
  }

  /** Removes a deleted user's words from undelivered notifications of their join request. */
  retract(application: number): void {
    for (const [id, { sent }] of this.#pending) {
      const { notification } = sent;
      if ("forgotten" in notification || notification.application?.id !== application) continue;
      sent.notification = {
        ...notification,
        application: { id: application, message: "", authentication: "" },
      };
      this.#sql.exec("UPDATE outbox SET body = ? WHERE id = ?", JSON.stringify(sent.notification), id);
    }
  }

  /** Call it after a change, in the turn of the write: the wakeup is then part of the same commit. */
  changed(): void {
    if (this.#queues.size === 0) return;
    for (const [id, until] of this.#failed) if (until <= Date.now()) this.#failed.delete(id);
    try {
      this.#wakeup.set(Date.now() + this.#timing.retryMarker.dueMs);
    } finally {
      this.resume();
    }
  }

  /** Resumes deliveries that a crash or an eviction has cut short. */
  resume(): void {
    while (this.#running.size < MAX_CONCURRENT) {
      const first = this.#due();
      if (first === undefined) return;
      const slot = this.#work(first)
        .catch((error: unknown) => log("error", "outbox_failed", errorFields(error)))
        .finally(() => {
          this.#running.delete(slot);
          this.resume();
        });
      this.#running.add(slot);
    }
  }

  /**
   * One bounded try for some receivers, so that they read the notification as soon as the caller has its
   * answer.
   */
  async tryNow(): Promise<void> {
    const due = [...this.#queues.keys()].filter((id) => !this.#failed.has(id));
    if (due.length === 0) return;
    const tries = due.slice(0, MAX_AWAITED).map((id) => this.#deliver(id));
    await withDeadline(Promise.all(tries), this.#timing.outbox.answerTimeoutMs).catch(() => undefined);
  }

  /**
   * For the alarm: retries failed inboxes, with a bounded wait.
   * @returns the time (ms) of the next look, or null once every receiver has confirmed
   * @throws `unavailable` if an inbox still fails: the job backs off
   */
  async repair(): Promise<number | null> {
    this.#isRepairing = true;
    try {
      this.#failed.clear();
      this.resume();
      await withDeadline(Promise.all(this.#running), this.#timing.outbox.drainTimeoutMs).catch(
        () => undefined,
      );
    } finally {
      this.#isRepairing = false;
    }
    if (this.#queues.size === 0) {
      this.#storeLeft();
      return null;
    }
    if (this.#failed.size > 0) {
      throw new CoreError("unavailable", `${this.#failed.size} inboxes did not take their notifications.`);
    }
    return Date.now() + this.#timing.retryMarker.dueMs;
  }

  #due(): UserId | undefined {
    for (const id of this.#queues.keys()) if (!this.#inFlight.has(id) && !this.#failed.has(id)) return id;
    return undefined;
  }

  async #work(first: UserId): Promise<void> {
    for (let id: UserId | undefined = first; id !== undefined; id = this.#due()) {
      await this.#deliver(id);
      await this.#pace.next();
    }
  }

  /** Delivers the next batch to an inbox; at most one call to each is in flight. */
  #deliver(id: UserId): Promise<void> {
    const inFlight = this.#inFlight.get(id);
    if (inFlight) return inFlight;
    const call = this.#deliverTo(id, (this.#queues.get(id) ?? []).slice(0, BATCH)).finally(() =>
      this.resume(),
    );
    this.#inFlight.set(id, call);
    return call;
  }

  async #deliverTo(id: UserId, notifications: SentNotification[]): Promise<void> {
    const delivery = async () =>
      this.#inboxes.notify(id, { conversationId: this.#conversationId, notifications });
    try {
      await withDeadline(delivery(), this.#timing.outbox.callTimeoutMs);
      this.#confirmed(id, notifications);
    } catch (error) {
      this.#refused(id, error);
    } finally {
      this.#inFlight.delete(id);
    }
    const isLast = this.#inFlight.size === 0 && this.#due() === undefined;
    if (this.#unstored >= STORE_EACH || (isLast && this.#unstored > 0)) this.#storeLeft();
  }

  #refused(id: UserId, error: unknown): void {
    log("warn", "notifications_failed", {
      conversation: this.#conversationId,
      user: id,
      ...errorFields(error),
    });
    const until = Date.now() + this.#timing.outbox.retryMs;
    this.#failed.set(id, until);
    // A retry by the alarm backs off; an earlier wakeup would undo that.
    if (!this.#isRepairing) this.#wakeup.set(until);
  }

  #confirmed(id: UserId, notifications: SentNotification[]): void {
    this.#failed.delete(id);
    const left = (this.#queues.get(id) ?? []).slice(notifications.length);
    if (left.length > 0) this.#queues.set(id, left);
    else this.#queues.delete(id);
    for (const notification of notifications) this.#pending.get(notification.id)?.left.delete(id);
    this.#unstored++;
  }

  /** Stores the remaining receivers. A crash before repeats some deliveries, which their inboxes ignore. */
  #storeLeft(): void {
    for (const [id, { left }] of this.#pending) {
      if (left.size === 0) {
        this.#sql.exec("DELETE FROM outbox WHERE id = ?", id);
        this.#pending.delete(id);
      } else {
        const update = "UPDATE outbox SET receivers = ?1 WHERE id = ?2 AND receivers != ?1";
        this.#sql.exec(update, JSON.stringify([...left]), id);
      }
    }
    this.#unstored = 0;
    if (this.#pending.size === 0) this.#wakeup.cancel();
  }
}
