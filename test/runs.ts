import { globSync } from "node:fs";
import { join } from "node:path";

/**
 * Which run plays a test file. Each run plays what those before it play, too:
 * - `npm run test:quick`, within a minute: pure code, one story of each API, the invariants.
 * - `npm test`, within five minutes, before each landing: each rule once.
 * - `npm run test:all`, before an issue is resolved and before a release: everything.
 */
export type Run = "quick" | "test" | "all";

/**
 * The table: a folder or a file, and the first run that plays it. The longest row that fits a file decides.
 * `npm run check` fails on a test file that no row fits and on a row that fits no file. A row of `all` says
 * why `npm test` can do without it.
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
  "web/test/accessible/zoom.test.ts",
  "web/test/boundaries.test.ts",
  "web/test/clock.test.ts",
  "web/test/code.test.ts",
  "web/test/docs.test.ts",
  "web/test/injection.test.ts",
  "web/test/phone/touch.test.ts",
  "web/test/serving.test.ts",
  "web/test/stories",
];

const ALL: Readonly<Record<string, string>> = {
  "packages/client/test/cache/no-cache.test.ts": "cache/cache: a browser without IndexedDB",
  "packages/client/test/hermes/hermes.test.ts": "an engine of others",
  "packages/client/test/keeps.test.ts": "kills: what a bot hears",
  "packages/client/test/list/crowded.test.ts":
    "list/list and properties/broken-connections: one late answer after the other",
  "packages/client/test/list/deletion.test.ts":
    "list/list and properties/broken-connections: one late answer after the other",
  "packages/client/test/list/under-way.test.ts":
    "list/list, properties/broken-connections: an answer that is late, one by one",
  "packages/client/test/people/people.test.ts": "comfort of pages, proved by stories/reading",
  "packages/client/test/react":
    "a table of comfort for apps of React and Preact, by which the stories of the page render",
  "packages/client/test/tabs/tabs.test.ts": "tabs/takeover and tabs/order",
  "packages/server/test/erasure.test.ts":
    "files of a server's storage, byte by byte: test/features/accounts/deletion, server/erased-messages and messages/revoking",
  "packages/server/test/readme.test.ts":
    "the README's examples as they stand: the other files here make the same calls",
  "packages/tim/test/resume.test.ts":
    "broken connections of parley-tim: socket/resume has the server's part, packages/client/test/ the same for its client",
  "test/bot-libraries/grammy.test.ts": "telegraf and test/surfaces prove the API",
  "test/bot-libraries/node-telegram-bot-api.test.ts": "telegraf and test/surfaces prove the API",
  "test/faults/crashes/files/file-references.test.ts": "features/files/lifetime holds it without a fault",
  "test/faults/crashes/list-ahead-of-rows.test.ts":
    "properties/inbox-list holds what is asked after a crash, features/sockets/device what is shown",
  "test/faults/crashes/profile-announcement.test.ts":
    "features/accounts/fresh-profiles and profile-frames hold it without a fault",
  "test/faults/outages/revokes-during-an-outage.test.ts":
    "unit/objects/replay-page has the pages, by which it once failed",
  "test/faults/outages/scheduled-messages.test.ts":
    "features/scheduled/scheduling and races/scheduled-messages send each once",
  "test/faults/repair/jobs-that-always-fail.test.ts": "unit/objects/jobs has the pauses",
  "test/faults/repair/with-open-devices.test.ts":
    "a repair is rare; repair/list has its corruptions, unit/objects/inbox/inbox-repair its races",
  "test/features/backup/backup-and-restore.test.ts":
    "27 s, breaks off at each write and call; scheduled-backup proves backup in parts, restore of all that users see, and erased words at the gate",
  "test/features/contacts/block-races.test.ts":
    "contacts/block-stops-sends proves the rule, test/faults/races/blocks and test/faults/crashes/block-* what comes at once",
  "test/features/contacts/requests-crash.test.ts":
    "a crash at each step of a message request; contacts/message-requests proves the rule, test/faults/crashes the repair of other calls",
  "test/features/conversations/archive-races.test.ts":
    "conversations/archive-and-mute proves the archive, test/faults/races/conversation-preferences and test/properties/devices what comes at once",
  "test/features/conversations/deleted-on-sockets.test.ts":
    "conversations/delete-for-me proves the deletion, also on room sockets; test/properties/devices deletes conversations with devices",
  "test/features/conversations/unopened-over-sockets.test.ts":
    "conversations/unopened proves that a first message opens a conversation; here with 64 messages, lost calls and usersig",
  "test/features/data/stored-times.test.ts":
    "a repair of rows that only a broken clock or a former release has left; extreme-records and extreme-calls keep such values out at the gate",
  "test/features/edits/costs.test.ts": "rows that an edit writes; work/conversation bounds editMessage",
  "test/features/edits/former-members.test.ts":
    "edits/privacy proves who sees an edit; former members are told by the same update",
  "test/features/groups/crossing-the-large-threshold.test.ts":
    "a group that grows or shrinks over the threshold is rare; groups/large-group-delivery proves delivery on the large side, all others on the small",
  "test/features/groups/crowded-groups.test.ts":
    "test/properties/devices plays stories in crowded groups (liveMembers 1)",
  "test/features/groups/former-members.test.ts":
    "who left long ago costs no call after an eviction; messages/history-visibility proves what who left sees",
  "test/features/hooks/cost.test.ts": "rows of a hook; deliveries and properties/hooks prove what is told",
  "test/features/limits/cost-of-files.test.ts":
    "bills of files; files/lifetime proves that a text schedules nothing and a file writes no row of D1 while it is sent",
  "test/features/limits/cost-of-marks-and-mentions.test.ts":
    "rows read by marks and mentions; test/unit/objects/rows-read has the bounds of reads at the gate, counts are proved by properties/mentions",
  "test/features/limits/cost-of-search.test.ts":
    "measures the table of docs/benchmarks/search.md; search/all-conversations has the bound of asked conversations",
  "test/features/limits/open-statements.test.ts":
    "guards a limit of the runtime (eviction with an open cursor), read by read; changes rarely",
  "test/features/limits/quiet-day.test.ts":
    "bills of a day; cost-by-size has the bill of the hour after a burst",
  "test/features/limits/thread-costs.test.ts":
    "rows read and written by threads; what pages show is proved by features/threads and properties/conversations",
  "test/features/link-previews/costs.test.ts":
    "rows of previews, and a picture's lifetime as of any file (files/lifetime); messages has what previews show",
  "test/features/mentions/many.test.ts":
    "mentions/mentions proves the list, test/properties/mentions its pages",
  "test/features/messages/merged-limits.test.ts":
    "bounds of nested merged messages; messages/merging proves the bounds of one",
  "test/features/moderation/spammers.test.ts":
    "a story of ten minutes whose parts are proved by quotas/quotas, moderation/rules, reports, staff and server/user-access",
  "test/features/presence/recipient-limits.test.ts":
    "a thousand contacts; presence/online-and-offline proves who is told",
  "test/features/push/costs.test.ts":
    "statements without push devices, and a large group; pushes proves what is pushed",
  "test/features/sockets/device/busy-room.test.ts":
    "a load that rooms seldom have; test/unit/objects has the load of a room",
  "test/features/sockets/device/limits.test.ts":
    "bounds of what waits that no honest client reaches; sockets/room/revokes-and-rates proves the budget of frames",
  "test/features/sockets/device/page-memory.test.ts":
    "a bound of memory for 16 full pages at once; test/unit/objects/inbox/page-budget proves the budget",
  "test/features/sockets/device/slow-reader.test.ts":
    "sockets/room/slow-reader proves the same queue of frames",
  "test/features/sockets/device/sync-of-many.test.ts":
    "test/properties/devices plays wide stories over 60 conversations",
  "test/features/space/metrics.test.ts":
    "counters for operators; test/unit/pure/operation/metrics proves how they count and their text",
  "test/features/threads/sockets.test.ts":
    "threads/following proves thread frames, test/properties/devices threads on sockets",
  "test/features/work/frames.test.ts":
    "a frame is a call: work/conversation bounds the same calls, sockets/both/frames proves what frames do",
  "test/features/work/jobs.test.ts":
    "the work of alarm jobs, which hold up nobody but their own object; work/conversation and work/inbox bound the calls that people wait for",
  "test/kook-libraries/kaiheila-bot-root.test.ts": "another vendor's library; the API: test/surfaces",
  "test/kook-libraries/kasumi.test.ts": "another vendor's library; the API: test/surfaces",
  "test/kook-libraries/koishi.test.ts": "another vendor's library; the API: test/surfaces",
  "test/kook-libraries/kook-client.test.ts": "another vendor's library; the API: test/surfaces",
  "test/kook-libraries/satori.test.ts": "another vendor's library; the API: test/surfaces",
  "test/properties/devices-with-many-conversations.test.ts":
    "properties/devices holds the same of three conversations, features/sockets/device/sync-of-many of 60",
  "test/properties/live-pages.test.ts":
    "properties/device-feed sends live pages in any order; unit/objects/message-encoder what is encoded anew",
  "test/properties/reactions-on-sockets.test.ts":
    "properties/devices reacts on device and room sockets; surfaces/v1/resume-recipes plays the recipes",
  "test/scripts/firefox.test.ts": "a command for developers",
  "test/scripts/import/route.test.ts": "import/sending and the converters prove its parts",
  "test/scripts/sample-world.test.ts": "the world of the demo",
  "test/surfaces/group-story/group-story.test.ts":
    "the same stories over v1 and tim; features/groups and unit/pure/group-policies have the rights, rule by rule",
  "test/surfaces/tim/socket/events.test.ts":
    "frames of the socket of parley-tim: packages/tim/test/ plays them in a client (events, groups-and-lists, messages)",
  "test/surfaces/tim/socket/online.test.ts":
    "a message that nothing stores: packages/tim/test/messages sends and hears one",
  "test/surfaces/tim/whole-list.test.ts":
    "lists of more than a hundred: conversations has the list, test/properties/inbox-list its pages",
  "test/surfaces/v1/resume-recipes.test.ts":
    "clients that do the steps of the guide: test/properties/devices and test/features/sockets/ prove that nothing is lost or doubled",
  "test/tim-engines/engine-lite.test.ts":
    "the second core of Tencent's UI kits: engine plays the same story over the first",
  "test/tim-uikit/uikit.test.ts": "the kit of another vendor; test/tim-engines plays its core",
  "test/unit/objects/call-channels.test.ts":
    "a channel saves calls; crashes/device-delivery-at-each-step loses calls and answers over it",
  "test/unit/objects/resume-costs.test.ts":
    "features/messages/change-feed has the reset, features/work the rows of a page",
  "test/unit/objects/search/counted-work.test.ts":
    "features/limits/cost-of-search counts what a caller can cause",
  "test/unit/objects/search/turns-at-each-step.test.ts":
    "properties/search restarts at any state of the index",
  "test/unit/pure/linear/imports.test.ts":
    "what an operator runs by hand; scripts/check-expressions.ts looks at its expressions",
  "test/unit/storage/orphaned-files.test.ts": "a daily cleanup, of what crashes leave",
  "web/test": "web/test/stories has a story of each view, and injection hostile texts in each",
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

/** The test files that a run does not play. */
export function filesBeyond(run: Run): string[] {
  const played: Record<Run, readonly (Run | undefined)[]> = {
    quick: ["quick"],
    test: ["quick", "test"],
    all: ["quick", "test", "all"],
  };
  return TEST_FILES.filter((path) => !played[run].includes(runOf(path)));
}

/** What is wrong with the table, a line each. */
export function flawsOfRuns(): string[] {
  const used = new Set(TEST_FILES.map(rowOf));
  return [
    ...TEST_FILES.filter((path) => runOf(path) === undefined).map(
      (path) => `test/runs.ts: no row fits ${path}, so that no run plays it`,
    ),
    ...[...ROWS.keys()]
      .filter((row) => !used.has(row))
      .map((row) => `test/runs.ts: the row ${row} decides about no test file`),
  ];
}

function rowOf(path: string): string | undefined {
  for (let row = path; row !== ""; row = row.slice(0, Math.max(row.lastIndexOf("/"), 0)))
    if (ROWS.has(row)) return row;
  return undefined;
}
