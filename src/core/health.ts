import { databaseAnswers } from "../storage/health.ts";
import type { Core } from "./context.ts";

/** Resolves once the database answers and has its tables. @throws `unavailable` */
export function checkHealth(core: Core): Promise<void> {
  return databaseAnswers(core.db);
}
