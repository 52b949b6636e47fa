/**
 * What is open over the page has an entry of its own in the browser's history, so that Back closes it. The
 * entries follow what is open: this is the one place that makes and leaves them.
 */

/** What closes each thing that is open, the topmost last. */
const open: (() => void)[] = [];
/** Where the newest entry of an overlay was made. */
let here = "";
/** What waits until the browser has gone back; undefined: it is not on its way. */
let waiting: (() => void)[] | undefined;
let isDue = false;

/** Something is open over the page. @param close closes it @returns tells that it is closed */
export function openOverlay(close: () => void): () => void {
  open.push(close);
  settleSoon();
  return () => {
    const at = open.indexOf(close);
    if (at !== -1) open.splice(at, 1);
    settleSoon();
  };
}

/** Runs what writes to the history, which the browser would mix up with a way back that has not ended. */
export function whenStill(run: () => void): void {
  if (waiting) waiting.push(run);
  else run();
}

/** To be called at each `popstate`. @returns whether it was about what is open: the view behind it stays */
export function wasOverlay(): boolean {
  settleSoon();
  const left = waiting;
  waiting = undefined;
  for (const run of left ?? []) run();
  if (left) return true;
  if (location.hash !== here || open.length <= depth()) return false;
  // At once: each says only later that it is closed, and would get an entry again until then.
  for (const close of open.splice(depth()).toReversed()) close();
  return true;
}

/** How many overlays the entry on top has. */
function depth(): number {
  return Number(Object(history.state).over) || 0;
}

/** Something may close and something else open in one turn. */
function settleSoon(): void {
  if (!isDue) setTimeout(settle);
  isDue = true;
}

function settle(): void {
  isDue = false;
  if (waiting) return;
  const missing = open.length - depth();
  here = location.hash;
  for (let i = 0; i < missing; i++) history.pushState({ ...history.state, over: depth() + 1 }, "");
  if (missing >= 0) return;
  // One that is closed, or was open before the page was loaded anew, or is met on the way back.
  waiting = [];
  history.go(missing);
}

settleSoon();

// A link that is followed while the browser is on its way back would be undone by it.
addEventListener(
  "click",
  (event) => {
    const link = event.target instanceof Element && event.target.closest<HTMLElement>("a[href^='#']");
    if (!waiting || !link) return;
    event.preventDefault();
    waiting.push(() => link.click());
  },
  true,
);
