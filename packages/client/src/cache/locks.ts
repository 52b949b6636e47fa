/**
 * Takes a lock that all tabs know, and waits for it. Without Web Locks there are no other tabs to wait for.
 * @returns releases it
 */
export function takeLock(name: string): Promise<() => void> {
  return new Promise((resolve) => {
    const held = globalThis.navigator?.locks?.request(name, () => new Promise<void>(resolve));
    if (held) held.catch(() => {});
    else resolve(() => {});
  });
}

/** The names of the locks that are held. */
export async function heldLocks(): Promise<Set<string | undefined>> {
  const { held } = (await globalThis.navigator?.locks?.query()) ?? {};
  return new Set(held?.map(({ name }) => name));
}
