import { beforeAll, beforeEach, expect, test } from "vitest";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, openDirect, page, send } from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { breakAt } from "../../support/faults/injected-fault.ts";
import { eachStep } from "../../support/faults/sampled-steps.ts";
import { setTiming } from "../../support/timing.ts";
import { auditOf, giveRole } from "./staff.ts";

let key = "";
let ann: SignedIn;
let bob: SignedIn;
let mia: SignedIn;
let group: number;
/** a message of Bob in it */
let sent: number;

beforeAll(async () => {
  // Where the answer of D1 is lost, an isolate takes an ended session for live as long as it keeps it.
  setTiming({ rpcRetry: { backoffMs: 1 }, jobs: { firstRetryMs: 10 }, sessionCache: { keepMs: 10 } });
  key = (await makeServerKey(["users", "moderate"])).text;
});

beforeEach(async () => {
  [ann, bob, mia] = await signedInUsers(3);
  await giveRole(key, mia, "moderator");
  group = (await createGroup(ann, [bob])).id;
});

const WHY = { "Parley-Reason": encodeURIComponent("spam — 垃圾") };

function as({ token }: { token: string }, method: string, path: string, body?: object): Promise<Answer> {
  return call(method, `/v1/moderation${path}`, { token, headers: WHY, ...(body && { body }) });
}

/** The texts of a conversation as a member sees them; null: revoked. */
async function texts(who: SignedIn, id: number): Promise<(string | null)[]> {
  const { items } = await page(who, id, "?limit=100");
  return items.flatMap((one) =>
    one.kind === "text" ? (one.revoked ? null : String(Reflect.get(one.body, "text"))) : [],
  );
}

/** Each call that changes something: how it is asked, in which object, and how it is seen to be done. */
const ACTIONS = {
  user_suspended: {
    at: "inbox",
    ask: (staff: { token: string }) =>
      as(staff, "PUT", `/users/${bob.user.id}/suspension`, { reason: "spam — 垃圾" }),
    isDone: async () => (await call("GET", "/v1/me", { token: bob.token })).status === 401,
  },
  message_revoked: {
    at: "conversation",
    ask: (staff: { token: string }) => as(staff, "DELETE", `/conversations/${group}/messages/${sent}`),
    isDone: async () => (await texts(ann, group)).includes(null),
  },
  user_messages_revoked: {
    at: "inbox",
    ask: (staff: { token: string }) => as(staff, "DELETE", `/users/${bob.user.id}/messages?since=0`),
    isDone: async () => !(await texts(ann, group)).includes("from Bob"),
  },
  group_dissolved: {
    at: "conversation",
    ask: (staff: { token: string }) => as(staff, "DELETE", `/conversations/${group}`),
    isDone: async () => (await ask(ann, group, "GET", "")).status === 404,
  },
} as const;
const NAMES = ["user_suspended", "message_revoked", "user_messages_revoked", "group_dissolved"] as const;

const ROLES = ["user", "auditor", "moderator", "admin"] as const;

test.each(ROLES.flatMap((by) => NAMES.map((name) => [by, name] as const)))("%s × %s", async (by, name) => {
  sent = (await send(bob, group, "from Bob")).seq;
  await giveRole(key, mia, by);
  const answer = await ACTIONS[name].ask(mia);
  if (by === "user" || by === "auditor") {
    expectProblem(answer, 403, "forbidden");
    expect(await ACTIONS[name].isDone()).toBe(false);
    return;
  }
  expect(answer.status).toBeLessThan(300);
  await eventually(async () => expect(await ACTIONS[name].isDone()).toBe(true));
  expect((await auditOf(key)).filter(({ action }) => action === name)).toMatchObject([
    { by: { user_id: mia.user.id }, reason: "spam — 垃圾" },
  ]);
});

test("an action that is cut short at any step has its row in the audit log, if anything of it is done", async () => {
  for (const name of NAMES)
    for (const place of ["D1 before", "D1 after", ACTIONS[name].at] as const)
      await eachStep(`${name}, ${place}`, 2, async (step) => {
        [ann, bob] = await signedInUsers(2);
        group = (await createGroup(ann, [bob])).id;
        sent = (await send(bob, group, "from Bob")).seq;
        await giveRole(key, mia, "moderator");
        const at = { conversationId: group, userId: bob.user.id };
        const broken = await breakAt(place, step, at);
        try {
          await ACTIONS[name].ask(mia).catch(() => undefined);
        } finally {
          broken[Symbol.dispose]();
        }
        const isOfThis = ({ of }: { of: Record<string, number> }) =>
          Reflect.get(of, "user_id") === bob.user.id || Reflect.get(of, "conversation_id") === group;
        if (!(await auditOf(key)).some(isOfThis)) expect(await ACTIONS[name].isDone()).toBe(false);
        expect((await ACTIONS[name].ask(mia)).status).toBeLessThan(300);
        await eventually(async () => expect(await ACTIONS[name].isDone()).toBe(true));
        return { isHit: broken.isHit, steps: broken.steps };
      });
}, 120_000);

