import { NOBODY, Position, type Seq, type UserId } from "../../domain/ids.ts";
import type { SampledRange } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import { readMentions } from "../log/mention-index.ts";
import type { MessageRow } from "../log/row.ts";
import type { Members } from "../members/members.ts";

/** What room sockets are sent of the messages of a commit. */
export interface Sample {
  /** who is sent a message all the same, for each message that is left out */
  leftOut: ReadonlyMap<Seq, ReadonlySet<UserId>>;
  /** the messages of which the frames have a part: those of the commit, and those before that wait */
  range: SampledRange;
  /** false: the commit has nothing for all, so that the range waits for the next one */
  isTold: boolean;
}

/** What samples are made by, and who hears of them. */
interface SamplingDeps {
  /** the messages a second that all are sent */
  rate: number;
  members: Pick<Members, "findSender">;
  timing: Timing["viewers"];
  /** tells of a range that has waited */
  tell(sample: Sample): void;
}

/** What decides about a message. */
type Sampled = Pick<MessageRow, "seq" | "sender_id" | "mentions" | "shadowed">;

/** The time over which messages are counted, in ms. */
const SECOND = 1_000;
const NOTHING: Sample["leftOut"] = new Map();

/**
 * Decides which messages of a busy audience room its sockets are sent: once for all, so that they share the
 * frames. Each message has the same chance: the rate over the messages of the last second. Always sent are
 * those of the owner, of admins and of the server, mentions of all, and to each user their own and those that
 * name them. Frames say which messages they are a part of, so that clients can load the others.
 */
export class Sampling {
  readonly #deps: SamplingDeps;
  /** the messages of the last second that could have been left out */
  readonly #recent: { at: number; count: number }[] = [];
  #recentCount = 0;
  /** the newest message for which it was decided */
  #decided: Position = Position.parse(0);
  #sample: Sample | null = null;
  /** what comes after this message, up to the newest, was not told to all; null: everything was */
  #after: Position | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: SamplingDeps) {
    this.#deps = deps;
  }

  /**
   * How the messages of a commit are told. A second question about them has the same answer.
   * @param thins false: none of them may be left out
   * @returns null: all are sent, and nothing was left out before them
   */
  of(rows: readonly Sampled[], thins = true): Sample | null {
    const [first, last] = [rows[0], rows.at(-1)];
    if (!first || !last) return null;
    const lastSeq = Position.parse(last.seq);
    if (lastSeq <= this.#decided) return lastSeq === this.#decided ? this.#sample : null;
    this.#decided = lastSeq;
    const leftOut = thins ? this.#thin(rows) : NOTHING;
    if (leftOut.size === 0 && this.#after === null) {
      this.#sample = null;
      return null;
    }
    const after = this.#after ?? Position.parse(first.seq - 1);
    const isTold = rows.some(({ seq, shadowed }) => shadowed === null && !leftOut.has(seq));
    this.#wait(isTold ? null : after);
    this.#sample = { leftOut, range: { after, lastSeq }, isTold };
    return this.#sample;
  }

  #wait(after: Position | null): void {
    this.#after = after;
    if (after === null) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else this.#timer ??= setTimeout(() => this.#tell(), this.#deps.timing.sampleMs);
  }

  #tell(): void {
    this.#timer = undefined;
    const after = this.#after;
    if (after === null) return;
    this.#after = null;
    this.#deps.tell({ leftOut: NOTHING, range: { after, lastSeq: this.#decided }, isTold: true });
  }

  #thin(rows: readonly Sampled[]): Sample["leftOut"] {
    const drawn = rows.filter((row) => !this.#isForAll(row));
    const chance = drawn.length === 0 ? 1 : this.#deps.rate / this.#count(drawn.length);
    if (chance >= 1) return NOTHING;
    const leftOut = new Map<Seq, ReadonlySet<UserId>>();
    for (const { seq, sender_id, mentions } of drawn) {
      const named = readMentions(mentions);
      if (Math.random() >= chance) leftOut.set(seq, new Set([sender_id, ...(named === "all" ? [] : named)]));
    }
    return leftOut;
  }

  /** @returns how many messages there were in the last second, with these */
  #count(count: number): number {
    const at = Date.now();
    const isOver = (entry: { at: number } | undefined) =>
      entry !== undefined && (entry.at <= at - SECOND || entry.at > at);
    while (isOver(this.#recent[0])) this.#recentCount -= this.#recent.shift()?.count ?? 0;
    this.#recent.push({ at, count });
    this.#recentCount += count;
    return this.#recentCount;
  }

  #isForAll({ sender_id, mentions, shadowed }: Sampled): boolean {
    // A shadowed message is its sender's own.
    if (sender_id === NOBODY || mentions === "all" || shadowed !== null) return true;
    const role = this.#deps.members.findSender(sender_id)?.role ?? "member";
    return role !== "member";
  }
}
