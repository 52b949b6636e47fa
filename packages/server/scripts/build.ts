/**
 * `npm run server:build`: compiles src/ to dist/, with types and source maps. Wants the types of
 * /openapi.json.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

const PACKAGE = join(import.meta.dirname, "..");
/** tsc reads declarations, but does not copy them to its output. */
const GENERATED = "packages/client/src/api/openapi.d.ts";

const dist = join(PACKAGE, "dist");
// A module that has no source any more must not be published.
rmSync(dist, { recursive: true, force: true });
const copy = join(dist, GENERATED);
mkdirSync(dirname(copy), { recursive: true });
copyFileSync(join(PACKAGE, "../..", GENERATED), copy);
process.exitCode = spawnSync("tsc", ["-p", PACKAGE], { stdio: "inherit" }).status ?? 1;
