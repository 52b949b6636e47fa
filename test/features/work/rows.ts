import { expect } from "vitest";
import type { CallMethods } from "../../../src/object/calls/object-call.ts";
import type { Work } from "./counted-work.ts";
import type { ClientFrame } from "./frames/counted-frame.ts";
import type { Job } from "./jobs/counted-job.ts";

/** The worst inputs of a call that a world has, made one after the other. */
type Cases<World, Input extends unknown[]> = ((world: World) => Input)[];

/** A row of a table in docs/work-of-calls.md: the most that something costs its object. */
export interface Bounds {
  /** what the worst inputs are */
  worst: string;
  /** rows of SQLite, those of indexes included */
  read: number;
  written: number;
  /** bytes of the answer as JSON, or of what the socket of a frame is sent; of a job none */
  bytes: number;
  /** what bounds the work */
  by: string;
  /** what the work grows with though no number bounds it; absent: nothing */
  grows?: string;
}

interface Row<World, Input extends unknown[]> extends Bounds {
  cases: Cases<World, Input>;
}

/** A row for each call of a table. */
export type Rows<Table, World> = {
  [Name in keyof Table]: Row<World, Parameters<CallMethods<Table>[Name]>>;
};

/** A row for each command that a socket takes. */
export type FrameRows<Command extends string, World> = { [Name in Command]: Row<World, [ClientFrame]> };

/** A row for each kind of alarm job of a class of objects. */
export type JobRows<Kind extends string, World> = { [Name in Kind]: Row<World, [Job]> };

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
 * Makes the calls of a row in a small world and in a large one. Asserts that they cost no more than the row
 * says. Unless the row says that the work grows, it does not, and the row says no more than twice of it.
 */
export async function expectRow<World>(
  row: Bounds,
  calls: ((world: World) => Promise<Work>)[],
  worlds: readonly World[],
): Promise<void> {
  const made: Work[][] = [];
  for (const world of worlds) {
    const works: Work[] = [];
    for (const call of calls) works.push(await call(world));
    made.push(works);
  }
  const [small = [], large = []] = made;
  if (row.grows === undefined) large.forEach((work, i) => void expectFlat(small[i], work));
  const work = most([...small, ...large]);
  const counted = JSON.stringify(made);
  for (const field of ["read", "written", "bytes"] as const) {
    expect(work[field], `${field}: ${counted}`).toBeLessThanOrEqual(row[field] + BESIDE[field]);
    if (row.grows !== undefined) continue;
    expect(row[field], `too much ${field}: ${counted}`).toBeLessThanOrEqual(2 * work[field] + 100);
  }
}

function expectFlat(small: Work | undefined, large: Work): void {
  if (!small) throw new Error("both worlds have the same calls");
  for (const field of ["read", "written"] as const) {
    const bound = RATIO * small[field] + BESIDE[field];
    expect(large[field], `${field} grow: ${JSON.stringify([small, large])}`).toBeLessThanOrEqual(bound);
  }
}
