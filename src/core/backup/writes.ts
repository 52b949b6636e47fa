import type { RestoreWrite } from "../../domain/backup/parts.ts";
import { CoreError } from "../../domain/errors.ts";
import type { Core } from "../context.ts";
import { DeploymentTarget } from "./deployment-target.ts";

/**
 * Writes what a call of a restore brings.
 * @throws `conflict` while the setting `RESTORE` is off, before a restore has begun, and as the target does
 * @returns whether everything is written
 */
export async function write(core: Core, write: RestoreWrite): Promise<boolean> {
  if (write.what === "begin") {
    requireSetting(core);
    const { isLoaded } = await new DeploymentTarget(core).begin(write.backup);
    return isLoaded;
  }
  const target = await requireRestoring(core);
  if (write.what === "objects") await target.objects(write.items);
  else if (write.what === "database") await target.database(write.rows);
  else if (write.what === "loaded") await target.loaded();
  else if (write.what === "finish") await target.finish(write.kind, write.ids);
  else await target.end();
  return !["objects", "database"].includes(write.what);
}

/** This deployment, into which a backup is being restored. @throws `conflict` if that is not so */
export async function requireRestoring(core: Core): Promise<DeploymentTarget> {
  requireSetting(core);
  const target = new DeploymentTarget(core);
  await target.requireBegun();
  return target;
}

function requireSetting({ settings }: Core): void {
  if (!settings.isRestoring)
    throw new CoreError("conflict", 'A backup is restored only while the setting RESTORE is "on".');
}
