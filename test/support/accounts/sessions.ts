import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { z } from "zod";
import { SessionId } from "../../../src/domain/ids.ts";
import { issueToken } from "../../../src/http/token.ts";
import type { SignedIn } from "../clients/api.ts";
import { inboxObject } from "../objects/room.ts";

/** One more session of somebody, which needs no password. @param expiresAt when its token expires, in ms */
export async function newSession({ user }: SignedIn, expiresAt = Date.now() + 60_000): Promise<SignedIn> {
  const sessionId = SessionId.parse(crypto.randomUUID().replaceAll("-", ""));
  const columns = "id, user_id, user_agent, created_at, last_seen_at, expires_at";
  await env.DB.prepare(`INSERT INTO sessions (${columns}) VALUES (?, ?, '', ?, ?, ?)`)
    .bind(sessionId, user.id, Date.now(), Date.now(), expiresAt)
    .run();
  const token = await issueToken(env.TOKEN_SECRET, { userId: user.id, sessionId, expiresAt });
  return { token, expires_at: expiresAt, user };
}

const Attachment = z.object({ sessionId: SessionId, closing: z.boolean() });

/** The sessions of the sockets which an object holds and has not closed, one for each socket. */
export async function openSockets(object: DurableObjectStub): Promise<SessionId[]> {
  const attachments = await runInDurableObject(object, (_, state) =>
    state.getWebSockets().map((ws) => Attachment.parse(ws.deserializeAttachment())),
  );
  return attachments.flatMap(({ sessionId, closing }) => (closing ? [] : [sessionId]));
}

/** The same of the devices' sockets of somebody. */
export function openDevices({ user }: SignedIn): Promise<SessionId[]> {
  return openSockets(inboxObject(user.id));
}

/** Lets so many turns of the event loop pass: where two things meet differs with it. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Runs the jobs of these kinds of somebody's inbox, however far off they are. @returns how many there were */
export async function runInboxJobs({ user }: SignedIn, kinds: string[]): Promise<number> {
  const stub = inboxObject(user.id);
  const jobs = await runInDurableObject(stub, (_, { storage }) => {
    const query = "UPDATE jobs SET due = 1 WHERE kind IN (SELECT value FROM json_each(?)) RETURNING kind";
    return storage.sql.exec(query, JSON.stringify(kinds)).toArray().length;
  });
  // An alarm which the inbox sets again just now, as a socket has closed, takes the place of the one that is run.
  while (await hasDue(stub)) await runDurableObjectAlarm(stub);
  return jobs;
}

/** Whether jobs wait whose time was put back to the beginning; then there is an alarm to be run. */
function hasDue(stub: DurableObjectStub): Promise<boolean> {
  return runInDurableObject(stub, async (_, { storage }) => {
    const waits = storage.sql.exec("SELECT 1 FROM jobs WHERE due = 1").toArray().length > 0;
    if (waits) await storage.setAlarm(Date.now() + 60_000);
    return waits;
  });
}
