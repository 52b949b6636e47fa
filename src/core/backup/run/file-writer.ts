import type { BackupStore } from "../../../domain/backup/ports.ts";
import { type BackupTotals, compress, nameOf } from "./layout.ts";

/** Writes the files of a backup, each once, and counts what is new. */
export class FileWriter {
  readonly #store: BackupStore;
  readonly #totals: BackupTotals;
  /** whether the backup before has a file, or this run has written it */
  readonly #isThere: (name: string) => boolean;

  constructor(store: BackupStore, totals: BackupTotals, isThere: (name: string) => boolean) {
    this.#store = store;
    this.#totals = totals;
    this.#isThere = isThere;
  }

  /** @param place what the name begins with @returns the name */
  async write(place: string, text: string): Promise<string> {
    const name = await nameOf(place, text);
    if (this.#isThere(name)) return name;
    const bytes = await compress(text);
    await this.#store.put(name, bytes);
    this.count(bytes.byteLength);
    return name;
  }

  /** Counts a file that was written by other means. */
  count(bytes: number): void {
    this.#totals.written++;
    this.#totals.writtenBytes += bytes;
  }
}
