import { vi } from "vitest";

/**
 * Resolves once `holds` does not throw, within 20 s. A slow machine gets that time, but an alarm would repair
 * a lost delivery only after 30 s.
 */
export function eventually<T>(holds: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(holds, { timeout: 20_000, interval: 5 });
}
