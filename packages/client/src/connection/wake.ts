/** The clock is looked at this often, in ms. */
const LOOK_EVERY = 5_000;
/** A longer jump of the clock is a sleep of the machine, in ms. */
const LONGEST = 10_000;

/**
 * Calls back when the network, the page or the machine is back.
 * @returns ends the listening
 */
export function listenForWake(wake: () => void): () => void {
  let last = Date.now();
  const clock = setInterval(() => {
    if (Date.now() - last > LONGEST) wake();
    last = Date.now();
  }, LOOK_EVERY);
  const ended = new AbortController();
  // The network is back; the page is shown or hidden. Node, Workers and React Native have no such events.
  for (const event of ["online", "visibilitychange"]) globalThis.addEventListener?.(event, wake, ended);
  return () => {
    clearInterval(clock);
    ended.abort();
  };
}
