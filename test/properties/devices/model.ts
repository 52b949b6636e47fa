import { expect } from "vitest";
import { z } from "zod";
import { type DisplayedMessage, UNCHANGED } from "../../support/clients/displayed.ts";
import { type Draft, sentOf } from "../../support/clients/model-client.ts";
import { Bans } from "./bans.ts";
import { Changes, type State, unchanged } from "./changes.ts";
import { Composers } from "./composers.ts";
import { Follows } from "./follows.ts";
import { Preferences } from "./preferences.ts";

const Text = z.strictObject({ text: z.string() });
const Question = z.object({ question: z.string(), multiple: z.boolean(), anonymous: z.boolean() });
/** The users of the last replies of a thread at most. */
const SUMMARY_USERS = 3;
/** All of what it says is the same everywhere; these fields change the model. */
const Tip = z.looseObject({
  event: z.string(),
  actor_id: z.int(),
  user_ids: z.array(z.int()),
  seq: z.int().optional(),
});

/** A conversation in a user's list. */
export interface Row {
  id: number;
  last_seq: number;
  read_seq: number;
  unread_count: number;
  unread_from?: number | undefined;
  threads_unread: number;
  archived: boolean;
  silent: boolean;
  member_count: number;
  updated_at: number;
  last_message: DisplayedMessage | null;
}

/** A poll as it was sent. `endsAt`: 0: not before it is closed */
export interface Poll {
  seq: number;
  endsAt: number;
  multiple: boolean;
  anonymous: boolean;
}

/** A membership: after one seq, up to another. */
interface Stay {
  from: number;
  until: number;
}

/**
 * The expected state of a conversation, by the contract. It takes in messages one by one, as a member sees
 * them who sees all. Membership, visibility, read positions and unread counts follow from them.
 */
export class Model {
  readonly id: number;
  readonly ownerId: number | null;
  readonly #createdAt: number;
  readonly #log: DisplayedMessage[] = [];
  readonly #stays = new Map<number, Stay[]>();
  readonly #clears = new Map<number, number>();
  readonly #revoked = new Set<number>();
  readonly #hidden = new Map<number, Set<number>>();
  readonly #positions = new Map<number, number>();
  readonly #marks = new Map<number, number>();
  /** the messages that users have marked unread, and who has read or written, since marks were learnt */
  readonly #asked = new Map<number, Set<number>>();
  readonly #active = new Set<number>();
  /** whose call has surely made a mark */
  readonly #marked = new Set<number>();
  readonly changes = new Changes();
  readonly follows = new Follows(
    (root) => this.repliesTo(root),
    (seq) => this.isRevoked(seq),
  );
  readonly preferences = new Preferences();
  readonly bans = new Bans();
  readonly composers = new Composers();
  readonly #drafts = new Map<string, { draft: Draft; userId: number }>();
  readonly #stored = new Map<Draft, DisplayedMessage>();
  /** members at the start of the step, and users in system messages since then */
  #wereIn = new Set<number>();
  readonly #moved = new Set<number>();
  #before = 0;

  /** @param ownerId null: a direct conversation */
  constructor(
    { id, updated_at }: { id: number; updated_at: number },
    members: number[],
    ownerId: number | null,
  ) {
    this.id = id;
    this.ownerId = ownerId;
    this.#createdAt = updated_at;
    for (const userId of members) this.#stays.set(userId, [{ from: 0, until: Number.POSITIVE_INFINITY }]);
  }

  get last(): number {
    return this.#log.length;
  }

