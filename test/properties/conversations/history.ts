import { expect } from "vitest";
import { Changes, type Own, type State, unchanged } from "./changes.ts";

/** A message to be sent. `text` is unique, so that the stored message is recognized by it. */
export interface Draft {
  text: string;
  userId: number;
  clientMsgId: string | undefined;
  quoteSeq: number | undefined;
  /** it is a poll with `text` as its question */
  poll?: { multiple: boolean; anonymous: boolean } | undefined;
  /** it is a system message: this message was pinned */
  pins?: number | undefined;
  /** the thread in which it answers */
  thread?: { root: number; alsoInMain: boolean } | undefined;
  /** the sending device, or "" for a call; sends of one device stay in order */
  lane: string;
  /** the object may have been evicted during the send, so that others overtook it */
  tainted: boolean;
}

/** A message as all members see it, before revokes and hides. */
export interface Said {
  seq: number;
  draft: Draft;
  createdAt: number;
}

/** The server's answer to a draft, compared with the history once that is known. */
interface Acknowledged {
  draft: Draft;
  seq: number;
  createdAt: number;
}

/** A message as one member sees it now. */
export interface Shown extends State, Own {
  seq: number;
  senderId: number;
  /** the server says so itself: nobody has written it */
  isTip: boolean;
  quote: { seq: number; preview: string } | undefined;
  /** the root of its thread, and whether it is in the main stream */
  thread: { root: number; alsoInMain: boolean } | undefined;
  /** the replies that are not revoked */
  replies: number;
  createdAt: number;
}

/** What is shown: the main stream, or thread-only replies too. */
export type Scope = "main" | "all";

/** Whether a draft becomes a message of the main stream. */
export function isInMain({ thread }: Pick<Draft, "thread">): boolean {
  return thread?.alsoInMain !== false;
}

/** A message in the state in which it is sent. */
export function asSent({ seq, draft, createdAt }: Said): Shown {
  const { userId: senderId, text, thread, poll, pins } = draft;
  return {
    ...{ seq, senderId, isTip: pins !== undefined, quote: undefined, thread, replies: 0, createdAt },
    ...{ ...unchanged(text, poll !== undefined), mine: [], votes: [] },
  };
}

/** The expected history of a conversation: the model that the server is compared with. */
export class History {
  readonly said: Said[] = [];
  readonly #drafts = new Map<string, Draft>();
  readonly #refused: Draft[] = [];
  readonly #acknowledged: Acknowledged[] = [];
  readonly #byClientId = new Map<string, Said>();
  /** by seq, the user who revoked the message */
  readonly revoked = new Map<number, number>();
  /** messages that are or may be revoked, as a call was begun */
  readonly revoking = new Set<number>();
  readonly changes = new Changes();
  readonly #hidden = new Map<number, Set<number>>();
  readonly #hiding = new Map<number, Set<number>>();
  readonly #read = new Map<number, number>();
  readonly #marks = new Map<number, number>();
  /** the messages that users have marked unread in this step */
  readonly #asked = new Map<number, Set<number>>();
  /** who has read or written in this step */
  readonly #active = new Set<number>();
  /** by user, the threads that they follow: the root, and up to where they have read */
  readonly #followed = new Map<number, Map<number, number>>();

  get last(): number {
    return this.said.length;
  }

  draft(draft: Draft): Draft {
    this.#drafts.set(draft.text, draft);
    return draft;
  }

  /** The draft that a user sent with this client id. */
  wanted(userId: number, clientMsgId: string): Draft | undefined {
    return [...this.#drafts.values()].find(
      (draft) => draft.userId === userId && draft.clientMsgId === clientMsgId,
    );
  }

