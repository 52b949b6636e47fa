import type { RestoreWrite } from "../../domain/backup/parts.ts";
import { CoreError } from "../../domain/errors.ts";
import type { Core } from "../context.ts";
import { DeploymentTarget } from "./deployment-target.ts";

/**
 * Writes what a call of a restore brings. Each may be repeated.
 * @throws `conflict` while the setting `RESTORE` is off, and as the target does
 * @returns whether everything is written
 */
export async function write(core: Core, write: RestoreWrite): Promise<boolean> {
  const target = restoreTarget(core);
  switch (write.what) {
    case "begin":
      return (await target.begin(write.backup)).isLoaded;
    case "objects":
      await target.objects(write.items);
      return false;
    case "database":
      await target.database(write.rows);
      return false;
    case "loaded":
      await target.loaded();
      return true;
    case "finish":
      await target.finish(write.kind, write.ids);
      return true;
    case "end":
      await target.end();
      return true;
  }
}

/** This deployment, into which a backup may be restored. @throws `conflict` while `RESTORE` is off */
export function restoreTarget(core: Core): DeploymentTarget {
  if (!core.settings.isRestoring)
    throw new CoreError("conflict", 'A backup is restored only while the setting RESTORE is "on".');
  return new DeploymentTarget(core);
}
