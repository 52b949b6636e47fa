import type { DraftStorage } from "../../src/drafts/index.ts";

/** A `localStorage` in memory. It outlives the clients of a test, as that of a browser does. */
export class MemoryStorage implements DraftStorage {
  readonly items = new Map<string, string>();

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }
}