  /** The client ids that a user has used, in order. */
  clientIds(userId: number): string[] {
    const own = [...this.#drafts.values()].filter((draft) => draft.userId === userId);
    return [...new Set(own.flatMap(({ clientMsgId }) => clientMsgId ?? []))];
  }

  acknowledged(draft: Draft, place: { seq: number; createdAt: number }): void {
    this.#acknowledged.push({ draft, ...place });
  }

  refused(draft: Draft): void {
    this.#refused.push(draft);
  }

  /** Takes in a stored message: it must have the next seq, and be the first of a user's draft. */
  store(seq: number, text: string, createdAt: number): Said {
    const draft = this.#drafts.get(text);
    if (!draft) throw new Error(`no draft of ${text}`);
    return this.#store(seq, draft, createdAt);
  }

  /** Takes in the system message that a message was pinned. It is nobody's own, and makes nothing unread. */
  storeTip(seq: number, { userId, pins }: { userId: number; pins: number }, createdAt: number): Said {
    this.changes.tip(pins);
    const unsent = { clientMsgId: undefined, quoteSeq: undefined, lane: "", tainted: false };
    return this.#store(seq, { ...unsent, text: tipText(pins), userId, pins }, createdAt);
  }

  #store(seq: number, draft: Draft, createdAt: number): Said {
    expect(seq, "seqs have no gaps").toBe(this.last + 1);
    expect(createdAt, "times do not fall").toBeGreaterThanOrEqual(this.said.at(-1)?.createdAt ?? 0);
    const said = { seq, draft, createdAt };
    if (draft.clientMsgId !== undefined) {
      const key = `${draft.userId}/${draft.clientMsgId}`;
      expect(this.#byClientId.get(key), "a client id is stored once").toBeUndefined();
      this.#byClientId.set(key, said);
    }
    this.said.push(said);
    if (isInMain(draft) && draft.pins === undefined) this.read(draft.userId, seq);
    this.#reply(said);
    return said;
  }

  /**
   * Asserts that answers equal what is stored. A refusal is right only where the sender could not see the
   * quoted message.
   */
  check(): void {
    for (const { draft, seq, createdAt } of this.#acknowledged.splice(0)) {
      const said = this.#outcome(draft);
      expect({ seq, createdAt }, `the answer to ${draft.text}`).toEqual({
        seq: said?.seq,
        createdAt: said?.createdAt,
      });
    }
    for (const draft of this.#refused) {
      const root = draft.thread?.root ?? 0;
      const isUnseen = this.isHidden(draft.userId, draft.quoteSeq ?? 0) || this.isHidden(draft.userId, root);
      expect(isUnseen || this.revoked.has(root), `${draft.text} was refused`).toBe(true);
      expect(this.said.some((said) => said.draft === draft)).toBe(false);
    }
    const ordered = this.said.filter(({ draft }) => draft.lane !== "" && !draft.tainted);
    for (const [lane, said] of Map.groupBy(ordered, ({ draft }) => draft.lane)) {
      const places = said.map(({ draft }) => Number(draft.text));
      expect(places, `what ${lane} said is in order`).toEqual(places.toSorted((a, b) => a - b));
    }
  }

  /** The stored message of a draft: the first one with its client id. */
  #outcome({ userId, clientMsgId, text }: Draft): Said | undefined {
    if (clientMsgId !== undefined) return this.#byClientId.get(`${userId}/${clientMsgId}`);
    return this.said.find(({ draft }) => draft.text === text);
  }

  read(userId: number, seq: number): void {
    this.#read.set(userId, Math.max(seq, this.position(userId)));
    this.mayEndMark(userId);
  }

  /** A user reads or writes in this step: a mark may end. */
  mayEndMark(userId: number): void {
    this.#active.add(userId);
  }

  /** What marking a message unread does, if nothing else happens: the new mark; undefined: none. */
  markOf(userId: number, seq: number): number | undefined {
    return seq <= this.position(userId) && !this.marksNothing(userId, seq) ? seq : undefined;
  }

  /** Whether nothing would be unread from a message on that a user has read: then it cannot be marked. */
  marksNothing(userId: number, seq: number): boolean {
    return (
      seq <= this.position(userId) && !this.said.some((said) => said.seq >= seq && this.#counts(said, userId))
    );
  }

  /** Whether a message counts as unread to a user who has not read it. */
  #counts({ seq, draft }: Said, userId: number): boolean {
    const isCountable = isInMain(draft) && draft.pins === undefined;
    return isCountable && draft.userId !== userId && !this.revoked.has(seq);
  }

  /** A call has marked a message unread. What is before it is read. */
  markedUnread(userId: number, seq: number): void {
    this.read(userId, seq - 1);
    this.#asked.set(userId, (this.#asked.get(userId) ?? new Set()).add(seq));
  }

