import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import {
  type Answer,
  call,
  expectProblem,
  PASSWORD,
  registerUsers,
  type SignedIn,
} from "../../support/clients/api.ts";
import { createGroup, list, openDirect } from "../../support/clients/chat.ts";
import { postScheduled, schedule } from "../../support/clients/scheduled.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { loseCalls } from "../../support/faults/calls.ts";
import { itemAt, range } from "../../support/objects/room.ts";
import { setNoRateLimits, setQuotas } from "../../support/settings.ts";
import { act, failure as formpostFailure } from "../../surfaces/formpost/client.ts";
import { kook, failure as kookFailure } from "../../surfaces/kook/client.ts";
import { nameOf, tim, failure as timFailure, success as timSuccess } from "../../surfaces/tim/client.ts";
import { createSession, signed, failure as usersigFailure } from "../../surfaces/usersig/client.ts";

const DAY_MS = 86_400_000;

/** Of an account that is older than a day; a new one has a fifth. */
const LIMIT = 10;
const NEW = 2;

let restore: () => void;
let ann: SignedIn;
let others: SignedIn[];

beforeAll(() => {
  const names = ["directs", "members", "groups", "requests", "reports", "sessions", "scheduled"];
  restore = setQuotas(names.map((name) => `${name}=${LIMIT}`).join(","));
});
afterAll(() => restore());

beforeEach(async () => {
  freezeClock();
  const users = await registerUsers(13);
  [ann, others] = [itemAt(users, 0), users.slice(1)];
});

const other = (n: number) => itemAt(others, n);
const direct = (who: SignedIn, { user }: SignedIn) =>
  call("POST", "/v1/conversations", { token: who.token, body: { kind: "direct", user_id: user.id } });
const group = (who: SignedIn, members: SignedIn[] = [], fields: object = {}) =>
  call("POST", "/v1/conversations", {
    token: who.token,
    body: { kind: "group", name: "a group", member_ids: members.map(({ user }) => user.id), ...fields },
  });
const add = (who: SignedIn, id: number, members: SignedIn[]) =>
  call("POST", `/v1/conversations/${id}/members`, {
    token: who.token,
    body: { user_ids: members.map(({ user }) => user.id) },
  });
const befriend = ({ token }: SignedIn, { user }: SignedIn) =>
  call("PUT", `/v1/friends/${user.id}`, { token });
const join = ({ token }: SignedIn, id: number) => call("POST", `/v1/conversations/${id}/join`, { token });
const report = ({ token }: SignedIn, { user }: SignedIn) =>
  call("POST", "/v1/reports", { token, body: { user_id: user.id, reason: "spam" } });
const signIn = ({ user }: SignedIn) =>
  call("POST", "/v1/login", { body: { username: user.username, password: PASSWORD } });

/** A group of a user, who makes one of the groups of their day. */
async function groupOf(who: SignedIn, joinPolicy: string): Promise<{ id: number }> {
  const made = await group(who, [], { join_policy: joinPolicy });
  return z.object({ id: z.int() }).parse(made.body);
}

/** Asserts that a call was refused for a quota. */
function expectQuota(
  answer: Answer,
  fields: { limit: number; used: number; resets_at?: number | null },
): void {
  expectProblem(answer, 429, "quota");
  expect(answer.body).toMatchObject(fields);
}

const succeeds = (answers: Answer[]) => answers.filter(({ status }) => status < 300).length;

/** Lets the first day of the accounts pass. */
const grow = () => advanceClock(DAY_MS + 1);

test("each quota of a day holds with fifty at once, over v1", async () => {
  grow();
  const many = await signedInUsers(20);
  const inGroups = await Promise.all(others.map((owner) => groupOf(owner, "approval")));
  const ways: [string, (n: number) => Promise<Answer>][] = [
    ["directs", (n) => direct(ann, itemAt(many, n))],
    ["groups", () => group(ann)],
    ["requests", (n) => (n < 8 ? join(ann, itemAt(inGroups, n).id) : befriend(ann, itemAt(many, n)))],
    ["reports", (n) => report(ann, itemAt(many, n))],
  ];
  for (const [name, go] of ways) {
    const answers = await Promise.all(range(0, 19).map(go));
    expect(succeeds(answers), name).toBe(LIMIT);
    for (const answer of answers.filter(({ status }) => status >= 300))
      expectQuota(answer, { limit: LIMIT, used: LIMIT, resets_at: Date.now() + DAY_MS });
  }
  const own = await groupOf(other(1), "free");
  const added = await Promise.all(range(0, 19).map((n) => add(other(1), own.id, [itemAt(many, n)])));
  expect(succeeds(added)).toBe(LIMIT);
});

