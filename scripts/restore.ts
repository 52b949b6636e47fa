/**
 * `npm run restore -- DIR`: restores a backup of `npm run backup` into an empty deployment. docs/operate.md
 * has the steps.
 */
import { readManifest } from "../src/core/backup/run/layout.ts";
import { restore } from "../src/core/backup/run/restore-run.ts";
import { TargetCalls } from "./backup/deployment-calls.ts";
import { FolderStore } from "./backup/folder-store.ts";
import { atPlace, ProgressLine, readArguments, runScript } from "./backup/options.ts";

const HELP = `npm run restore -- DIR [--persist-to <folder> | --data <folder>]
PARLEY_URL=https://chat.example PARLEY_KEY=psk_… npm run restore -- DIR

Restores the backup in the folder DIR into a deployment without users and conversations. A restore that was
broken off is begun again by the same command.
Without PARLEY_URL: into the state of \`npm run dev\`, which must be stopped. With it: into a deployed server
whose setting RESTORE is "on", with a key that has the scope \`backup\` (npm run keys).
The variable BACKUP_KEY has the key of an encrypted backup.

  --persist-to <folder>  where the local state is, as for \`npm run dev\`
  --data <folder>        the folder of \`npm start\` that has it, while that is stopped`;

process.exitCode = await runScript(async () => {
  const asked = readArguments(process.env);
  const { folder } = asked;
  if (asked.isHelp || folder === undefined) {
    console.log(HELP);
    return asked.isHelp ? 0 : 1;
  }
  const store = new FolderStore(folder, asked.encryption);
  // Before anything is begun for it.
  if (!(await readManifest(store))) throw new Error(`There is no backup in ${folder}.`);
  await atPlace(asked, "restore", async ({ origin, key }) => {
    const started = performance.now();
    const line = new ProgressLine();
    const { finishedAt, totals, missing } = await restore(
      store,
      new TargetCalls(origin, key),
      ({ step, done }) => line.show(`${step}: ${done}`),
    );
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    console.log(
      `✔ ${totals.objects} objects and ${totals.files} files as of ${new Date(finishedAt).toISOString()}, in ${seconds} s.`,
    );
    if (missing > 0)
      console.log(`The backup lacks the bytes of ${missing} files, as of those that were deleted meanwhile.`);
    if (asked.place) console.log('Now set RESTORE = "" and deploy.');
  });
  return 0;
});
