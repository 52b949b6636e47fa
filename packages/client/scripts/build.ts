/**
 * Part of `npm run client:build`: compiles src/ to dist/, with types and source maps. The types
 * of /openapi.json are generated before.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

const CLIENT = join(import.meta.dirname, "..");
/** tsc reads declarations, but does not copy them to its output. */
const GENERATED = "api/openapi.d.ts";

const dist = join(CLIENT, "dist");
// A module that has no source any more must not be published.
rmSync(dist, { recursive: true, force: true });
const copy = join(dist, GENERATED);
mkdirSync(dirname(copy), { recursive: true });
copyFileSync(join(CLIENT, "src", GENERATED), copy);
process.exitCode = spawnSync("tsc", ["-p", CLIENT], { stdio: "inherit" }).status ?? 1;
