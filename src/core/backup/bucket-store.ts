import type { BackupStore } from "../../domain/backup/ports.ts";
import { fromR2, sendStream } from "../../storage/files/blobs.ts";

/** The most keys that one call deletes. */
const MAX_DELETED = 1_000;

/** A backup in a bucket of R2. Its keys are the names of the files: a copy of the bucket can be restored. */
export class BucketStore implements BackupStore {
  readonly #bucket: R2Bucket;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  async has(name: string): Promise<boolean> {
    return (await fromR2(this.#bucket.head(name))) !== null;
  }

  async get(name: string): Promise<Uint8Array | null> {
    const found = await fromR2(this.#bucket.get(name));
    return found && new Uint8Array(await fromR2(found.arrayBuffer()));
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    await fromR2(this.#bucket.put(name, bytes));
  }

  async putStream(name: string, bytes: ReadableStream<Uint8Array>, size: number): Promise<void> {
    await sendStream(bytes, size, (stream) => this.#bucket.put(name, stream));
  }

  async delete(names: string[]): Promise<void> {
    for (let at = 0; at < names.length; at += MAX_DELETED)
      await fromR2(this.#bucket.delete(names.slice(at, at + MAX_DELETED)));
  }
}
