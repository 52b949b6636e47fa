const PERIOD_MS = 200;
const parent = process.ppid;

/**
 * Calls `then` once when the npm that runs this script is gone. npm ends the shell between itself and
 * the script, and the shell tells nobody: becoming an orphan is the only sign. Without it `kill` on
 * `npm run …` would leave servers running.
 * @returns how to stop watching
 */
export function whenOrphaned(then: () => void): () => void {
  // A script that was started by hand may well outlive its shell.
  if (process.env.npm_lifecycle_event === undefined) return () => {};
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    then();
  }, PERIOD_MS);
  timer.unref();
  return () => clearInterval(timer);
}
