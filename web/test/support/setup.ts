import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { share } from "../../../packages/client/test/support/setup.ts";
import { DIST } from "../../scripts/bundle.ts";
import { findChromium } from "./chromium.ts";
import { allowEval, findFirefox } from "./firefox/firefox.ts";
import { type FoundBrowser, SETTINGS } from "./site.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** the folder of the page that the servers of a run serve */
    webAssets: string;
    /** the browser of a run */
    browser: FoundBrowser;
  }
}

/**
 * Makes once a run what all test files need: the bundle of the Worker, a server, a browser, and a copy of
 * the page, which stays as it is when a developer's `npm run dev` builds another one. The browser is a
 * Chromium, or the Firefox that `FIREFOX` names.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const scratch = mkdtempSync(join(tmpdir(), "parley-web-"));
  const assets = join(scratch, "dist");
  cpSync(DIST, assets, { recursive: true });
  project.provide("webAssets", assets);
  if (process.env.FIREFOX) {
    allowEval(assets);
    project.provide("browser", { firefox: findFirefox() });
  } else project.provide("browser", await findChromium());
  const end = await share(project, SETTINGS, assets);
  return async () => {
    await end();
    rmSync(scratch, { recursive: true, force: true });
  };
}
