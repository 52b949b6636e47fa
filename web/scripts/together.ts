/**
 * Keeps the first load in one chunk. esbuild makes a chunk of each set of modules that the same lazy views
 * share: some thirty small ones, which compress worse by a tenth and are a request each. Here each lazy view
 * imports the page, which is loaded anyway, so that all lazy views share all modules of it.
 */
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Plugin } from "esbuild";

const SOURCE = join(import.meta.dirname, "../src");

/**
 * Makes each lazy view below `web/src/` import the page. The texts are loaded before it, and import
 * nothing.
 */
export const together: Plugin = {
  name: "together",
  setup: ({ onResolve, onLoad }) => {
    const lazy = new Set<string>();
    onResolve({ filter: /^\..*\.tsx?$/ }, ({ kind, path, importer }) => {
      if (kind === "dynamic-import") lazy.add(resolve(dirname(importer), path));
      return null;
    });
    onLoad({ filter: /\.tsx?$/ }, ({ path }) => {
      if (!lazy.has(path) || !path.startsWith(SOURCE) || path.startsWith(join(SOURCE, "i18n"))) return null;
      const page = `\nimport ${JSON.stringify(join(SOURCE, "app/app.tsx"))};\n`;
      return { contents: readFileSync(path, "utf8") + page, loader: path.endsWith("x") ? "tsx" : "ts" };
    });
  },
};
