import { CoreError, type ErrorCode } from "../../domain/errors.ts";
import { ConversationId, type Seq, type UserId } from "../../domain/ids.ts";
import type { AnyDraft } from "../../domain/messages/message.ts";
import { fileOf, type ScheduledEvent, type ScheduledMessage } from "../../domain/messages/scheduled.ts";
import type { Metrics } from "../../domain/operation/metrics.ts";
import type { Conversations, UserDirectory } from "../../domain/ports.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { CallBudget } from "../../object/concurrency.ts";
import type { QuotaUses } from "../quota-uses.ts";
import { HeldFiles } from "./held-files.ts";
import { ScheduledMessages } from "./scheduled-messages.ts";

/** The messages of one conversation that one run of its job sends. */
const MAX_AT_ONCE = 20;

/**
 * The calls of one send: the lookups of its file and of its user, the send, and the question what became of a
 * refused one.
 */
const CALLS_PER_SEND = 4;

/** Refusals that say nothing about the message: its send is tried again. */
const PASSING: ReadonlySet<ErrorCode> = new Set(["unavailable", "rate_limited", "internal"]);

/** The alarm jobs of scheduled messages. */
interface Scheduler {
  schedule(kind: "scheduled" | "scheduled_expiry", key: string, due: number): void;
}

interface ScheduledSendsDeps {
  directory: Pick<UserDirectory, "fileExists" | "isSuspended">;
  conversations: Pick<Conversations, "send" | "checkDraft">;
  files: HeldFiles;
  metrics: Metrics;
  timing: Timing["scheduled"];
  userId(): UserId;
  /** whether a deletion of the account is under way, and D1 has the answer */
  mayBeDeleted(): boolean;
  /** sends an event to the user's connected devices */
  tell(event: DeviceEvent): void;
}

/**
 * Sends scheduled messages when they are due: one job for each conversation, which run beside each other, so
 * that a conversation that does not answer holds up no other, nor other jobs. The client message id of a
 * draft never changes, so a send that is repeated after a crash stores nothing twice.
 */
class ScheduledSends {
  readonly #messages: ScheduledMessages;
  readonly #jobs: Scheduler;
  readonly #deps: ScheduledSendsDeps;

  constructor(messages: ScheduledMessages, jobs: Scheduler, deps: ScheduledSendsDeps) {
    this.#messages = messages;
    this.#jobs = jobs;
    this.#deps = deps;
  }

  /**
   * A message is stored: wakes the inbox when it is due, and tells the devices.
   * @param before its draft before a change; absent: it is new
   */
  stored(message: ScheduledMessage, before?: AnyDraft): void {
    this.#jobs.schedule("scheduled", String(message.conversationId), message.sendAt);
    this.#deps.files.changed(message.id, before ? [before, message.draft] : [message.draft]);
    this.#tell(message, before ? "changed" : "created");
  }

  /** Its user has deleted a message. */
  deleted(message: ScheduledMessage): void {
    this.#deps.files.changed(message.id, [message.draft]);
    this.#tell(message, "deleted");
  }

