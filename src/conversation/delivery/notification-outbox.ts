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
/** At most so many notifications go to an inbox at once. */
const BATCH = 100;
/** So many are told before an answer. */
const MAX_AWAITED = 50;
/** After so many receivers it is written down who is left. */
const STORE_EACH = 100;

/**
 * The notifications that have not reached all whom they are for, one row each, however many these are: a group of a thousand
 * which is dissolved writes one. `conversation.notices` numbers them.
 */
export const OUTBOX = `
  ALTER TABLE conversation ADD COLUMN notices INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE applications ADD COLUMN authentication TEXT NOT NULL DEFAULT '';
  CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    receivers TEXT NOT NULL
  ) STRICT;`;

type OutboxRow = { id: number; body: string; receivers: string };

const Receivers = z.array(UserId);

/** A notification, and whom it is for. */
export interface QueuedNotification {
  notification: NotificationOrRetraction;
  to: UserId[];
}

/** One that is stored, by its number. */
type Stored = QueuedNotification & { id: number };

/** A notification, and who has not taken it yet. */
interface Pending {
  sent: SentNotification;
  left: Set<UserId>;
}

/** When the alarm is to look whether all have theirs. */
export interface Wakeup {
  set(due: number): void;
  cancel(): void;
}

/**
 * Brings notifications to those whom they are for: paced, off everybody's way. Each is stored with the change that it tells
 * of, and tried until the inbox has taken it. An inbox is given what it lacks in order, and takes what is new to it: so
 * what a lost answer, an eviction or a crash brings once more comes once.
 */
export class NotificationOutbox {
  readonly #sql: SqlStorage;
  readonly #conversationId: ConversationId;
  readonly #inboxes: Pick<Inboxes, "notify">;
  readonly #wakeup: Wakeup;
  readonly #timing: Timing;
  readonly #pace: Pacer;
  readonly #pending = new Map<number, Pending>();
  /** what each is to be given, in order */
  readonly #queues = new Map<UserId, SentNotification[]>();
  readonly #inFlight = new Map<UserId, Promise<void>>();
  readonly #running = new Set<Promise<void>>();
  /** whose inbox refused last, and until when it rests */
  readonly #failed = new Map<UserId, number>();
  /** how many have taken theirs since it was written down who is left */
  #unstored = 0;
  #isRepairing = false;

  constructor(
    sql: SqlStorage,
    conversationId: ConversationId,
    inboxes: Pick<Inboxes, "notify">,
    reminder: Wakeup,
    timing: Timing,
  ) {
    this.#sql = sql;
    this.#conversationId = conversationId;
    this.#inboxes = inboxes;
    this.#wakeup = reminder;
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

  /** Writes notifications, in the caller's transaction; memory follows by `apply`. */
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

  /** They are stored, and on their way from now on. */
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

  /** Whoever had this wish is gone: what of it is still on its way goes without his words. */
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

  /** Something was stored: call it in the same turn, then what reminds of it is in the same commit. */
  changed(): void {
    if (this.#queues.size === 0) return;
    for (const [id, until] of this.#failed) if (until <= Date.now()) this.#failed.delete(id);
    try {
      this.#wakeup.set(Date.now() + this.#timing.retryMarker.dueMs);
    } finally {
      this.resume();
    }
  }

  /** Goes on where a crash or an eviction has left somebody without his. */
  resume(): void {
    while (this.#running.size < MAX_CONCURRENT) {
      const first = this.#due();
      if (first === undefined) return;
      const lane = this.#work(first)
        .catch((error: unknown) => log("error", "outbox_failed", errorFields(error)))
        .finally(() => {
          this.#running.delete(lane);
          this.resume();
        });
      this.#running.add(lane);
    }
  }

  /** One try to bring some their notifications at once, so that they read of what was done before its answer; or a moment. */
  async tryNow(): Promise<void> {
    const due = [...this.#queues.keys()].filter((id) => !this.#failed.has(id));
    if (due.length === 0) return;
    const tries = due.slice(0, MAX_AWAITED).map((id) => this.#deliver(id));
    await withDeadline(Promise.all(tries), this.#timing.outbox.answerTimeoutMs).catch(() => undefined);
  }

  /**
   * For the alarm: tries again whom it could not reach, and waits for the lanes for a while.
   * @returns when to look again, or null once all have theirs
   * @throws where an inbox still refuses: it is tried again later each time
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

  /** Gives an inbox what it lacks; at most one call to each is under way. */
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
    const given = async () =>
      this.#inboxes.notify(id, { conversationId: this.#conversationId, notifications: notifications });
    try {
      await withDeadline(given(), this.#timing.outbox.callTimeoutMs);
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
    log("warn", "notices_not_taken", { conversation: this.#conversationId, user: id, ...errorFields(error) });
    const until = Date.now() + this.#timing.outbox.retryMs;
    this.#failed.set(id, until);
    // What the alarm tries is put off further each time.
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

  /** Writes down who is left. Until then a crash has some given once more what they have. */
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
