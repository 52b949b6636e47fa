/**
 * Part of `npm run check`: what parley-react adds to an app, bundled and minified by esbuild and compressed
 * by gzip, without React and parley-client. Exits with 1 if an entry is over its limit. Wants dist/.
 */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const PACKAGE = join(import.meta.dirname, "..");

/** Bytes after gzip, at most, of what each entry exports. */
const LIMITS: Readonly<Record<string, number>> = {
  "parley-react": 18_880,
  "parley-react/list": 640,
  "parley-react/timeline": 5_760,
  "parley-react/message": 7_552,
  "parley-react/composer": 12_160,
  "parley-react/markup": 5_888,
  "parley-react/mentions": 7_936,
  "parley-react/pasted": 256,
  "parley-react/text": 896,
  "parley-react/excerpts": 1_408,
  "parley-react/keys": 192,
  "parley-react/spaces": 256,
};

for (const [name, limit] of Object.entries(LIMITS)) {
  const { outputFiles } = await build({
    stdin: { contents: `export * from ${JSON.stringify(name)}`, resolveDir: PACKAGE },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2024",
    external: ["react", "react/*", "parley-client", "parley-client/*"],
    legalComments: "none",
    write: false,
  });
  const bytes = outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
  console.log(`${name}: ${bytes} of ${limit} bytes`);
  if (bytes > limit) process.exitCode = 1;
}
