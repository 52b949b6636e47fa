/** Resolves in a later turn of the event loop, after `ms` milliseconds or more. */
export function nextTurn(ms = 0): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lets `count` turns of the event loop pass, so that a test can vary where two calls meet. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await nextTurn();
}

/** As long as `eventually`, in ms: the alarm, which repairs lost work after 30 s, does not help a test. */
const UNTIL_MS = 20_000;
/** How long a test may hold a call, in ms. Only a test that never releases it holds it so long. */
const HELD_MS = 100_000;

/**
 * Waits for a state, one turn of the event loop after the other. A test whose next step must come at once
 * uses it in place of `eventually`.
 * @param what is true then; the test fails by these words if it never comes
 */
export function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  return wait(holds, what, UNTIL_MS);
}

/** Holds a call back while the test says so. */
export function whileHeld(isHeld: () => boolean): Promise<void> {
  return wait(() => !isHeld(), "the test releases what it holds", HELD_MS);
}

async function wait(holds: () => boolean | Promise<boolean>, what: string, ms: number): Promise<void> {
  // `Date.now` may stand still.
  const begin = performance.now();
  while (!(await holds())) {
    if (performance.now() - begin > ms) throw new Error(`never came, in ${ms / 1_000} s: ${what}`);
    await nextTurn(1);
  }
}
