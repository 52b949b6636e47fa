import { describe, expect, test } from "vitest";
import { partCount, r2PartNumber } from "../../../src/domain/files/resumable-upload.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { TIMING } from "../../../src/domain/timing.ts";

const sources = import.meta.glob("/src/**/*.ts", { eager: true, query: "?raw", import: "default" });
const wrangler = import.meta.glob("/wrangler.toml", { eager: true, query: "?raw", import: "default" });

/** D1 has finished a batch after this time, or never will (its longest query). */
const D1_BATCH_MS = 30_000;

test("only src/index.ts imports the product's timing, all other code is handed one", () => {
  const importing = Object.entries(sources).filter(([, text]) =>
    /import [^;]*\bTIMING\b[^;]*from/.test(String(text)),
  );
  expect(importing.map(([path]) => path)).toEqual(["/src/index.ts"]);
});

test("an object is large before it is nearly full, and full before the platform ends its writes", () => {
  const { fullBytes, largeBytes, nearlyFullBytes } = TIMING.storage;
  expect(largeBytes).toBeLessThan(nearlyFullBytes);
  expect(nearlyFullBytes).toBeLessThan(fullBytes);
  expect(fullBytes).toBeLessThan(10_000_000_000);
});

describe("a conversation and an inbox", () => {
  const { assumedUpdates, deviceTracker, fanout, list, presence, recent, subscription, typing } = TIMING;

  test("a list asks each recently active conversation for as long as the member's cooldown holds a message back", () => {
    expect(recent.listMs).toBeGreaterThan(Math.max(fanout.cooldownMs, fanout.crowdedCooldownMs));
  });

  test("a first device subscribes to every conversation that still takes its user for absent", () => {
    expect(recent.subscribeMs).toBeGreaterThan(deviceTracker.absentMs);
  });

  test("a first device subscribes to at least what a list asks", () => {
    expect(recent.subscribeMs).toBeGreaterThan(recent.listMs);
  });

  test("after a crash each conversation is asked of which memory may have been ahead", () => {
    expect(list.lostMs).toBeGreaterThan(list.followMs + 2 * list.longestBehindMs);
  });

  test("an inbox renews a subscription before its lease ends", () => {
    expect(subscription.renewMs).toBeLessThan(subscription.leaseMs);
  });

  test("a lease outlasts the opening of the socket for which it was taken", () => {
    const openingMs = Math.max(list.snapshotTimeoutMs, presence.openTimeoutMs);
    expect(subscription.leaseMs).toBeGreaterThan(openingMs);
  });

  test("an update that is assumed to be taken is confirmed before a checkpoint would be stored", () => {
    expect(assumedUpdates.confirmMs).toBeLessThan(fanout.checkpointMs);
  });

  test("the cooldown is longer in a large group", () => {
    expect(fanout.cooldownMs).toBeLessThan(fanout.largeGroupCooldownMs);
  });

  test("the alarm fires at least as often as large groups deliver by it", () => {
    expect(TIMING.retryMarker.dueMs).toBeLessThan(fanout.largeGroupCooldownMs);
  });

  test("`typing` outlasts the recipient's cooldown, and the pause before it is sent again", () => {
    expect(typing.staleMs).toBeGreaterThan(fanout.cooldownMs);
    expect(typing.staleMs).toBeGreaterThan(typing.intervalMs);
  });
});

describe("a caller waits longer than the calls that its callee waits for", () => {
  const {
    directPermission,
    copies,
    deviceFeed,
    inboxCalls,
    listRepair,
    profileCache,
    projection,
    contextCache,
  } = TIMING;

  test("inbox update: an inbox asks D1 for the message context before it applies it", () => {
    expect(inboxCalls.callTimeoutMs).toBeGreaterThan(contextCache.timeoutMs);
  });

  test("page and forwarded originals: a conversation refreshes profiles first", () => {
    expect(deviceFeed.pageTimeoutMs).toBeGreaterThan(profileCache.timeoutMs);
    expect(copies.readTimeoutMs).toBeGreaterThan(profileCache.timeoutMs);
  });

  test("sync: asks for a page", () => {
    expect(deviceFeed.callTimeoutMs).toBeGreaterThan(deviceFeed.pageTimeoutMs);
  });

  test("read: a conversation delivers to the reader's inbox before it answers", () => {
    expect(deviceFeed.callTimeoutMs).toBeGreaterThan(inboxCalls.callTimeoutMs);
  });

  test("send: a conversation reads forwarded originals, and reads D1 twice during a block", () => {
    const innerMs = copies.readTimeoutMs + 2 * directPermission.lookupTimeoutMs;
    expect(deviceFeed.sendTimeoutMs).toBeGreaterThan(innerMs);
    expect(TIMING.scheduled.copyTimeoutMs).toBeGreaterThan(innerMs);
    expect(TIMING.scheduled.sendTimeoutMs).toBeGreaterThan(2 * directPermission.lookupTimeoutMs);
  });

  test("change: the answer waits for D1 no longer than the alarm waits before its next try", () => {
    expect(projection.timeoutMs).toBeLessThanOrEqual(projection.retryMs);
  });

  test("a repair has time to ask more conversations than those of its first round", () => {
    expect(listRepair.budgetMs).toBeGreaterThan(listRepair.callTimeoutMs);
  });
});

