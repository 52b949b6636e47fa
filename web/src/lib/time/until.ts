import { signal } from "@preact/signals";

/** The clock is looked at this often at least, in ms: while a machine sleeps its timers stand still. */
const LOOK = 60_000;

/** goes up whenever an awaited moment has passed */
const passed = signal(0);
const awaited = new Set<number>();
let timer: ReturnType<typeof setTimeout> | undefined;

/**
 * The time now, in ms since 1970. What draws or computes with it does so again once the moment has passed.
 * @param moment in ms since 1970; one that is over, or Infinity, is not waited for
 */
export function nowUntil(moment: number): number {
  const now = Date.now();
  // Read, so that the caller depends on it.
  void passed.value;
  if (moment > now && moment < Infinity && !awaited.has(moment)) {
    awaited.add(moment);
    look();
  }
  return now;
}

function look(): void {
  clearTimeout(timer);
  const now = Date.now();
  const over = [...awaited].filter((moment) => moment <= now);
  for (const moment of over) awaited.delete(moment);
  const next = Math.min(...awaited);
  if (next < Infinity) timer = setTimeout(look, Math.min(next - now, LOOK));
  if (over.length > 0) passed.value++;
}
