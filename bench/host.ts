/**
 * The process of a target: `node bench/host.ts <plan.json>` starts the planned Worker under Miniflare, with
 * its state on disk, prints one line `{"url","inspector"?}`, and ends with its input.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { Plan, type Ready } from "./targets/plan.ts";

const plan = Plan.parse(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")));
const { bundle, state, migrations, inspector, port = 0, assets, images, ...worker } = plan;

/** Files that a bundle imports as text, of this commit or of an older one, whose Worker rendered Markdown. */
const isText = (file: string) => /\.(sql|txt|html|md|css|client\.js)$/.test(file);

/** The modules of the bundle, the entry first: wrangler names it after `main`. */
const modules = readdirSync(bundle)
  .filter((file) => file.endsWith(".js") || isText(file))
  .sort((a, b) => Number(isText(a)) - Number(isText(b)))
  .map((path) => ({
    type: isText(path) ? ("Text" as const) : ("ESModule" as const),
    path,
    contents: readFileSync(join(bundle, path), "utf8"),
  }));

const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    ...worker,
    ...(images && { images }),
    modules,
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
    log: new Log(LogLevel.ERROR),
    resourcePersistencePath: state,
  }),
);

const url = await miniflare.ready;
for (const { binding, queries } of migrations) {
  const database = await miniflare.getD1Database(binding);
  await database.batch(queries.map((query) => database.prepare(query)));
}
const ready: Ready = { url: url.href };
if (inspector) ready.inspector = (await miniflare.getInspectorURL()).href;
process.stdout.write(`${JSON.stringify(ready)}\n`);

process.stdin.resume();
process.stdin.once("end", () => {
  miniflare.dispose().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
