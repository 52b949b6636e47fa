/**
 * Part of `npm run check`: an app with the package as npm would publish it. The app in test/app/ is
 * built by esbuild, by Vite, and by Vite with Preact in the place of React, and each bundle runs. The pages
 * of examples/ are built by esbuild. Wants dist/.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import * as vite from "vite";
import { APP, install, pack } from "./packed.ts";

const EXAMPLES = join(import.meta.dirname, "../examples");
const MAIN = join(import.meta.dirname, "../test/app/main.ts");

install(pack());
// Beside the installed package: above it, `parley-client` is packages/client/ itself.
const main = join(APP, "main.ts");
copyFileSync(MAIN, main);

await esbuild.build({
  entryPoints: [main],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  outfile: join(APP, "esbuild/main.mjs"),
});
await byVite("vite", {});
await byVite("vite-preact", { react: "preact/compat" });
for (const folder of ["esbuild", "vite", "vite-preact"]) run(join(APP, folder, "main.mjs"));

await esbuild.build({
  entryPoints: ["react-list/main.tsx", "plain-dom/main.ts"].map((path) => join(EXAMPLES, path)),
  bundle: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  outdir: join(APP, "examples"),
});

async function byVite(folder: string, alias: Record<string, string>): Promise<void> {
  await vite.build({
    root: APP,
    configFile: false,
    logLevel: "warn",
    define: { "process.env.NODE_ENV": '"production"' },
    resolve: { alias },
    build: {
      outDir: folder,
      lib: { entry: main, formats: ["es"], fileName: () => "main.mjs" },
    },
  });
}

function run(bundle: string): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${bundle} ended with ${status}:\n${stdout}${stderr}`);
}
