import type { LargeObject } from "../../domain/operation/large-object.ts";
import type { HookState } from "../../domain/server/hook.ts";
import { databaseBytes, listLargeObjects } from "../../storage/large-objects.ts";
import { listHooks } from "../../storage/server/hooks.ts";
import type { Core } from "../context.ts";

/** The largest objects that are named. */
const OBJECTS = 20;

/** How full a deployment is, and what of it has stopped. */
export interface ServerMetrics {
  databaseBytes: number;
  objects: LargeObject[];
  hooks: Record<HookState, number>;
}

/**
 * How full the deployment is, and the states of its hooks. What an object has not confirmed for two reports
 * is not shown: it may be gone.
 */
export async function serverMetrics({ db, timing }: Pick<Core, "db" | "timing">): Promise<ServerMetrics> {
  const { largeBytes: least, reportMs } = timing.storage;
  const since = Date.now() - 2 * reportMs;
  const [bytes, objects, all] = await Promise.all([
    databaseBytes(db),
    listLargeObjects(db, { least, since }, OBJECTS),
    listHooks(db),
  ]);
  const hooks = { active: 0, disabled: 0, gone: 0 };
  for (const { state } of all) hooks[state]++;
  return { databaseBytes: bytes, objects, hooks };
}
