import { CoreError, type ErrorCode, invalid } from "../../domain/errors.ts";
import type { ConversationId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { AnyDraft } from "../../domain/messages/message.ts";
import {
  changedDraft,
  type NewScheduledMessage,
  noScheduled,
  readDraft,
  readFailure,
  type ScheduledChange,
  ScheduledId,
  type ScheduledMessage,
  type ScheduledPosition,
} from "../../domain/messages/scheduled.ts";
import { overQuota } from "../../domain/quotas.ts";
import type { Timing } from "../../domain/timing.ts";
import type { QuotaUses } from "../quota-uses.ts";

/**
 * The table of scheduled messages. `n` rises with each message: of two that are due in the same millisecond
 * the older one goes first. `failed` and `failed_at`: it was refused.
 */
export const SCHEDULED_TABLE = `
  CREATE TABLE scheduled (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    conversation_id INTEGER NOT NULL,
    client_msg_id TEXT NOT NULL,
    send_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    draft TEXT NOT NULL,
    failed TEXT,
    failed_at INTEGER,
    UNIQUE (conversation_id, client_msg_id)
  ) STRICT;`;

type Row = {
  n: number;
  id: string;
  conversation_id: ConversationId;
  send_at: number;
  created_at: number;
  draft: string;
  failed: string | null;
  failed_at: number | null;
};

/** A scheduled message, and its place in the list. */
export interface ListedMessage {
  message: ScheduledMessage;
  position: ScheduledPosition;
}

/**
 * The scheduled messages of a user, of which at most as many wait as the quota says. A message that is due
 * can no longer be changed or deleted: its send may be under way, and a crash may hide its outcome. So the
 * state of a send needs no row of its own.
 */
export class ScheduledMessages {
  readonly #sql: SqlStorage;
  readonly #timing: Timing["scheduled"];
  readonly #quotas: Pick<QuotaUses, "limitOf">;

  constructor(sql: SqlStorage, timing: Timing["scheduled"], quotas: Pick<QuotaUses, "limitOf">) {
    this.#sql = sql;
    this.#timing = timing;
    this.#quotas = quotas;
  }

  /**
   * Stores a scheduled message. Idempotent by id, and by conversation and client message id: then the
   * message is the stored one, whatever its content, and `isNew` is false.
   * @throws `validation_failed` for a time that is over or more than a year ahead, and for a poll that has
   *   ended by then, or ends more than 365 days later; `quota` for one too many
   */
  add({ id, conversationId, sendAt, draft }: NewScheduledMessage): {
    message: ScheduledMessage;
    isNew: boolean;
  } {
    const known = this.findByClientId(conversationId, draft.clientMsgId);
    if (known) return { message: known, isNew: false };
    this.#requireTime(sendAt);
    requireOpenPoll(draft, sendAt);
    this.#requireRoom();
    this.#sql.exec(
      `INSERT INTO scheduled (id, conversation_id, client_msg_id, send_at, created_at, draft)
       VALUES (?, ?, ?, ?, ?, ?)`,
      ...[id, conversationId, draft.clientMsgId, sendAt, Date.now(), JSON.stringify(draft)],
    );
    return { message: this.get(id), isNew: true };
  }

  /** The scheduled message with this id. @throws `not_found` */
  get(id: ScheduledId): ScheduledMessage {
    const found = this.find(id);
    if (!found) throw noScheduled();
    return found;
  }

  /** The scheduled message with this id; undefined: it is sent, deleted, or was never made. */
  find(id: ScheduledId): ScheduledMessage | undefined {
    return this.#read("id = ?", id)[0]?.message;
  }

  /** The scheduled message of a conversation with this client message id. */
  findByClientId(conversationId: ConversationId, clientMsgId: string): ScheduledMessage | undefined {
    return this.#read("conversation_id = ? AND client_msg_id = ?", conversationId, clientMsgId)[0]?.message;
  }

  /** At most `limit` scheduled messages behind a position, in the order in which they are due. */
  page(after: ScheduledPosition | undefined, limit: number): ListedMessage[] {
    const [sendAt, n] = after ?? [0, 0];
    return this.#read("(send_at, n) > (?, ?) ORDER BY send_at, n LIMIT ?", sendAt, n, limit);
  }

  /**
   * Changes a scheduled message. A new time lets a failed one wait again. Idempotent.
   * @throws `not_found`, `conflict` for one that is due, or that failed and gets no new time;
   *   `validation_failed` and `quota` as `add`
   */
  change(id: ScheduledId, change: ScheduledChange): ScheduledMessage {
    const message = this.get(id);
    const { sendAt } = change;
    if (message.failed === null) this.#requireNotDue(message);
    else if (sendAt === undefined) throw failedWithoutTime();
    if (sendAt !== undefined) this.#requireTime(sendAt);
    if (message.failed !== null) this.#requireRoom();
    const draft = changedDraft(message.draft, change);
    if (sendAt !== undefined || change.content) requireOpenPoll(draft, sendAt ?? message.sendAt);
    this.#sql.exec(
      "UPDATE scheduled SET send_at = ?, draft = ?, failed = NULL, failed_at = NULL WHERE id = ?",
      ...[sendAt ?? message.sendAt, JSON.stringify(draft), id],
    );
    return this.get(id);
  }

  /**
   * Deletes a scheduled message.
   * @returns it as it was
   * @throws `not_found`, `conflict` for one that is due
   */
  delete(id: ScheduledId): ScheduledMessage {
    const message = this.get(id);
    if (message.failed === null) this.#requireNotDue(message);
    this.remove(id);
    return message;
  }

  /** Removes a message that is sent. @returns false: it was gone */
  remove(id: ScheduledId): boolean {
    return this.#sql.exec("DELETE FROM scheduled WHERE id = ? RETURNING n", id).toArray().length > 0;
  }

  /** The first message of a conversation that is due. @param now ms since 1970 */
  firstDue(conversationId: ConversationId, now: number): ScheduledMessage | undefined {
    const first = "conversation_id = ? AND failed IS NULL AND send_at <= ? ORDER BY send_at, n LIMIT 1";
    return this.#read(first, conversationId, now)[0]?.message;
  }

  /** When the next message of a conversation is due (ms since 1970); null: none waits. */
  nextDue(conversationId: ConversationId): number | null {
    const query = "SELECT min(send_at) AS due FROM scheduled WHERE conversation_id = ? AND failed IS NULL";
    return this.#sql.exec<{ due: number | null }>(query, conversationId).one().due;
  }

  /** The messages of a conversation that were due at this time (ms since 1970) and still wait. */
  waitingSince(conversationId: ConversationId, time: number): ScheduledMessage[] {
    const waiting = "conversation_id = ? AND failed IS NULL AND send_at <= ? ORDER BY send_at, n";
    return this.#read(waiting, conversationId, time).map(({ message }) => message);
  }

  /**
   * Notes why a message was refused.
   * @returns it, and the ids of older failed ones that made room for it; null: it is gone
   */
  fail(id: ScheduledId, code: ErrorCode): { message: ScheduledMessage; dropped: ScheduledId[] } | null {
    this.#sql.exec("UPDATE scheduled SET failed = ?, failed_at = ? WHERE id = ?", code, Date.now(), id);
    const message = this.find(id);
    if (!message) return null;
    const older = `SELECT n FROM scheduled WHERE failed IS NOT NULL ORDER BY failed_at DESC, n DESC
      LIMIT -1 OFFSET ?`;
    return { message, dropped: this.#drop(`n IN (${older})`, LIMITS.scheduled) };
  }

  /** Deletes the messages that failed too long ago. @returns their ids */
  deleteExpired(): ScheduledId[] {
    return this.#drop("failed_at <= ?", Date.now() - this.#timing.keepFailedMs);
  }

  /** When the next failed message expires (ms since 1970); null: none has failed. */
  nextExpiry(): number | null {
    const query = "SELECT min(failed_at) AS first FROM scheduled";
    const { first } = this.#sql.exec<{ first: number | null }>(query).one();
    return first === null ? null : first + this.#timing.keepFailedMs;
  }

  #drop(condition: string, bound: number): ScheduledId[] {
    const deletion = `DELETE FROM scheduled WHERE ${condition} RETURNING id`;
    return this.#sql
      .exec<{ id: string }>(deletion, bound)
      .toArray()
      .map(({ id }) => ScheduledId.parse(id));
  }

  #read(condition: string, ...values: (string | number)[]): ListedMessage[] {
    const query = `SELECT * FROM scheduled WHERE ${condition}`;
    return this.#sql
      .exec<Row>(query, ...values)
      .toArray()
      .map(listed);
  }

  #requireTime(sendAt: number): void {
    const now = Date.now();
    if (sendAt <= now) throw invalid("body.send_at", `must be in the future: it is ${now} here`);
    const latest = now + this.#timing.maxAheadMs;
    if (sendAt > latest) throw invalid("body.send_at", `must be at most a year ahead: until ${latest}`);
  }

  #requireRoom(): void {
    const limit = this.#quotas.limitOf("scheduled");
    if (limit === null) return;
    const query = "SELECT count(*) AS used, min(send_at) AS due FROM scheduled WHERE failed IS NULL";
    const { used, due } = this.#sql.exec<{ used: number; due: number | null }>(query).one();
    if (used >= limit) throw overQuota("scheduled", { limit, used, resetsAt: due });
  }

  #requireNotDue({ sendAt }: ScheduledMessage): void {
    if (sendAt > Date.now()) return;
    throw new CoreError("conflict", "The message is due: it is being sent and cannot be changed any more.");
  }
}

/** @throws `validation_failed` for a poll that has ended when it is sent, or ends too long after that */
function requireOpenPoll(draft: AnyDraft, sendAt: number): void {
  if ("copy" in draft || !draft.poll || draft.poll.ends_at === 0) return;
  const { ends_at: endsAt } = draft.poll;
  if (endsAt <= sendAt) throw invalid("body.send_at", `must be before the poll ends: at ${endsAt}`);
  if (endsAt - sendAt > LIMITS.pollMs)
    throw invalid("body.send_at", `must be at most 365 days before the poll ends: at ${endsAt}`);
}

function failedWithoutTime(): CoreError {
  return new CoreError("conflict", "The message was refused when it was due. Send a new `send_at` with it.");
}

function listed(row: Row): ListedMessage {
  const message = {
    id: ScheduledId.parse(row.id),
    conversationId: row.conversation_id,
    sendAt: row.send_at,
    createdAt: row.created_at,
    draft: readDraft(row.draft),
    failed:
      row.failed === null || row.failed_at === null
        ? null
        : { code: readFailure(row.failed), at: row.failed_at },
  };
  return { message, position: [row.send_at, row.n] };
}
