import { readFileSync, writeFileSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { Plan } from "../../../../scripts/worker/plan.ts";
import { generateServerKey, ServerScope } from "../../../../src/domain/server/server-key.ts";
import bundle from "../../../client/test/support/bundle.ts";
import { TestServer } from "../../../client/test/support/server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** the origin of the server of the tests of parley-server */
    parleyOrigin: string;
    /** a server key of it with all scopes */
    parleyKey: string;
  }
}

/** Starts a server with a key, once a run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const end = await bundle(project);
  const { workerPlan } = project.getProvidedContext();
  const { id, text, hash } = generateServerKey();
  const plan = Plan.omit({ inspector: true }).parse(JSON.parse(readFileSync(workerPlan, "utf8")));
  const insert = `INSERT INTO server_keys (id, name, scopes, hash, created_at)
    VALUES ('${id}', 'tests', '${JSON.stringify(ServerScope.options)}', '${hash}', ${Date.now()})`;
  const migrations = [...plan.migrations, { binding: "DB", queries: [insert] }];
  const withKey = `${workerPlan}.with-key.json`;
  writeFileSync(withKey, JSON.stringify({ ...plan, migrations }));
  const settings = { DEV_LOOPBACK: "on" };
  const server = await TestServer.start(settings, undefined, withKey);
  project.provide("parleyOrigin", server.origin);
  project.provide("parleyKey", text);
  return async () => {
    await server[Symbol.asyncDispose]();
    end();
  };
}
