import { globSync } from "node:fs";
import { join } from "node:path";

/**
 * Which run plays a test file. Each run plays what those before it play, too:
 * - `npm run test:quick`, within a minute: pure code, one story of each API, the invariants.
 * - `npm test`, within five minutes, before each landing: each rule once.
 * - `npm run test:all`, before an issue is resolved and before a release: everything.
 */
export type Run = (typeof RUNS)[number];

/** The runs, from the smallest one on. */
export const RUNS = ["quick", "test", "all"] as const;

/** What a file has of its own, and the files and folders of `npm test` that prove its rules. */
type Elsewhere = readonly [own: string, ...proofs: string[]];

/**
 * The table: a folder or a file, and the first run that plays it. The longest row that fits a file decides.
 * `npm run check` fails on a test file that no row fits and on a row that fits no file. A row of `all` says
 * why `npm test` can do without it: the check fails on a proof that `npm test` does not play.
 */
const QUICK: readonly string[] = [
  "packages/client/test/attention/table.test.ts",
  "packages/client/test/tabs/order.test.ts",
  "packages/react/test",
  "packages/tim/test/constants.test.ts",
  "packages/tim/test/readme.test.ts",
  "test/features/accounts/registration-and-login.test.ts",
  "test/features/issuers/forged.test.ts",
  "test/properties/device-feed.test.ts",
  "test/properties/devices.test.ts",
  "test/properties/groups.test.ts",
  "test/properties/inbox-list.test.ts",
  "test/properties/replay.test.ts",
  "test/scripts/luck.test.ts",
  "test/surfaces/every-pair.test.ts",
  "test/unit/pure",
  "web/test/accessible/contrast.test.ts",
  "web/test/accessible/sheets.test.ts",
  "web/test/query.test.ts",
];

const TEST: readonly string[] = [
  "packages",
  "test",
  "test/unit/pure/linear/clients.test.ts",
  "test/unit/pure/linear/server.test.ts",
  "test/unit/pure/moderation/patterns.test.ts",
  "test/unit/pure/way-out.test.ts",
  "web/test/accessible/findings.test.ts",
  "web/test/accessible/focus.test.ts",
  "web/test/accessible/planted.test.ts",
  "web/test/accessible/zoom.test.ts",
  "web/test/boundaries.test.ts",
  "web/test/clock.test.ts",
  "web/test/code.test.ts",
  "web/test/docs.test.ts",
  "web/test/injection.test.ts",
  "web/test/phone/touch.test.ts",
  "web/test/serving.test.ts",
  "web/test/spaces",
  "web/test/stories",
];

