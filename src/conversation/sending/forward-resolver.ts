import { CoreError, type Result } from "../../domain/errors.ts";
import type { ConversationId, Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { resolveForward } from "../../domain/messages/copies/forwarding.ts";
import { mergedTooLarge, sendersIn } from "../../domain/messages/copies/merged.ts";
import type { Draft, ForwardDraft, Originals } from "../../domain/messages/message.ts";
import type { MessageSources } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { NotLoaded, whenLoaded } from "../../object/calls/not-loaded.ts";
import { Semaphore } from "../../object/concurrency.ts";
import type { MessageLog } from "../log/message-log.ts";
import { readForwarded, readHook } from "../log/row.ts";
import type { Members } from "../members/members.ts";
import type { ProfileCache } from "../members/profile-cache.ts";
import { readPoll } from "../polls/stored-poll.ts";
import type { Viewers } from "../viewers/viewers.ts";
import { NOT_STORED } from "./send-queue.ts";

/** The maximum of forwards that are resolved at once; each may take twice 256 KiB of memory. */
const MAX_CONCURRENT = 16;

/** This conversation, as a source of originals. */
interface LocalLog {
  id: ConversationId;
  members: Pick<Members, "findSender">;
  viewers: Pick<Viewers, "insider">;
  log: MessageLog;
  profiles: ProfileCache;
  /** commits the waiting sends */
  flush: () => void;
}

/** Completes forwards: copies their content from messages of this conversation or of others. */
export class ForwardResolver {
  readonly #own: LocalLog;
  readonly #sources: MessageSources;
  readonly #timing: Timing["copies"];
  readonly #semaphore = new Semaphore(MAX_CONCURRENT);

  constructor(own: LocalLog, others: MessageSources, timing: Timing["copies"]) {
    this.#own = own;
    this.#timing = timing;
    this.#sources = {
      // A call of the object to itself would wait for itself, so its own messages are read directly.
      messages: (id, input) =>
        id === own.id ? this.messages(input.userId, input.seqs) : others.messages(id, input),
    };
  }

  /**
   * Reads messages as originals: those which the user may see, with bodies as stored, and the profiles of the
   * senders in them. Messages that the user may not see are missing.
   * @throws `not_found` unless the user is a member, `validation_failed` if the messages are too large to be
   *   merged
   */
  messages(userId: UserId, seqs: Seq[]): Promise<Originals> {
    return whenLoaded(() => this.#own.profiles.fresh(() => this.#readOwn(userId, seqs)));
  }

  #readOwn(userId: UserId, seqs: Seq[]): Originals {
    const { id: conversationId, profiles: people, viewers, log, flush } = this.#own;
    flush();
    const rows = [...log.visibleOf(seqs, viewers.insider(userId)).values()];
    if (rows.reduce((sum, row) => sum + log.renderedBytes(row), 0) > LIMITS.mergedBytes)
      throw mergedTooLarge();
    const messages = rows.map((row) => ({
      conversationId,
      ...{ seq: row.seq, senderId: row.sender_id, kind: row.kind, body: row.body },
      ...(row.hook !== null && { hook: readHook(row.hook) }),
      ...(row.place !== null && { place: row.place }),
      ...(row.forwarded !== null && { forwarded: readForwarded(row.forwarded) }),
      ...(row.poll !== null && { poll: readPoll(row)?.body }),
      ...{ revoked: row.revoked_rev !== null, createdAt: row.created_at },
    }));
    const senders = rows.flatMap(({ sender_id, kind, body }) => [sender_id, ...sendersIn(kind, body)]);
    return { messages, people: people.among(senders) };
  }

  /**
   * Completes a forward. A repeated send needs no originals: its sender gets the first message, even if an
   * original was revoked since.
   * @returns the complete draft, or why it cannot be sent; the promise never rejects
   */
  async resolve(senderId: UserId, draft: ForwardDraft): Promise<Result<Draft>> {
    try {
      return await whenLoaded(() => this.#resolve(senderId, draft));
    } catch (error) {
      if (error instanceof CoreError) return error.toFailure();
      throw error;
    }
  }

  async #resolve(senderId: UserId, draft: ForwardDraft): Promise<Result<Draft>> {
    try {
      if (!this.#own.members.findSender(senderId)) this.#own.viewers.insider(senderId);
      return { ok: true, value: this.#repeatedDraft(senderId, draft) ?? (await this.#read(senderId, draft)) };
    } catch (error) {
      if (error instanceof NotLoaded) throw error;
      // The same message may have been stored while the originals were read.
      const repeated = this.#repeatedDraft(senderId, draft);
      if (repeated) return { ok: true, value: repeated };
      if (error instanceof CoreError) return error.toFailure();
      log("error", "forward_failed", { sender: senderId, ...errorFields(error) });
      return NOT_STORED;
    }
  }

  #read(senderId: UserId, draft: ForwardDraft): Promise<Draft> {
    return this.#semaphore.run(() =>
      withDeadline(resolveForward(this.#sources, senderId, draft), this.#timing.readTimeoutMs),
    );
  }

  /**
   * A draft that stands for the message stored under the same client message id: the send queue answers with
   * it.
   */
  #repeatedDraft(senderId: UserId, { copy: _, ...fields }: ForwardDraft): Draft | undefined {
    if (fields.clientMsgId === undefined) return undefined;
    this.#own.flush();
    const row = this.#own.log.byClientId(senderId, fields.clientMsgId);
    return row && { ...fields, kind: row.kind, body: row.body };
  }
}
