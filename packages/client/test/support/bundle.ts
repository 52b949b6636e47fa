import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { ROOT } from "../../../../scripts/support/wrangler.ts";
import { plan } from "../../../../scripts/worker/bundle.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** the path of the plan of the Worker that the tests of a run start, as JSON */
    workerPlan: string;
  }
}

/** `src/index.ts` with cheap hashes of passwords: each test registers users. */
const WORKER = join(ROOT, "test/support/started-worker.ts");

/** Bundles the Worker once for all test files of a run, as a deployment would. */
export default async function bundle(project: TestProject): Promise<() => void> {
  const scratch = mkdtempSync(join(tmpdir(), "parley-client-bundle-"));
  const path = join(scratch, "plan.json");
  writeFileSync(path, JSON.stringify(await plan(join(ROOT, "wrangler.toml"), WORKER, scratch, {})));
  project.provide("workerPlan", path);
  return () => rmSync(scratch, { recursive: true, force: true });
}
