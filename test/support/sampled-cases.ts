import { inject } from "vitest";

/** What `vitest.config.mts` provides from the environment of a run. */
declare module "vitest" {
  interface ProvidedContext {
    /** how often a property runs; "": as the test says */
    propertyRuns: string;
    /** how many messages the story of broken connections has; "": a few hundred */
    chatMessages: string;
    /** the messages of a burst; large groups count too, which takes minutes. "": 50, small groups only */
    costTable: string;
    /** what stories and samples of cases begin with: `PROPERTY_SEED`, or a number of the commit */
    seed: number;
    /** `PROPERTY_SEED` is set: a failed story is shortened */
    isSeedGiven: boolean;
    /** `EVERY_CASE` is set: tables of cases run as a whole */
    everyCase: boolean;
    /** the run that is going on: `npm run test:quick`, `npm test` or `npm run test:all` */
    run: "quick" | "test" | "all";
  }
}

/**
 * The pairs of rows and columns that a run tries: all with `EVERY_CASE`, otherwise so many that each row and
 * each column comes at least once. The commit determines which, as it does for the steps of `eachStep`: over
 * time all are tried. `EVERY_CASE=1 npx vitest run FILE -t "name of the test"` repeats one.
 */
export function sampledPairs<Row, Column>(rows: readonly Row[], columns: readonly Column[]): [Row, Column][] {
  const all = rows.flatMap((row) => columns.map((column): [Row, Column] => [row, column]));
  if (inject("everyCase")) return all;
  // Two orders, so that a table of pairs is not sampled along its diagonal.
  const [ys, xs] = [shuffled(rows, 1), shuffled(columns, 2)];
  const count = Math.max(ys.length, xs.length);
  const tried = new Map(ys.map((row) => [row, new Set<Column | undefined>()]));
  for (let i = 0; i < count; i++) {
    const row = ys[i % ys.length];
    if (row !== undefined) tried.get(row)?.add(xs[i % xs.length]);
  }
  return all.filter(([row, column]) => tried.get(row)?.has(column));
}

/**
 * `count` of the cases, which differ in nothing but data; all with `EVERY_CASE`. The commit determines which.
 * @param salt makes the choice another one than that of a like table
 */
export function sampledCases<Case>(cases: readonly Case[], count: number, salt = 0): Case[] {
  if (inject("everyCase")) return [...cases];
  const chosen = new Set(shuffled(cases, salt).slice(0, count));
  return cases.filter((one) => chosen.has(one));
}

/** How often a test repeats what comes out by chance: `few` times, or `most` with `EVERY_CASE`. */
export function repetitions(few: number, most: number): number {
  return inject("everyCase") ? most : few;
}

/** How many cases a run tries: `few` in `npm test`, `more` in `npm run test:all`. */
export function perRun(few: number, more: number): number {
  return inject("run") === "all" ? more : few;
}

/** A copy in an order that the seed determines. */
function shuffled<Item>(items: readonly Item[], salt = 0): Item[] {
  let state = inject("seed") + salt;
  // The multiplier and increment are those of Numerical Recipes; the high bits are the random ones.
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  next();
  return items
    .map((item) => ({ item, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
