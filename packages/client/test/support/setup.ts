import type { TestProject } from "vitest/node";
import bundle from "./bundle.ts";
import { TestServer } from "./server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** the origin of `Server.shared()` */
    sharedOrigin: string;
    /** the origin of `Server.small()` */
    smallOrigin: string;
  }
}

/**
 * Bundles the Worker once a run, and starts the server that the test files share.
 * @param settings as of `TestServer.start`
 * @returns what ends it
 */
export async function share(
  project: TestProject,
  settings: Record<string, string> = {},
  assets?: string,
): Promise<() => Promise<void>> {
  const end = await bundle(project);
  const server = await TestServer.start(settings, assets, project.getProvidedContext().workerPlan);
  project.provide("sharedOrigin", server.origin);
  return async () => {
    await server[Symbol.asyncDispose]();
    end();
  };
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const end = await share(project, { MAX_UPLOAD_MIB: "16" });
  const plan = project.getProvidedContext().workerPlan;
  const small = await TestServer.start(
    { LIVE_MEMBERS: "1", MAX_CHANGES: "5", CROWD_MEMBERS: "5", AUDIENCE_RATE: "2" },
    undefined,
    plan,
  );
  project.provide("smallOrigin", small.origin);
  return async () => {
    await small[Symbol.asyncDispose]();
    await end();
  };
}
