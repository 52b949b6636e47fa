/**
 * Part of `npm run check`: what parley-tim weighs, bundled and minified by esbuild and compressed by gzip.
 * Exits with 1 if it is over its limit.
 */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Bytes after gzip, at most. */
const LIMIT = 17_536;

const { outputFiles } = await build({
  entryPoints: [join(import.meta.dirname, "../src/index.ts")],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  platform: "neutral",
  legalComments: "none",
  write: false,
});
const bytes = outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
console.log(`parley-tim: ${bytes} of ${LIMIT} bytes`);
if (bytes > LIMIT) process.exitCode = 1;
