import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { Scheduled } from "../../../src/surfaces/v1/messages/scheduled.ts";
import { advanceClock, dueNow } from "../clock.ts";
import { type Answer, call, type SignedIn } from "./api.ts";
import type { Caller, Named } from "./chat.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const ScheduledAnswer = z.strictObject({ scheduled: Scheduled });
const ScheduledPage = z.strictObject({ items: z.array(Scheduled), next_cursor: z.string().nullable() });

export type StrictScheduled = z.infer<typeof Scheduled>;

/** The fields of a message. @param what a text, or the fields of a message of another kind */
function fieldsOf(what: string | object): object {
  return typeof what === "string" ? { kind: "text", body: { text: what } } : what;
}

/** Asks for a scheduled message, an hour ahead unless `what` says when. */
export function postScheduled({ token }: Caller, id: number, what: string | object): Promise<Answer> {
  const body = { send_at: Date.now() + HOUR, ...fieldsOf(what) };
  return call("POST", `/v1/conversations/${id}/messages`, { token, body });
}

/** Schedules a message. @see postScheduled */
export async function schedule(who: Caller, id: number, what: string | object): Promise<StrictScheduled> {
  const answer = await postScheduled(who, id, what);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return ScheduledAnswer.parse(answer.body).scheduled;
}

/** A page of the caller's scheduled messages. */
export async function listScheduled(
  { token }: Caller,
  query = "?limit=100",
): Promise<z.infer<typeof ScheduledPage>> {
  const answer = await call("GET", `/v1/scheduled${query}`, { token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return ScheduledPage.parse(answer.body);
}

export function getScheduled({ token }: Caller, { id }: { id: string }): Promise<Answer> {
  return call("GET", `/v1/scheduled/${id}`, { token });
}

export function changeScheduled({ token }: Caller, { id }: { id: string }, body: object): Promise<Answer> {
  return call("PATCH", `/v1/scheduled/${id}`, { token, body });
}

export function deleteScheduled({ token }: Caller, { id }: { id: string }): Promise<Answer> {
  return call("DELETE", `/v1/scheduled/${id}`, { token });
}

/** Lets time pass, then runs the jobs of a user's scheduled messages. @param ms how long */
export async function pass(user: SignedIn, ms: number): Promise<void> {
  advanceClock(ms);
  await runScheduled(user);
}

/** Runs the jobs of a user's scheduled messages that are due, until none is. */
export async function runScheduled(user: Named): Promise<void> {
  while (await isDue(user)) await runDurableObjectAlarm(inboxOf(user));
}

/** Runs one alarm of a user's inbox for their scheduled messages. @returns false: nothing is due */
export async function runScheduledOnce(user: Named): Promise<boolean> {
  if (!(await isDue(user))) return false;
  await runDurableObjectAlarm(inboxOf(user));
  return true;
}

/** Whether a job of scheduled messages is due. If so, sets an alarm that can be run. */
function isDue(user: Named): Promise<boolean> {
  return runInDurableObject(inboxOf(user), async (_, { storage }) => {
    const query = "SELECT 1 FROM jobs WHERE kind GLOB 'scheduled*' AND due <= ?";
    const waits = storage.sql.exec(query, dueNow()).toArray().length > 0;
    if (waits) await storage.setAlarm(Date.now() + HOUR);
    return waits;
  });
}

/** A stub that no test has wrapped. */
const inboxOf = ({ user }: Named) => env.INBOX.get(env.INBOX.idFromName(String(user.id)));
