/**
 * The build of the pages at `/docs`: a bundle of `web/docs/write.ts`, with Markdown and styles as text, that
 * runs after each build. It runs in a process of its own, so that a watch does not keep all former bundles.
 */
import { spawnSync } from "node:child_process";
import type { BuildOptions, Plugin } from "esbuild";
import { type Brand, brandTokens } from "./brand.ts";

/**
 * How the pages are built.
 * @param web the folder of the web client
 * @param dist the folder to build into
 * @param brand of the deployment, whose accent they have
 */
export function docsOptions(web: string, dist: string, brand: Brand): BuildOptions {
  return {
    absWorkingDir: web,
    entryPoints: ["docs/write.ts"],
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    charset: "utf8",
    loader: { ".md": "text", ".css": "text", ".client.js": "text" },
    plugins: [brandTokens(brand, "text"), runs(web, dist)],
    logLevel: "warning",
  };
}

/** Runs what was built, unless the build before was the same. A failure is one of the build. */
function runs(web: string, dist: string): Plugin {
  return {
    name: "runs",
    setup({ onEnd }) {
      let last = "";
      onEnd(({ outputFiles: [bundle] = [] }) => {
        if (!bundle || bundle.hash === last) return;
        last = bundle.hash;
        const input = bundle.text;
        const { status, stderr } = spawnSync(process.execPath, ["-", web, dist], { input, encoding: "utf8" });
        if (status !== 0) throw new Error(`the pages at /docs: ${stderr}`);
      });
    },
  };
}
