import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { importSPKI, jwtVerify } from "jose";
import { afterEach, beforeAll, beforeEach, expect, inject, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, send } from "../../support/clients/chat.ts";
import { inboxObject, range } from "../../support/objects/room.ts";
import { evictInbox, loseInbox, push, pushJobs, runPushes } from "../../support/push/jobs.ts";
import { PushReceiver } from "../../support/push/receiver.ts";
import { setTiming, timing } from "../../support/timing.ts";

let ann: SignedIn;
let ben: SignedIn;
let group = 0;

beforeAll(() => setTiming({ push: { graceMs: 60_000, changeMs: 60_000 }, fanout: { cooldownMs: 1 } }));

beforeEach(async () => {
  [ann, ben] = await registerUsers(2);
  group = (await createGroup(ann, [ben])).id;
});
afterEach(() => {
  vi.restoreAllMocks();
});

const devices = ({ user }: SignedIn) =>
  runInDurableObject(inboxObject(user.id), (_, { storage }) =>
    storage.sql
      .exec("SELECT device_id FROM push_devices")
      .toArray()
      .map((row) => row.device_id),
  );

test.each([404, 410])("a service that answers %i ends the device", async (status) => {
  const [gone, stays] = [await PushReceiver.of(ben), await PushReceiver.of(ben)];
  await gone.answer(status);
  await send(ann, group, "hello");
  await push(ben);
  expect(await devices(ben)).toEqual([stays.endpoint.slice(-36)]);
  await send(ann, group, "again");
  await push(ben);
  expect(await gone.all()).toHaveLength(1);
  expect(await stays.all()).toHaveLength(2);
});

test.each([429, 503])(
  "a push that is answered %i is tried again, in longer and longer pauses",
  async (status) => {
    const laptop = await PushReceiver.of(ben);
    await laptop.answer(status, status);
    const { seq } = await send(ann, group, "hello");
    await push(ben);
    // 5 s, then 30 s, each up to a fifth longer or shorter.
    await runPushes(ben, 3_900);
    expect(await laptop.all()).toHaveLength(1);
    await runPushes(ben, 2_200);
    expect(await laptop.all()).toHaveLength(2);
    await runPushes(ben, 23_000);
    expect(await laptop.all()).toHaveLength(2);
    await runPushes(ben, 13_100);
    expect((await laptop.all()).map((one) => [one.seq, one.status])).toEqual([
      [seq, status],
      [seq, status],
      [seq, 204],
    ]);
    expect(await pushJobs(ben)).toBe(0);
  },
);

test("a job that the release before has stored is run", async () => {
  const laptop = await PushReceiver.of(ben);
  const { seq } = await send(ann, group, "hello");
  await expect.poll(() => pushJobs(ben)).toBe(1);
  await runInDurableObject(inboxObject(ben.user.id), (_, { storage }) => {
    storage.sql.exec("UPDATE jobs SET kind = 'push' WHERE kind = 'outfeed'");
  });
  await runPushes(ben);
  expect((await laptop.all()).map((one) => one.seq)).toEqual([seq]);
});

test("a push is given up after a day", async () => {
  const laptop = await PushReceiver.of(ben);
  await laptop.answer(...range(1, 100).map(() => 503));
  await send(ann, group, "hello");
  await push(ben);
  await runPushes(ben, timing.push.ttlMs);
  const tried = (await laptop.all()).length;
  expect(await pushJobs(ben)).toBe(0);
  expect(tried).toBeLessThan(3);
});

test("what a service was about to be told again is dropped once it is read", async () => {
  const laptop = await PushReceiver.of(ben);
  await laptop.answer(429);
  const { seq } = await send(ann, group, "hello");
  await push(ben);
  await call("PUT", `/v1/conversations/${group}/read`, { token: ben.token, body: { seq } });
  await runPushes(ben, timing.push.graceMs + 6_100);
  expect(await laptop.all()).toHaveLength(1);
  expect(await pushJobs(ben)).toBe(0);
});

