import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { newSession } from "../../support/accounts/sessions.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { type WireAnswer, type WireCall, wire } from "../../support/clients/wire.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { itemAt, range } from "../../support/objects/room.ts";

const KEY = "a-key-of-an-app-that-is-long";
const LIMIT = 3;

let ann: SignedIn;
let hosts = 0;
/** Bindings with a counter that admits three calls of each key. */
let settings: Partial<Env>;
let address: string;

beforeEach(async () => {
  ann = itemAt(await signedInUsers(1), 0);
  const counts = new Map<string, number>();
  const limit: RateLimit["limit"] = async ({ key }) => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return { success: (counts.get(key) ?? 0) <= LIMIT };
  };
  settings = { ...env, ADDRESS_RATE: { limit }, APP_KEYS: KEY, USERSIG_RULE_KEY: KEY };
  address = `100.64.0.${hosts++}`;
});

function ask(said: WireCall): Promise<WireAnswer> {
  return wire({ ...said, settings, headers: { "CF-Connecting-IP": address, ...said.headers } });
}

/** Makes calls one after the other. @returns whether each was over the limit */
async function limited(count: number, said: WireCall): Promise<boolean[]> {
  const answers: WireAnswer[] = [];
  for (const __ of range(1, count)) answers.push(await ask(said));
  for (const { status, headers } of answers)
    if (status === 429) expect(headers.get("Retry-After")).toBe("60");
  return answers.map(({ status }) => status === 429);
}

const AFTER_THREE = [false, false, false, true, true];

test("calls with the token of an ended session are counted by address, and cost D1 one look", async () => {
  const { token } = await newSession(ann);
  await wire({ method: "POST", path: "/v1/logout", headers: { Authorization: `Bearer ${token}` } });
  let queries = 0;
  using _ = interceptD1((query, work) => {
    if (/FROM\s+"?sessions"?/i.test(query)) queries++;
    return work();
  });
  const me = { method: "GET", path: "/v1/me", headers: { Authorization: `Bearer ${token}` } };
  expect(await limited(5, me)).toEqual(AFTER_THREE);
  expect(queries).toBeLessThanOrEqual(1);
  // A live session of the same user, from the same address, is served.
  const live = { ...me, headers: { Authorization: `Bearer ${ann.token}` } };
  expect((await ask(live)).status).toBe(200);
});

test("calls with a forged token are counted by address", async () => {
  const me = { method: "GET", path: "/v1/me", headers: { Authorization: "Bearer a.b.c" } };
  expect(await limited(5, me)).toEqual(AFTER_THREE);
  // Calls without a token ask for nothing.
  expect(await limited(5, { method: "GET", path: "/v1/me" })).toEqual(range(1, 5).map(() => false));
});

test("over the limit not even the right app key or rule key is looked at, and elsewhere it is", async () => {
  const appkey = (key: string) => ({
    method: "GET",
    path: "/message?conversationid=1",
    headers: { "X-APP-Key": key, "X-APP-Session": ann.token },
  });
  const rule = (token: string) => ({
    method: "GET",
    path: `/chat/chat-user-info/?user_id=${encodeURIComponent(ann.user.username)}&token=${token}`,
  });
  expect(await limited(2, appkey("wrong"))).toEqual([false, false]);
  expect(await limited(3, rule("wrong"))).toEqual([false, true, true]);
  expect(await limited(1, appkey(KEY))).toEqual([true]);
  expect(await limited(1, rule(KEY))).toEqual([true]);
  address = `100.64.0.${hosts++}`;
  expect(await limited(9, rule(KEY))).toEqual(range(1, 9).map(() => false));
  expect(await limited(9, appkey(KEY))).toEqual(range(1, 9).map(() => false));
});

test("files that are not found are counted by address, and others are served on", async () => {
  const form = new FormData();
  form.set("file", new File(["hello"], "a.txt", { type: "text/plain" }));
  const bearer = { Authorization: `Bearer ${ann.token}` };
  const stored = await wire({ method: "POST", path: "/v1/files", headers: bearer, body: form });
  const { pathname } = new URL(String(Reflect.get(Object(stored.body), "url")));
  expect(await limited(9, { method: "GET", path: pathname })).toEqual(range(1, 9).map(() => false));
  const missing = { method: "GET", path: `/files/${"0".repeat(32)}/a.txt` };
  expect(await limited(5, missing)).toEqual(AFTER_THREE);
  expect(await limited(1, { method: "GET", path: pathname })).toEqual([false]);
  // Each kind is counted for itself: an ended token of one client keeps nobody else from a key.
  const me = { method: "GET", path: "/v1/me", headers: { Authorization: "Bearer a.b.c" } };
  expect(await limited(5, me)).toEqual(AFTER_THREE);
});

test("refused sockets are counted by address, and a name without its sig tells nothing", async () => {
  const dial = (name: string) => ({
    method: "GET",
    path: `/ws/chat/${encodeURIComponent(name)}/no-sig/`,
    headers: { Upgrade: "websocket" },
  });
  expect((await ask(dial(ann.user.username))).status).toBe(101);
  expect((await ask(dial("nobody at all"))).status).toBe(101);
  expect(await limited(3, dial("nobody at all"))).toEqual([false, true, true]);
});

test("where provisioning is open, calls without a key are counted by address", async () => {
  settings.USERSIG_PROVISIONING = "open";
  const path = `/chat/chat-user-info/?user_id=${encodeURIComponent(ann.user.username)}`;
  expect(await limited(5, { method: "GET", path })).toEqual(AFTER_THREE);
});

test("the addresses of an IPv6 network count as one, and IPv4 addresses each for itself", async () => {
  const login = { method: "POST", path: "/v1/login", body: "{" };
  const from = async (next: string) => {
    address = next;
    return (await limited(1, login))[0];
  };
  const network = [
    "2001:db8:1:2::1",
    "2001:db8:1:2:ffff::",
    "2001:0DB8:0001:0002:0:0:0:9",
    "2001:db8:1:2::8",
  ];
  const answers = [];
  for (const host of network) answers.push(await from(host));
  expect(answers).toEqual([false, false, false, true]);
  expect(await from("2001:db8:1:3::1")).toBe(false);
  for (const host of range(1, 8)) expect(await from(`192.0.2.${host}`)).toBe(false);
  for (const host of range(1, 8)) expect(await from(`::ffff:198.51.100.${host}`)).toBe(false);
});

test("probes of the health cost D1 one query a second", async () => {
  let queries = 0;
  using _ = interceptD1((_, work) => {
    queries++;
    return work();
  });
  for (const __ of range(1, 20)) expect((await ask({ method: "GET", path: "/healthz" })).status).toBe(200);
  expect(queries).toBeLessThan(10);
});
