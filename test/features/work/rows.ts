import { beforeAll, expect, test } from "vitest";
import type { CallMethods } from "../../../src/object/calls/object-call.ts";
import { perRun } from "../../support/sampled-cases.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { type Changes, setTiming } from "../../support/timing.ts";
import type { Work } from "./counted-work.ts";
import { type Bounds, boundsOf, namesIn } from "./document.ts";
import type { ClientFrame } from "./frames/counted-frame.ts";
import type { Job } from "./jobs/counted-job.ts";

/** The worst inputs that a world has for a call, made one after the other. */
type Cases<World, Input extends unknown[]> = ((world: World) => Input)[];

/** The worst inputs of each call of a table. */
export type Rows<Table, World> = {
  [Name in keyof Table]: Cases<World, Parameters<CallMethods<Table>[Name]>>;
};

/** The worst frames of each command that a socket takes. */
export type FrameRows<Command extends string, World> = { [Name in Command]: Cases<World, [ClientFrame]> };

/** The worst states of each kind of alarm job of a class of objects. */
export type JobRows<Kind extends string, World> = { [Name in Kind]: Cases<World, [Job]> };

/**
 * What may be counted besides: an inbox update, or a checkpoint, that an earlier call has left to a later
 * turn. A bound is for the work of the call.
 */
const BESIDE: Work = { read: 500, written: 15, bytes: 0 };
/** The same work may cost so many times as much in a larger world: seqs have more digits, pages less room. */
const RATIO = 1.1;

/** The most of each of several costs. */
function most(works: readonly Work[]): Work {
  const of = (field: keyof Work) => Math.max(0, ...works.map((work) => work[field]));
  return { read: of("read"), written: of("written"), bytes: of("bytes") };
}

/**
 * The size of a small world and of a large one: of what has no limit there is so much. `npm test` counts in
 * the small one alone, `npm run test:all` also whether the work grows.
 */
const SIZES = [300, 1_200];

/**
 * On a busy machine a file takes longer than these times: the alarm would deliver, or look for the files of
 * all messages, beside a counted call, the profiles of all members would be read anew, and the owner's inbox
 * would not be told any more of what a call has changed.
 */
const UNDISTURBED: Changes = {
  retryMarker: { dueMs: 600_000 },
  profileCache: { freshMs: 600_000 },
  subscription: { leaseMs: 600_000 },
  files: { recordMs: 600_000 },
};

/**
 * A small world and a large one for the rows of a block, without rate limits.
 * @param changes what of the timing is other once they are made
 */
export function worldsOf<World>(make: (size: number) => Promise<World>, changes: Changes): World[] {
  const worlds: World[] = [];
  beforeAll(async () => {
    const restoreLimits = setNoRateLimits();
    const restoreTimes = setTiming(UNDISTURBED);
    for (const size of SIZES.slice(0, perRun(1, SIZES.length))) worlds.push(await make(size));
    const restore = setTiming(changes);
    return () => {
      restore();
      restoreTimes();
      restoreLimits();
    };
  });
  return worlds;
}

/**
 * Plays the rows of a table of the document: each makes its calls in a small world and in a large one.
 * @param table the heading above the table
 * @param count makes one call
 */
export function playRows<World, Input extends unknown[]>(
  table: string,
  rows: Record<string, Cases<World, Input>>,
  worlds: readonly World[],
  count: (world: World, name: string, input: Input) => Promise<Work>,
): void {
  test("the document has these rows", () => {
    expect(namesIn(table)).toEqual(Object.keys(rows));
  });

  test.for(Object.entries(rows))("%s", async ([name, cases]) => {
    const made: Work[][] = [];
    for (const world of worlds) {
      const works: Work[] = [];
      for (const input of cases) works.push(await count(world, name, input(world)));
      made.push(works);
    }
    expectBounds(boundsOf(table, name), made);
  });
}

/**
 * Asserts that calls cost no more than the document says. Unless it says that the work grows, it does not,
 * and the document says no more than twice of the most that both worlds have cost.
 */
function expectBounds({ most: bound, grows }: Bounds, made: Work[][]): void {
  const [small = [], large = []] = made;
  if (!grows) large.forEach((work, i) => void expectFlat(small[i], work));
  const work = most([...small, ...large]);
  const counted = JSON.stringify(made);
  for (const field of ["read", "written", "bytes"] as const) {
    expect(work[field], `${field}: ${counted}`).toBeLessThanOrEqual(bound[field] + BESIDE[field]);
    if (grows || large.length === 0) continue;
    expect(bound[field], `too much ${field}: ${counted}`).toBeLessThanOrEqual(2 * work[field] + 100);
  }
}

function expectFlat(small: Work | undefined, large: Work): void {
  if (!small) throw new Error("both worlds have the same calls");
  for (const field of ["read", "written"] as const) {
    const bound = RATIO * small[field] + BESIDE[field];
    expect(large[field], `${field} grow: ${JSON.stringify([small, large])}`).toBeLessThanOrEqual(bound);
  }
}
