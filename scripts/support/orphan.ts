const PERIOD_MS = 200;
const parent = process.ppid;

/**
 * Calls `then` once when the npm that runs this script has ended. npm kills the shell between itself and the
 * script, but the shell passes no signal on: a new parent is the only sign. Without this, `kill` on `npm run
 * …` would leave servers running.
 * @returns stops the watch
 */
export function whenOrphaned(then: () => void): () => void {
  // A script started by hand may outlive its shell.
  if (process.env.npm_lifecycle_event === undefined) return () => {};
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    then();
  }, PERIOD_MS);
  timer.unref();
  return () => clearInterval(timer);
}
