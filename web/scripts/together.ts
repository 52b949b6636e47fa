/**
 * Keeps the first load of the page, and the script of the element, in one chunk each. esbuild makes a
 * chunk of each set of modules that the same lazy views share: some thirty small ones, which compress
 * worse by a tenth and are a request each. Here each lazy view imports the page, which is loaded anyway,
 * so that all lazy views share all modules of it.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Plugin } from "esbuild";

const SOURCE = join(import.meta.dirname, "../src");
/** The packages have modules that are loaded when they are needed, too. */
const PACKAGES = ["client", "react"].map((name) => join(import.meta.dirname, `../../packages/${name}/src`));

/** What a lazy view waits for. */
const TEXTS = join(SOURCE, "i18n/all.ts");

const LAZY = /\bimport\(\s*"(\.[^"]+)"/g;

/**
 * Makes each lazy view below `web/src/`, and each lazy module of the packages, import the page, and wait
 * for the texts of all views. The texts import nothing. The views are looked up in the sources: esbuild
 * may read a view before the module that loads it.
 * @param page the module below `web/src/` that imports all of the first load
 */
export const together = (page: string): Plugin => ({
  name: "together",
  setup: ({ onStart, onLoad }) => {
    let lazy = new Set<string>();
    onStart(() => {
      lazy = lazyViews();
    });
    onLoad({ filter: /\.tsx?$/ }, ({ path }) => {
      if (!lazy.has(path)) return null;
      const imports = [join(SOURCE, page), TEXTS].map((one) => `\nimport ${JSON.stringify(one)};`).join("");
      return {
        contents: `${readFileSync(path, "utf8")}${imports}\n`,
        loader: path.endsWith("x") ? "tsx" : "ts",
      };
    });
  },
});

/** The files that are loaded when they are needed, without the texts. */
function lazyViews(): Set<string> {
  const sources = [SOURCE, ...PACKAGES].flatMap((cwd) =>
    globSync("**/*.{ts,tsx}", { cwd }).map((file) => join(cwd, file)),
  );
  const loaded = sources.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(LAZY)].map(([, path = ""]) => resolve(dirname(file), path)),
  );
  return new Set(loaded.filter((path) => !path.startsWith(join(SOURCE, "i18n"))));
}
