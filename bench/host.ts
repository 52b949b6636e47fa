/**
 * The process of a target: `node bench/host.ts <plan.json>` starts the planned Worker under Miniflare, with
 * its state on disk, prints one line `{"url","inspector"?}`, and ends with its input.
 */
import { readFileSync } from "node:fs";
import { Log, LogLevel, Miniflare } from "miniflare";
import { optionsOf } from "../scripts/worker/options.ts";
import { Plan, type Ready } from "../scripts/worker/plan.ts";

const plan = Plan.parse(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")));
const miniflare = new Miniflare(optionsOf(plan, { log: new Log(LogLevel.ERROR) }));

const url = await miniflare.ready;
for (const { binding, queries } of plan.migrations) {
  const database = await miniflare.getD1Database(binding);
  await database.batch(queries.map((query) => database.prepare(query)));
}
const ready: Ready = { url: url.href };
if (plan.inspector) ready.inspector = (await miniflare.getInspectorURL()).href;
process.stdout.write(`${JSON.stringify(ready)}\n`);

process.stdin.resume();
process.stdin.once("end", () => {
  miniflare.dispose().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
