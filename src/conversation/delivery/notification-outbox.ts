import { z } from "zod";
import { type ConversationId, UserId } from "../../domain/ids.ts";
import type { Inboxes } from "../../domain/ports.ts";
import { NotificationOrRetraction, type SentNotification } from "../../domain/sync/notification.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { Wakeup } from "../../object/jobs/wakeup.ts";
import type { Transaction } from "../state/transaction.ts";
import { InboxDispatcher, type Lane } from "./inbox-calls/inbox-dispatcher.ts";
import { type FailureStore, InboxFailures } from "./inbox-calls/inbox-failures.ts";

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
export const OUTBOX_TABLE = `
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

/** What the outbox is handed. */
export interface OutboxDeps {
  inboxes: Pick<Inboxes, "notify">;
  /** has the alarm call `repair` */
  wakeup: Wakeup;
  failures: FailureStore;
  timing: Timing;
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
  readonly #deps: OutboxDeps;
  readonly #failures: InboxFailures;
  readonly #dispatcher: InboxDispatcher;
  readonly #pending = new Map<number, Pending>();
  /** by receiver, in order */
  readonly #queues = new Map<UserId, SentNotification[]>();
  /** confirmed receivers since the remaining ones were stored */
  #unstored = 0;
  /** the notifications that they have confirmed */
  readonly #changed = new Set<number>();

  constructor(sql: SqlStorage, conversationId: ConversationId, deps: OutboxDeps) {
    const { timing } = deps;
    this.#sql = sql;
    this.#conversationId = conversationId;
    this.#deps = deps;
    this.#failures = new InboxFailures("notifications", conversationId, deps.failures, timing.inboxCalls);
    const work = {
      next: (lane: Lane) => (lane === "slot" ? this.#nextDue() : undefined),
      call: (id: UserId) => this.#call(id),
      idle: () => this.#idle(),
    };
    this.#dispatcher = new InboxDispatcher(work, this.#failures, timing);
    const rows = sql.exec<OutboxRow>("SELECT * FROM outbox ORDER BY id").toArray();
    this.#queue(
      rows.map(({ id, body, receivers }) => ({
        id,
        notification: NotificationOrRetraction.parse(JSON.parse(body)),
        to: Receivers.parse(JSON.parse(receivers)),
      })),
    );
  }

  /** Writes notifications. */
  static write(sql: SqlStorage, posted: QueuedNotification[]): Stored[] {
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

  /** Stores and queues notifications. `changed` has them delivered. */
  store(tx: Transaction, posted: QueuedNotification[]): void {
    const stored = NotificationOutbox.write(this.#sql, posted);
    tx.after(() => this.#queue(stored));
  }

  #queue(stored: Stored[]): void {
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
  retract(tx: Transaction, application: number): void {
    for (const [id, { sent }] of this.#pending) {
      const { notification } = sent;
      if ("forgotten" in notification || notification.application?.id !== application) continue;
      const retracted = {
        ...notification,
        application: { id: application, message: "", authentication: "" },
      };
      this.#sql.exec("UPDATE outbox SET body = ? WHERE id = ?", JSON.stringify(retracted), id);
      tx.after(() => {
        sent.notification = retracted;
      });
    }
  }

  /** Call it after a change, in the turn of the write: the wakeup is then part of the same commit. */
  changed(): void {
    if (this.#queues.size === 0) return;
    this.#failures.releaseDue();
    this.#dispatcher.liftLimit();
    try {
      this.#deps.wakeup.set(Date.now() + this.#deps.timing.retryMarker.dueMs);
    } finally {
      this.resume();
    }
  }

  /** Resumes deliveries that a crash or an eviction has cut short. */
  resume(): void {
    this.#dispatcher.start();
  }

  /** The inbox of a receiver works again: delivers what it has refused before, also if it is parked. */
  retry(id: UserId): void {
    if (this.#failures.release(id)) this.resume();
  }

  /**
   * One bounded try for some receivers, so that they read the notification as soon as the caller has its
   * answer. An inbox that has just failed is left to its retry.
   */
  async tryNow(): Promise<void> {
    const due = [...this.#queues.keys()].filter((id) => !this.#failures.isPaused(id));
    if (due.length === 0) return;
    const tries = due.slice(0, MAX_AWAITED).map((id) => this.#dispatcher.callNow(id));
    const { answerTimeoutMs } = this.#deps.timing.outbox;
    await withDeadline(Promise.all(tries), answerTimeoutMs).catch(() => undefined);
  }

  /**
   * For the alarm: tries the failed inboxes that are not parked, with a bounded wait and number of calls.
   * @returns the time (ms) of the next look, or null once every receiver has confirmed or is parked
   */
  async repair(): Promise<number | null> {
    this.#failures.releaseUnparked();
    this.#dispatcher.limitCalls();
    this.resume();
    await this.#dispatcher.drain();
    if (this.#queues.size === 0) {
      this.#storeLeft();
      return null;
    }
    const isBusy = [...this.#queues.keys()].some((id) => !this.#failures.has(id));
    const retryAt = this.#dispatcher.nextAlarmAt((id) => this.#queues.has(id));
    if (!isBusy) return retryAt;
    if (this.#dispatcher.isOutOfCalls) return Date.now();
    const lookAt = Date.now() + this.#deps.timing.retryMarker.dueMs;
    return Math.min(lookAt, retryAt ?? lookAt);
  }

  #nextDue(): UserId | undefined {
    for (const id of this.#queues.keys()) if (this.#dispatcher.mayCall(id)) return id;
    return undefined;
  }

  /** Delivers the next batch to an inbox. */
  async #call(id: UserId): Promise<() => void> {
    const notifications = (this.#queues.get(id) ?? []).slice(0, BATCH);
    await this.#deps.inboxes.notify(id, { conversationId: this.#conversationId, notifications });
    return () => {
      this.#failures.succeeded(id);
      this.#confirmed(id, notifications);
    };
  }

  #confirmed(id: UserId, notifications: SentNotification[]): void {
    const left = (this.#queues.get(id) ?? []).slice(notifications.length);
    if (left.length > 0) this.#queues.set(id, left);
    else this.#queues.delete(id);
    for (const notification of notifications) {
      this.#pending.get(notification.id)?.left.delete(id);
      this.#changed.add(notification.id);
    }
    this.#unstored++;
    this.#storeLeftIfDone();
  }

  /** The receivers that are left are being called, or have failed. */
  #idle(): void {
    this.#storeLeftIfDone();
    const retryAt = this.#dispatcher.nextRetryAt((id) => this.#queues.has(id));
    if (retryAt !== null) this.#deps.wakeup.set(retryAt);
  }

  /** Stores the remaining receivers after each 100 confirmed ones, and once only failing inboxes remain. */
  #storeLeftIfDone(): void {
    if (this.#unstored === 0) return;
    const onlyFailing = () => [...this.#queues.keys()].every((id) => this.#failures.has(id));
    if (this.#unstored >= STORE_EACH || onlyFailing()) this.#storeLeft();
  }

  /** Stores the remaining receivers. A crash before repeats some deliveries, which their inboxes ignore. */
  #storeLeft(): void {
    for (const id of this.#changed) {
      const left = this.#pending.get(id)?.left;
      if (!left) continue;
      if (left.size === 0) {
        this.#sql.exec("DELETE FROM outbox WHERE id = ?", id);
        this.#pending.delete(id);
      } else {
        const update = "UPDATE outbox SET receivers = ? WHERE id = ?";
        this.#sql.exec(update, JSON.stringify([...left]), id);
      }
    }
    this.#changed.clear();
    this.#unstored = 0;
    if (this.#pending.size === 0) this.#deps.wakeup.cancel();
  }
}
