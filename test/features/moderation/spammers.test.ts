import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { UserId } from "../../../src/domain/ids.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, call, type SignedIn } from "../../support/clients/api.ts";
import { insertUsers, page } from "../../support/clients/chat.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { inboxObject, itemAt, range } from "../../support/objects/room.ts";
import { setQuotas } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";
import { giveRole } from "./staff.ts";

// A spammer with fifty new accounts floods a public group of 200 for ten minutes, and writes to all of its
// members. Time is the clock of the server; a minute of the spammer is a turn of each account.

const MEMBERS = 150;
const ACCOUNTS = 50;
const MINUTE_MS = 60_000;
/** What each account sends to the group in a minute. */
const A_MINUTE = 2;
/** A fifth of 50: the accounts are new. */
const DIRECTS = 10;
/** The accounts that write to members by themselves: all would take the same way. */
const WRITERS = 10;
const AD = "cheap pills at pillz.example, write me";

let key = "";
const undo: (() => void)[] = [];

beforeAll(async () => {
  // With the clock frozen, rules are as old as the story says.
  setTiming({ rules: { keepMs: 10_000, staleMs: 60_000 }, sessionCache: { keepMs: 10_000 } });
  key = (await makeServerKey(["users", "moderate"])).text;
  undo.push(setQuotas(""));
});
afterAll(() => {
  for (const one of undo.splice(0)) one();
});

const Made = z.object({ id: z.int() });

const post = ({ token }: SignedIn, id: number, text: string): Promise<Answer> =>
  call("POST", `/v1/conversations/${id}/messages`, { token, body: { kind: "text", body: { text } } });
const direct = ({ token }: SignedIn, { user }: SignedIn): Promise<Answer> =>
  call("POST", "/v1/conversations", { token, body: { kind: "direct", user_id: user.id } });

/** The statuses of answers, each with its number. */
function counted(answers: Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** One after the other by account, the accounts side by side. */
async function eachOf(accounts: SignedIn[], work: (who: SignedIn) => Promise<Answer[]>): Promise<Answer[]> {
  return (await Promise.all(accounts.map(work))).flat();
}

test("fifty accounts of a spammer reach few people, and staff ends it in a minute", async () => {
  freezeClock();
  const people = await signedInUsers(15);
  const others = await insertUsers(MEMBERS - people.length);
  const [owner, mia] = [itemAt(people, 0), itemAt(people, 1)];
  await giveRole(key, mia, "moderator");
  const body = {
    ...{ kind: "group", name: "the town square", join_policy: "free" },
    member_ids: [...people.slice(1), ...others].map(({ user }) => user.id),
  };
  const { id } = Made.parse((await call("POST", "/v1/conversations", { token: owner.token, body })).body);
  const accounts = await signedInUsers(ACCOUNTS);
  const ids = JSON.stringify(accounts.map(({ user }) => user.id));
  const asNew = "UPDATE users SET created_at = ? WHERE id IN (SELECT value FROM json_each(?))";
  await env.DB.prepare(asNew).bind(Date.now(), ids).run();
  // One of the members lets contacts alone write to them.
  const shy = itemAt(people, 2);
  await call("PATCH", "/v1/me", { token: shy.token, body: { who_may_write: "contacts" } });

  // Minute 0: they join, and begin as many direct conversations as they may.
  const joined = await eachOf(accounts, async ({ token }) => [
    await call("POST", `/v1/conversations/${id}/join`, { token }),
  ]);
  expect(counted(joined)).toEqual({ 200: ACCOUNTS });
  const begun = await eachOf(accounts.slice(0, WRITERS), async (who) => {
    const answers: Answer[] = [];
    for (const n of range(0, DIRECTS + 1)) {
      const opened = await direct(who, itemAt(people, 2 + n));
      answers.push(opened);
      if (opened.status === 201) await post(who, Made.parse(opened.body).id, AD);
    }
    return answers;
  });
  expect(counted(begun)).toEqual({ 201: WRITERS * DIRECTS, 429: 2 * WRITERS });
  const ofShy = await call("GET", "/v1/conversations", { token: shy.token });
  expect(z.object({ items: z.array(z.unknown()) }).parse(ofShy.body).items).toHaveLength(1);

  const minute = (posts = A_MINUTE) =>
    eachOf(accounts, async (who) => {
      const answers: Answer[] = [];
      for (const _ of range(1, posts)) answers.push(await post(who, id, AD));
      return answers;
    });
  expect(counted(await minute())).toEqual({ 201: ACCOUNTS * A_MINUTE });

  // Minute 1: three members report it. Staff takes one report, and makes a rule.
  advanceClock(MINUTE_MS);
  const { items } = await page(owner, id, "?limit=1");
  const about = { message: { conversation_id: id, seq: itemAt(items, 0).seq }, reason: "spam" };
  for (const n of [3, 4, 5])
    expect((await call("POST", "/v1/reports", { token: itemAt(people, n).token, body: about })).status).toBe(
      201,
    );
  const rule = { id: "pills", match: { domains: ["pillz.example"] }, action: "refuse" };
  const staff = (method: string, path: string, sent?: object) =>
    call(method, `/v1/moderation${path}`, { token: mia.token, ...(sent && { body: sent }) });
  expect((await staff("PUT", "/rules", { items: [rule] })).status).toBe(200);

  // Until each isolate has read the rule, a minute at most, they may go on.
  const { 201: late = 0, 403: refused = 0 } = counted(await minute());
  expect(late + refused).toBe(ACCOUNTS * A_MINUTE);
  advanceClock(MINUTE_MS);
  expect(counted(await minute())).toEqual({ 403: ACCOUNTS * A_MINUTE });

  // Minute 2: staff suspends the accounts, and takes back what they have said.
  for (const { user } of accounts) {
    const suspended = await staff("PUT", `/users/${user.id}/suspension`, { reason: "spam" });
    expect(suspended.status, JSON.stringify(suspended.body)).toBe(204);
    expect((await staff("DELETE", `/users/${user.id}/messages?since=0`)).status).toBe(202);
  }
  advanceClock(MINUTE_MS);
  for (const n of range(3, 10)) {
    expect(counted(await minute(1)), `minute ${n}`).toEqual({ 401: ACCOUNTS });
    advanceClock(MINUTE_MS);
  }
  // What people see in the end: nothing of the spammer's.
  await eventually(async () => {
    // Alarms have the machine's clock, of which the server's is ahead.
    for (const { user } of accounts) await runDurableObjectAlarm(inboxObject(UserId.parse(user.id)));
    const left = await page(owner, id, "?limit=100");
    expect(left.items.filter(({ kind, revoked }) => kind === "text" && !revoked)).toEqual([]);
  });
  // Other files know no rules.
  await staff("PUT", "/rules", { items: [] });
  advanceClock(MINUTE_MS);
  expect((await post(owner, id, "they are gone")).status).toBe(201);
});