test("of many devices a third is gone, a third is told to wait, and one hangs: the others are pushed once", async () => {
  const restore = setTiming({ push: { answerMs: 3_000 } });
  const all = await Promise.all(range(1, 10).map(() => PushReceiver.of(ben)));
  for (const [i, one] of all.entries())
    await one.answer(...(([[410], [429], ["hang"], [204]] as const)[i % 4] ?? []));
  const { seq } = await send(ann, group, "hello");
  await push(ben);
  await runPushes(ben, 6_100);
  const next = await send(ann, group, "again");
  await push(ben);
  await runPushes(ben, 6_100);
  restore();
  for (const [i, one] of all.entries()) {
    const seen = (await one.all()).map((push) => `${push.seq} ${push.status}`);
    const [first, second] = [`${seq}`, `${next.seq}`];
    expect(seen).toEqual(
      [
        [`${first} 410`],
        [`${first} 429`, `${first} 204`, `${second} 204`],
        [`${first} hang`, `${second} 204`],
        [`${first} 204`, `${second} 204`],
      ][i % 4],
    );
  }
});

test("no log has an endpoint, a key or a text", async () => {
  const lines: unknown[] = [];
  for (const level of ["info", "warn", "error"] as const)
    vi.spyOn(console, level).mockImplementation((line: unknown) => void lines.push(line));
  const laptop = await PushReceiver.of(ben);
  await laptop.answer(400, 503);
  await send(ann, group, "a secret text");
  await push(ben);
  await send(ann, group, "a secret text");
  await push(ben);
  const text = lines.join("\n");
  expect(text).toContain("push_refused");
  const { endpoint, keys } = laptop.subscription;
  for (const secret of [endpoint, endpoint.slice(-36), keys.auth, keys.p256dh, "a secret text"])
    expect(text).not.toContain(secret);
});

test.each(["before the service answers", "before the push goes out"])(
  "an inbox that is killed %s pushes a device no message twice",
  async (when) => {
    const laptop = await PushReceiver.of(ben);
    if (when === "before the service answers") await laptop.answer("hang");
    const { seq } = await send(ann, group, "hello");
    await expect.poll(() => pushJobs(ben)).toBe(1);
    const running = runPushes(ben).catch(() => undefined);
    if (when === "before the service answers") await laptop.until(1);
    await loseInbox(ben);
    await running;
    await runPushes(ben, timing.jobs.besideMs + 6_100);
    const next = await send(ann, group, "again");
    await push(ben);
    const kinds = await laptop.kinds();
    expect(kinds.filter((one) => one === `message ${seq}`).length).toBeLessThanOrEqual(1);
    expect(kinds.filter((one) => one === `message ${next.seq}`)).toHaveLength(1);
  },
);

const Requests = z.array(z.object({ headers: z.record(z.string(), z.string()), body: z.string() }));
/** What a path of the server of the tests was sent. */
const sentTo = async (url: string) => Requests.parse(await (await fetch(`${url}?from=0`)).json());
const answer = (url: string, ...lines: string[]) => fetch(url, { method: "PUT", body: lines.join("\n") });

