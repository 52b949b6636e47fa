/**
 * What is built for the element of other pages: `/assets/embed.js`, whose name stays, with a chunk for each
 * language. Its styles are a text in the script: those of `web/src/embed/embed.css`, where each token
 * `--x` may be given from outside as `--parley-x`.
 */
import { readFileSync } from "node:fs";
import { type BuildOptions, build, type Plugin } from "esbuild";

/** Makes the tokens of the page those of the element, which a page of others may give. */
const tokens: Plugin = {
  name: "tokens",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/tokens\.css$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8")
        .replace(/:root\[(.+?)\]/g, ":host([$1])")
        .replaceAll("data-theme", "theme")
        .replaceAll(":root", ":host")
        .replace(/--([\w-]+):\s*([^;]+);/g, "--$1: var(--parley-$1, $2);"),
      loader: "css",
    })),
};

/** Makes a style sheet, with what it imports, a text. */
const sheet: Plugin = {
  name: "sheet",
  setup: ({ onLoad, initialOptions: { target } }) =>
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { outputFiles, metafile } = await build({
        ...{ entryPoints: [path], bundle: true, minify: true, write: false, metafile: true },
        ...(target && { target }),
        plugins: [tokens],
      });
      const [file] = outputFiles;
      return { contents: file?.text ?? "", loader: "text", watchFiles: Object.keys(metafile.inputs) };
    }),
};

/** How the element is built. @param page how the page is */
export function embedOptions(page: BuildOptions): BuildOptions & { metafile: true } {
  return {
    ...page,
    ...{ entryPoints: ["src/embed/embed.tsx"], entryNames: "[name]", metafile: true, plugins: [sheet] },
  };
}