  get members(): number[] {
    return [...this.#stays.keys()].filter((userId) => this.isIn(userId));
  }

  isIn(userId: number): boolean {
    return this.#stay(userId) !== undefined;
  }

  /** Begins a step. */
  begin(): void {
    this.#wereIn = new Set(this.members);
    this.#moved.clear();
    this.#before = this.last;
  }

  /** The last message before this step. */
  get before(): number {
    return this.#before;
  }

  /** Whether a user may have been no member at some time of this step. */
  mayBeOut(userId: number): boolean {
    return !this.#wereIn.has(userId) || !this.isIn(userId) || this.#moved.has(userId);
  }

  /** Records a draft of a user. */
  wants(userId: number, draft: Draft): Draft {
    this.#drafts.set(draft.text, { draft, userId });
    return draft;
  }

  /** The drafts of a user, in order. */
  draftsOf(userId: number): Draft[] {
    return [...this.#drafts.values()].flatMap((said) => (said.userId === userId ? [said.draft] : []));
  }

  /** The stored message of a draft. */
  stored(draft: Draft): DisplayedMessage | undefined {
    return this.#stored.get(draft);
  }

  /** Takes in a stored message: it must have the next seq, and be the first of a member's draft. */
  store(message: DisplayedMessage): void {
    const { seq, senderId, kind, body, createdAt } = message;
    expect(seq, "seqs have no gaps").toBe(this.last + 1);
    expect(createdAt, "times do not fall").toBeGreaterThanOrEqual(this.#log.at(-1)?.createdAt ?? 0);
    this.#log.push({ ...message, body: kind === "tip" ? Tip.parse(body) : body });
    if (kind === "tip") {
      const tip = Tip.parse(body);
      this.#move(seq, tip);
      if (tip.event === "pinned" && tip.seq !== undefined) this.changes.tip(tip.seq);
      return;
    }
    const said = this.#drafts.get(saidIn(message));
    if (!said) throw new Error(`no draft of ${JSON.stringify(body)}`);
    expect(senderId, "whose message it is").toBe(said.userId);
    expect(this.isIn(senderId), `${senderId} is a member when sending ${said.draft.text}`).toBe(true);
    expect(this.stored(said.draft), "a client id is stored once").toBeUndefined();
    this.#stored.set(said.draft, message);
    const { thread } = message;
    expect(sentOf(said.draft), `${said.draft.text} as it is sent`).toMatchObject({ kind, thread });
    if (thread) this.#replied(senderId, seq, thread.root);
    if (!isInMain(message)) return;
    this.read(senderId, seq);
    this.preferences.said();
  }

  /** The sender of a reply follows its thread, and with the first reply so does the author of the root. */
  #replied(userId: number, seq: number, root: number): void {
    const author = this.message(root)?.senderId ?? 0;
    if (this.repliesTo(root).length === 1 && this.sees(author, root)) this.follows.begins(author, root, root);
    this.follows.begins(userId, root, seq);
  }

  /**
   * A message, counted back from the newest one, and round.
   * @param userId of this sender, no system message
   */
  back(back: number, userId?: number): number {
    const seqs = this.#log.flatMap(({ seq, kind, senderId }) =>
      userId === undefined || (kind !== "tip" && senderId === userId) ? [seq] : [],
    );
    return seqs.at(-1 - (back % Math.max(1, seqs.length))) ?? 0;
  }

  /** A poll, counted back from the newest one, and round. */
  poll(back: number): Poll | undefined {
    return this.polls.at(-1 - (back % Math.max(1, this.polls.length)));
  }

  /** The polls, in order. */
  get polls(): Poll[] {
    return this.#log.flatMap(({ seq, kind, body, changes }) => {
      if (kind !== "poll") return [];
      const { multiple, anonymous } = Question.parse(body);
      return [{ seq, endsAt: changes.poll?.closesAt ?? 0, multiple, anonymous }];
    });
  }

  /** The roots of the threads that have replies. */
  get roots(): number[] {
    return [...new Set(this.#log.flatMap(({ thread }) => thread?.root ?? []))];
  }

  /** The replies in a thread. */
  repliesTo(root: number): DisplayedMessage[] {
    return this.#log.filter(({ thread }) => thread?.root === root);
  }

  /** Whether a member sees a message. */
  sees(userId: number, seq: number): boolean {
    return this.isIn(userId) && seq > this.from(userId) && !this.#hidden.get(userId)?.has(seq);
  }

  #move(seq: number, { event, user_ids }: z.infer<typeof Tip>): void {
    for (const userId of user_ids) {
      this.#moved.add(userId);
      const stays = this.#stays.get(userId) ?? [];
      this.#stays.set(userId, stays);
      const stay = this.#stay(userId);
      if (event === "joined") {
        expect(stay, `${userId} joins once`).toBeUndefined();
        expect(this.bans.holdsFor(userId), `${userId} joins, and is banned`).toBe(false);
        stays.push({ from: seq - 1, until: Number.POSITIVE_INFINITY });
        this.read(userId, seq);
      } else if (event === "left" || event === "removed") {
        if (!stay) throw new Error(`${userId} leaves and was not there`);
        stay.until = seq - 1;
        this.follows.ends(userId);
        this.preferences.left(userId);
        this.composers.wrote(userId, undefined);
      }
    }
  }

  #stay(userId: number): Stay | undefined {
    return this.#stays.get(userId)?.find(({ until }) => until === Number.POSITIVE_INFINITY);
  }

  read(userId: number, seq: number): void {
    this.#positions.set(userId, Math.max(seq, this.position(userId)));
    this.#active.add(userId);
  }

  /** A call has marked a message unread. What is before it is read. */
  markedUnread(userId: number, seq: number): void {
    const isUnread = this.#log.slice(seq - 1).some((message) => counts(message, userId));
    // Nothing of it was read, or nothing counts: then the call makes no mark.
    if (!isUnread || seq > this.position(userId)) this.read(userId, seq - 1);
    else this.#marked.add(userId);
    this.#asked.set(userId, (this.#asked.get(userId) ?? new Set()).add(seq));
  }

  /**
   * Takes in where unread messages begin for a member. Of concurrent calls any may be the last: only a mark,
   * a read, a send, leaving and deleting the conversation move it.
   */
  learnMark(userId: number, from: number | undefined): void {
    const possible: (number | undefined)[] = [...(this.#asked.get(userId) ?? [])];
    if (!this.#marked.has(userId)) possible.push(this.#marks.get(userId));
    if (this.#active.has(userId)) possible.push(undefined);
    expect(possible, `where unread begins for ${userId} in ${this.id}`).toContain(from);
    this.#asked.delete(userId);
    this.#active.delete(userId);
    this.#marked.delete(userId);
    if (from === undefined) this.#marks.delete(userId);
    else this.#marks.set(userId, from);
  }

  position(userId: number): number {
    return this.#positions.get(userId) ?? 0;
  }

  revoke(seq: number): void {
    this.#revoked.add(seq);
  }

  isRevoked(seq: number): boolean {
    return this.#revoked.has(seq);
  }

  hide(userId: number, seq: number): void {
    this.#hidden.set(userId, (this.#hidden.get(userId) ?? new Set()).add(seq));
    this.follows.ends(userId, seq);
  }

  /** A user deletes the conversation for themselves: their history begins after this seq. */
  clear(userId: number, seq: number): void {
    this.#clears.set(userId, seq);
    this.read(userId, seq);
    this.follows.ends(userId);
    this.composers.wrote(userId, undefined);
  }

  /** The seq after which a member sees messages. */
  from(userId: number): number {
    return Math.max(this.#stay(userId)?.from ?? this.last, this.#clears.get(userId) ?? 0);
  }

  /** A message of the log. */
  message(seq: number): DisplayedMessage | undefined {
    return this.#log[seq - 1];
  }

  /** Whether a user was ever allowed to see a message. */
  wasVisible(userId: number, seq: number): boolean {
    return (this.#stays.get(userId) ?? []).some(({ from, until }) => seq > from && seq <= until);
  }

  /** All messages that a member sees. @param threads with thread-only replies */
  view(userId: number, threads: boolean): DisplayedMessage[] {
    const [from, hidden] = [this.from(userId), this.#hidden.get(userId)];
    return this.#log
      .filter((message) => message.seq > from && !hidden?.has(message.seq) && (threads || isInMain(message)))
      .map((message) => this.#shown(message, userId));
  }

  #shown(sent: DisplayedMessage, userId: number): DisplayedMessage {
    const { seq } = sent;
    const state = this.changes.state(seq);
    const own = this.changes.own(userId, seq);
    const summary = this.#summaryOf(seq);
    if (!state) return { ...sent, changes: { ...sent.changes, summary, ...own } };
    const { text, poll, ...changes } = state;
    const isRevoked = this.#revoked.has(seq);
    const isFixed = sent.kind === "tip" || sent.kind === "poll";
    const body = isRevoked || text === null ? {} : isFixed ? sent.body : { text };
    const tally = poll && !isRevoked ? this.#tallyOf(sent, poll) : null;
    return { ...sent, body, revoked: isRevoked, changes: { ...changes, summary, poll: tally, ...own } };
  }

  #tallyOf({ changes: { poll } }: DisplayedMessage, { closedAt, ...votes }: NonNullable<State["poll"]>) {
    return { ...votes, closesAt: closedAt || (poll?.closesAt ?? 0) };
  }

  /** The replies to a message that are not revoked: how many, the last, and the users of the last ones. */
  #summaryOf(seq: number): DisplayedMessage["changes"]["summary"] {
    const replies = this.repliesTo(seq).filter((reply) => !this.#revoked.has(reply.seq));
    const last = replies.at(-1);
    if (!last) return null;
    const users = new Set(replies.map(({ senderId }) => senderId).reverse());
    return {
      ...{ count: replies.length, last_seq: last.seq, last_at: last.createdAt },
      user_ids: [...users].slice(0, SUMMARY_USERS),
    };
  }

  /** A message as all see it who see it now. */
  stateOf(seq: number): State | undefined {
    const message = this.message(seq);
    return this.changes.state(seq) ?? (message && unchanged(textOf(message) ?? "", message.kind === "poll"));
  }

  /** What a member has not read, in the main stream and in threads. */
  unread(userId: number): Pick<Row, "unread_count" | "threads_unread"> {
    const first = this.#marks.get(userId) ?? this.position(userId) + 1;
    const unread = this.#log.filter(
      (message) => message.seq >= first && counts(message, userId) && !this.isRevoked(message.seq),
    );
    return { unread_count: unread.length, threads_unread: this.follows.unreadOf(userId) };
  }

  /** The conversation in a member's list; null if it is not listed. */
  row(userId: number): Row | null {
    const main = this.#log.filter(isInMain);
    const isCleared = this.#clears.has(userId) && this.from(userId) >= (main.at(-1)?.seq ?? 0);
    if (!this.isIn(userId) || isCleared) return null;
    return {
      ...{ id: this.id, last_seq: this.last, read_seq: this.position(userId) },
      ...{ ...this.unread(userId), unread_from: this.#marks.get(userId) },
      ...this.preferences.of(userId),
      member_count: this.members.length,
      updated_at: main.at(-1)?.createdAt ?? this.#createdAt,
      last_message: asListed(this.view(userId, false).at(-1)),
    };
  }
}

/** Whether a message counts as unread to a user who has not read it. */
function counts(message: DisplayedMessage, userId: number): boolean {
  return isInMain(message) && message.kind !== "tip" && message.senderId !== userId;
}

/** Whether a message is in the main stream. */
function isInMain({ thread }: DisplayedMessage): boolean {
  return thread?.alsoInMain !== false;
}

/** The text of a message as it was sent, or the question of a poll. */
function saidIn({ kind, body }: DisplayedMessage): string {
  return kind === "poll" ? Question.parse(body).question : Text.parse(body).text;
}

/** The text of a message that is no system message; null: it is revoked. */
export function textOf(message: DisplayedMessage): string | null {
  if (message.revoked) return null;
  return message.kind === "tip" ? "" : saidIn(message);
}

/** A message as lists show it: without what may change beside its text. */
export function asListed(message: DisplayedMessage | undefined): DisplayedMessage | null {
  if (!message) return null;
  const { version, editedAt, summary } = message.changes;
  return { ...message, changes: { ...UNCHANGED, version, editedAt, summary } };
}
