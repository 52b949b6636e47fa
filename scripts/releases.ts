/**
 * `npm run release:state -- [--checkout <folder>]`: keeps a small state of a release in `test/releases/`,
 * with what people saw in it, for a test that upgrades it. `--checkout` names that of another
 * release.
 */
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { z } from "zod";
import { look, SEEN, signIn, tell } from "./releases/story.ts";
import { inTemporaryFolder, Server } from "./support/server.ts";
import { ROOT } from "./support/wrangler.ts";

const LIMIT_MS = 120_000;
/** Of what wrangler stores, the part that a deployment has, too. */
const STORES = ["v3/d1", "v3/do", "v3/r2"];
const KEPT = join(ROOT, "test/releases");

const { values } = parseArgs({ options: { checkout: { type: "string" } } });
const checkout = resolve(values.checkout ?? ROOT);
const manifest: unknown = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8"));
const { version } = z.object({ version: z.string() }).parse(manifest);

await inTemporaryFolder(LIMIT_MS, async (folder) => {
  const server = await Server.start(folder, checkout);
  await tell(server.origin);
  // What goes on behind an answer is in the state, too.
  await server.stop();
  const again = await Server.start(folder, checkout);
  const seen = await look(again.origin, await signIn(again.origin));
  await again.stop();
  writeFileSync(join(folder.state, SEEN), JSON.stringify(seen));
  mkdirSync(KEPT, { recursive: true });
  for (const path of globSync(`${folder.state}/v3/*/*/*.sqlite`)) shrink(path);
  const archive = join(KEPT, `${version}.tar.gz`);
  execFileSync("tar", ["-czf", archive, "-C", folder.state, SEEN, ...STORES]);

  console.log(`${version} is kept in test/releases/.`);
});

/** Moves what the write-ahead log has into the database, and gives its free pages back. */
function shrink(path: string): void {
  using database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = DELETE; VACUUM; PRAGMA journal_mode = WAL");
}
