import type { Failure, Result } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { AnyDraft, Draft, ForwardDraft } from "../../domain/messages/message.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { Backlog, weightOf } from "../../object/backlog.ts";
import { KeyQueue } from "../../object/key-queue.ts";
import type { DirectPermission } from "./direct-permission.ts";
import type { ForwardResolver } from "./forward-resolver.ts";
import type { SendOrigin, SendOutcome } from "./send.ts";
import { MAX_WAITING, type SendQueue, TOO_MANY } from "./send-queue.ts";

/**
 * Where sends come in. Nearly always they go straight to the queue; those of one origin wait here, in their
 * order, for a message to be forwarded, and, while somebody changes whether the two of a direct conversation
 * may write, for a look at D1.
 */
export class SendAdmission {
  readonly #sends: SendQueue<SendOrigin>;
  readonly #permission: DirectPermission;
  readonly #forwards: ForwardResolver;
  readonly #refused: (outcomes: SendOutcome<SendOrigin>[]) => void;
  readonly #queues = new KeyQueue<object>();
  readonly #backlog = new Backlog(MAX_WAITING);

  /** @param refused told of sends which did not come to the queue, in order */
  constructor(
    sends: SendQueue<SendOrigin>,
    directFlags: DirectPermission,
    copies: ForwardResolver,
    refused: (outcomes: SendOutcome<SendOrigin>[]) => void,
  ) {
    this.#sends = sends;
    this.#permission = directFlags;
    this.#forwards = copies;
    this.#refused = refused;
  }

  /** Takes in drafts of one origin; each is stored or refused in the end. */
  admit(senderId: UserId, drafts: AnyDraft[], origin: SendOrigin): void {
    for (const part of parts(drafts)) this.#admit(senderId, part, origin);
  }

  #admit(senderId: UserId, part: Part, origin: SendOrigin): void {
    const look = this.#permission.check();
    const key = "socket" in origin ? origin.socket : (origin.line ?? origin);
    // Who has nothing to wait for is not refused because others have.
    if (part.whole && !look && !this.#queues.isBusy(key)) {
      this.#submit(senderId, part.drafts, origin);
      return;
    }
    const bytes = part.drafts.reduce((sum, draft) => sum + weightOf(draft), 0);
    const count = part.drafts.length;
    if (!this.#backlog.take(count, bytes)) {
      this.#refuse(part.drafts, TOO_MANY, origin);
      return;
    }
    const admitted = this.#queues.run(key, async () => {
      const ready = await this.#ready(senderId, part, look);
      this.#backlog.release(count, bytes);
      // A session that was ended meanwhile says nothing any more.
      if ("socket" in origin && origin.socket.isClosing) return;
      if (ready.ok) this.#submit(senderId, ready.value, origin);
      else this.#refuse(part.drafts, ready, origin);
    });
    admitted.catch((error: unknown) => log("error", "send_admission_failed", errorFields(error)));
  }

  /** What a part has to wait for once its turn has come: what it copies first, then who may write. */
  #ready(
    senderId: UserId,
    part: Part,
    look: ReturnType<DirectPermission["check"]>,
  ): Promise<Result<Draft[]>> | Result<Draft[]> {
    if (!part.whole) return this.#copy(senderId, part.drafts[0]);
    const { drafts } = part;
    // Who had nothing to wait for when he came may have it once those before him are through.
    const check = look ?? this.#permission.check();
    return check ? check.then((unknown) => unknown ?? allOf(drafts)) : allOf(drafts);
  }

  async #copy(senderId: UserId, draft: ForwardDraft): Promise<Result<Draft[]>> {
    const copied = await this.#forwards.resolve(senderId, draft);
    if (!copied.ok) return copied;
    return (await this.#permission.check()) ?? allOf([copied.value]);
  }

  #submit(senderId: UserId, drafts: Draft[], origin: SendOrigin): void {
    this.#sends.enqueue(drafts.map((draft) => ({ senderId, draft, origin })));
  }

  #refuse(drafts: AnyDraft[], result: Failure, origin: SendOrigin): void {
    this.#refused(drafts.map((draft) => ({ send: { draft, origin }, result })));
  }
}

/** What goes in together: whole drafts, or one that is still to be made whole. */
type Part = { whole: true; drafts: Draft[] } | { whole: false; drafts: [ForwardDraft] };

function parts(drafts: AnyDraft[]): Part[] {
  const made: Part[] = [];
  for (const draft of drafts) {
    const last = made.at(-1);
    if ("copy" in draft) made.push({ whole: false, drafts: [draft] });
    else if (last?.whole) last.drafts.push(draft);
    else made.push({ whole: true, drafts: [draft] });
  }
  return made;
}

function allOf(drafts: Draft[]): Result<Draft[]> {
  return { ok: true, value: drafts };
}
