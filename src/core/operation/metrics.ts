import type { LargeObject } from "../../domain/operation/large-object.ts";
import type { EventTotals } from "../../domain/operation/metrics.ts";
import type { HookState } from "../../domain/server/hook.ts";
import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";
import type { Database } from "../../storage/database.ts";
import { databaseBytes, listLargeObjects } from "../../storage/large-objects.ts";
import { listHooks } from "../../storage/server/hooks.ts";
import type { Core } from "../context.ts";

/** The largest objects that are named. */
const OBJECTS = 20;

/** How full a deployment is, what of it has stopped, and what has happened. */
export interface ServerMetrics {
  databaseBytes: number;
  objects: LargeObject[];
  hooks: Record<HookState, number>;
  /** null: they are kept where this server does not read them */
  events: EventTotals | null;
}

/**
 * How full the deployment is, the states of its hooks, and its events. What an object has not confirmed for
 * two reports is not shown: it may be gone.
 */
export async function serverMetrics({
  db,
  timing,
  metrics,
}: Pick<Core, "db" | "timing" | "metrics">): Promise<ServerMetrics> {
  const { largeBytes: least, reportMs } = timing.storage;
  const since = Date.now() - 2 * reportMs;
  const [bytes, objects, all] = await Promise.all([
    databaseBytes(db),
    listLargeObjects(db, { least, since }, OBJECTS),
    listHooks(db),
  ]);
  const hooks = { active: 0, disabled: 0, gone: 0 };
  for (const { state } of all) hooks[state]++;
  return { databaseBytes: bytes, objects, hooks, events: metrics.totals() };
}

/** Logs how many bytes D1 has: as a warning from 80 % of its 10 GB on. */
export async function logDatabaseSize(db: Database, timing: Pick<Timing, "storage">): Promise<void> {
  const bytes = await databaseBytes(db);
  log(bytes < timing.storage.nearlyFullBytes ? "info" : "warn", "database_size", { bytes });
}
