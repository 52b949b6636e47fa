import { expect } from "vitest";
import { OPTIONS } from "../../support/clients/model-client.ts";

/** The reactions of a message with one key. */
interface Reaction {
  key: string;
  count: number;
  user_ids: number[];
}

/** What may change of a message, as all who see it see it. */
export interface State {
  rev: number;
  version: number;
  editedAt: number | null;
  /** null: revoked */
  text: string | null;
  reactions: Reaction[];
  pinnedAt: number;
  pinnedBy: number | null;
  /** null: no poll, or a revoked one */
  poll: { counts: number[]; voters: number; closedAt: number } | null;
}

/** What is a reader's own of a message. */
interface Own {
  mine: string[];
  votes: number[];
}

/** The keys of a message at most. */
const MAX_KEYS = 20;
/** Those that one user may be the first to use. */
const MAX_BEGUN_KEYS = 10;
/** The pins of a conversation at most. */
const MAX_PINS = 100;
const NOTHING_OWN: Own = { mine: [], votes: [] };

/** A message that never changed. */
export function unchanged(text: string, isPoll: boolean): State {
  return {
    ...{ rev: 0, version: 1, editedAt: null, text, reactions: [], pinnedAt: 0, pinnedBy: null },
    poll: isPoll ? { counts: OPTIONS.map(() => 0), voters: 0, closedAt: 0 } : null,
  };
}

/** What the accepted calls have made of a message, and what is not decided yet in this step. */
interface Made {
  /** by version, from the second one on */
  edits: Map<number, string>;
  /** by key, the users in order */
  reactions: Map<string, number[]>;
  votes: Map<number, number[]>;
  isClosed: boolean;
}

/** The accepted calls of a step that concern one message. */
interface Step {
  /** by key, who has added a reaction, and who has taken one back */
  added: Map<string, Set<number>>;
  removed: Map<string, Set<number>>;
  /** the keys of all calls, also of refused ones */
  tried: Set<string>;
  pinnedBy: Set<number>;
  isPinning: boolean;
  isUnpinned: boolean;
  isClosing: boolean;
  tips: number;
}

/**
 * The changes of the messages of a conversation, but for revokes. It has what the accepted calls must have
 * made of each message; the order of concurrent calls, times and revs it learns from the server.
 */
export class Changes {
  readonly #states = new Map<number, State>();
  readonly #own = new Map<string, Own>();
  readonly #made = new Map<number, Made>();
  readonly #steps = new Map<number, Step>();
  /** by what they concern, the contents of the calls of this step */
  readonly #claims = new Map<string, string>();
  /** the messages that the calls of this step concern, and those of which readers were told since then */
  readonly #touched = new Set<number>();
  readonly #learnt = new Set<number>();
  /** the highest rev that was learnt */
  rev = 0;

  /** Of concurrent calls with different contents on one thing of one user nobody knows which is the last. */
  mayCall(thing: string, content: string): boolean {
    const claimed = this.#claims.get(thing) ?? content;
    this.#claims.set(thing, claimed);
    return claimed === content;
  }

  state(seq: number): State | undefined {
    return this.#states.get(seq);
  }

  own(userId: number, seq: number): Own {
    return this.#own.get(`${userId}/${seq}`) ?? NOTHING_OWN;
  }

  edited(seq: number, version: number, text: string): void {
    const { edits } = this.#madeOf(seq);
    expect(edits.get(version), `version ${version} of ${seq} is given once`).toBeUndefined();
    edits.set(version, text);
  }

  reacted(userId: number, seq: number, key: string, isAdded: boolean): void {
    const step = this.#step(seq);
    const calls = isAdded ? step.added : step.removed;
    calls.set(key, (calls.get(key) ?? new Set()).add(userId));
  }

  /** A user is about to react. */
  reacting(seq: number, key: string): void {
    this.#step(seq).tried.add(key);
  }

