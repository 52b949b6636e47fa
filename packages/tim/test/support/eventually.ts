import { vi } from "vitest";

/** Resolves once `holds` does not throw, within 20 s: a slow machine gets that time. */
export function eventually<T>(holds: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(holds, { timeout: 20_000, interval: 5 });
}
