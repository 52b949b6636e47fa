/**
 * Part of `npm run check`: what the client adds to an app, bundled and minified by esbuild and compressed by
 * gzip. Exits with 1 if an entry is over its limit. Wants dist/.
 */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const DIST = join(import.meta.dirname, "../dist");

interface Entry {
  name: string;
  code: string;
  /** bytes after gzip, at most */
  limit: number;
  /** imports that are not counted */
  external?: string[];
}

const ENTRIES: Entry[] = [
  { name: "parley-client", code: 'export * from "./index.js"', limit: 10_880 },
  {
    name: "parley-client and its cache",
    code: 'export * from "./index.js"; export * from "./cache/index.js"',
    limit: 13_984,
  },
  {
    name: "parley-client and its audience rooms",
    code: 'export * from "./index.js"; export * from "./audience/index.js"',
    limit: 11_456,
  },
  {
    name: "parley-client/uploads alone",
    code: 'export * from "./uploads/index.js"',
    limit: 1_984,
  },
  {
    name: "parley-client/react alone",
    code: 'export * from "./react/index.js"',
    limit: 1_024,
    external: ["react"],
  },
  { name: "parley-client/tabs alone", code: 'export * from "./tabs/index.js"', limit: 2_560 },
  { name: "parley-client/people alone", code: 'export * from "./people/index.js"', limit: 832 },
  { name: "parley-client/drafts alone", code: 'export * from "./drafts/index.js"', limit: 3_392 },
  { name: "parley-client/attention alone", code: 'export * from "./attention/index.js"', limit: 384 },
  { name: "parley-client/news alone", code: 'export * from "./news/index.js"', limit: 1_216 },
  { name: "parley-client/spaces alone", code: 'export * from "./spaces/index.js"', limit: 1_152 },
  { name: "parley-client/held alone", code: 'export * from "./held/index.js"', limit: 576 },
];

for (const { name, code, limit, external = [] } of ENTRIES) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: DIST },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    external,
    write: false,
  });
  const bytes = outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
  console.log(`${name}: ${bytes} of ${limit} bytes`);
  if (bytes > limit) process.exitCode = 1;
}
