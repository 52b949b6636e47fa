import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { median } from "../load/statistics.ts";

const Counts = z.object({
  calls: z.record(z.string(), z.int()),
  ...{ d1Calls: z.int(), d1Read: z.int(), d1Written: z.int() },
  ...{ objectRead: z.int(), objectWritten: z.int() },
});
type Counts = z.infer<typeof Counts>;

/**
 * What is counted of a call and of what follows from it, in that round in which it is least: jobs of earlier
 * calls may run meanwhile. The time is the median.
 */
export interface Figures {
  calls: number;
  d1Calls: number;
  d1Read: number;
  d1Written: number;
  objectRead: number;
  objectWritten: number;
  ms: number;
}

/** Of the rounds of a call the first ones are counted, and the others are timed. */
const [COUNTED, TIMED] = [2, 2];
const ROUNDS = COUNTED + TIMED;
/** A call has been followed up once nothing is called for so long; what goes on longer is cut off. */
const [QUIET_MS, LONGEST_MS] = [400, 60_000];

/** Counts and times calls of a server whose Worker is `bench/alone/counted.ts`. */
export class Measure {
  readonly #url: string;
  /** the figures of each call, in the order of the calls */
  readonly figures = new Map<string, Figures>();
  /** of each call: the calls to objects that it has made, by their names, in its last counted round */
  readonly calls = new Map<string, string>();

  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Makes a call in some rounds.
   * @param work `round` counts them from 0
   * @param before what is done ahead of each round, and is not counted
   */
  async of(
    name: string,
    work: (round: number) => Promise<unknown>,
    {
      before = async () => undefined,
      rounds = ROUNDS,
    }: { before?: () => Promise<unknown>; rounds?: number } = {},
  ): Promise<void> {
    const counts: Counts[] = [];
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const isCounted = round < COUNTED;
      await before();
      await this.settled();
      await this.#take(isCounted);
      const start = performance.now();
      await work(round);
      times.push(performance.now() - start);
      const found = await this.settled(isCounted);
      if (isCounted) counts.push(found);
    }
    const ofCounts = (pick: (count: Counts) => number) => Math.min(...counts.map(pick));
    const timed = times.length > COUNTED ? times.slice(COUNTED) : times;
    const figures = {
      calls: ofCounts(({ calls }) => Object.values(calls).reduce((sum, count) => sum + count, 0)),
      d1Calls: ofCounts((count) => count.d1Calls),
      d1Read: ofCounts((count) => count.d1Read),
      d1Written: ofCounts((count) => count.d1Written),
      objectRead: ofCounts((count) => count.objectRead),
      objectWritten: ofCounts((count) => count.objectWritten),
      ms: median(timed),
    };
    this.figures.set(name, figures);
    const made = Object.entries(counts.at(-1)?.calls ?? {});
    this.calls.set(name, made.map(([call, count]) => `${call} ${count}`).join(", "));
    process.stderr.write(`${name}: ${JSON.stringify(figures)} ${this.calls.get(name)}\n`);
  }

  /** Waits until nothing is called any more. @returns what was counted meanwhile */
  async settled(hasRows = false): Promise<Counts> {
    const all: Counts[] = [];
    const end = performance.now() + LONGEST_MS;
    for (let quietAt = performance.now() + QUIET_MS; performance.now() < Math.min(quietAt, end); ) {
      const counts = await this.#take(hasRows);
      if (counts.d1Calls + Object.keys(counts.calls).length > 0) quietAt = performance.now() + QUIET_MS;
      all.push(counts);
      await sleep(100);
    }
    return sumOf(all);
  }

  /** What was counted since the last time. @param hasRows whether rows are counted from now on */
  async #take(hasRows: boolean): Promise<Counts> {
    const answer = await fetch(`${this.#url}/bench/counts?rows=${hasRows}`);
    return Counts.parse(await answer.json());
  }
}

function sumOf(all: readonly Counts[]): Counts {
  const sum = { calls: {}, d1Calls: 0, d1Read: 0, d1Written: 0, objectRead: 0, objectWritten: 0 };
  const calls = new Map<string, number>();
  for (const { calls: made, ...counts } of all) {
    for (const [name, count] of Object.entries(made)) calls.set(name, (calls.get(name) ?? 0) + count);
    sum.d1Calls += counts.d1Calls;
    sum.d1Read += counts.d1Read;
    sum.d1Written += counts.d1Written;
    sum.objectRead += counts.objectRead;
    sum.objectWritten += counts.objectWritten;
  }
  return { ...sum, calls: Object.fromEntries(calls) };
}
