import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { handlers } from "../../support/app.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { send } from "../../support/clients/chat.ts";
import { download, expectUploaded, type StrictFile, upload } from "../../support/clients/files.ts";
import { advanceClock } from "../../support/clock.ts";
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

/** Runs the jobs of a conversation: D1 then knows which files its messages show. */
export const untilRecorded = (id: number): Promise<void> => runJobs(id);

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