  /**
   * A reaction was refused, as its message has too many keys, or its user has begun too many of them: nobody
   * has used this one before.
   */
  refusedKey(userId: number, seq: number, key: string): void {
    const [known, { tried, added, removed }] = [this.#madeOf(seq).reactions, this.#step(seq)];
    if ((known.has(key) || added.has(key)) && !removed.has(key))
      expect.unreachable(`${userId} joins ${key} of ${seq}`);
    const keys = new Set([...known.keys(), ...tried]);
    expect(keys.size, `the reaction of ${userId} to ${seq} is one too many`).toBeGreaterThan(MAX_BEGUN_KEYS);
  }

  pinned(userId: number, seq: number): void {
    this.#step(seq).pinnedBy.add(userId);
  }

  /** A user is about to pin. */
  pinning(seq: number): void {
    this.#step(seq).isPinning = true;
  }

  /** A pin was refused, as the conversation has too many. */
  refusedPin(seq: number): void {
    const now = [...this.#steps.values()].filter(({ isPinning }) => isPinning).length;
    expect(this.#pins + now, `the pin of ${seq} is one too many`).toBeGreaterThan(MAX_PINS);
  }

  get #pins(): number {
    return [...this.#states.values()].filter(({ pinnedAt }) => pinnedAt > 0).length;
  }

  unpinned(seq: number): void {
    this.#step(seq).isUnpinned = true;
  }

  /** A system message says that a message was pinned. */
  tip(seq: number): void {
    this.#step(seq).tips++;
  }

  voted(userId: number, seq: number, options: number[]): void {
    this.#madeOf(seq).votes.set(userId, options);
  }

  closing(seq: number): void {
    this.#step(seq).isClosing = true;
  }

  /** Whether a poll may be closed now. */
  isClosing(seq: number): boolean {
    return this.#step(seq).isClosing;
  }

  isClosed(seq: number): boolean {
    return this.#madeOf(seq).isClosed;
  }

  /** The texts of a message before its edits, newest first, without the present one. */
  former(seq: number, sent: string): string[] {
    const { edits } = this.#madeOf(seq);
    const texts = [sent, ...[...edits].sort(([one], [other]) => one - other).map(([, text]) => text)];
    return texts.slice(0, -1).reverse().slice(0, 20);
  }

  /** By key, who has reacted to a message, in order. */
  reactors(seq: number): ReadonlyMap<string, readonly number[]> {
    return this.#madeOf(seq).reactions;
  }

  /** Who has voted for an option of a poll. */
  voters(seq: number, option: number): number[] {
    return [...this.#madeOf(seq).votes].flatMap(([user, options]) =>
      options.includes(option) ? [user] : [],
    );
  }

  closed(seq: number): void {
    this.#madeOf(seq).isClosed = true;
  }

  /** Takes in a message as a reader sees it after a step. All readers see the same state. */
  learn(userId: number, seq: number, state: State, own: Own): void {
    const known = this.#states.get(seq);
    this.#learnt.add(seq);
    expect(state.rev, `the rev of ${seq} does not fall`).toBeGreaterThanOrEqual(known?.rev ?? 0);
    if (known?.rev === state.rev) expect(state, `${seq} as ${userId} sees it`).toEqual(known);
    else this.#check(seq, state, known);
    this.#states.set(seq, state);
    this.#own.set(`${userId}/${seq}`, own);
    const { reactions, votes } = this.#madeOf(seq);
    const keys = [...reactions].flatMap(([key, users]) => (users.includes(userId) ? [key] : []));
    const isRevoked = state.text === null;
    expect(own.mine.toSorted(), `own reactions of ${userId} to ${seq}`).toEqual(
      isRevoked ? [] : keys.toSorted(),
    );
    expect(own.votes, `own votes of ${userId} in ${seq}`).toEqual(isRevoked ? [] : (votes.get(userId) ?? []));
  }

  /** Ends a step. A message of which no reader was told is as it was: its calls changed nothing. */
  endStep(stateOf: (seq: number) => State | undefined): void {
    for (const seq of this.#touched) {
      const state = this.#learnt.has(seq) ? undefined : stateOf(seq);
      if (state) this.#check(seq, state, state);
    }
    expect(this.#pins, "the pins").toBeLessThanOrEqual(MAX_PINS);
    this.#touched.clear();
    this.#learnt.clear();
    this.#steps.clear();
    this.#claims.clear();
  }

  #check(seq: number, state: State, known: State | undefined): void {
    const made = this.#madeOf(seq);
    const step = this.#step(seq);
    if (state.text === null) {
      expect(state, `the revoked ${seq}`).toMatchObject({ reactions: [], pinnedAt: 0, poll: null });
      return;
    }
    const { size } = made.edits;
    expect(state.version, `the version of ${seq}`).toBe(1 + size);
    expect(state.editedAt !== null, `whether ${seq} is edited`).toBe(size > 0);
    if (size > 0) expect(state.text, `the text of ${seq}`).toBe(made.edits.get(state.version));
    this.#checkPin(seq, state, known, step);
    this.#takeReactions(seq, made, step, state.reactions);
    if (!state.poll) return;
    const votes = [...made.votes.values()].filter((options) => options.length > 0);
    const counts = OPTIONS.map((_, option) => votes.filter((options) => options.includes(option)).length);
    const { closedAt, ...tally } = state.poll;
    expect(tally, `the votes in ${seq}`).toEqual({ counts, voters: votes.length });
    expect(closedAt > 0, `whether ${seq} is closed`).toBe(made.isClosed);
    if (known?.poll?.closedAt) expect(closedAt).toBe(known.poll.closedAt);
  }

  #checkPin(seq: number, state: State, known: State | undefined, step: Step): void {
    const before = known?.pinnedAt ?? 0;
    const { pinnedBy, isUnpinned, tips } = step;
    const isPinned = state.pinnedAt > 0;
    if (pinnedBy.size === 0 && !isUnpinned) expect(state.pinnedAt, `the pin of ${seq}`).toBe(before);
    else if (!isUnpinned) expect(isPinned, `${seq} is pinned`).toBe(true);
    else if (pinnedBy.size === 0) expect(isPinned, `${seq} is not pinned`).toBe(false);
    if (isPinned && state.pinnedAt !== before) expect([...pinnedBy]).toContain(state.pinnedBy);
    if (!isUnpinned) expect(tips, `the tips of the pin of ${seq}`).toBe(!before && isPinned ? 1 : 0);
  }

  #takeReactions(seq: number, made: Made, step: Step, told: Reaction[]): void {
    const before = new Map(made.reactions);
    made.reactions.clear();
    for (const key of new Set([...before.keys(), ...step.added.keys()])) {
      const left = (before.get(key) ?? []).filter((user) => !step.removed.get(key)?.has(user));
      const came = [...(step.added.get(key) ?? [])].filter((user) => !left.includes(user));
      const shown = told.find((reaction) => reaction.key === key)?.user_ids ?? [];
      const place = (user: number) => (shown.includes(user) ? shown.indexOf(user) : shown.length);
      const users = [...left, ...came.toSorted((one, other) => place(one) - place(other))];
      if (users.length > 0) made.reactions.set(key, users);
    }
    const byKey = (one: Reaction, other: Reaction) => (one.key < other.key ? -1 : 1);
    const expected = [...made.reactions].map(([key, users]) => ({
      ...{ key, count: users.length, user_ids: users.slice(0, 3) },
    }));
    expect(told.length, `the keys of ${seq}`).toBeLessThanOrEqual(MAX_KEYS);
    expect(told.toSorted(byKey), `the reactions to ${seq}`).toEqual(expected.toSorted(byKey));
    // A key that nobody has left keeps its place before those that are new.
    const stays = [...before.keys()].filter((key) => !step.removed.has(key));
    const keys = told.map(({ key }) => key);
    expect(keys.filter((key) => stays.includes(key))).toEqual(stays);
    const firstNew = keys.findIndex((key) => !before.has(key));
    const late = firstNew < 0 ? [] : keys.slice(firstNew).filter((key) => stays.includes(key));
    expect(late, "a new key comes last").toEqual([]);
    const inOrder = keys.map((key): [string, number[]] => [key, made.reactions.get(key) ?? []]);
    made.reactions.clear();
    for (const [key, users] of inOrder) made.reactions.set(key, users);
  }

  #madeOf(seq: number): Made {
    this.#touched.add(seq);
    const known = this.#made.get(seq);
    if (known) return known;
    const made: Made = { edits: new Map(), reactions: new Map(), votes: new Map(), isClosed: false };
    this.#made.set(seq, made);
    return made;
  }

  #step(seq: number): Step {
    this.#touched.add(seq);
    const known = this.#steps.get(seq);
    if (known) return known;
    const step: Step = {
      ...{ added: new Map(), removed: new Map(), tried: new Set<string>(), pinnedBy: new Set<number>() },
      ...{ isPinning: false, isUnpinned: false, isClosing: false, tips: 0 },
    };
    this.#steps.set(seq, step);
    return step;
  }
}
