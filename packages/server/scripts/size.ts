/**
 * Part of `npm run check`: what parley-server weighs, bundled and minified by esbuild and compressed by gzip.
 * Nothing of Node is in it: esbuild resolves no `node:` for a neutral platform. Exits with 1 if it is over
 * its limit. Wants dist/.
 */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Bytes after gzip, at most. */
const LIMIT = 6_144;

const { outputFiles } = await build({
  stdin: { contents: 'export * from "parley-server"', resolveDir: join(import.meta.dirname, "..") },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2023",
  platform: "neutral",
  legalComments: "none",
  write: false,
});
const bytes = outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
console.log(`parley-server: ${bytes} of ${LIMIT} bytes`);
if (bytes > LIMIT) process.exitCode = 1;
