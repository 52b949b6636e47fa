import type { BackupStore } from "../../../domain/backup/ports.ts";
import { type BackupTotals, compress, nameOf } from "./layout.ts";

/** Writes the files of a backup, each once, and counts what is new. */
export class FileWriter {
  readonly #store: BackupStore;
  readonly #totals: BackupTotals;
  readonly #known: ReadonlySet<string>;
  /** the names of the files that this has written */
  readonly written: string[] = [];

  /** @param known files that the backup before has */
  constructor(store: BackupStore, totals: BackupTotals, known: ReadonlySet<string>) {
    this.#store = store;
    this.#totals = totals;
    this.#known = known;
  }

  /** @param place what the name begins with @returns the name */
  async write(place: string, text: string): Promise<string> {
    const name = await nameOf(place, text);
    if (this.#known.has(name)) return name;
    const bytes = await compress(text);
    await this.#store.put(name, bytes);
    this.written.push(name);
    this.count(bytes.byteLength);
    return name;
  }

  /** Counts a file that was written by other means. */
  count(bytes: number): void {
    this.#totals.written++;
    this.#totals.writtenBytes += bytes;
  }
}
