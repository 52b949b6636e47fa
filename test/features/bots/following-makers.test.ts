import { beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { userPath } from "../../support/accounts/server-users.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, expectAsked, page, send } from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { setTiming } from "../../support/timing.ts";
import { hooksOf, makeHook, post, posted, rotate } from "../incoming-hooks/client.ts";

let key = "";
let owner: SignedIn;
let maker: SignedIn;
let reader: SignedIn;
let id: number;

beforeAll(async () => {
  // Each message and each post has the state of users read.
  setTiming({ rules: { keepMs: 0, staleMs: 0 } });
  key = (await makeServerKey(["users", "moderate", "data"])).text;
});

beforeEach(async () => {
  [owner, maker, reader] = await signedInUsers(3);
  id = (await createGroup(owner, [maker, reader])).id;
  await toRole("admin");
});

const toRole = (role: string) => expectAsked(owner, id, "PATCH", `/members/${maker.user.id}`, { role });
const suspension = async (method: string, of: number, body?: object) =>
  expect((await call(method, userPath(of, "/suspension"), { token: key, body })).status).toBe(204);
const texts = async () =>
  (await page(reader, id)).items.flatMap(({ kind, body }) => (kind === "text" ? [body.text] : []));
const stateOf = async (of: number) => (await call("GET", userPath(of), { token: key })).body;

/** A bot of the maker's, which the owner adds to the group. */
async function bot() {
  const { body } = await call("POST", "/v1/bots", { token: maker.token, body: { nickname: "Weather" } });
  const made = z.looseObject({ id: z.int(), token: z.string() }).parse(body);
  await expectAsked(owner, id, "POST", "/members", { user_ids: [made.id] });
  return made;
}

test("a bot that was made in the shadow of its maker is heard when that ends", async () => {
  await suspension("PUT", maker.user.id, { shadow: true, reason: "spam" });
  const made = await bot();
  await send(made, id, "unheard");
  expect(await stateOf(made.id)).toMatchObject({ state: "active", suspension: { shadow: true } });
  await suspension("DELETE", maker.user.id);
  await send(made, id, "heard");
  expect(await texts()).toEqual(["heard"]);
});

test("a bot keeps a suspension of its own that is as hard and lasts as long", async () => {
  const [hard, soft] = [await bot(), await bot()];
  await suspension("PUT", hard.id, { reason: "own" });
  await suspension("PUT", soft.id, { shadow: true, reason: "own" });
  const until = Date.now() + 60_000;
  await suspension("PUT", maker.user.id, { reason: "first" });
  await suspension("PUT", maker.user.id, { reason: "second", until });
  expect(await stateOf(hard.id)).toMatchObject({ suspension: { until: null } });
  expect(await stateOf(soft.id)).toMatchObject({ suspension: { reason: "second", until } });
  await suspension("DELETE", maker.user.id);
  expect(await stateOf(soft.id)).toMatchObject({ state: "active" });
});

test("a hook answers in no thread of a message in the shadow, as in none of one that is not there", async () => {
  const { url } = await makeHook(owner, id);
  await suspension("PUT", maker.user.id, { shadow: true });
  const { seq } = await send(maker, id, "unheard");
  const none = await posted(url, { text: "x", thread: seq + 7 });
  const hidden = await posted(url, { text: "x", thread: seq });
  expect(hidden).toMatchObject({ status: 404, body: { code: "not_found" } });
  const words = ({ body }: { body: unknown }) => JSON.stringify(body).replaceAll(/\d+/g, "n");
  expect(words(hidden)).toBe(words(none));
  expect(await texts()).toEqual([]);
});

test("a hook goes on when its maker is let in again, and when they are an admin again", async () => {
  const { url } = await makeHook(maker, id);
  await suspension("PUT", maker.user.id, {});
  expect(await posted(url, { text: "suspended" })).toMatchObject({
    status: 403,
    body: { code: "forbidden" },
  });
  await suspension("DELETE", maker.user.id);
  expect((await post(url, { text: "let in" })).status).toBe(201);
  await toRole("member");
  expect((await post(url, { text: "demoted" })).status).toBe(403);
  await toRole("admin");
  expect((await post(url, { text: "an admin" })).status).toBe(201);
  expect(await texts()).toEqual(["let in", "an admin"]);
});

test("an admin takes over a hook that waits, with a URL that its maker does not know", async () => {
  const { url, ...hook } = await makeHook(maker, id);
  expect(hook).toMatchObject({ created_by: maker.user.id, waiting: false });
  await expectAsked(owner, id, "PUT", `/bans/${maker.user.id}`, {});
  expect(await hooksOf(owner, id)).toEqual([{ ...hook, waiting: true }]);
  const taken = await rotate(owner, id, hook.id);
  expect(taken).toMatchObject({ id: hook.id, created_by: owner.user.id, waiting: false });
  expect((await post(url, { text: "by its maker" })).status).toBe(404);
  expect((await post(taken.url, { text: "taken over" })).status).toBe(201);
  expect(await texts()).toEqual(["taken over"]);
});

test("staff alone sees what the hook of a user in the shadow brings, and a repeat brings it once", async () => {
  const { url } = await makeHook(maker, id);
  const room = await openRoom(id, reader.token);
  await suspension("PUT", maker.user.id, { shadow: true });
  for (const status of [201, 200])
    expect((await post(url, { text: "pills", client_msg_id: "1" })).status).toBe(status);
  await send(owner, id, "mark");
  await room.until(({ frames }) => JSON.stringify(frames).includes('"mark"'));
  expect(JSON.stringify(room.frames)).not.toContain("pills");
  room.close();
  expect(await texts()).toEqual(["mark"]);
  expectProblem(await ask(reader, id, "GET", "/messages/2"), 404, "not_found");
  const headers = { "Parley-Reason": "a look" };
  const seen = await call("GET", `/v1/moderation/conversations/${id}/messages`, { token: key, headers });
  expect(JSON.stringify(seen.body)).toContain("pills");
  await suspension("DELETE", maker.user.id);
  expect((await post(url, { text: "heard" })).status).toBe(201);
  expect(await texts()).toEqual(["mark", "heard"]);
});

test("without an answer of D1 a hook posts as it did before", async () => {
  const { url } = await makeHook(maker, id);
  await suspension("PUT", maker.user.id, {});
  expect((await post(url, { text: "suspended" })).status).toBe(403);
  const { url: other } = await makeHook(owner, id);
  using _lost = interceptD1((query, work) =>
    query.includes("suspended_until") ? Promise.reject(new Error("lost on purpose")) : work(),
  );
  expect((await post(url, { text: "still suspended" })).status).toBe(403);
  expect((await post(other, { text: "an alert" })).status).toBe(201);
});
