import { vi } from "vitest";

/**
 * Resolves once `holds` does not throw any more. What is slow may take its time, but not so long that an alarm has
 * mended by then what was lost: that takes half a minute.
 */
export function eventually<T>(holds: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(holds, { timeout: 20_000, interval: 5 });
}