test("members count where they are added, all of a call or none", async () => {
  const made = await group(ann, [other(0)]);
  const { id } = z.object({ id: z.int() }).parse(made.body);
  expectQuota(await add(ann, id, [other(1), other(2)]), {
    limit: NEW,
    used: 1,
    resets_at: Date.now() + DAY_MS,
  });
  expect((await add(ann, id, [other(0)])).status).toBeLessThan(300);
  expect((await add(ann, id, [other(0), other(1)])).status).toBeLessThan(300);
  expectQuota(await add(ann, id, [other(2)]), { limit: NEW, used: 2 });
  expectQuota(await group(ann, [other(2)]), { limit: NEW, used: 2 });
  // More than there ever is room for.
  expectQuota(await add(ann, id, others.slice(3, 7)), { limit: NEW, used: 2, resets_at: null });
  // Who is in the group already costs nothing.
  expect((await add(ann, id, [other(0), other(1)])).status).toBeLessThan(300);
  // The group of the refused call was not made: one more may be.
  expect((await group(ann)).status).toBe(201);
  expectQuota(await group(ann), { limit: NEW, used: 2 });
});

test("a conversation that is there, a friend and a member of the same group are not counted", async () => {
  for (const n of [0, 1]) expect((await direct(ann, other(n))).status).toBe(201);
  const before = await list(ann);
  expectQuota(await direct(ann, other(2)), { limit: NEW, used: NEW });
  expect(await list(ann)).toEqual(before);
  expect((await direct(ann, other(0))).status).toBe(200);
  await befriend(other(3), ann);
  await befriend(ann, other(3));
  await createGroup(other(4), [ann]);
  for (const n of [3, 4]) expect((await direct(ann, other(n))).status).toBe(201);
  // Who was begun with, may begin anew.
  expect((await direct(other(2), ann)).status).toBe(201);
  expect((await direct(ann, other(2))).status).toBe(200);
});

test("a use ends after 24 hours, and a new account has a fifth for as long", async () => {
  expect((await direct(ann, other(0))).status).toBe(201);
  const first = Date.now();
  advanceClock(1_000);
  expect((await direct(ann, other(1))).status).toBe(201);
  const refused = await direct(ann, other(2));
  expectQuota(refused, { limit: NEW, used: NEW, resets_at: first + DAY_MS });
  expect(refused.headers.get("Retry-After")).toBe(String(DAY_MS / 1_000 - 1));
  advanceClock(DAY_MS - 1_000);
  const answers = await Promise.all(others.slice(2).map((one) => direct(ann, one)));
  expect(succeeds(answers)).toBe(LIMIT - 1);
});

test("requests that are repeated, answered or refused are not counted again", async () => {
  const [one, two, three, four] = [other(0), other(1), other(2), other(3)];
  await call("PATCH", "/v1/me", { token: four.token, body: { friend_policy: "deny" } });
  expect((await befriend(ann, one)).status).toBeLessThan(300);
  expect((await befriend(ann, one)).status).toBeLessThan(300);
  expectProblem(await befriend(ann, four), 403, "forbidden");
  await befriend(two, ann);
  expect((await befriend(ann, two)).status).toBeLessThan(300);
  const asking = await groupOf(three, "approval");
  const free = await groupOf(three, "free");
  expect((await join(ann, asking.id)).status).toBeLessThan(300);
  expect((await join(ann, asking.id)).status).toBeLessThan(300);
  expectQuota(await befriend(ann, other(5)), { limit: NEW, used: NEW });
  expect((await join(ann, free.id)).status).toBeLessThan(300);
});

test("the other APIs answer with the code that they have for it, and change nothing", async () => {
  for (const n of [0, 1]) await direct(ann, other(n));
  for (const _ of [0, 1]) await group(ann);
  const [peer, name] = [other(2), nameOf(other(2))];
  const before = await list(ann);
  kookFailure(await kook(ann, "POST create", { target_id: String(peer.user.id) }), 40_300);
  const made = await tim(ann, "/message/createMessage", {
    ...{ to: name, conversationType: "C2C", payload: { text: "hello" } },
  });
  const { data } = z.object({ data: z.object({ ID: z.string() }) }).parse(made.body);
  timFailure(await tim(ann, "/message/sendMessage", { ID: data.ID }), 429, "", 429);
  timFailure(await tim(ann, "/group/createGroup", { name: "a group", type: "Public" }), 429, "", 429);
  const session = { name: "x", type: 1, chat_user_id_list: [nameOf(ann), name] };
  usersigFailure(await createSession(signed(ann), session), 429, "", 429);
  usersigFailure(await createSession(signed(ann), { ...session, type: 2 }), 429, "", 429);
  await befriend(ann, peer);
  await befriend(peer, ann);
  formpostFailure(
    await act(ann, "create_group_conversation", { name: "some", members: [peer.user.id] }),
    -5,
    429,
  );
  expect(await list(ann)).toEqual(before);
});