describe("a job starts after the work that it repairs has failed or ended", () => {
  const {
    accountDeletion,
    directPermission,
    inboxCalls,
    jobs,
    outbox,
    presence,
    retryMarker,
    sessionTermination,
  } = TIMING;

  test("an announced change is looked up when D1 has either committed it or never will", () => {
    for (const ms of [directPermission.expiryMs, sessionTermination.lookupMs, accountDeletion.lookupMs])
      expect(ms).toBeGreaterThan(D1_BATCH_MS);
  });

  test("the alarm repairs a fan-out and an outbox after their calls and retries", () => {
    expect(retryMarker.dueMs).toBeGreaterThan(inboxCalls.callTimeoutMs + inboxCalls.retryMs);
  });

  test("one alarm has time for the fan-out, the outbox and another job", () => {
    expect(jobs.budgetMs).toBeGreaterThan(2 * inboxCalls.drainTimeoutMs);
  });

  test("a call waits for notifications less long than one inbox may take", () => {
    expect(outbox.answerTimeoutMs).toBeLessThan(inboxCalls.callTimeoutMs);
  });

  test("a deleted account leaves its conversations by jobs after the first try", () => {
    expect(accountDeletion.retryMs).toBeGreaterThan(accountDeletion.budgetMs);
  });

  test("the job that announces a user as online starts after the first try", () => {
    expect(presence.retryMs).toBeGreaterThan(presence.openTimeoutMs);
  });

  test("a round of a profile begins after the answer has had its time, and in time for a new name within 5 s", () => {
    const { answerTimeoutMs, roundDelayMs, intervalMs } = TIMING.profileAnnouncement;
    expect(roundDelayMs).toBeGreaterThanOrEqual(answerTimeoutMs);
    expect(Math.max(roundDelayMs, intervalMs)).toBeLessThan(5_000);
  });

  test("the backoff of a failed job grows from its first to its longest, and later to a day", () => {
    expect(jobs.firstRetryMs).toBeLessThan(jobs.maxRetryMs);
    expect(jobs.maxRetryMs).toBeLessThan(jobs.maxPatientRetryMs);
  });

  test("a checkpoint is stored before the alarm looks for it, and before an idle object hibernates", () => {
    const hibernationMs = 10_000;
    expect(TIMING.fanout.checkpointMs).toBeLessThan(Math.min(retryMarker.dueMs, hibernationMs));
  });

  test("the calls of one alarm end in the time that it waits for them, and stay below the platform's limit", () => {
    const { perSecond, burst } = TIMING.pace;
    expect(((inboxCalls.maxPerAlarm - burst) / perSecond) * 1_000).toBeLessThan(inboxCalls.drainTimeoutMs);
    // Updates, failed updates and notifications.
    expect(3 * inboxCalls.maxPerAlarm).toBeLessThan(1_000);
  });

  test("the calls of an event, each perhaps with one query, stay below the 1,000 of the platform", () => {
    expect(2 * jobs.maxCalls).toBeLessThanOrEqual(1_000);
  });
});

