import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { BucketStore } from "./bucket-store.ts";
import { type BackupCore, DeploymentSource } from "./deployment-source.ts";
import { backUp } from "./run/backup-run.ts";
import { readManifest, readProgress } from "./run/layout.ts";

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