test("what a user has sent since a time goes, everywhere, and nothing else", async () => {
  const { id: direct } = await openDirect(bob, ann);
  await send(bob, group, "before");
  const first = await send(bob, group, "first");
  await send(ann, group, "of Ann");
  await send(bob, direct, "direct");
  await ask(bob, group, "POST", "/leave");
  const path = `/users/${bob.user.id}/messages?since=${first.created_at}`;
  expect((await as(mia, "DELETE", path)).status).toBe(202);
  await eventually(async () => {
    expect(await texts(ann, direct)).toEqual([null]);
    expect((await texts(ann, group)).slice(-2)).toEqual([null, "of Ann"]);
  });
  expect((await as(mia, "DELETE", `/users/${bob.user.id}/messages`)).status).toBe(400);
});

test("a conversation is read only with a report in it and a reason, and the audit log has it", async () => {
  const { seq } = await send(bob, group, "reported");
  const path = `/conversations/${group}/messages`;
  expectProblem(await as(mia, "GET", path), 403, "forbidden");
  const body = { message: { conversation_id: group, seq }, reason: "abuse" };
  expect((await call("POST", "/v1/reports", { token: ann.token, body })).status).toBe(201);
  expectProblem(await call("GET", `/v1/moderation${path}`, { token: mia.token }), 400, "validation_failed");
  await giveRole(key, mia, "auditor");
  expect(await as(mia, "GET", path)).toMatchObject({
    status: 200,
    body: { items: expect.arrayContaining([expect.objectContaining({ seq })]) },
  });
  expect(await auditOf(key)).toMatchObject([
    { action: "messages_read", of: { conversation_id: group }, reason: "spam — 垃圾" },
  ]);
  const other = (await createGroup(ann, [bob])).id;
  expectProblem(await as({ token: key }, "GET", `/conversations/${other}/messages`), 403, "forbidden");
  const data = (await makeServerKey(["moderate", "data"])).text;
  expect((await as({ token: data }, "GET", `/conversations/${other}/messages`)).status).toBe(200);
});

test("users are found by the beginning of their names, page by page, deleted ones not", async () => {
  const prefix = bob.user.username.slice(0, -4);
  const found = async (query: string) => (await as(mia, "GET", `/users?q=${prefix}${query}`)).body;
  expect(await found("")).toMatchObject({ items: [{ id: bob.user.id, username: bob.user.username }] });
  expect(await found("&limit=1")).toMatchObject({ next_cursor: null });
  const key = (await makeServerKey(["users"])).text;
  expect((await call("DELETE", `/v1/server/users/${bob.user.id}`, { token: key })).status).toBe(202);
  expect(await found("")).toEqual({ items: [], next_cursor: null });
  expect((await as(mia, "GET", "/users")).status).toBe(400);
});

test.each(["auditor", "moderator", "admin"])(
  "an %s asks for the own role, which leaves no row",
  async (role) => {
    await giveRole(key, mia, role);
    expect(await as(mia, "GET", "/me")).toMatchObject({ status: 200, body: { role } });
    expect(await as({ token: key }, "GET", "/me")).toMatchObject({ status: 200, body: { role: "admin" } });
    expectProblem(await as(ann, "GET", "/me"), 403, "forbidden");
    expect(await auditOf(key)).toEqual([]);
  },
);

test("a user is shown with their sessions and their groups, but for those that they have left", async () => {
  const left = (await createGroup(ann, [bob])).id;
  await openDirect(ann, bob);
  expect((await ask(bob, left, "POST", "/leave")).status).toBeLessThan(300);
  const shown = async () => (await as(mia, "GET", `/users/${bob.user.id}`)).body;
  await eventually(async () =>
    expect(await shown()).toMatchObject({
      sessions: [{ created_at: expect.any(Number), user_agent: expect.any(String) }],
      groups: [{ id: group, role: "member" }],
    }),
  );
  expect(JSON.stringify(await shown())).not.toContain(`"id":${left},`);
  await as(mia, "PUT", `/users/${bob.user.id}/suspension`, { reason: "spam" });
  expect(await shown()).toMatchObject({ sessions: [] });
});

test("a user is shown with the reports about them and by them", async () => {
  const report = (who: SignedIn, of: SignedIn) =>
    call("POST", "/v1/reports", { token: who.token, body: { user_id: of.user.id, reason: "spam" } });
  await report(ann, bob);
  await report(bob, ann);
  const { body } = await as(mia, "GET", `/users/${bob.user.id}`);
  expect(body).toMatchObject({
    user: { id: bob.user.id, role: "user", state: "active" },
    reports: [{ reporter_id: bob.user.id }, { reporter_id: ann.user.id }],
  });
});

test("a role is given to a user with a password too, but nothing else, and the audit log has it", async () => {
  const { user } = await register();
  const path = `/v1/server/users/${user.id}`;
  await giveRole(key, { user }, "auditor");
  const both = { role: "admin", nickname: "Bob" };
  expectProblem(await call("PUT", path, { token: key, body: both }), 403, "forbidden");
  expect((await call("GET", path, { token: key })).body).toMatchObject({ role: "auditor" });
  const { body } = await call("GET", "/v1/moderation/audit?limit=1", { token: key });
  expect(body).toMatchObject({
    items: [{ action: "role_changed", of: { user_id: user.id }, reason: "auditor", by: { user_id: null } }],
  });
});
