import { Tap } from "../../domain/bots/tap.ts";
import { ConversationId, type SessionId, SpaceId } from "../../domain/ids.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { Timing } from "../../domain/timing.ts";
import type { CallBudget } from "../../object/concurrency.ts";
import type { ListedAs } from "../list/list-writer.ts";

/**
 * Reads the user's conversations behind positions of its own, and brings what they have to a receiver besides
 * the user's sockets: phones, the queue of a bot, the gateway of a bot. The positions move in the turn in
 * which what they say is stored: a crash repeats a reading, and nothing that was brought.
 */
export interface Outfeed {
  /** Whether there is a receiver. Without one nothing is read and nothing is stored. */
  readonly isOn: boolean;
  /**
   * The list takes an inbox update, perhaps a late one or a repeated one. Not called without a receiver.
   * @param before how the list has the conversation
   * @returns when to read the conversation (ms since 1970); null: the receiver lacks nothing
   */
  taken(update: InboxUpdate, before: () => ListedAs | null): number | null;
  /**
   * Reads a conversation. Idempotent.
   * @returns when to go on (ms since 1970); null: nothing is left
   * @throws if the conversation or D1 does not answer: it is read again after a pause
   */
  read(id: ConversationId, calls: CallBudget): Promise<number | null>;
  /**
   * Reads a tap on a button of the bot; absent: its receiver is not told of taps.
   * @returns what stores it, in the turn of the other outfeeds; null: the receiver is not told of it
   */
  readTap?(tap: Tap): Promise<(() => void) | null>;
  /**
   * Reads which channels of a space, or of all (null), the user can read now; absent: its receiver hears what
   * is in the list alone.
   * Idempotent.
   * @returns when to go on (ms since 1970); null: nothing is left
   */
  readSpaces?(id: SpaceId | null, calls: CallBudget): Promise<number | null>;
  /** A session has ended, and with it what it has registered; absent: it registers nothing. */
  endSession?(sessionId: SessionId): void;
  /** The account is deleted. */
  stop(): void;
}

/** The keys of jobs that read spaces: no conversation has them. */
const SPACES = "spaces";
const SPACE = "space ";

interface OutfeedsDeps {
  jobs: { schedule(kind: "outfeed" | "tap", key: string, due: number): void };
  /** the number of members up to which a group is no crowd */
  crowdMembers: number;
  timing: Pick<Timing, "largeGroup">;
}

/** The outfeeds of an inbox: one alarm job reads a conversation for all of them. */
export class Outfeeds {
  readonly #all: readonly Outfeed[];
  readonly #deps: OutfeedsDeps;

  constructor(all: readonly Outfeed[], deps: OutfeedsDeps) {
    this.#all = all;
    this.#deps = deps;
  }

  /** The list takes an inbox update. The job is stored in the turn in which the list has it. */
  taken(update: InboxUpdate, before: () => ListedAs | null): void {
    for (const outfeed of this.#all) {
      const due = outfeed.isOn ? outfeed.taken(update, before) : null;
      if (due !== null) this.read(update.conversationId, due);
    }
  }

  /** Has a conversation read at a time (ms since 1970). */
  read(id: ConversationId, due: number): void {
    this.#deps.jobs.schedule("outfeed", String(id), due);
  }

  /** A space of the user has changed. */
  spaceChanged(id: SpaceId): void {
    if (this.#all.some(({ isOn, readSpaces }) => isOn && readSpaces)) this.readSpaces(id, Date.now());
  }

  /** Has a space, or all (null), read at a time (ms since 1970). */
  readSpaces(id: SpaceId | null, due: number): void {
    this.#deps.jobs.schedule("outfeed", id === null ? SPACES : `${SPACE}${id}`, due);
  }

  /** A button of the bot was tapped on. */
  tapped(tap: Tap): void {
    if (this.#all.some(({ isOn, readTap }) => isOn && readTap))
      this.#deps.jobs.schedule("tap", JSON.stringify(tap), Date.now());
  }

  /** Whether there is a receiver. */
  get isOn(): boolean {
    return this.#all.some(({ isOn }) => isOn);
  }

  /**
   * Whether a receiver would wait for the alarm of a large group, or hear nothing from a crowd.
   * @see NOT_DEFERRED
   */
  wouldBeDeferred({ memberCount }: InboxUpdate): boolean {
    const { crowdMembers, timing } = this.#deps;
    const most = Math.min(timing.largeGroup.aboveMembers, crowdMembers);
    return memberCount > most && this.isOn;
  }

  /** The `outfeed` job of a conversation, or of the spaces: an outfeed that fails holds up no other one. */
  async run(key: string, calls: CallBudget): Promise<number | null> {
    const on = this.#all.filter(({ isOn }) => isOn);
    const space = spaceIn(key);
    const read = (outfeed: Outfeed) =>
      space === undefined
        ? outfeed.read(ConversationId.parse(Number(key)), calls)
        : (outfeed.readSpaces?.(space, calls) ?? Promise.resolve(null));
    const runs = await Promise.allSettled(on.map(read));
    const next: number[] = [];
    for (const run of runs) {
      if (run.status === "rejected") throw run.reason;
      if (run.value !== null) next.push(run.value);
    }
    return next.length === 0 ? null : Math.min(...next);
  }

  /** The `tap` job: each receiver is told once, or none is. */
  async runTap(key: string): Promise<null> {
    const tap = Tap.parse(JSON.parse(key));
    const on = this.#all.filter(({ isOn }) => isOn);
    for (const store of await Promise.all(on.map((outfeed) => outfeed.readTap?.(tap)))) store?.();
    return null;
  }

  /** A session has ended. */
  endSession(sessionId: SessionId): void {
    for (const outfeed of this.#all) outfeed.endSession?.(sessionId);
  }

  /** The account is deleted. */
  stop(): void {
    for (const outfeed of this.#all) outfeed.stop();
  }
}

/** The space of a job, or all (null); undefined: the job is of a conversation. */
function spaceIn(key: string): SpaceId | null | undefined {
  if (key === SPACES) return null;
  return key.startsWith(SPACE) ? SpaceId.parse(Number(key.slice(SPACE.length))) : undefined;
}
