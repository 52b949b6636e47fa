import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { app } from "../../../support/app.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { call, expectProblem, login, register, request } from "../../../support/clients/api.ts";
import {
  acceptSocket,
  DEVICE_PATH,
  expectRefusedSocket,
  openDevice,
  readRefusal,
  upgrade,
} from "../../../support/clients/socket.ts";
import { createGroupId, postText, range, sessionOf } from "../../../support/objects/room.ts";

const HERE = "https://parley.test";

let ann: SignedIn;
let eve: SignedIn;

beforeAll(async () => {
  [ann, eve] = await Promise.all([register(), register()]);
});

/** The three ways to pass a token. */
const CARRIERS: [string, (token: string) => Promise<Response>][] = [
  ["Authorization", (token) => upgrade(DEVICE_PATH, token)],
  ["?access_token=", (token) => upgrade(`${DEVICE_PATH}?access_token=${token}`)],
  [
    "a sub-protocol",
    (token) => upgrade(DEVICE_PATH, undefined, { "Sec-WebSocket-Protocol": `parley.v1, token.${token}` }),
  ],
];

test.each(CARRIERS)(
  "a token in %s opens a socket whose first frame names the user and session",
  async (_, open) => {
    const socket = acceptSocket(await open(ann.token));
    await socket.next("ready");
    expect(socket.frames).toEqual([
      { type: "ready", user_id: ann.user.id, session_id: sessionOf(ann), due_reminders: 0 },
    ]);
  },
);

test("fifty first sockets of a user open at once, and each gets a message once", async () => {
  const kim = await register();
  const sockets = await Promise.all(range(1, 50).map(() => openDevice(kim.token)));
  const id = await createGroupId(kim);
  await postText(id, kim, "hello");
  await Promise.all(sockets.map((socket) => socket.next("message")));
  await Promise.all(sockets.map((socket) => socket.untilProcessed(id)));
  expect(sockets.map(({ seqs }) => seqs)).toEqual(sockets.map(() => [1]));
});

test.each(CARRIERS)("a forged token in %s, or one of an ended session, gets 401", async (_, open) => {
  const ended = await login(ann.user.username);
  expect((await call("POST", "/v1/logout", { token: ended.token })).status).toBe(204);
  const [header, , signature] = ann.token.split(".");
  const [, evesPayload] = eve.token.split(".");
  for (const token of [
    "nonsense",
    `${ann.token.slice(0, -4)}AAAA`,
    `${header}.${evesPayload}.${signature}`,
    ended.token,
  ]) {
    expectProblem(await readRefusal(await open(token)), 401, "unauthenticated");
  }
});

test("a missing token gets 401 before any other check", async () => {
  const offered = { "Sec-WebSocket-Protocol": "parley.v1" };
  expectProblem(await readRefusal(await upgrade(DEVICE_PATH)), 401, "unauthenticated");
  expectProblem(await readRefusal(await upgrade(DEVICE_PATH, undefined, offered)), 401, "unauthenticated");
  expectProblem(await call("GET", DEVICE_PATH), 401, "unauthenticated");
});

test("the server selects the sub-protocol parley.v1 if the client offers it, and no other", async () => {
  const answered = async (offer: string) => {
    const response = await upgrade(DEVICE_PATH, undefined, { "Sec-WebSocket-Protocol": offer });
    acceptSocket(response);
    return response.headers.get("Sec-WebSocket-Protocol");
  };
  expect(await answered(`parley.v1, token.${ann.token}`)).toBe("parley.v1");
  expect(await answered(`token.${ann.token},other,parley.v1`)).toBe("parley.v1");
  expect(await answered(`token.${ann.token}`)).toBe(null);
});

test("a request without an upgrade to WebSocket gets 426", async () => {
  expectProblem(await call("GET", DEVICE_PATH, { token: ann.token }), 426, "upgrade_required");
  const other = await upgrade(DEVICE_PATH, ann.token, { Upgrade: "h2c" });
  expectProblem(await readRefusal(other), 426, "upgrade_required");
});

test("a foreign Origin gets 4403; the Worker's own Origin, and none, are accepted", async () => {
  for (const Origin of ["https://evil.test", `${HERE}:8443`, "null", `${HERE}.evil.test`]) {
    await expectRefusedSocket(await upgrade(DEVICE_PATH, ann.token, { Origin }), 4403, "forbidden");
  }
  acceptSocket(await upgrade(DEVICE_PATH, ann.token, { Origin: HERE }));
});

test.each([
  ["*", "ready"],
  ["https://a.test, https://b.test", "ready"],
  ["https://a.test", "refused"],
])("with ALLOWED_ORIGINS %s the Origin https://b.test gets %s", async (ALLOWED_ORIGINS, first) => {
  const headers = { Upgrade: "websocket", Origin: "https://b.test" };
  const upgradeRequest = request("GET", DEVICE_PATH, { token: ann.token, headers });
  const response = await app.fetch(upgradeRequest, { ...env, ALLOWED_ORIGINS }, createExecutionContext());
  expect(await acceptSocket(response).next(first)).toMatchObject({ type: first });
});

test("a client's own handshake header is overwritten", async () => {
  const forged = {
    userId: ann.user.id,
    sessionId: sessionOf(ann),
    expiresAt: Date.now() + 1e9,
    protocol: "x",
  };
  const headers = { "X-Parley-Opening": JSON.stringify(forged) };
  const ready = await acceptSocket(await upgrade(DEVICE_PATH, eve.token, headers)).next("ready");
  expect(ready).toEqual({
    type: "ready",
    user_id: eve.user.id,
    session_id: sessionOf(eve),
    due_reminders: 0,
  });
});

test("a client's close is clean with any code", async () => {
  for (const code of [1000, 1001, 3000, 4999]) {
    const socket = await openDevice(ann.token);
    socket.close(code);
    expect(await socket.closed()).toMatchObject({ code });
  }
  const bare = await openDevice(ann.token);
  bare.closeBare();
  expect((await bare.closed()).code).toBe(1000);
});
