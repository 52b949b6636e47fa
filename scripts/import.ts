/**
 * `npm run import`: moves users, conversations, messages and files from Slack, Mattermost, Discord or
 * Stream, or from a file of Parley's own format, to a deployment. `--help` lists the flags,
 * docs/guides/move.md describes what is moved.
 */
import { runImport } from "./import/run.ts";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => {
    console.error("\nBroken off. Run the same command again: what is there already stays as it is.");
    // The exit handlers remove temporary files.
    process.exit(1);
  });

const { PARLEY_URL, PARLEY_KEY, SLACK_TOKEN } = process.env;
process.exitCode = await runImport({
  argv: process.argv.slice(2),
  env: { PARLEY_URL, PARLEY_KEY, SLACK_TOKEN },
  say: (line) => console.log(line),
});
