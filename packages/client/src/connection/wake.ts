/** The clock is looked at this often, in ms. A jump of twice as much is a sleep of the machine. */
const LOOK_EVERY = 5_000;
/** The network is back; the page is shown or hidden. */
const EVENTS = ["online", "visibilitychange"];

/**
 * Calls back when the network, the page or the machine is back.
 * @returns ends the listening
 */
export function listenForWake(wake: () => void): () => void {
  let last = Date.now();
  const clock = setInterval(() => {
    if (Date.now() - last > 2 * LOOK_EVERY) wake();
    last = Date.now();
  }, LOOK_EVERY);
  // Node, Workers and React Native have no such events.
  for (const event of EVENTS) globalThis.addEventListener?.(event, wake);
  return () => {
    clearInterval(clock);
    for (const event of EVENTS) globalThis.removeEventListener?.(event, wake);
  };
}
