import { createWriteStream, openAsBlob } from "node:fs";
import { access, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { RestoreStore } from "../../src/core/backup/run/restore-run.ts";
import type { BackupKey } from "./encryption.ts";
import { isEncrypted } from "./encryption.ts";

const NAME = /^\w+([./-]\w+)*$/;

/** A backup in a folder, which nobody but its owner reads, and, with a key, nobody without it. */
export class FolderStore implements RestoreStore {
  readonly #folder: string;
  readonly #key: BackupKey | null;
  readonly #made = new Set<string>();

  /** @param key encrypts each file; null: none is encrypted */
  constructor(folder: string, key: BackupKey | null = null) {
    this.#folder = folder;
    this.#key = key;
  }

  async has(name: string): Promise<boolean> {
    return access(this.#path(name)).then(
      () => true,
      () => false,
    );
  }

  async get(name: string): Promise<Uint8Array | null> {
    const bytes = await orNull(readFile(this.#path(name)));
    if (bytes && this.#key) return this.#key.open(name, bytes);
    if (bytes && isEncrypted(bytes)) throw new Error("This backup is encrypted: set BACKUP_KEY.");
    return bytes;
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const written = this.#key ? this.#key.seal(name, bytes) : bytes;
    await this.#write(name, (path) => writeFile(path, written, { mode: 0o600, flush: true }));
  }

  async putStream(name: string, bytes: ReadableStream<Uint8Array>): Promise<void> {
    await this.#write(name, async (path) => {
      // The stream of a web API is one that Node reads chunk by chunk.
      const source = Readable.from(bytes);
      const target = createWriteStream(path, { mode: 0o600, flush: true });
      await (this.#key ? pipeline(source, this.#key.sealing(name), target) : pipeline(source, target));
    });
  }

  async delete(names: string[]): Promise<void> {
    for (const name of names) await rm(this.#path(name), { force: true });
  }

  async blob(name: string): Promise<Blob | null> {
    if (!(await this.has(name))) return null;
    const path = this.#path(name);
    return openAsBlob(this.#key ? await this.#key.opened(name, path) : path);
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
