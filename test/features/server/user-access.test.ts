import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import {
  freshExternalId,
  putUser,
  type ServerUserAnswer,
  userOf,
  userPath,
} from "../../support/accounts/server-users.ts";
import { call, expectProblem, PASSWORD, register } from "../../support/clients/api.ts";
import { createGroup, send } from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { wire } from "../../support/clients/wire.ts";
import { advanceClock } from "../../support/clock.ts";
import { refresh, tokensOf } from "../../support/issuer/issuer.ts";
import { RULE_KEY } from "../../surfaces/usersig/client.ts";

let token = "";

beforeAll(async () => {
  token = (await makeServerKey(["users", "tokens"])).text;
});

const Issued = z.strictObject({
  ...{ token: z.string(), expires_at: z.int().nullable(), session_id: z.string() },
  refresh_token: z.string().optional(),
});

const issue = (ref: string | number, body?: object) =>
  call("POST", userPath(ref, "/tokens"), { token, ...(body && { body }) });

async function tokenOf({ id }: { id: number }, body?: object) {
  const answer = await issue(id, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return Issued.parse(answer.body);
}

const meBy = (by: string) => call("GET", "/v1/me", { token: by });
const suspend = (id: number, body?: object) =>
  call("PUT", userPath(id, "/suspension"), { token, ...(body && { body }) });
const lift = (id: number) => call("DELETE", userPath(id, "/suspension"), { token });

async function newUser(fields: object = {}): Promise<ServerUserAnswer> {
  return putUser(token, freshExternalId(), fields);
}

/** A token counts its time in whole seconds, from a moment in the call that made it. */
function expectBetween(begin: number, moment: number, end: number): void {
  expect(moment).toBeGreaterThan(begin - 1_000);
  expect(moment).toBeLessThan(end + 1_000);
}

test("a token is a session of the user, which has the given name and ends by its time", async () => {
  const user = await newUser();
  const asked = Date.now();
  const hour = await tokenOf(user);
  expectBetween(asked, (hour.expires_at ?? 0) - 3_600_000, Date.now());
  const week = await tokenOf(user, { expires_in_s: 7 * 86_400, session_name: "phone" });
  expect((await meBy(week.token)).body).toMatchObject({ id: user.id });
  const { body } = await call("GET", "/v1/sessions", { token: week.token });
  expect(body).toMatchObject({
    items: expect.arrayContaining([
      expect.objectContaining({ id: week.session_id, user_agent: "phone", current: true }),
      expect.objectContaining({ id: hour.session_id, user_agent: "", current: false }),
    ]),
  });
  const seen = userOf(await call("GET", userPath(user.id), { token }), 200);
  expect(seen.last_seen_on).toBe(new Date().toISOString().slice(0, 10));
});

test("a bot's token may have no end, and opens sockets", async () => {
  const bot = await newUser({ bot: true });
  const { token: forever, expires_at } = await tokenOf(bot, { expires_in_s: 0 });
  expect(expires_at).toBeNull();
  expect((await meBy(forever)).status).toBe(200);
  const { id } = await createGroup({ token: forever });
  const [device, room] = [await openDevice(forever), await openRoom(id, forever)];
  await send({ token: forever }, id, "hello");
  await room.next("message");
  expect((await call("DELETE", userPath(bot.id, "/sessions"), { token })).status).toBe(204);
  expect(await device.closed()).toMatchObject({ code: 4001 });
  expect(await room.closed()).toMatchObject({ code: 4001 });
  // The same again is no error.
  expect((await call("DELETE", userPath(bot.id, "/sessions"), { token })).status).toBe(204);
  expectProblem(await meBy(forever), 401, "unauthenticated");
});

test("a token may come with a refresh token, which gives the next ones of the same session", async () => {
  const user = await newUser();
  const asked = Date.now();
  const first = await tokenOf(user, { refresh: true, expires_in_s: 120 });
  expectBetween(asked, (first.expires_at ?? 0) - 120_000, Date.now());
  expect((await meBy(first.token)).body).toMatchObject({ id: user.id });
  advanceClock(121_000);
  expectProblem(await meBy(first.token), 401, "unauthenticated");
  const next = tokensOf(await refresh(first.refresh_token));
  expect(next.user.id).toBe(user.id);
  expect(next.expires_in).toBeGreaterThan(3_500);
  const { body } = await call("GET", "/v1/sessions", { token: next.access_token });
  expect(body).toMatchObject({ items: [{ id: first.session_id, current: true }] });
  expect((await call("DELETE", userPath(user.id, "/sessions"), { token })).status).toBe(204);
  expect(await refresh(next.refresh_token)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  // Without the wish there is none.
  expect(await tokenOf(user, { refresh: false })).not.toHaveProperty("refresh_token");
  // An access token of such a session lasts for an hour at most, and one without end needs none.
  const bot = await newUser({ bot: true });
  for (const expires_in_s of [3_601, 0])
    expectProblem(await issue(bot.id, { refresh: true, expires_in_s }), 400, "validation_failed");
});

test("a token with a wrong time, or of nobody, is none", async () => {
  const user = await newUser();
  for (const expires_in_s of [0, 1, 59, 2_592_001, -1, 1.5, "60"]) {
    const refused = await issue(user.id, { expires_in_s });
    expectProblem(refused, 400, "validation_failed");
    expect(JSON.stringify(refused.body)).toContain('"body.expires_in_s"');
  }
  expectProblem(await issue(user.id, { session_name: "x".repeat(256) }), 400, "validation_failed");
  expectProblem(await issue(freshExternalId()), 404, "not_found");
});

test("a suspension signs out everywhere, refuses every sign-in, and keeps the messages", async () => {
  const [ann, bob] = [await register(), await register()];
  const { id } = await createGroup(bob, [ann]);
  await send(ann, id, "still here");
  const socket = await openDevice(ann.token);
  expect((await suspend(ann.user.id, { reason: "spam" })).status).toBe(204);
  expect(await socket.closed()).toMatchObject({ code: 4001 });
  expectProblem(await meBy(ann.token), 401, "unauthenticated");
  const state = userOf(await call("GET", userPath(ann.user.id), { token }), 200);
  expect(state).toMatchObject({ state: "suspended", suspension: { until: null, reason: "spam" } });
  const { username } = ann.user;
  const signIn = (password: string) => call("POST", "/v1/login", { body: { username, password } });
  const refused = await signIn(PASSWORD);
  expectProblem(refused, 403, "suspended");
  expect(JSON.stringify(refused.body)).not.toContain("spam");
  // Without the password nobody learns that the user is suspended.
  expectProblem(await signIn("not the password"), 401, "unauthenticated");
  expectProblem(await issue(ann.user.id), 403, "suspended");
  const byTim = await wire({
    method: "POST",
    path: "/login",
    body: { username, password: PASSWORD },
  });
  expect(JSON.stringify(byTim.body)).toContain("suspended");
  const { body } = await call("GET", `/v1/conversations/${id}/messages`, { token: bob.token });
  expect(JSON.stringify(body)).toContain("still here");
  expect((await lift(ann.user.id)).status).toBe(204);
  expect((await lift(ann.user.id)).status).toBe(204);
  expect((await signIn(PASSWORD)).status).toBe(200);
  expectProblem(await meBy(ann.token), 401, "unauthenticated");
});

test("a suspension refuses a user_sig, and ends by itself", async () => {
  const user = await newUser();
  const until = Date.now() + 3_600_000;
  expect((await suspend(user.id, { until })).status).toBe(204);
  const sig = () =>
    wire({ method: "POST", path: "/chat/get-user-sig", body: { user_id: user.username, token: RULE_KEY } });
  expect((await sig()).body).toMatchObject({
    code: 403,
    message: expect.stringContaining("suspended until"),
  });
  expectProblem(await issue(user.id), 403, "suspended");
  advanceClock(3_600_001);
  expect((await sig()).body).toMatchObject({ code: 200 });
  const state = userOf(await call("GET", userPath(user.id), { token }), 200);
  expect(state).toMatchObject({ state: "active", suspension: null });
});

test("a suspension that ends as late as a time can is told of at each door, and a later end is none", async () => {
  const user = await newUser();
  for (const until of [8.64e15 + 1, 9e15, Number.MAX_SAFE_INTEGER, 1e20])
    expectProblem(await suspend(user.id, { until }), 400, "validation_failed");
  expect((await suspend(user.id, { until: 8.64e15 })).status).toBe(204);
  expectProblem(await issue(user.id), 403, "suspended");
  const sig = { user_id: user.username, token: RULE_KEY };
  const answered = await wire({ method: "POST", path: "/chat/get-user-sig", body: sig });
  expect(answered.body).toMatchObject({ code: 403, message: expect.stringContaining("suspended") });
  const state = userOf(await call("GET", userPath(user.id), { token }), 200);
  expect(state).toMatchObject({ state: "suspended", suspension: { until: 8.64e15 } });
});

test("no sign-in of fifty at once outlives a suspension", async () => {
  const user = await newUser();
  const answers = await Promise.all([
    ...Array.from({ length: 25 }, () => issue(user.id)),
    suspend(user.id),
    ...Array.from({ length: 25 }, () => issue(user.id)),
  ]);
  for (const { status, body } of answers) {
    if (status !== 201) continue;
    expectProblem(await meBy(Issued.parse(body).token), 401, "unauthenticated");
  }
});

test("a suspension in the past, or of nobody, is none", async () => {
  const user = await newUser();
  expectProblem(await suspend(user.id, { until: Date.now() - 1 }), 400, "validation_failed");
  expectProblem(await suspend(user.id, { until: null }), 400, "validation_failed");
  expectProblem(await suspend(user.id, { reason: "x".repeat(501) }), 400, "validation_failed");
  expectProblem(await suspend(999_999_999), 404, "not_found");
  expect(userOf(await call("GET", userPath(user.id), { token }), 200).state).toBe("active");
});

test("a backend deletes accounts, with and without a password, but for owners of groups", async () => {
  const [ann, bob] = [await register(), await register()];
  const user = await newUser();
  const remove = (ref: string | number, query = "") => call("DELETE", userPath(ref) + query, { token });
  const { id } = await createGroup(bob, [ann, { user }]);
  await send(ann, id, "still here");
  expectProblem(await remove(bob.user.id), 409, "conflict");
  expect((await meBy(ann.token)).status).toBe(200);
  expect((await remove(ann.user.id, "?messages=keep")).status).toBe(202);
  expect((await remove(user.external_id ?? "")).status).toBe(202);
  expectProblem(await meBy(ann.token), 401, "unauthenticated");
  for (const ref of [ann.user.id, user.id, user.external_id ?? ""])
    expectProblem(await remove(ref), 404, "not_found");
  const { body } = await call("GET", `/v1/conversations/${id}/messages`, { token: bob.token });
  expect(JSON.stringify(body)).toContain("still here");
  expect(JSON.stringify(body)).not.toContain(ann.user.username);
});
