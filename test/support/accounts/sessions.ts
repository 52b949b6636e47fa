import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { z } from "zod";
import { SessionId } from "../../../src/domain/ids.ts";
import { issueToken } from "../../../src/http/access/token.ts";
import type { SignedIn } from "../clients/api.ts";
import { inboxObject } from "../objects/room.ts";

/** Inserts one more session of a user, without a password. @param expiresAt when its token expires, in ms */
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

/** The session of each socket that an object holds and has not closed. */
export async function openSocketSessions(object: DurableObjectStub): Promise<SessionId[]> {
  const attachments = await runInDurableObject(object, (_, state) =>
    state.getWebSockets().map((ws) => Attachment.parse(ws.deserializeAttachment())),
  );
  return attachments.flatMap(({ sessionId, closing }) => (closing ? [] : [sessionId]));
}

/** The session of each open device socket of a user. */
export function openDeviceSockets({ user }: SignedIn): Promise<SessionId[]> {
  return openSocketSessions(inboxObject(user.id));
}

/** Runs the jobs of these kinds of a user's inbox now, whenever they are due. @returns the number of jobs */
export async function runInboxJobs({ user }: SignedIn, kinds: string[]): Promise<number> {
  const stub = inboxObject(user.id);
  const jobs = await runInDurableObject(stub, (_, { storage }) => {
    const query = "UPDATE jobs SET due = 1 WHERE kind IN (SELECT value FROM json_each(?)) RETURNING kind";
    return storage.sql.exec(query, JSON.stringify(kinds)).toArray().length;
  });
  // The inbox may set its alarm at this moment, as a socket has closed, and so replace the alarm that is run.
  while (await hasDue(stub)) await runDurableObjectAlarm(stub);
  return jobs;
}

/** Whether a job is due since the beginning of time. If so, sets an alarm that can be run. */
function hasDue(stub: DurableObjectStub): Promise<boolean> {
  return runInDurableObject(stub, async (_, { storage }) => {
    const waits = storage.sql.exec("SELECT 1 FROM jobs WHERE due = 1").toArray().length > 0;
    if (waits) await storage.setAlarm(Date.now() + 60_000);
    return waits;
  });
}
