import { createWriteStream, openAsBlob } from "node:fs";
import { access, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { RestoreStore } from "../../src/core/backup/run/restore-run.ts";

const NAME = /^\w+([./-]\w+)*$/;

/** A backup in a folder, which nobody but its owner reads. */
export class FolderStore implements RestoreStore {
  readonly #folder: string;
  readonly #made = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async has(name: string): Promise<boolean> {
    return access(this.#path(name)).then(
      () => true,
      () => false,
    );
  }

  async get(name: string): Promise<Uint8Array | null> {
    return orNull(readFile(this.#path(name)));
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    await this.#write(name, (path) => writeFile(path, bytes, { mode: 0o600, flush: true }));
  }

  async putStream(name: string, bytes: ReadableStream<Uint8Array>): Promise<void> {
    await this.#write(name, async (path) => {
      // The stream of a web API is one that Node reads chunk by chunk.
      await pipeline(Readable.from(bytes), createWriteStream(path, { mode: 0o600, flush: true }));
    });
  }

  async delete(names: string[]): Promise<void> {
    for (const name of names) await rm(this.#path(name), { force: true });
  }

  async blob(name: string): Promise<Blob | null> {
    return (await this.has(name)) ? openAsBlob(this.#path(name)) : null;
  }

  /** A file has its name once it is whole: a run that breaks off leaves no part of one. */
  async #write(name: string, write: (path: string) => Promise<void>): Promise<void> {
    const path = this.#path(name);
    const folder = dirname(path);
    if (!this.#made.has(folder)) await mkdir(folder, { recursive: true, mode: 0o700 });
    this.#made.add(folder);
    await write(`${path}.part`);
    await rename(`${path}.part`, path);
  }

  /** Names come from a deployment, or from files of the backup: none leads out of the folder. */
  #path(name: string): string {
    if (!NAME.test(name)) throw new Error(`${name} is no name of a file of a backup`);
    return join(this.#folder, name);
  }
}

async function orNull<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** The code of an error of the system. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