const ALL: Readonly<Record<string, Elsewhere>> = {
  "packages/client/test/cache/no-cache.test.ts": [
    "a browser without IndexedDB",
    "packages/client/test/cache/cache.test.ts",
  ],
  "packages/client/test/hermes/hermes.test.ts": ["an engine of others"],
  "packages/client/test/keeps.test.ts": [
    "what a bot hears after a kill",
    "packages/client/test/kills.test.ts",
  ],
  "packages/client/test/list/crowded.test.ts": [
    "one late answer after the other",
    "packages/client/test/list/list.test.ts",
    "packages/client/test/properties/broken-connections.test.ts",
  ],
  "packages/client/test/list/deletion.test.ts": [
    "one late answer after the other",
    "packages/client/test/list/list.test.ts",
    "packages/client/test/properties/broken-connections.test.ts",
  ],
  "packages/client/test/list/under-way.test.ts": [
    "one late answer after the other",
    "packages/client/test/list/list.test.ts",
    "packages/client/test/properties/broken-connections.test.ts",
  ],
  "packages/client/test/people/people.test.ts": ["comfort of pages", "web/test/stories/reading.test.ts"],
  "packages/client/test/react": [
    "comfort for apps of React and Preact, by which the page renders",
    "web/test/stories",
  ],
  "packages/client/test/tabs/tabs.test.ts": [
    "two tabs step by step",
    "packages/client/test/tabs/takeover.test.ts",
    "packages/client/test/tabs/order.test.ts",
  ],
  "packages/server/test/erasure.test.ts": [
    "files of a server's storage, byte by byte",
    "test/features/accounts/deletion.test.ts",
    "test/features/server/erased-messages.test.ts",
    "test/features/messages/revoking.test.ts",
  ],
  "packages/server/test/readme.test.ts": [
    "the README's examples as they stand",
    "packages/server/test/users.test.ts",
    "packages/server/test/conversations.test.ts",
  ],
  "packages/tim/test/resume.test.ts": [
    "broken connections of parley-tim",
    "test/surfaces/tim/socket/resume.test.ts",
    "packages/client/test/properties/broken-connections.test.ts",
  ],
  "test/bot-libraries/grammy.test.ts": [
    "a second library for the same API",
    "test/bot-libraries/telegraf.test.ts",
    "test/surfaces/telegram",
  ],
  "test/bot-libraries/node-telegram-bot-api.test.ts": [
    "a third library for the same API",
    "test/bot-libraries/telegraf.test.ts",
    "test/surfaces/telegram",
  ],
  "test/faults/crashes/files/file-references.test.ts": [
    "the same lifetimes with a crash",
    "test/features/files/lifetime.test.ts",
  ],
  "test/faults/crashes/list-ahead-of-rows.test.ts": [
    "what a list shows after a crash",
    "test/properties/inbox-list.test.ts",
    "test/features/sockets/device/catch-up.test.ts",
  ],
  "test/faults/crashes/profile-announcement.test.ts": [
    "fresh profiles with a crash",
    "test/features/accounts/fresh-profiles.test.ts",
    "test/features/accounts/profile-frames.test.ts",
  ],
  "test/faults/repair/jobs-that-always-fail.test.ts": [
    "pauses of jobs, from outside",
    "test/unit/objects/jobs.test.ts",
  ],
  "test/features/backup/backup-and-restore.test.ts": [
    "27 s: a break at each write and call",
    "test/features/backup/scheduled-backup.test.ts",
  ],
  "test/features/contacts/requests-crash.test.ts": [
    "a crash at each step of a message request",
    "test/features/contacts/message-requests.test.ts",
  ],
  "test/features/conversations/unopened-over-sockets.test.ts": [
    "64 first messages, lost calls, usersig",
    "test/features/conversations/unopened.test.ts",
  ],
  "test/features/data/stored-times.test.ts": [
    "rows that only a broken clock or a former release has left",
    "test/features/data/extreme-records.test.ts",
    "test/features/data/extreme-calls.test.ts",
  ],
  "test/features/edits/costs.test.ts": [
    "rows that an edit writes",
    "test/features/work/conversation.test.ts",
  ],
  "test/features/groups/former-members.test.ts": [
    "calls about who left long ago",
    "test/features/messages/history-visibility.test.ts",
  ],
  "test/features/hooks/cost.test.ts": [
    "rows of a hook",
    "test/features/hooks/deliveries.test.ts",
    "test/properties/hooks.test.ts",
  ],
  "test/features/limits/cost-of-files.test.ts": ["bills of files", "test/features/files/lifetime.test.ts"],
  "test/features/limits/cost-of-marks-and-mentions.test.ts": [
    "rows read by marks and mentions",
    "test/unit/objects/rows-read.test.ts",
    "test/properties/mentions.test.ts",
  ],
  "test/features/limits/cost-of-search.test.ts": [
    "the table of docs/benchmarks/search.md",
    "test/features/search/all-conversations.test.ts",
  ],
  "test/features/limits/open-statements.test.ts": ["a limit of the runtime, read by read"],
  "test/features/limits/quiet-day.test.ts": ["bills of a day", "test/features/limits/cost-by-size.test.ts"],
  "test/features/limits/thread-costs.test.ts": [
    "rows read and written by threads",
    "test/features/threads",
    "test/features/work/conversation.test.ts",
  ],
  "test/features/link-previews/costs.test.ts": [
    "rows of previews",
    "test/features/link-previews/messages.test.ts",
    "test/features/files/lifetime.test.ts",
  ],
  "test/features/presence/recipient-limits.test.ts": [
    "a thousand contacts",
    "test/features/presence/online-and-offline.test.ts",
  ],
  "test/features/push/costs.test.ts": ["statements of pushes", "test/features/push/pushes.test.ts"],
  "test/features/sockets/device/busy-room.test.ts": [
    "a load that rooms seldom have",
    "test/unit/objects/batches",
  ],
  "test/features/sockets/device/limits.test.ts": [
    "bounds that no honest client reaches",
    "test/features/sockets/room/revokes-and-rates.test.ts",
  ],
  "test/features/sockets/device/page-memory.test.ts": [
    "memory of 16 full pages",
    "test/unit/objects/inbox/page-budget.test.ts",
  ],
  "test/features/space/metrics.test.ts": [
    "counters for operators",
    "test/unit/pure/operation/metrics.test.ts",
  ],
  "test/features/threads/sockets.test.ts": [
    "frames of threads, one by one",
    "test/features/threads/following.test.ts",
    "test/features/threads/summary-changes.test.ts",
  ],
  "test/features/work/frames.test.ts": [
    "the same calls as frames",
    "test/features/work/conversation.test.ts",
    "test/features/sockets/both/frames.test.ts",
  ],
  "test/features/work/jobs.test.ts": [
    "alarm jobs, which hold up their own object alone",
    "test/features/work/conversation.test.ts",
    "test/features/work/inbox.test.ts",
  ],
  "test/kook-libraries": ["libraries of others", "test/surfaces/kook"],
  "test/properties/devices-with-many-conversations.test.ts": [
    "stories over 60 conversations",
    "test/properties/devices.test.ts",
    "test/features/sockets/device/sync-of-many.test.ts",
  ],
  "test/properties/live-pages.test.ts": [
    "live pages in any order",
    "test/properties/device-feed.test.ts",
    "test/unit/objects/message-encoder.test.ts",
  ],
  "test/properties/reactions-on-sockets.test.ts": [
    "reactions alone, longer stories",
    "test/properties/devices.test.ts",
    "test/features/messages/reactions-live.test.ts",
  ],
  "test/scripts/firefox.test.ts": ["a command for developers"],
  "test/scripts/import/route.test.ts": ["an import from end to end", "test/scripts/import/sending.test.ts"],
  "test/scripts/sample-world.test.ts": ["the world of the demo"],
  "test/scripts/start/endurance.test.ts": [
    "load with kills and a full disk",
    "test/scripts/start/start.test.ts",
    "packages/client/test/kills.test.ts",
  ],
  "test/scripts/start/packaged.test.ts": ["a container and a unit", "test/scripts/start/start.test.ts"],
  "test/scripts/start/backup.test.ts": [
    "the processes around a backup",
    "test/features/backup",
    "test/scripts/backup-folder.test.ts",
    "test/scripts/start/start.test.ts",
  ],
  "test/scripts/start/move.test.ts": [
    "the processes around a backup, on another runtime",
    "test/features/backup",
    "test/scripts/start/start.test.ts",
  ],
  "test/scripts/start/upgrade.test.ts": [
    "an upgrade that fails, of which there is one a release",
    "test/scripts/start/start.test.ts",
    "test/scripts/releases.test.ts",
  ],
  "test/surfaces/tim/whole-list.test.ts": [
    "lists of more than a hundred",
    "test/surfaces/tim/conversations.test.ts",
    "test/properties/inbox-list.test.ts",
  ],
  "test/surfaces/v1/resume-recipes.test.ts": [
    "clients that do the steps of the guide",
    "test/properties/devices.test.ts",
    "test/features/sockets",
  ],
  "test/tim-engines/engine-lite.test.ts": [
    "the same story over the second core",
    "test/tim-engines/engine.test.ts",
  ],
  "test/tim-uikit/react.test.ts": [
    "the kit of another vendor",
    "packages/tim/test/messages.test.ts",
    "test/surfaces/tim/calls/quotes.test.ts",
  ],
  "test/tim-uikit/uikit.test.ts": ["the kit of another vendor", "test/tim-engines/engine.test.ts"],
  "test/unit/objects/resume-costs.test.ts": [
    "rows of a resume",
    "test/features/edits/change-feed.test.ts",
    "test/features/work/conversation.test.ts",
  ],
  "test/unit/objects/search/counted-work.test.ts": [
    "the work of a search",
    "test/features/search/all-conversations.test.ts",
  ],
  "test/unit/objects/search/turns-at-each-step.test.ts": [
    "a restart at each step",
    "test/properties/search.test.ts",
  ],
  "test/unit/pure/linear/imports.test.ts": [
    "what an operator runs by hand; scripts/check-expressions.ts looks at it",
  ],
  "test/unit/storage/orphaned-files.test.ts": ["a daily cleanup, of what crashes leave"],
  "web/test": ["one view from all sides", "web/test/stories", "web/test/injection.test.ts"],
};