test("members whom tim adds are counted, those who are in the group or blocked are not", async () => {
  const { id } = await createGroup(ann, [other(0)]);
  const timAdd = (...members: SignedIn[]) =>
    tim(ann, "/member/addGroupMember", { groupID: String(id), userIDList: members.map(nameOf) });
  await call("PUT", `/v1/blocks/${ann.user.id}`, { token: other(5).token });
  timSuccess(await timAdd(other(0), other(1), other(5)));
  const members = async () =>
    (await call("GET", `/v1/conversations/${id}/members`, { token: ann.token })).body;
  const before = await members();
  timFailure(await timAdd(other(2)), 429, "", 429);
  expect(await members()).toEqual(before);
  // Who is in the group already costs nothing, and other APIs have counted what tim has.
  timSuccess(await timAdd(other(0), other(1)));
  expectQuota(await add(ann, id, [other(2)]), { limit: NEW, used: NEW });
});

test("requests that other APIs make are counted", async () => {
  const asked = await Promise.all(range(0, 2).map((n) => groupOf(other(n), "approval")));
  const [one, two, three] = asked.map(({ id }) => String(id));
  for (const groupID of [one, two]) timSuccess(await tim(ann, "/group/joinGroup", { groupID }));
  timFailure(await tim(ann, "/group/joinGroup", { groupID: three }), 429, "", 429);
  expectQuota(await befriend(ann, other(5)), { limit: NEW, used: NEW });
});

test("sessions: sign-ins at once open no more than there may be, and one that ends makes room", async () => {
  const answers = await Promise.all(range(1, 5).map(() => signIn(ann)));
  // Registering has opened the first.
  expect(succeeds(answers)).toBe(NEW - 1);
  const refused = await signIn(ann);
  expectQuota(refused, { limit: NEW, used: NEW });
  expect(z.object({ resets_at: z.int() }).parse(refused.body).resets_at).toBeGreaterThan(Date.now());
  expect((await call("POST", "/v1/logout", { token: ann.token })).status).toBe(204);
  expect((await signIn(ann)).status).toBe(200);
});

test("scheduled messages: one that is deleted makes room", async () => {
  const { id } = await createGroup(ann);
  const first = await schedule(ann, id, "one");
  await schedule(ann, id, "two");
  const again = () => postScheduled(ann, id, "three");
  expectQuota(await again(), { limit: NEW, used: NEW });
  await call("DELETE", `/v1/scheduled/${first.id}`, { token: ann.token });
  expect((await again()).status).toBe(202);
});

test("without rate limits there are no quotas, and a key that acts for a user is not counted", async () => {
  const { text: key } = await makeServerKey(["users", "act"]);
  const headers = { "Parley-User": String(ann.user.id) };
  for (const one of others.slice(0, 4)) {
    const body = { kind: "direct", user_id: one.user.id };
    expect((await call("POST", "/v1/conversations", { token: key, headers, body })).status).toBe(201);
  }
  onTestFinished(setNoRateLimits());
  for (const one of others.slice(4)) expect((await direct(ann, one)).status).toBe(201);
});

test("a crash between the count and the work counts once, whether the call is repeated or not", async () => {
  {
    using _lost = loseCalls("answer", ({ method }) => method === "takeQuota");
    expect((await direct(ann, other(0))).status).toBe(500);
  }
  // The same again: it has counted.
  expect((await direct(ann, other(0))).status).toBeLessThan(300);
  expect((await direct(ann, other(1))).status).toBe(201);
  expectQuota(await direct(ann, other(2)), { limit: NEW, used: NEW });
});

test("the existing conversation is found without a further call of the inbox", async () => {
  const { id } = await openDirect(ann, other(0));
  using _none = loseCalls("call", ({ method }) => method === "takeQuota");
  const body = { client_msg_id: "1", kind: "text", body: { text: "hello" } };
  expect((await call("POST", `/v1/conversations/${id}/messages`, { token: ann.token, body })).status).toBe(
    201,
  );
  expect((await direct(ann, other(0))).status).toBe(200);
  expect((await direct(ann, other(1))).status).toBe(500);
});
