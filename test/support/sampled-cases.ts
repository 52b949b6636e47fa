import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** `EVERY_CASE` is set: tables of cases run as a whole */
    everyCase: boolean;
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
  const [ys, xs] = [shuffled(rows), shuffled(columns)];
  const count = Math.max(ys.length, xs.length);
  const tried = new Map(ys.map((row) => [row, new Set<Column | undefined>()]));
  for (let i = 0; i < count; i++) {
    const row = ys[i % ys.length];
    if (row !== undefined) tried.get(row)?.add(xs[i % xs.length]);
  }
  return all.filter(([row, column]) => tried.get(row)?.has(column));
}

/** `count` of the cases, which differ in nothing but data; all with `EVERY_CASE`. The commit determines which. */
export function sampledCases<Case>(cases: readonly Case[], count: number): Case[] {
  if (inject("everyCase")) return [...cases];
  const chosen = new Set(shuffled(cases).slice(0, count));
  return cases.filter((one) => chosen.has(one));
}

/** A copy in an order that the seed determines. */
function shuffled<Item>(items: readonly Item[]): Item[] {
  let state = inject("seed");
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