describe("the Worker", () => {
  const { hashing, partBuffer, passwords, rateLimits, sessionCache, sessions, uploads } = TIMING;

  test("an ended session stops working over HTTP within a minute, as the README says", () => {
    expect(sessionCache.keepMs).toBeLessThan(60_000);
  });

  test("a session in use is looked up in D1 more often than its last use is written there", () => {
    expect(sessionCache.keepMs).toBeLessThan(sessions.touchMs);
  });

  test("a wait for other checks of a password ends before a lost check counts as wrong", () => {
    // Six waits, each twice as long as the one before.
    expect(passwords.checkTimeoutMs).toBeGreaterThan((2 ** 6 - 1) * passwords.backoffMs);
    expect(passwords.lockMs).toBeGreaterThan(passwords.checkTimeoutMs);
  });

  test("a password hash gets its turn in the time that its call waits, and is then not taken for lost", () => {
    // A hash takes about 120 ms.
    const turnMs = 120 + hashing.pauseMs + hashing.pollMs;
    expect(hashing.maxWaiting * turnMs).toBeLessThan(hashing.waitMs);
    expect(hashing.retryAfterS * 1_000).toBeLessThan(hashing.waitMs);
    expect(hashing.lostMs).toBeGreaterThan(10 * turnMs);
    // The check is settled before it counts as wrong.
    expect(hashing.waitMs + turnMs).toBeLessThan(passwords.checkTimeoutMs);
  });

  test("an upload waits for a place longer than a stalled one keeps it", () => {
    expect(partBuffer.pollMs).toBeLessThan(partBuffer.idleMs);
    expect(partBuffer.idleMs).toBeLessThan(partBuffer.waitMs);
    expect(partBuffer.idleMs).toBeLessThan(partBuffer.turnMs);
  });

  test("a file outlives every draft that names it, and is gone two days after nothing shows it", () => {
    const { drafts, files, orphanedFiles, scheduled } = TIMING;
    const hourMs = 60 * 60_000;
    expect(files.graceMs).toBeGreaterThan(drafts.lifetimeMs + hourMs);
    // All keys are looked through in 16 hours, and the job runs once an hour.
    expect(16 * hourMs + files.graceMs + files.deletionMs + hourMs).toBeLessThan(48 * hourMs);
    expect(16 * hourMs + files.graceMs + hourMs + scheduled.releaseMs).toBeLessThan(48 * hourMs);
    // Bytes that a crash leaves are old enough for the cleanup of orphaned ones.
    expect(orphanedFiles.orphanMs).toBeLessThan(files.graceMs);
  });

  test("a file that was taken back goes within a minute, but not before each message that shows it is known", () => {
    const { deviceFeed, files, jobs, scheduled } = TIMING;
    const { recordMs, expiryMs, deletionMs } = files;
    expect(recordMs + expiryMs + deletionMs).toBeLessThan(50_000);
    // What was sent while the file was readable: also if D1 did not answer at first.
    const knownMs = recordMs + jobs.promptRetryMs;
    expect(knownMs).toBeLessThan(expiryMs);
    expect(knownMs).toBeLessThan(deletionMs);
    // A forward that was under way.
    expect(deviceFeed.sendTimeoutMs + knownMs).toBeLessThan(expiryMs + deletionMs);
    // The file of a scheduled message is held until its conversation has recorded it, and no longer.
    expect(scheduled.releaseMs).toBeGreaterThan(knownMs);
    expect(scheduled.releaseMs).toBeLessThan(expiryMs + deletionMs);
  });

  test("an upload in parts ends before R2 aborts it, and is forgotten before its file can go", () => {
    const { files, resumableUploads } = TIMING;
    expect(resumableUploads.lifetimeMs).toBeLessThan(7 * 24 * 60 * 60_000);
    // Those files go later that nobody has sent. With a file that was taken back its upload goes, too.
    expect(resumableUploads.keptMs + 60 * 60_000).toBeLessThan(files.graceMs);
    // At the least rate the largest file comes within its time.
    expect(LIMITS.uploadBytes / uploads.bytesPerS).toBeLessThan(resumableUploads.lifetimeMs / 1_000 / 4);
  });

  test("every attempt to send a part has a number that R2 takes", () => {
    const count = partCount(LIMITS.uploadBytes);
    expect(r2PartNumber({ part: 1, attempt: 1 })).toBe(1);
    expect(r2PartNumber({ part: 2, attempt: 1 })).toBe(LIMITS.partAttempts + 1);
    expect(r2PartNumber({ part: count, attempt: LIMITS.partAttempts })).toBeLessThanOrEqual(10_000);
  });

  test("the largest form at the least rate, after a wait for its place, ends within the time of an upload", () => {
    const bytes = LIMITS.largeFileBytes + 1024 * 1024 - uploads.firstBytes;
    const leastMs = uploads.rateFromMs + (bytes / uploads.bytesPerS) * 1_000;
    expect(leastMs + Math.min(partBuffer.waitMs, partBuffer.turnMs)).toBeLessThan(uploads.wholeMs);
    expect(uploads.firstMs).toBeLessThanOrEqual(uploads.rateFromMs);
  });

  test("the period sent to clients equals that of the counters in wrangler.toml", () => {
    const periods = Array.from(String(wrangler["/wrangler.toml"]).matchAll(/period = (\d+)/g), ([, s]) => s);
    expect(new Set(periods)).toEqual(new Set([String(rateLimits.periodS)]));
  });
});
