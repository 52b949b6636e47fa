import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { SignedIn } from "../clients/api.ts";
import type { Named } from "../clients/chat.ts";
import { advanceClock } from "../clock.ts";
import { eventually } from "../eventually.ts";
import { timing } from "../timing.ts";

/** A stub that no test has wrapped: the test runtime evicts no other. */
const inbox = ({ user }: Named) => env.INBOX.get(env.INBOX.idFromName(String(user.id)));

/** How many conversations of a user wait for the job that reads them for phones. */
export function pushJobs(user: Named): Promise<number> {
  return runInDurableObject(inbox(user), (_, { storage }) => {
    return storage.sql.exec("SELECT 1 FROM jobs WHERE kind = 'outfeed'").toArray().length;
  });
}

/** Lets time pass, and runs the jobs of a user that push. Resolves once the push services have answered. */
export async function runPushes(user: SignedIn, ms: number = timing.push.graceMs + 1): Promise<void> {
  advanceClock(ms);
  await runDurableObjectAlarm(inbox(user));
}

/** Waits until an update has made the inbox schedule the job, and runs it once its time has come. */
export async function push(user: SignedIn): Promise<void> {
  await eventually(async () => expect(await pushJobs(user)).toBeGreaterThan(0));
  await runPushes(user);
}

/** Evicts the inbox of a user, as hibernation does. */
export function evictInbox(user: SignedIn): Promise<void> {
  return evictDurableObject(inbox(user));
}

/** Aborts the inbox of a user as a crash does. */
export async function loseInbox(user: SignedIn): Promise<void> {
  await runInDurableObject(inbox(user), (_, state) => state.abort("lost on purpose")).catch(() => undefined);
}
