/**
 * What is built for the elements of other pages: `/assets/embed.js`, whose name stays, and which loads a
 * chunk with all of the first view, others for what is needed later, and one for each language. Its styles
 * are a text in the script: those of `web/src/embed/embed.css`, where each token `--x` may be given from
 * outside as `--parley-x`.
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { type Brand, coloured } from "./brand.ts";
import { together } from "./together.ts";

const STYLES = join(import.meta.dirname, "../src/styles");
const EMBED = join(import.meta.dirname, "../src/embed");

/**
 * Makes the tokens of the page that the elements use those of the elements, which a page of others may
 * give.
 */
const tokens = (brand: Brand): Plugin => ({
  name: "tokens",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/tokens\.css$/ }, ({ path }) => {
      const all = coloured(brand, readFileSync(path, "utf8"));
      const files = globSync("**/*.css", { cwd: EMBED }).map((file) => join(EMBED, file));
      const sheets = [path, join(STYLES, "markup.css"), ...files].map((file) => readFileSync(file, "utf8"));
      const used = new Set(
        sheets.flatMap((one) => [...one.matchAll(/var\((--[\w-]+)/g)].map(([, name]) => name)),
      );
      return {
        contents: all
          .replace(/:root\[(.+?)\]/g, ":host([$1])")
          .replaceAll("data-theme", "theme")
          .replaceAll(":root", ":host")
          .replace(/--([\w-]+):\s*([^;]+);/g, (_, name, value) =>
            used.has(`--${name}`) ? `--${name}:var(--parley-${name},${value.replace(/,\s+/g, ",")});` : "",
          ),
        loader: "css",
      };
    }),
});

/** Makes a style sheet, with what it imports, a text. */
const sheet = (brand: Brand): Plugin => ({
  name: "sheet",
  setup: ({ onLoad, initialOptions: { target } }) =>
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { outputFiles, metafile } = await build({
        ...{ entryPoints: [path], bundle: true, minify: true, write: false, metafile: true },
        ...(target && { target }),
        plugins: [tokens(brand)],
      });
      const [file] = outputFiles;
      return { contents: file?.text ?? "", loader: "text", watchFiles: Object.keys(metafile.inputs) };
    }),
});

/** How the element is built. @param page how the page is @param brand of the deployment */
export function embedOptions(page: BuildOptions, brand: Brand): BuildOptions & { metafile: true } {
  return {
    ...page,
    ...{ entryPoints: ["src/embed/embed.tsx"], entryNames: "[name]", metafile: true },
    plugins: [sheet(brand), together("embed/elements.tsx")],
  };
}
