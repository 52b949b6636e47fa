import type { Done } from "./server/sender.ts";

/** Milliseconds between two lines of progress. */
const PAUSE_MS = 5_000;

/** Prints a line of progress every few seconds. */
export class Progress {
  readonly #say: (line: string) => void;
  readonly #begin = performance.now();
  #last = performance.now();

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** A part is done. @param total the messages of the export; undefined: not counted */
  part(done: Done, total: number | undefined): void {
    const now = performance.now();
    if (now - this.#last < PAUSE_MS) return;
    this.#last = now;
    const messages = messagesOf(done);
    const of = total === undefined ? "" : ` of about ${number(total)}`;
    this.#say(`${number(messages)}${of} messages, ${this.rate(messages)}, ${number(done.files)} files`);
  }

  /** Messages a minute, so far. */
  rate(messages: number): string {
    const minutes = (performance.now() - this.#begin) / 60_000;
    return `${number(Math.round(messages / minutes))} messages a minute`;
  }
}

export function messagesOf({ imported, unchanged }: Done): number {
  return (imported.message ?? 0) + (unchanged.message ?? 0);
}

/** Counts by name as words: `3 users, 120 messages`. */
export function countsOf(counts: Record<string, number>): string {
  const words = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${number(count)} ${name.replace("_", " ")}${count === 1 ? "" : "s"}`);
  return words.join(", ") || "nothing";
}

function number(count: number): string {
  return count.toLocaleString("en");
}
