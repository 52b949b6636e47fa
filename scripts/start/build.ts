import { createHash, randomUUID } from "node:crypto";
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/wrangler.ts";
import { Plan } from "../worker/plan.ts";

/** Where builds are, each in a folder that is named after its sources. */
const BUILDS = join(ROOT, "dist/server");

/** What the Worker and the page are made of. */
const SOURCES = [
  "{src,migrations,docs}/**/*",
  "web/{src,public,scripts}/**/*",
  "web/*.{html,json}",
  "packages/*/src/**/*",
  "{wrangler.toml,package-lock.json,README.md,CHANGELOG.md}",
];

/**
 * The Worker and the page, as a deployment has them. They are built when there is no build of their sources.
 * @param tell prints a line
 * @returns a plan for a server that has no folder yet
 */
export async function built(tell: (line: string) => void): Promise<Plan> {
  const folder = join(BUILDS, sourcesStamp());
  const known = planIn(folder);
  if (known) return known;
  tell("Building the server and the page, as after each change of their sources …");
  // What builds takes seconds to load, and a start has mostly nothing to build.
  const { buildWeb } = await import("../../web/scripts/bundle.ts");
  const { plan } = await import("../worker/bundle.ts");
  // Not a temporary folder, which its maker alone may read: the server's user may be another one.
  const scratch = join(BUILDS, `new-${randomUUID()}`);
  mkdirSync(scratch, { recursive: true });
  try {
    const [worker] = await Promise.all([
      plan(join(ROOT, "wrangler.toml"), undefined, scratch, {}),
      buildWeb(join(scratch, "page")),
    ]);
    writeFileSync(join(scratch, "plan.json"), JSON.stringify(worker));
    renameSync(scratch, folder);
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true });
    // Another start may have made the same.
    if (!planIn(folder)) throw error;
  }
  const made = planIn(folder);
  if (!made) throw new Error(`no build in ${folder}`);
  return made;
}

/** The plan of a build that is whole. */
function planIn(folder: string): Plan | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, "plan.json"), "utf8");
  } catch {
    return undefined;
  }
  const place = { bundle: join(folder, "bundle"), assets: join(folder, "page"), inspector: false };
  return Plan.parse({ ...JSON.parse(text), ...place });
}

/** A name that is another one when a source is. */
function sourcesStamp(): string {
  const hash = createHash("sha256");
  const files = globSync(SOURCES, { cwd: ROOT, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const path of files.map((entry) => join(entry.parentPath, entry.name)).sort())
    hash.update(path.slice(ROOT.length)).update("\0").update(readFileSync(path)).update("\0");
  return hash.digest("hex").slice(0, 16);
}
