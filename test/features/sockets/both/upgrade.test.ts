import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { app } from "../../../support/app.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { call, expectProblem, login, registerUsers, request } from "../../../support/clients/api.ts";
import { acceptSocket, expectRefusedSocket, readRefusal, upgrade } from "../../../support/clients/socket.ts";
import { createGroupId, sessionOf } from "../../../support/objects/room.ts";
import { setTiming } from "../../../support/timing.ts";
import { KINDS, openOf, ROOM } from "./kinds.ts";

const HERE = "https://parley.test";

let ann: SignedIn;
let eve: SignedIn;
let id: ConversationId;

// One user opens more sockets here than a conversation allows.
beforeAll(() => setTiming({ roomSockets: { perUser: 100 } }));

beforeAll(async () => {
  [ann, eve] = await registerUsers(2);
  id = await createGroupId(ann);
});

describe.each(KINDS)("a $name socket", (kind) => {
  const path = (query = "") => kind.path(id, query);
  const offering = (offer: string) => upgrade(path(), undefined, { "Sec-WebSocket-Protocol": offer });

  /** The ways to pass a token. */
  const CARRIERS: ((token: string) => Promise<Response>)[] = [
    (token) => upgrade(path(), token),
    (token) => upgrade(path(`?access_token=${token}`)),
    (token) => offering(`parley.v1, token.${token}`),
    (token) => offering(`token.${token},parley.v1`),
  ];

  test("takes a token in Authorization, in ?access_token= and as a sub-protocol", async () => {
    for (const open of CARRIERS) {
      const socket = acceptSocket(await open(ann.token));
      const own = { type: "ready", user_id: ann.user.id, session_id: sessionOf(ann) };
      expect(await socket.next("ready")).toEqual(
        kind.name === "device"
          ? { ...own, due_reminders: 0 }
          : { ...own, conversation_id: id, last_seq: 0, read_seq: 0, rev: 0 },
      );
      expect(socket.frames).toHaveLength(1);
    }
  });

  test("with a missing token, a forged one or one of an ended session gets 401", async () => {
    const ended = await login(ann.user.username);
    expect((await call("POST", "/v1/logout", { token: ended.token })).status).toBe(204);
    const [header, , signature] = ann.token.split(".");
    const [, evesPayload] = eve.token.split(".");
    const forged = [`${ann.token.slice(0, -4)}AAAA`, `${header}.${evesPayload}.${signature}`];
    const refused = [upgrade(path()), offering("parley.v1")];
    for (const token of ["nonsense", ...forged, ended.token])
      refused.push(...CARRIERS.map((open) => open(token)));
    for (const response of await Promise.all(refused))
      expectProblem(await readRefusal(response), 401, "unauthenticated");
    expectProblem(await call("GET", path()), 401, "unauthenticated");
  });

  test("has the sub-protocol parley.v1 if the client offers it, and no other", async () => {
    const answered = async (offer: string) => {
      const response = await offering(offer);
      acceptSocket(response);
      return response.headers.get("Sec-WebSocket-Protocol");
    };
    expect(await answered(`parley.v1, token.${ann.token}`)).toBe("parley.v1");
    expect(await answered(`token.${ann.token},other,parley.v1`)).toBe("parley.v1");
    expect(await answered(`token.${ann.token}`)).toBe(null);
  });

  test("needs an upgrade to WebSocket", async () => {
    expectProblem(await call("GET", path(), { token: ann.token }), 426, "upgrade_required");
    const other = await upgrade(path(), ann.token, { Upgrade: "h2c" });
    expectProblem(await readRefusal(other), 426, "upgrade_required");
  });

  test("of a foreign Origin gets 4403; the Worker's own Origin, and none, are accepted", async () => {
    for (const Origin of [
      "https://evil.test",
      "http://parley.test",
      `${HERE}:8443`,
      "null",
      `${HERE}.evil.test`,
    ])
      await expectRefusedSocket(await upgrade(path(), ann.token, { Origin }), 4403, "forbidden");
    acceptSocket(await upgrade(path(), ann.token, { Origin: HERE }));
  });

  test.each([
    ["*", "ready"],
    ["https://a.test, https://b.test", "ready"],
    ["https://a.test", "refused"],
  ])("with ALLOWED_ORIGINS %s and the Origin https://b.test gets %s", async (ALLOWED_ORIGINS, first) => {
    const headers = { Upgrade: "websocket", Origin: "https://b.test" };
    const asked = request("GET", path(), { token: ann.token, headers });
    const response = await app.fetch(asked, { ...env, ALLOWED_ORIGINS }, createExecutionContext());
    expect(await acceptSocket(response).next(first)).toMatchObject({ type: first });
  });

  test("is the caller's own, whatever handshake header they send", async () => {
    const forged = { userId: ann.user.id, sessionId: sessionOf(ann), expiresAt: Date.now() + 1e9 };
    const headers = { "X-Parley-Opening": JSON.stringify({ ...forged, protocol: "x" }) };
    const own = await createGroupId(eve, ann);
    const ready = await acceptSocket(await upgrade(kind.path(own), eve.token, headers)).next("ready");
    expect(ready).toMatchObject({ user_id: eve.user.id, session_id: sessionOf(eve) });
  });

  test("closes cleanly with any code of the client", async () => {
    for (const code of [1000, 1001, 1011, 3000, 4999]) {
      const socket = await openOf(kind, id, ann);
      socket.close(code);
      expect(await socket.closed()).toMatchObject({ code });
    }
    const bare = await openOf(kind, id, ann);
    bare.closeBare();
    expect((await bare.closed()).code).toBe(1000);
  });
});

test("an outsider of a conversation gets the same 404 as for one that does not exist", async () => {
  const refusalOf = async (of: number) => readRefusal(await upgrade(ROOM.path(of), eve.token));
  const stranger = await refusalOf(id);
  expectProblem(stranger, 404, "not_found");
  expect(stranger.body).toEqual((await refusalOf(id + 1_000)).body);
});

test.each(["after=-1", "after=x", "after=1.5", "after=1e400", "after=0&rev=x", "after=0&rev=-1"])(
  "a room socket with ?%s gets 400",
  async (query) => {
    const answer = await readRefusal(await upgrade(ROOM.path(id, `?${query}`), ann.token));
    expectProblem(answer, 400, "validation_failed");
  },
);
