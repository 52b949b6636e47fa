import type { Failure, Result } from "../core/errors.ts";
import type { UserId } from "../core/ids.ts";
import type { AnyDraft, CopyDraft, Draft } from "../core/message.ts";
import { Backlog, weightOf } from "../object/backlog.ts";
import type { Copies } from "./copies.ts";
import type { DirectFlags } from "./flags.ts";
import { Lines } from "./lines.ts";
import type { Origin } from "./listener.ts";
import { MAX_WAITING, type Outcome, type Sends, TOO_MANY } from "./sends.ts";

/**
 * Where sends come in. Nearly always they go straight to the queue; those of one origin wait here, in their
 * order, for a message to be forwarded, and, while somebody changes whether the two of a direct conversation
 * may write, for a look at D1.
 */
export class Door {
  readonly #sends: Sends<Origin>;
  readonly #flags: DirectFlags;
  readonly #copies: Copies;
  readonly #refused: (outcomes: Outcome<Origin>[]) => void;
  readonly #lines = new Lines<object>();
  readonly #backlog = new Backlog(MAX_WAITING);

  /** @param refused told of sends which did not come to the queue, in order */
  constructor(
    sends: Sends<Origin>,
    flags: DirectFlags,
    copies: Copies,
    refused: (outcomes: Outcome<Origin>[]) => void,
  ) {
    this.#sends = sends;
    this.#flags = flags;
    this.#copies = copies;
    this.#refused = refused;
  }

  /** Takes in drafts of one origin; each is stored or refused in the end. */
  enter(senderId: UserId, drafts: AnyDraft[], origin: Origin): void {
    for (const part of parts(drafts)) this.#enter(senderId, part, origin);
  }

  #enter(senderId: UserId, part: Part, origin: Origin): void {
    const look = this.#flags.check();
    const key = "socket" in origin ? origin.socket : (origin.line ?? origin);
    // Who has nothing to wait for is not refused because others have.
    if (part.whole && !look && !this.#lines.isBusy(key)) {
      this.#submit(senderId, part.drafts, origin);
      return;
    }
    const bytes = part.drafts.reduce((sum, draft) => sum + weightOf(draft), 0);
    const count = part.drafts.length;
    if (!this.#backlog.enter(count, bytes)) {
      this.#refuse(part.drafts, TOO_MANY, origin);
      return;
    }
    this.#lines.enter(
      key,
      () => this.#ready(senderId, part, look),
      (ready) => {
        this.#backlog.leave(count, bytes);
        // A session that was ended meanwhile says nothing any more.
        if ("socket" in origin && origin.socket.isClosing) return;
        if (ready.ok) this.#submit(senderId, ready.value, origin);
        else this.#refuse(part.drafts, ready, origin);
      },
    );
  }

  /** What a part has to wait for once its turn has come: what it copies first, then who may write. */
  #ready(
    senderId: UserId,
    part: Part,
    look: ReturnType<DirectFlags["check"]>,
  ): Promise<Result<Draft[]>> | Result<Draft[]> {
    if (!part.whole) return this.#copy(senderId, part.drafts[0]);
    const { drafts } = part;
    // Who had nothing to wait for when he came may have it once those before him are through.
    const check = look ?? this.#flags.check();
    return check ? check.then((unknown) => unknown ?? allOf(drafts)) : allOf(drafts);
  }

  async #copy(senderId: UserId, draft: CopyDraft): Promise<Result<Draft[]>> {
    const copied = await this.#copies.whole(senderId, draft);
    if (!copied.ok) return copied;
    return (await this.#flags.check()) ?? allOf([copied.value]);
  }

  #submit(senderId: UserId, drafts: Draft[], origin: Origin): void {
    this.#sends.submit(drafts.map((draft) => ({ senderId, draft, origin })));
  }

  #refuse(drafts: AnyDraft[], result: Failure, origin: Origin): void {
    this.#refused(drafts.map((draft) => ({ send: { draft, origin }, result })));
  }
}

/** What goes in together: whole drafts, or one that is still to be made whole. */
type Part = { whole: true; drafts: Draft[] } | { whole: false; drafts: [CopyDraft] };

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
