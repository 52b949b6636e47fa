import type { Page } from "playwright-core";

declare global {
  interface Window {
    /** from each key to the end of its frame, in ms */
    keyTimes?: number[];
  }
}

/** Notes in a page how long each key takes. */
export function noteKeys(): void {
  const times: number[] = [];
  window.keyTimes = times;
  addEventListener(
    "keydown",
    ({ timeStamp }) =>
      requestAnimationFrame(() => setTimeout(() => times.push(performance.now() - timeStamp))),
    true,
  );
}

/** How long each key took, in ms. */
export function keyTimes(page: Page): Promise<readonly number[]> {
  return page.evaluate(() => window.keyTimes ?? []);
}

/** A row of a table: median and range of times, in ms. */
export function row(name: string, all: readonly number[]): string {
  const sorted = [...all].sort((a, b) => a - b).map(Math.round);
  return `| ${name} | ${sorted[Math.floor(sorted.length / 2)]} ms | ${sorted[0]}–${sorted.at(-1)} |\n`;
}
