import { createScheduledController, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { handlers } from "../../support/app.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { send } from "../../support/clients/chat.ts";
import {
  download,
  expectUploaded,
  type StrictFile,
  storedFiles,
  upload,
} from "../../support/clients/files.ts";
import { advanceClock, dueNow } from "../../support/clock.ts";
import { until } from "../../support/event-loop.ts";
import { runJobs } from "../../support/objects/assert-consistent.ts";

const HOUR = 60 * 60 * 1_000;

/** Uploads a small file. */
export async function uploadFile(user: SignedIn, text = "bytes"): Promise<StrictFile> {
  return expectUploaded(await upload(user, text, "text/plain", "?name=a.txt"));
}

/** Sends a message that shows a file. @returns its seq */
export async function sendFile(user: SignedIn, id: number, { url }: StrictFile): Promise<number> {
  return (await send(user, id, { kind: "file", body: { url, name: "a.txt" } })).seq;
}

/** `DELETE /v1/files/{key}`. @returns the status */
export async function deleteFile({ token }: SignedIn, { key }: { key: string }): Promise<number> {
  return (await call("DELETE", `/v1/files/${key}`, { token })).status;
}

/** The status of a download. */
export async function statusOf({ url }: { url: string }): Promise<number> {
  const response = await download(url);
  await response.arrayBuffer();
  return response.status;
}

/** Asserts that a file is gone in every respect. */
export async function expectGone(file: { url: string; key: string }): Promise<void> {
  expect(await statusOf(file)).toBe(404);
  const { objects, rows } = await storedFiles();
  expect([...objects, ...rows]).not.toContain(file.key);
}

/** Runs the jobs of a conversation: D1 then knows which files its messages show. */
export const untilRecorded = (id: number): Promise<void> => runJobs(id);

/** The objects whose alarms run while time passes. */
interface Objects {
  conversations?: number[];
  users?: SignedIn[];
}

/**
 * Lets seconds pass: the jobs of these objects run when they are due, and no hourly job does. An object that
 * crashes goes on a second later.
 */
export async function passSeconds(seconds: number, { conversations = [], users = [] }: Objects) {
  const stubs = [
    ...conversations.map((id) => env.CONVERSATION.getByName(String(id))),
    ...users.map(({ user }) => env.INBOX.getByName(String(user.id))),
  ];
  const end = Date.now() + seconds * 1_000;
  while (Date.now() < end) {
    const next = Math.min(...(await Promise.all(stubs.map(nextDue))));
    // Nothing happens in between.
    advanceClock(Math.min(Math.max(1_000, next - Date.now()), end - Date.now()));
    for (const stub of stubs) await runDue(stub);
  }
}

/** When the next job of an object is due (ms since 1970); Infinity: there is none. 0: it has crashed. */
function nextDue(stub: DurableObjectStub): Promise<number> {
  const due = runInDurableObject(stub, (_, { storage }) => {
    const query = "SELECT min(due) AS due FROM jobs WHERE kind IN (SELECT value FROM json_each(?))";
    return storage.sql.exec<{ due: number | null }>(query, JSON.stringify(KINDS)).one().due ?? Infinity;
  });
  return due.catch(() => 0);
}

/** A file that nothing shows is gone after a minute. */
export const passMinute = (objects: Objects): Promise<void> => passSeconds(60, objects);

/** Runs the alarm of an object as long as jobs of files, or of what erases them, are due. */
async function runDue(stub: DurableObjectStub): Promise<void> {
  const isDue = () =>
    runInDurableObject(stub, async (object, { storage }) => {
      const query = "SELECT 1 FROM jobs WHERE due <= ? AND kind IN (SELECT value FROM json_each(?))";
      if (storage.sql.exec(query, dueNow(), JSON.stringify(KINDS)).toArray().length === 0) return false;
      // The pause before it runs again is over, also where the clock stands still.
      advanceClock(1);
      await storage.deleteAlarm();
      await object.alarm?.();
      return true;
    });
  await until(async () => !(await isDue().catch(() => false)), "the job has run");
}

const KINDS = [
  ...["files", "released_files", "own_files", "scheduled", "scheduled_files"],
  ...["edit_history", "erased_messages", "deletion_lookup", "leave", "erase"],
];

/** In so many hours the cleanups have looked at all keys. */
const ROUND = 16;

/**
 * Lets hours pass. Of the hourly cleanups it runs those of the first hours, which mark files, of each two
 * days, and the last one, which deletes what they have marked. @param bindings of the cleanups
 */
export async function passHours(hours: number, bindings = env): Promise<void> {
  for (let hour = 1; hour <= hours; hour++) {
    advanceClock(HOUR);
    if (hour % 48 > ROUND && hour < hours) continue;
    // What a cleanup could not do is left to the next one.
    await handlers.scheduled(createScheduledController(), bindings).catch(() => undefined);
  }
}

/** Bindings with an R2 that deletes nothing: a Worker that dies after its write to D1 comes no further. */
export function withoutDeletes(): typeof env {
  const FILES = new Proxy(env.FILES, {
    get(target, name) {
      if (name === "delete") return () => Promise.reject(new Error("Network connection lost."));
      const value: unknown = Reflect.get(target, name);
      return value instanceof Function ? value.bind(target) : value;
    },
  });
  return { ...env, FILES };
}
