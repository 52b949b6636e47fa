import { env } from "cloudflare:workers";
import { importSPKI, jwtVerify } from "jose";
import { beforeAll, beforeEach, expect, inject, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, send } from "../../support/clients/chat.ts";
import { itemAt } from "../../support/objects/room.ts";
import { evictInbox, push } from "../../support/push/jobs.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let ben: SignedIn;
let group = 0;

beforeAll(() => setTiming({ push: { graceMs: 60_000, changeMs: 60_000 }, fanout: { cooldownMs: 1 } }));

beforeEach(async () => {
  const users = await registerUsers(2);
  [ann, ben] = [itemAt(users, 0), itemAt(users, 1)];
  group = (await createGroup(ann, [ben])).id;
});

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
