/** `npm run tim:build`: compiles src/ to dist/, with types and source maps. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";

const PACKAGE = join(import.meta.dirname, "..");

// A module that has no source any more must not be published.
rmSync(join(PACKAGE, "dist"), { recursive: true, force: true });
process.exitCode = spawnSync("tsc", ["-p", PACKAGE], { stdio: "inherit" }).status ?? 1;
