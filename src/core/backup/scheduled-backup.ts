import type { BackupStore } from "../../domain/backup/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { fromR2, sendStream } from "../../storage/files/blobs.ts";
import { type BackupCore, DeploymentSource } from "./deployment-source.ts";
import { backUp } from "./run/backup-run.ts";
import { readManifest, readProgress } from "./run/layout.ts";

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

/**
 * The hourly part of a daily backup into a bucket. A run begins once a day, and goes on each hour until it is
 * over: an event of the platform has bounded calls. Never rejects.
 * @param bucket undefined: the Worker has none
 */
export async function backUpIntoBucket(
  core: BackupCore,
  bucket: R2Bucket | undefined,
  { everyMs, budgetMs, pieces }: Timing["scheduledBackup"],
): Promise<void> {
  if (!bucket) {
    log("error", "backup_failed", { detail: "BACKUP_TO_R2 is set, and the Worker has no bucket BACKUPS." });
    return;
  }
  try {
    const store = new BucketStore(bucket);
    const started = Date.now();
    const isUnderWay = (await readProgress(store)) !== null;
    const last = isUnderWay ? null : await readManifest(store);
    if (last && started - last.startedAt < everyMs) return;
    let left = pieces;
    const mayGoOn = () => --left > 0 && Date.now() - started < budgetMs;
    const manifest = await backUp(new DeploymentSource(core), store, { mayGoOn });
    if (!manifest) log("info", "backup_under_way", { ms: Date.now() - started });
    else {
      const { skipped, ...totals } = manifest.totals;
      log("info", "backup_done", { ...totals, skipped: skipped.length, ms: Date.now() - started });
    }
  } catch (error) {
    log("error", "backup_failed", errorFields(error));
  }
}
