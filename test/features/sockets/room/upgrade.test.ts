import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { app } from "../../../support/app.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { call, expectProblem, login, registerUsers, request } from "../../../support/clients/api.ts";
import {
  acceptSocket,
  expectRefusedSocket,
  openRoom,
  readRefusal,
  roomPath,
  upgrade,
} from "../../../support/clients/socket.ts";
import { createGroupId, itemAt, postText, sessionOf } from "../../../support/objects/room.ts";
import { setTiming } from "../../../support/timing.ts";

const HERE = "https://parley.test";

let ann: SignedIn;
let eve: SignedIn;
let id: ConversationId;

// One user opens more sockets here than a conversation allows.
beforeAll(() => setTiming({ roomSockets: { perUser: 100 } }));

beforeAll(async () => {
  const registered = await registerUsers(2);
  ann = itemAt(registered, 0);
  eve = itemAt(registered, 1);
  id = await createGroupId(ann);
  await postText(id, ann, "one");
});

test("the token is accepted in Authorization, in ?access_token= and as a sub-protocol", async () => {
  const carriers = [
    upgrade(roomPath(id), ann.token),
    upgrade(roomPath(id, `?access_token=${ann.token}`)),
    upgrade(roomPath(id), undefined, { "Sec-WebSocket-Protocol": `parley.v1, token.${ann.token}` }),
    upgrade(roomPath(id), undefined, { "Sec-WebSocket-Protocol": `token.${ann.token},parley.v1` }),
  ];
  for (const response of await Promise.all(carriers)) {
    expect(await acceptSocket(response).next("ready")).toMatchObject({ session_id: sessionOf(ann) });
  }
});

test("the server selects the sub-protocol parley.v1 if the client offers it, and no other", async () => {
  const answered = async (offer: string) => {
    const response = await upgrade(roomPath(id), undefined, { "Sec-WebSocket-Protocol": offer });
    acceptSocket(response);
    return response.headers.get("Sec-WebSocket-Protocol");
  };
  expect(await answered(`parley.v1, token.${ann.token}`)).toBe("parley.v1");
  expect(await answered(`other, parley.v1, token.${ann.token}`)).toBe("parley.v1");
  expect(await answered(`token.${ann.token}`)).toBe(null);
});

test("a missing token, an invalid one or one of an ended session gets 401", async () => {
  const ended = await login(ann.user.username);
  expect((await call("POST", "/v1/logout", { token: ended.token })).status).toBe(204);
  const refused = [
    upgrade(roomPath(id)),
    upgrade(roomPath(id), "nonsense"),
    upgrade(roomPath(id, "?access_token=nonsense")),
    upgrade(roomPath(id), undefined, { "Sec-WebSocket-Protocol": "parley.v1, token.nonsense" }),
    upgrade(roomPath(id), undefined, { "Sec-WebSocket-Protocol": "parley.v1" }),
    upgrade(roomPath(id), ended.token),
    upgrade(roomPath(id, `?access_token=${ended.token}`)),
  ];
  for (const response of await Promise.all(refused)) {
    expectProblem(await readRefusal(response), 401, "unauthenticated");
  }
});

test("an outsider gets the same 404 as for a conversation that does not exist", async () => {
  const stranger = await readRefusal(await upgrade(roomPath(id), eve.token));
  const unknown = await readRefusal(await upgrade(roomPath(id + 1_000), eve.token));
  expectProblem(stranger, 404, "not_found");
  expect(stranger.body).toEqual(unknown.body);
});

test("a request without an upgrade to WebSocket gets 426", async () => {
  expectProblem(await call("GET", roomPath(id), { token: ann.token }), 426, "upgrade_required");
  const other = await upgrade(roomPath(id), ann.token, { Upgrade: "h2c" });
  expectProblem(await readRefusal(other), 426, "upgrade_required");
});

test.each(["after=-1", "after=x", "after=1.5", "after=1e400", "after=0&rev=x", "after=0&rev=-1"])(
  "?%s gets 400",
  async (query) => {
    const answer = await readRefusal(await upgrade(roomPath(id, `?${query}`), ann.token));
    expectProblem(answer, 400, "validation_failed");
  },
);

test("a foreign Origin gets 4403; the Worker's own Origin, and none, are accepted", async () => {
  for (const Origin of [
    "https://evil.test",
    "http://parley.test",
    `${HERE}:8443`,
    "null",
    `${HERE}.evil.test`,
  ]) {
    await expectRefusedSocket(await upgrade(roomPath(id), ann.token, { Origin }), 4403, "forbidden");
  }
  acceptSocket(await upgrade(roomPath(id), ann.token, { Origin: HERE }));
});

test.each([
  ["*", "https://any.test", "ready"],
  ["https://a.test, https://b.test", "https://b.test", "ready"],
  ["https://a.test, https://b.test", "https://c.test", "refused"],
])("with ALLOWED_ORIGINS %s the Origin %s gets %s", async (ALLOWED_ORIGINS, Origin, first) => {
  const upgradeRequest = request("GET", roomPath(id), {
    token: ann.token,
    headers: { Upgrade: "websocket", Origin },
  });
  const response = await app.fetch(upgradeRequest, { ...env, ALLOWED_ORIGINS }, createExecutionContext());
  expect(await acceptSocket(response).next(first)).toMatchObject({ type: first });
});

test("a client's own handshake header is overwritten", async () => {
  const forged = JSON.stringify({
    userId: ann.user.id,
    sessionId: sessionOf(ann),
    expiresAt: Date.now() + 1e9,
  });
  const headers = { "X-Parley-Opening": forged };
  expectProblem(await readRefusal(await upgrade(roomPath(id), eve.token, headers)), 404, "not_found");
  const own = await createGroupId(eve, ann);
  const ready = await acceptSocket(await upgrade(roomPath(own), eve.token, headers)).next("ready");
  expect(ready).toMatchObject({ user_id: eve.user.id, session_id: sessionOf(eve) });
});

test("a client's close is clean with any code", async () => {
  for (const code of [1000, 1001, 1011, 3000, 4999]) {
    const socket = await openRoom(id, ann.token);
    socket.close(code);
    expect(await socket.closed()).toMatchObject({ code });
  }
  const bare = await openRoom(id, ann.token);
  bare.closeBare();
  expect((await bare.closed()).code).toBe(1000);
});
