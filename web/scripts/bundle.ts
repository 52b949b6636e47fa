/**
 * Builds the web client into `web/dist/`, which the Worker serves as static assets: the page at `/`, what it
 * loads under `/assets/`, the script of the element for other pages, the pages at `/docs`, and what
 * `web/public/` has.
 */
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { type BuildOptions, build, context, type Metafile, type Plugin } from "esbuild";
import { type Brand, brandedManifest, brandTokens, named, readBrand } from "./brand.ts";
import { docsOptions } from "./docs.ts";
import { embedOptions } from "./embed.ts";
import { emoji } from "./emoji.ts";
import { loadByScript } from "./loads.ts";
import { together } from "./together.ts";

/** The folder of the web client. */
export const ROOT = join(import.meta.dirname, "..");
/** The folder that the Worker serves, unless a deployment builds its own. */
export const DIST = join(ROOT, "dist");

/** What of `preact/compat` is used. */
const COMPAT = "./src/lib/compat.ts";

const TARGET = ["es2023", "chrome120", "firefox121", "safari17.2"];

/** How the page is built. A name has the hash of its content, so that browsers keep a file for ever. */
const optionsFor = (brand: Brand) =>
  ({
    absWorkingDir: ROOT,
    // The packages have paths of their own, to what npm publishes.
    tsconfig: "tsconfig.json",
    entryPoints: ["src/main.tsx"],
    bundle: true,
    splitting: true,
    format: "esm",
    target: TARGET,
    jsx: "automatic",
    jsxImportSource: "preact",
    alias: { react: COMPAT, "preact/compat": COMPAT },
    minify: true,
    // A character takes fewer bytes than its escape. Modules are UTF-8 whatever their header says.
    charset: "utf8",
    outdir: join(DIST, "assets"),
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    metafile: true,
    plugins: [emoji, together("app/app.tsx"), brandTokens(brand)],
    logLevel: "warning",
  }) satisfies BuildOptions;

/**
 * Builds once, and removes what former builds have left.
 * @param dist the folder to build into
 * @param brand of the deployment
 * @returns what the page and the elements are made of
 */
export async function buildWeb(dist = DIST, brand = readBrand(ROOT)): Promise<Pick<Metafile, "outputs">> {
  const outdir = join(dist, "assets");
  const options = optionsFor(brand);
  const { metafile } = await build({ ...options, outdir });
  await finish(metafile, dist, brand);
  const embed = await build({ ...embedOptions(options, brand), outdir });
  await build(docsOptions(ROOT, dist, brand));
  const outputs = { ...metafile.outputs, ...embed.metafile.outputs };
  const made = new Set(Object.keys(outputs).map((path) => basename(path)));
  for (const name of readdirSync(outdir)) {
    if (!made.has(name)) rmSync(join(outdir, name));
  }
  return { outputs };
}

/** Builds, and builds again whenever a source changes. @returns ends the watch */
export async function watchWeb(): Promise<() => Promise<void>> {
  const brand = readBrand(ROOT);
  const options = optionsFor(brand);
  const page: Plugin = {
    name: "page",
    setup: ({ onEnd }) => onEnd(({ metafile }) => metafile && finish(metafile, DIST, brand)),
  };
  const watching = await context({ ...options, sourcemap: "linked", plugins: [...options.plugins, page] });
  const embed = await context({ ...embedOptions(options, brand), sourcemap: "linked" });
  const docs = await context(docsOptions(ROOT, DIST, brand));
  for (const one of [watching, embed, docs]) {
    await one.rebuild();
    await one.watch();
  }
  return async () => {
    await watching.dispose();
    await embed.dispose();
    await docs.dispose();
  };
}

/** Writes what stands beside the bundles, and the page with the names that the bundles got. */
async function finish({ outputs }: Metafile, dist: string, brand: Brand): Promise<void> {
  // The build of the pages at /docs adds their headers to those of `web/public/_headers`.
  const isCopied = (path: string) => basename(path) !== "_headers";
  cpSync(join(ROOT, "public"), dist, { recursive: true, filter: isCopied });
  if (brand.icons) cpSync(resolve(ROOT, brand.icons), join(dist, "icons"), { recursive: true });
  const manifest = join(dist, "manifest.webmanifest");
  writeFileSync(manifest, brandedManifest(brand, readFileSync(manifest, "utf8")));
  const script = scriptOf(outputs, "main.tsx");
  loadByScript(outputs, ROOT);
  const assets = Object.keys(outputs)
    .filter((path) => !path.endsWith(".map"))
    .map((path) => `/assets/${basename(path)}`);
  writeFileSync(join(dist, "scripts.json"), JSON.stringify(assets.filter((path) => path.endsWith(".js"))));
  const first = importedBy(outputs, script).map(
    (path) => `<link rel="modulepreload" href="/assets/${basename(path)}" />`,
  );
  const page = readFileSync(join(ROOT, "index.html"), "utf8")
    .replace("main.css", basename(outputs[script]?.cssBundle ?? ""))
    .replace("main.js", basename(script))
    .replace("zh.js", basename(scriptOf(outputs, "i18n/zh/index.ts")))
    .replace("en.js", basename(scriptOf(outputs, "i18n/en/index.ts")))
    .replace("<!-- first load -->", first.join("\n    "));
  // At last: a name may be like that of a file.
  const branded = named(brand, page);
  writeFileSync(join(dist, "index.html"), branded);
  await buildServiceWorker(dist, [branded, ...assets]);
}

/** The path of the script of a module below `web/src/`. */
function scriptOf(outputs: Metafile["outputs"], module: string): string {
  const [path] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === `src/${module}`) ?? [];
  if (!path) throw new Error(`the page has no script of ${module}`);
  return path;
}

/** The paths of what a script imports at once, and of what these do. */
function importedBy(outputs: Metafile["outputs"], path: string, found = new Set<string>()): string[] {
  for (const { path: next, kind } of outputs[path]?.imports ?? []) {
    if (kind !== "import-statement" || found.has(next)) continue;
    found.add(next);
    importedBy(outputs, next, found);
  }
  return [...found];
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Builds what keeps the page for later. @param content the page, and the paths of what it loads */
async function buildServiceWorker(dist: string, [page = "", ...paths]: string[]): Promise<void> {
  const files = ["/", "/manifest.webmanifest", "/icons/icon.svg", ...paths];
  await build({
    absWorkingDir: ROOT,
    entryPoints: ["worker/service-worker.ts"],
    bundle: true,
    format: "iife",
    target: TARGET,
    minify: true,
    outfile: join(dist, "service-worker.js"),
    logLevel: "warning",
    define: {
      FILES: JSON.stringify(files),
      BUILD: JSON.stringify(hash([page, ...files].join())),
    },
  });
}