  /**
   * The `scheduled` job of a conversation: sends what is due there, in order.
   * @returns when the next one is due (ms), or null
   * @throws if a send has to be repeated
   */
  async sendDue(key: string, calls: CallBudget): Promise<number | null> {
    const conversationId = ConversationId.parse(Number(key));
    for (let sent = 0; sent < MAX_AT_ONCE; sent++) {
      // D1 may have deleted the account, also since the message before: what is due is erased, and not sent.
      if (this.#deps.mayBeDeleted()) return Date.now() + this.#deps.timing.deletionPauseMs;
      const message = this.#messages.firstDue(conversationId, Date.now());
      if (!message) return this.#messages.nextDue(conversationId);
      if (calls.take(CALLS_PER_SEND) < CALLS_PER_SEND) break;
      try {
        await this.#send(message);
      } catch (error) {
        this.#giveUp(conversationId);
        throw error;
      }
    }
    return Date.now();
  }

  /** The `scheduled_expiry` job: forgets old failures. @returns when the next one expires (ms), or null */
  deleteExpired(): number | null {
    for (const id of this.#messages.deleteExpired()) this.#deps.files.changed(id);
    return this.#messages.nextExpiry();
  }

  /** Sends one message, or notes why it is refused. @throws if that is not known yet */
  async #send(message: ScheduledMessage): Promise<void> {
    const { conversationId, draft } = message;
    const outcome = await this.#attempt(message);
    const result = "seq" in outcome ? "stored" : outcome.refused;
    this.#deps.metrics.count("sends", { surface: "scheduled", result });
    if ("seq" in outcome) {
      this.#sent(message, outcome.seq);
      return;
    }
    // An earlier try may have stored the message, and its answer was lost: then nothing refuses it any more.
    const input = { userId: this.#deps.userId(), draft };
    const stored = await this.#within(draft, this.#deps.conversations.checkDraft(conversationId, input)).then(
      ({ sent }) => sent,
      (error: unknown) => {
        if (isFinal(error)) return null;
        throw error;
      },
    );
    if (stored) this.#sent(message, stored.seq);
    else this.#failed(message, outcome.refused);
  }

  /** @returns the seq of the stored message, or the refusal @throws if neither is known */
  async #attempt(message: ScheduledMessage): Promise<{ seq: Seq } | { refused: ErrorCode }> {
    const { conversationId, draft } = message;
    const { conversations, directory, mayBeDeleted, userId } = this.#deps;
    const file = fileOf(draft);
    if (file !== null && !(await directory.fileExists(file))) return { refused: "not_found" };
    // Nobody would let them in to send it by hand.
    if (await directory.isSuspended(userId())) return { refused: "suspended" };
    // A deletion of the account may have begun during the lookups.
    if (mayBeDeleted()) throw new CoreError("unavailable", "The account may be deleted.");
    try {
      const send = conversations.send(conversationId, { userId: userId(), draft });
      return { seq: (await this.#within(draft, send)).message.seq };
    } catch (error) {
      if (isFinal(error)) return { refused: error.code };
      throw error;
    }
  }

  /** Waits for a conversation: longer where it reads other ones first. */
  #within<T>(draft: ScheduledMessage["draft"], call: Promise<T>): Promise<T> {
    const { sendTimeoutMs, copyTimeoutMs } = this.#deps.timing;
    return withDeadline(call, "copy" in draft ? copyTimeoutMs : sendTimeoutMs);
  }

  /** Notes as failed what could not be sent for a day: a message that comes so late is of no use. */
  #giveUp(conversationId: ConversationId): void {
    const { timing } = this.#deps;
    const late = this.#messages.waitingSince(conversationId, Date.now() - timing.giveUpMs);
    if (late.length === 0) return;
    log("warn", "scheduled_given_up", { conversation: conversationId, messages: late.length });
    for (const message of late) this.#failed(message, "unavailable");
  }

  #sent(message: ScheduledMessage, seq: Seq): void {
    // The account may have been deleted meanwhile.
    if (!this.#messages.remove(message.id)) return;
    this.#deps.files.changed(message.id, [message.draft]);
    this.#tell(message, "sent", seq);
  }

  #failed({ id }: ScheduledMessage, code: ErrorCode): void {
    const failed = this.#messages.fail(id, code);
    if (!failed) return;
    this.#jobs.schedule("scheduled_expiry", "", Date.now() + this.#deps.timing.keepFailedMs);
    for (const dropped of failed.dropped) this.#deps.files.changed(dropped);
    this.#deps.files.changed(id, [failed.message.draft]);
    this.#tell(failed.message, "failed");
  }

  #tell(message: ScheduledMessage, event: ScheduledEvent, seq?: Seq): void {
    this.#deps.tell({ type: "scheduled", event, message, ...(seq !== undefined && { seq }) });
  }
}

/** Whether a refusal is about the message, so that a repeated send would be refused, too. */
function isFinal(error: unknown): error is CoreError {
  return error instanceof CoreError && !PASSING.has(error.code);
}

/** The alarm jobs of scheduled messages. */
interface ScheduledJobs {
  schedule(kind: "scheduled" | "scheduled_files" | "scheduled_expiry", key: string, due: number): void;
}

interface ScheduledDeps {
  directory: Pick<UserDirectory, "fileExists" | "isSuspended" | "holdFiles" | "releaseFiles">;
  conversations: Pick<Conversations, "send" | "checkDraft">;
  timing: Pick<Timing, "scheduled" | "files">;
  quotas: Pick<QuotaUses, "limitOf">;
  metrics: Metrics;
  userId(): UserId;
  /** whether a deletion of the account is under way, and D1 has the answer */
  mayBeDeleted(): boolean;
  /** sends an event to the user's connected devices */
  tell(event: DeviceEvent): void;
}

/** The scheduled messages of a user: what is stored, what becomes of it, and its files. */
export interface Scheduled {
  messages: ScheduledMessages;
  sends: ScheduledSends;
  files: HeldFiles;
}

/** Creates the parts from the table of the inbox, and connects them. */
export function createScheduled(sql: SqlStorage, jobs: ScheduledJobs, deps: ScheduledDeps): Scheduled {
  const messages = new ScheduledMessages(sql, deps.timing.scheduled, deps.quotas);
  const files = new HeldFiles(messages, jobs, deps);
  const sends = new ScheduledSends(messages, jobs, { ...deps, files, timing: deps.timing.scheduled });
  return { messages, sends, files };
}
