/**
 * Imports an export of Slack with made-up messages into a server of its own, twice, and prints the
 * time of each run.
 *
 *     node bench/import.ts 50000
 */
import { runImport } from "../scripts/import/run.ts";
import { ScratchFolder } from "../scripts/import/scratch-folder.ts";
import { writeSlackExport } from "./slack-export.ts";
import { startKeyedWorker } from "./targets/keyed-worker.ts";

const messages = Number(process.argv[2] ?? 50_000);
const folder = new ScratchFolder("bench-import");
writeSlackExport(folder.path, messages);
const { server, key } = await startKeyedWorker();
try {
  for (const run of ["first", "repeat"]) {
    const begin = performance.now();
    const env = { PARLEY_URL: server.url, PARLEY_KEY: key };
    const argv = [folder.path, "--from", "slack"];
    process.exitCode ||= await runImport({ argv, env, say: (line) => console.log(line) });
    const seconds = (performance.now() - begin) / 1_000;
    console.log(
      `${run}: ${seconds.toFixed(1)} s, ${Math.round((messages / seconds) * 60)} messages a minute\n`,
    );
  }
} finally {
  server.stop();
  folder.remove();
}
