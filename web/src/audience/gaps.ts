import type { Message, WindowView } from "parley-client";

/** Where messages are left out, from one `seq` to another. Some of those between may be there. */
export type Gap = WindowView["gaps"][number];

/** How many messages a gap lacks. */
export interface Mark {
  readonly gap: Gap;
  readonly count: number;
}

/** What the gaps lack, by the `seq` of the message below which the user is told. */
export function marksOf(messages: readonly Message[], gaps: readonly Gap[]): ReadonlyMap<number, Mark> {
  const marks = new Map<number, Mark>();
  for (const gap of gaps) {
    const before = messages.findLastIndex(({ seq }) => seq < gap.from);
    const last = messages.findLastIndex(({ seq }) => seq <= gap.to);
    const count = gap.to - gap.from + 1 - (last - before);
    const { seq } = messages[last] ?? {};
    if (seq && count > 0) marks.set(seq, { gap, count });
  }
  return marks;
}

/** Gaps with one more behind them. Those that touch become one. */
export function skipped(gaps: readonly Gap[], { from, to }: Gap): readonly Gap[] {
  const last = gaps.at(-1);
  return last && last.to >= from - 1 ? [...gaps.slice(0, -1), { ...last, to }] : [...gaps, { from, to }];
}

/** What is left of gaps once every message from one place to another is there. */
export function filled(gaps: readonly Gap[], from: number, to: number): readonly Gap[] {
  return gaps
    .flatMap((gap) => [
      { from: gap.from, to: Math.min(gap.to, from - 1) },
      { from: Math.max(gap.from, to + 1), to: gap.to },
    ])
    .filter((gap) => gap.from <= gap.to);
}
