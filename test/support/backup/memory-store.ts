import type { RestoreStore } from "../../../src/core/backup/run/restore-run.ts";

/** A backup in memory. */
export class MemoryStore implements RestoreStore {
  readonly files = new Map<string, Uint8Array>();
  /** the names that were written since the last look */
  written: string[] = [];
  /** the names that a run has asked for since the start, once for each time */
  readonly asked: string[] = [];
  /** the writes after which each further one fails; undefined: none does */
  failsAfter: number | undefined;

  async has(name: string): Promise<boolean> {
    this.asked.push(name);
    return this.files.has(name);
  }

  async get(name: string): Promise<Uint8Array | null> {
    return this.files.get(name) ?? null;
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    if (this.failsAfter !== undefined && this.failsAfter-- <= 0) throw new Error("the disk is full");
    this.files.set(name, bytes);
    this.written.push(name);
  }

  async putStream(name: string, bytes: ReadableStream<Uint8Array>): Promise<void> {
    await this.put(name, new Uint8Array(await new Response(bytes).arrayBuffer()));
  }

  async delete(names: string[]): Promise<void> {
    for (const name of names) this.files.delete(name);
  }

  async blob(name: string): Promise<Blob | null> {
    const bytes = this.files.get(name);
    return bytes ? new Blob([new Uint8Array(bytes)]) : null;
  }

  /** The names of the files that were written since the last call. */
  takeWritten(): string[] {
    const { written } = this;
    this.written = [];
    return written;
  }
}
