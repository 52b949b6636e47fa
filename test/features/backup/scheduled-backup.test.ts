import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fillWorld, viewOf } from "../../../scripts/backup/world.ts";
import { readManifest, readText } from "../../../src/core/backup/run/layout.ts";
import { restore } from "../../../src/core/backup/run/restore-run.ts";
import { BucketStore } from "../../../src/core/backup/scheduled-backup.ts";
import { backupBucket } from "../../../src/worker.ts";
import { handlers } from "../../support/app.ts";
import { api, beginDeployment, loseEverything, target } from "../../support/backup/deployment.ts";
import { MemoryStore } from "../../support/backup/memory-store.ts";
import { registerUsers } from "../../support/clients/api.ts";
import { deleteMessage, send } from "../../support/clients/chat.ts";
import { advanceClock } from "../../support/clock.ts";
import { itemAt } from "../../support/objects/room.ts";
import { setDailyBackup, setNoRateLimits } from "../../support/settings.ts";
import { overrideTiming } from "../../support/timing.ts";

const DAY_MS = 86_400_000;
const undo: (() => void)[] = [];

beforeEach(async () => {
  await beginDeployment();
  undo.push(setNoRateLimits());
});

afterEach(() => {
  for (const one of undo.splice(0)) one();
});

function bucket(): R2Bucket {
  const found = backupBucket(env);
  if (!found) throw new Error("the tests have this bucket");
  return found;
}

const hourlyJob = () => handlers.scheduled(createScheduledController(), env);
const manifest = () => readManifest(new BucketStore(bucket()));

/** What the bucket has, as an operator copies it to a folder. */
async function copyOfBucket(): Promise<MemoryStore> {
  const copy = new MemoryStore();
  for (let cursor: string | undefined; ; ) {
    const page = await bucket().list(cursor === undefined ? {} : { cursor });
    for (const { key } of page.objects) {
      const found = await bucket().get(key);
      if (found) copy.files.set(key, new Uint8Array(await found.arrayBuffer()));
    }
    if (!page.truncated) return copy;
    cursor = page.cursor;
  }
}

/** All texts of a backup. */
async function textsOf(backup: MemoryStore): Promise<string> {
  const names = [...backup.files.keys()].filter((name) => name.endsWith(".gz"));
  return (await Promise.all(names.map((name) => readText(backup, name)))).join("\n");
}

test("the hourly job makes a daily backup in parts, which can be restored, and loses erased words with the next", async () => {
  overrideTiming({ scheduledBackup: { pieces: 2 } });
  const users = await registerUsers(3);
  const trio = [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)] as const;
  const { conversations } = await fillWorld(api, [...trio], 5);
  const secret = await send(itemAt(users, 0), itemAt(conversations, 1), "my secret plan");
  // The clock jumps over the time in which a list asks for updates that wait.
  for (const { token } of trio) await api(token, "POST", "/v1/me/repair");
  await hourlyJob();
  expect(await manifest()).toBeNull();
  undo.push(setDailyBackup());
  let parts = 0;
  while ((await manifest()) === null) {
    await hourlyJob();
    parts++;
  }
  expect(parts).toBeGreaterThan(1);
  const first = await manifest();
  expect(first).toMatchObject({ isSwept: true, totals: { files: 1, skipped: [] } });
  expect(await textsOf(await copyOfBucket())).toContain("my secret plan");
  // The next one begins a day later.
  await hourlyJob();
  expect(await manifest()).toEqual(first);
  advanceClock(DAY_MS);
  await deleteMessage(itemAt(users, 0), itemAt(conversations, 1), secret.seq, "everyone");
  for (const { token } of trio) await api(token, "POST", "/v1/me/repair");
  const seen = [];
  for (const user of trio) seen.push(await viewOf(api, user));
  for (let i = 0; i < parts + 2; i++) await hourlyJob();
  expect((await manifest())?.id).not.toBe(first?.id);

  const copy = await copyOfBucket();
  expect(await textsOf(copy)).not.toContain("my secret plan");
  await loseEverything();
  const { target: here, serve } = await target();
  undo.push(serve);
  await restore(copy, here);
  serve();
  const now = [];
  for (const user of trio) now.push(await viewOf(api, user));
  expect(now).toEqual(seen);
});
