import { closeSync, openSync, writeSync } from "node:fs";

/** Something that has no place here, or could not be had. */
export interface LeftOutItem {
  /** the same words for the same reason: they are counted by it */
  reason: string;
  /** file and line, or conversation and message */
  where: string;
  /** what it was */
  what?: string | undefined;
}

/** How many of each reason are shown. */
const SHOWN = 3;

/** What an import leaves out, counted by reason. */
export class LeftOut {
  readonly #reasons = new Map<string, { count: number; first: LeftOutItem[] }>();
  readonly #report: number | undefined;

  /** @param report the file that gets each of them, as JSON Lines: it has what people wrote */
  constructor(report?: string) {
    this.#report = report === undefined ? undefined : openSync(report, "w", 0o600);
  }

  get count(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  /** How many there are, by reason. */
  get counts(): Record<string, number> {
    return Object.fromEntries([...this.#reasons].map(([reason, { count }]) => [reason, count]));
  }

  add(item: LeftOutItem, count = 1): void {
    if (count <= 0) return;
    const known = this.#reasons.get(item.reason) ?? { count: 0, first: [] };
    known.count += count;
    if (known.first.length < SHOWN) known.first.push(item);
    this.#reasons.set(item.reason, known);
    if (this.#report !== undefined)
      writeSync(this.#report, `${JSON.stringify(count === 1 ? item : { ...item, count })}\n`);
  }

  /** The lines of the report at the end, the most frequent reason first. */
  lines(): string[] {
    return [...this.#reasons]
      .toSorted(([, a], [, b]) => b.count - a.count)
      .flatMap(([reason, { count, first }]) => [
        `  ${count.toLocaleString("en")} × ${reason}`,
        ...first.map(({ where, what }) => `      ${where}${what ? `: ${oneLine(what)}` : ""}`),
      ]);
  }

  close(): void {
    if (this.#report !== undefined) closeSync(this.#report);
  }
}

function oneLine(text: string): string {
  const flat = text.replace(/\s+/g, " ");
  return flat.length > 100 ? `${flat.slice(0, 99)}…` : flat;
}
