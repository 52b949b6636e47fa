import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, type MiniflareOptions } from "miniflare";
import type { Plan } from "./plan.ts";

/** Files that a bundle imports as text, of this commit or of an older one, whose Worker rendered Markdown. */
const isText = (file: string) => /\.(sql|txt|html|md|css|client\.js)$/.test(file);

/**
 * How Miniflare runs a planned Worker, with its state on disk, at an address of this machine alone.
 * @param further options besides
 */
export function optionsOf(
  { bundle, state, migrations: _, inspector, port = 0, assets, images, ...worker }: Plan,
  further: Record<string, unknown> = {},
): MiniflareOptions {
  return convertV4MiniflareOptions({
    ...worker,
    ...(images && { images }),
    modules: modulesOf(bundle),
    rootPath: bundle,
    host: "127.0.0.1",
    port,
    ...(inspector && { inspectorPort: 0 }),
    // As in wrangler.toml: what is no asset goes to the Worker.
    ...(assets !== undefined && {
      assets: {
        directory: assets,
        binding: "ASSETS",
        routerConfig: { has_user_worker: true },
        assetConfig: { not_found_handling: "404-page" as const },
      },
    }),
    cf: false,
    resourcePersistencePath: state,
    ...further,
  });
}

/** The modules of a bundle, the entry first: wrangler names it after `main`. */
function modulesOf(bundle: string) {
  return readdirSync(bundle)
    .filter((file) => file.endsWith(".js") || isText(file))
    .sort((a, b) => Number(isText(a)) - Number(isText(b)))
    .map((path) => ({
      type: isText(path) ? ("Text" as const) : ("ESModule" as const),
      path,
      contents: readFileSync(join(bundle, path), "utf8"),
    }));
}
