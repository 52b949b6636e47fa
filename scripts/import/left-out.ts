import { closeSync, openSync, writeSync } from "node:fs";

/** A part of an export that has no place here, or could not be had. */
export interface LeftOutItem {
  /** counted by these words: the same ones for the same reason */
  reason: string;
  /** file and line, or conversation and message */
  where: string;
  /** its text or its name */
  what?: string | undefined;
}

/** How many of each reason are shown. */
const SHOWN = 3;

/** The parts of an export that an import leaves out, counted by reason. */
export class LeftOut {
  readonly #reasons = new Map<string, { count: number; first: LeftOutItem[] }>();
  readonly #report: number | undefined;

  /** @param report the file that gets each item, as JSON Lines. It holds texts of people */
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