const ROWS: ReadonlyMap<string, Run> = new Map([
  ...QUICK.map((path): [string, Run] => [path, "quick"]),
  ...TEST.map((path): [string, Run] => [path, "test"]),
  ...Object.keys(ALL).map((path): [string, Run] => [path, "all"]),
]);

const ROOT = join(import.meta.dirname, "..");

/** The test files of the product, by their paths from its root. */
const TEST_FILES: readonly string[] = globSync(
  ["test/**/*.test.ts", "packages/*/test/**/*.test.{ts,tsx}", "web/test/**/*.test.ts"],
  { cwd: ROOT, exclude: ["**/node_modules/**"] },
).toSorted();

/** The first run that plays a test file; `undefined` if no row fits it. */
export function runOf(path: string): Run | undefined {
  const row = rowOf(path);
  return row === undefined ? undefined : ROWS.get(row);
}

/** Whether a run plays a test file. */
export function isIn(run: Run, path: string): boolean {
  const first = runOf(path);
  return first !== undefined && RUNS.indexOf(first) <= RUNS.indexOf(run);
}

/** The test files that a run does not play. */
export function filesBeyond(run: Run): string[] {
  return TEST_FILES.filter((path) => !isIn(run, path));
}

/** What is wrong with the table, a line each. */
export function flawsOfRuns(): string[] {
  const used = new Set(TEST_FILES.map(rowOf));
  const gate = TEST_FILES.filter((path) => isIn("test", path));
  const isPlayed = (proof: string) => gate.some((path) => path === proof || path.startsWith(`${proof}/`));
  return [
    ...TEST_FILES.filter((path) => runOf(path) === undefined).map(
      (path) => `test/runs.ts: no row fits ${path}, so that no run plays it`,
    ),
    ...[...ROWS.keys()]
      .filter((row) => !used.has(row))
      .map((row) => `test/runs.ts: the row ${row} decides about no test file`),
    ...Object.entries(ALL).flatMap(([row, [, ...proofs]]) =>
      proofs
        .filter((proof) => !isPlayed(proof))
        .map((proof) => `test/runs.ts: the row ${row} names ${proof}, which \`npm test\` does not play`),
    ),
  ];
}

function rowOf(path: string): string | undefined {
  for (let row = path; row !== ""; row = row.slice(0, Math.max(row.lastIndexOf("/"), 0)))
    if (ROWS.has(row)) return row;
  return undefined;
}
