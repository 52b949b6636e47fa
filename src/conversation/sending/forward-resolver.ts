import { CoreError, type Result } from "../../domain/errors.ts";
import type { ConversationId, Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { resolveForward } from "../../domain/messages/forwarding.ts";
import { mergedTooLarge, sendersIn } from "../../domain/messages/merged.ts";
import type { Draft, ForwardDraft, Originals } from "../../domain/messages/message.ts";
import type { MessageSources } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { Semaphore } from "../../object/concurrency.ts";
import { withDeadline } from "../../object/deadline.ts";
import { type MessageLog, readForwarded } from "../log/message-log.ts";
import type { Members } from "../members/members.ts";
import type { ProfileCache } from "../members/profile-cache.ts";
import { NOT_STORED } from "./send-queue.ts";

/** How many drafts are read for at the same time; each may take twice 256 KiB of memory. */
const MAX_READING = 16;

interface LocalLog {
  id: ConversationId;
  members: Members;
  log: MessageLog;
  people: ProfileCache;
  /** commits what waits */
  flush: () => void;
}

/** Makes whole drafts of those whose content is in other messages, of this conversation or of others. */
export class ForwardResolver {
  readonly #own: LocalLog;
  readonly #sources: MessageSources;
  readonly #timing: Timing["copies"];
  readonly #semaphore = new Semaphore(MAX_READING);

  constructor(own: LocalLog, others: MessageSources, timing: Timing["copies"]) {
    this.#own = own;
    this.#timing = timing;
    this.#sources = {
      // An object that called itself would wait for itself.
      messages: (id, input) =>
        id === own.id ? this.messages(input.userId, input.seqs) : others.messages(id, input),
    };
  }

  /**
   * Those of these messages which a member may see, as they are stored.
   * @throws `not_found` unless he is in it, `validation_failed` if they are too large to be merged
   */
  async messages(userId: UserId, seqs: Seq[]): Promise<Originals> {
    const { id: conversationId, people, members, log, flush: settle } = this.#own;
    await people.ensureFresh();
    settle();
    const rows = [...log.visibleOf(seqs, members.active(userId)).values()];
    if (rows.reduce((sum, row) => sum + log.countAndWeigh(row), 0) > LIMITS.mergedBytes)
      throw mergedTooLarge();
    const messages = rows.map((row) => ({
      conversationId,
      ...{ seq: row.seq, senderId: row.sender_id, kind: row.kind, body: row.body },
      ...(row.forwarded !== null && { forwarded: readForwarded(row.forwarded) }),
      ...{ revoked: row.revoked_rev !== null, createdAt: row.created_at },
    }));
    const senders = rows.flatMap(({ sender_id, kind, body }) => [sender_id, ...sendersIn(kind, body)]);
    return { messages, people: people.among(senders) };
  }

  /**
   * The draft with its content. What was sent already with its client id needs none: its sender is answered
   * with the first message, even if what it copied has gone since. Never rejects.
   */
  async resolve(senderId: UserId, draft: ForwardDraft): Promise<Result<Draft>> {
    try {
      this.#own.members.active(senderId);
      return { ok: true, value: this.#recheck(senderId, draft) ?? (await this.#read(senderId, draft)) };
    } catch (error) {
      // The same may have been sent in the meantime.
      const known = this.#recheck(senderId, draft);
      if (known) return { ok: true, value: known };
      if (error instanceof CoreError) return error.toFailure();
      log("error", "copy_failed", { sender: senderId, ...errorFields(error) });
      return NOT_STORED;
    }
  }

  #read(senderId: UserId, draft: ForwardDraft): Promise<Draft> {
    return this.#semaphore.run(() =>
      withDeadline(resolveForward(this.#sources, senderId, draft), this.#timing.readTimeoutMs),
    );
  }

  /** A draft that the log knows by its client id: it will give the first message. */
  #recheck(senderId: UserId, { copy: _, ...rest }: ForwardDraft): Draft | undefined {
    if (rest.clientMsgId === undefined) return undefined;
    this.#own.flush();
    const row = this.#own.log.byClientId(senderId, rest.clientMsgId);
    return row && { ...rest, kind: row.kind, body: row.body };
  }
}
