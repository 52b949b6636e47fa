/** Resolves in a later turn of the event loop, after `ms` milliseconds or more. */
export function nextTurn(ms = 0): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lets `count` turns of the event loop pass, so that a test can vary where two calls meet. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await nextTurn();
}