const pem = (label: string, bytes: ArrayBuffer) => {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`;
};

/** A service account whose tokens, and whose FCM, are the server of the tests. */
async function serviceAccount() {
  const rsa = { name: "RSASSA-PKCS1-v1_5", modulusLength: 2_048, hash: "SHA-256" };
  const algorithm = { ...rsa, publicExponent: new Uint8Array([1, 0, 1]) };
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("a pair of keys");
  const exported = async (format: "pkcs8" | "spki", key: CryptoKey) => {
    const bytes = await crypto.subtle.exportKey(format, key);
    if (!(bytes instanceof ArrayBuffer)) throw new Error("bytes");
    return bytes;
  };
  const project = crypto.randomUUID();
  const tokenUrl = `${inject("hookOrigin")}/token/${project}`;
  const account = {
    ...{ type: "service_account", project_id: project, client_email: `${project}@example.com` },
    private_key: pem("PRIVATE KEY", await exported("pkcs8", pair.privateKey)),
    token_uri: tokenUrl,
  };
  const key = pem("PUBLIC KEY", await exported("spki", pair.publicKey));
  return { account, key, tokenUrl, sendUrl: `${inject("hookOrigin")}/v1/projects/${project}/messages:send` };
}

test("FCM is sent a message under a token that is asked for once, and says which devices are gone", async () => {
  const { account, key, tokenUrl, sendUrl } = await serviceAccount();
  Object.defineProperty(env, "FCM_SERVICE_ACCOUNT", { configurable: true, value: JSON.stringify(account) });
  onTestFinished(() => void Reflect.deleteProperty(env, "FCM_SERVICE_ACCOUNT"));
  // Its inbox reads the settings as it starts.
  await evictInbox(ben);
  const gone = { error: { code: 404, details: [{ errorCode: "UNREGISTERED" }] } };
  await answer(tokenUrl, '200 {"access_token":"a-token","expires_in":3599}');
  await answer(sendUrl, "200 {}", "503", `404 ${JSON.stringify(gone)}`);
  const body = { kind: "fcm", token: "token-of-a-phone" };
  const registered = await call("PUT", "/v1/push/phone", { token: ben.token, body });
  expect(registered.status).toBe(200);
  const { seq } = await send(ann, group, "hello");
  await push(ben);
  await send(ann, group, "again");
  await push(ben);
  await push(ben);
  expect((await call("GET", "/v1/push", { token: ben.token })).body).toMatchObject({ devices: [] });

  const asked = await sentTo(tokenUrl);
  expect(asked).toHaveLength(1);
  const assertion = new URLSearchParams(asked[0]?.body).get("assertion") ?? "";
  const { payload } = await jwtVerify(assertion, await importSPKI(key, "RS256"), { audience: tokenUrl });
  expect(payload).toMatchObject({ iss: account.client_email, scope: expect.stringContaining("messaging") });
  const [first, ...others] = await sentTo(sendUrl);
  expect(others).toHaveLength(2);
  expect(first?.headers.authorization).toBe("Bearer a-token");
  expect(JSON.parse(first?.body ?? "")).toMatchObject({
    message: {
      token: "token-of-a-phone",
      notification: { body: expect.stringMatching(/: hello$/) },
      data: { kind: "message", conversation_id: String(group), seq: String(seq), badge: "1" },
      android: { priority: "normal", ttl: expect.stringMatching(/^\d+s$/) },
      apns: { payload: { aps: { badge: 1 } } },
    },
  });
});

test("Expo is sent a message, and a ticket says that the device is gone", async () => {
  const real = globalThis.fetch;
  const sent: unknown[] = [];
  const tickets = [
    { status: "ok", id: "1" },
    { status: "error", details: { error: "DeviceNotRegistered" } },
  ];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    // The names that lead to it are looked up first.
    if (url.startsWith("https://cloudflare-dns.com/"))
      return Response.json({ Status: 0, Answer: [{ type: 1, data: "104.16.1.1" }] });
    if (!url.startsWith("https://exp.host/")) return real(input, init);
    sent.push(JSON.parse(String(init?.body)));
    return Response.json({ data: tickets.shift() });
  });
  onTestFinished(() => void vi.restoreAllMocks());
  const body = { kind: "expo", token: "ExponentPushToken[abc]" };
  await call("PUT", "/v1/push/app", { token: ben.token, body });
  const { seq } = await send(ann, group, "hello");
  await push(ben);
  await send(ann, group, "again");
  await push(ben);
  expect(sent).toHaveLength(2);
  expect(sent[0]).toMatchObject({
    ...{ to: "ExponentPushToken[abc]", badge: 1, priority: "default" },
    data: { kind: "message", conversation_id: group, seq },
  });
  expect((await call("GET", "/v1/push", { token: ben.token })).body).toMatchObject({ devices: [] });
});
