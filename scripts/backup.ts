/**
 * `npm run backup -- DIR`: brings a backup of the database, all objects and all files up to date.
 * docs/operate.md has the reasons, docs/design/data.md#backups the layout.
 */
import { backUp } from "../src/core/backup/run/backup-run.ts";
import { SourceCalls } from "./backup/deployment-calls.ts";
import { whileLocked } from "./backup/folder-lock.ts";
import { FolderStore } from "./backup/folder-store.ts";
import { atPlace, bytesText, ProgressLine, readArguments, runScript } from "./backup/options.ts";

const HELP = `npm run backup -- DIR [--persist-to <folder> | --data <folder>]
PARLEY_URL=https://chat.example PARLEY_KEY=psk_… npm run backup -- DIR

Brings the backup in the folder DIR up to date, or makes it. It has everything: keep it as a secret.
Without PARLEY_URL: the state of \`npm run dev\`, which must be stopped. With it: a running server, with a key
that has the scope \`backup\` (npm run keys). A run that was broken off is gone on with.

The variable BACKUP_KEY, 32 random characters or more, encrypts what the backup has. Nobody restores it without.

  --persist-to <folder>  where the local state is, as for \`npm run dev\`
  --data <folder>        the folder of \`npm start\` that has it, while that is stopped`;

process.exitCode = await runScript(async () => {
  const asked = readArguments(process.env);
  const { folder } = asked;
  if (asked.isHelp || folder === undefined) {
    console.log(HELP);
    return asked.isHelp ? 0 : 1;
  }
  let code = 0;
  await atPlace(asked, "backup", async ({ origin, key }) => {
    const started = performance.now();
    const line = new ProgressLine();
    const manifest = await whileLocked(folder, () =>
      backUp(new SourceCalls(origin, key), new FolderStore(folder, asked.encryption), {
        report: ({ step, after, totals }) =>
          line.show(`${step}${after === null ? "" : ` ${after}`}: ${bytesText(totals.writtenBytes)} written`),
      }),
    );
    if (!manifest) throw new Error("The run is not over: start it again.");
    const { objects, files, written, writtenBytes, skipped } = manifest.totals;
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    console.log(
      `✔ ${objects} objects and ${files} files in ${folder}. This run wrote ${bytesText(writtenBytes)} in ${written} files, in ${seconds} s.`,
    );
    if (skipped.length === 0) return;
    console.error(
      `✘ These could not be copied, and are as of an earlier run or missing:\n${skipped.join("\n")}\nRun it again.`,
    );
    code = 1;
  });
  return code;
});