  /**
   * Takes in where a member's unread messages begin after a step. Concurrent calls decide which mark is the
   * last one, and whether a read or a send ended it. Nothing else moves it.
   */
  learnMark(userId: number, from: number | undefined): void {
    const before = this.#marks.get(userId);
    const possible = [before, ...(this.#asked.get(userId) ?? [])];
    if (this.#active.has(userId)) possible.push(undefined);
    expect(possible, `where unread begins for ${userId}`).toContain(from);
    this.#asked.delete(userId);
    this.#active.delete(userId);
    if (from === undefined) this.#marks.delete(userId);
    else this.#marks.set(userId, from);
  }

  /** The message that a user has marked unread; undefined: none. */
  mark(userId: number): number | undefined {
    return this.#marks.get(userId);
  }

  position(userId: number): number {
    return this.#read.get(userId) ?? 0;
  }

  /** A hide is under way: a send that quotes the message may be refused. */
  hiding(userId: number, seq: number): void {
    this.#hiding.set(userId, (this.#hiding.get(userId) ?? new Set()).add(seq));
  }

  isHiding(userId: number, seq: number): boolean {
    return this.#hiding.get(userId)?.has(seq) ?? false;
  }

  hide(userId: number, seq: number): void {
    this.#hidden.set(userId, (this.#hidden.get(userId) ?? new Set()).add(seq));
    this.#followed.get(userId)?.delete(seq);
  }

  /** The sender of a reply follows its thread, and so does the author of the root from the first reply on. */
  #reply({ seq, draft: { userId, thread } }: Said): void {
    if (!thread) return;
    const { root } = thread;
    const author = this.said[root - 1]?.draft.userId;
    const isFirst = this.#repliesTo(root).length === 1;
    if (isFirst && author !== undefined) this.#follow(author, root, root);
    this.#follow(userId, root, seq);
  }

  #follow(userId: number, root: number, upTo: number): void {
    if (this.isHidden(userId, root)) return;
    const followed = this.#followed.get(userId) ?? new Map<number, number>();
    this.#followed.set(userId, followed);
    followed.set(root, Math.max(upTo, followed.get(root) ?? 0));
  }

  #repliesTo(root: number): Said[] {
    return this.said.filter(({ draft }) => draft.thread?.root === root);
  }

  /** The roots of the threads that a user follows. */
  followed(userId: number): number[] {
    return [...(this.#followed.get(userId)?.keys() ?? [])];
  }

  readThread(userId: number, root: number, seq: number): void {
    const position = this.#followed.get(userId)?.get(root);
    if (position !== undefined) this.#follow(userId, root, seq);
  }

  /** The unread thread-only replies of a thread that a user follows. */
  unreadIn(userId: number, root: number): number {
    const position = this.#followed.get(userId)?.get(root) ?? Number.MAX_SAFE_INTEGER;
    return this.#repliesTo(root).filter(
      ({ seq, draft }) => seq > position && !isInMain(draft) && !this.revoked.has(seq),
    ).length;
  }

  unreadInThreads(userId: number): number {
    return this.followed(userId).reduce((sum, root) => sum + this.unreadIn(userId, root), 0);
  }

  isHidden(userId: number, seq: number): boolean {
    return this.#hidden.get(userId)?.has(seq) ?? false;
  }

  unread(userId: number): number {
    const from = this.mark(userId) ?? this.position(userId) + 1;
    return this.said.filter((said) => said.seq >= from && this.#counts(said, userId)).length;
  }

  /** All messages that a member sees. */
  view(userId: number, scope: Scope = "all"): Shown[] {
    return this.said
      .filter(({ seq, draft }) => !this.isHidden(userId, seq) && (scope === "all" || isInMain(draft)))
      .map((said) => this.#shown(said, userId));
  }

  /** A message as all see it who see it now. */
  stateOf(seq: number): State | undefined {
    const said = this.said[seq - 1];
    return this.changes.state(seq) ?? (said && unchanged(said.draft.text, said.draft.poll !== undefined));
  }

  #shown(said: Said, userId: number): Shown {
    const { seq, draft } = said;
    const replies = this.#repliesTo(seq).filter((reply) => !this.revoked.has(reply.seq)).length;
    const changed = { ...this.changes.state(seq), ...this.changes.own(userId, seq) };
    const fixed = { ...asSent(said), ...changed, replies };
    if (this.revoked.has(seq)) return { ...fixed, text: null, quote: undefined };
    const { quoteSeq } = draft;
    const isQuoted = quoteSeq !== undefined && !this.isHidden(userId, quoteSeq);
    const preview = quoteSeq === undefined || this.revoked.has(quoteSeq) ? "" : this.stateOf(quoteSeq)?.text;
    return { ...fixed, quote: isQuoted ? { seq: quoteSeq, preview: preview ?? "" } : undefined };
  }
}

/** The model's text of the system message of a pin. */
export function tipText(seq: number): string {
  return `pinned ${seq}`;
}
