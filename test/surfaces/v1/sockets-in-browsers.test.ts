import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { newSession } from "../../support/accounts/sessions.ts";
import { app } from "../../support/app.ts";
import {
  call,
  PASSWORD,
  register,
  registerUsers,
  request,
  type SignedIn,
} from "../../support/clients/api.ts";
import {
  acceptSocket,
  DEVICE_PATH,
  expectRefusedSocket,
  roomPath,
  upgrade,
} from "../../support/clients/socket.ts";
import { createGroupId } from "../../support/objects/room.ts";
import { overrideTiming } from "../../support/timing.ts";

const HERE = "https://parley.test";
const FOREIGN = "https://evil.test";

let ann: SignedIn;
let eve: SignedIn;
let id: number;
/** The paths of both sockets. */
let paths: string[];

beforeAll(async () => {
  const registered = await registerUsers(2);
  [ann, eve] = [registered[0] ?? (await register()), registered[1] ?? (await register())];
  id = await createGroupId(ann);
  paths = [DEVICE_PATH, roomPath(id)];
});

/** What a browser sends: an `Origin`, and the token as a sub-protocol. */
function browserHeaders(token: string | undefined, Origin = HERE): Record<string, string> {
  const offered = token === undefined ? "parley.v1" : `parley.v1, token.${token}`;
  return { Origin, "Sec-WebSocket-Protocol": offered };
}

function dial(path: string, token: string | undefined, Origin = HERE): Promise<Response> {
  return upgrade(path, undefined, browserHeaders(token, Origin));
}

/** The same with other bindings, which objects do not get. */
async function dialWith(bindings: object, path: string, token?: string, headers = {}): Promise<Response> {
  const all = { Upgrade: "websocket", ...browserHeaders(token), ...headers };
  return app.fetch(request("GET", path, { headers: all }), { ...env, ...bindings }, createExecutionContext());
}

describe("the token of a page", () => {
  test("no token, a malformed one and a forged one: `kicked` and 4001 with `invalid_token`", async () => {
    const [header, , signature] = ann.token.split(".");
    const [, evesPayload] = eve.token.split(".");
    for (const path of paths) {
      for (const token of [undefined, "nonsense", `${header}.${evesPayload}.${signature}`]) {
        const response = await dial(path, token);
        expect(response.headers.get("Sec-WebSocket-Protocol")).toBe("parley.v1");
        await expectRefusedSocket(response, 4001, "invalid_token");
      }
    }
  });

  test("an expired token: `token_expired`; a forged one that claims to have expired does not say so", async () => {
    const expired = await newSession(ann, Math.floor(Date.now() / 1_000) * 1_000 - 1_000);
    const forged = `${expired.token.slice(0, -4)}AAAA`;
    for (const path of paths) {
      await expectRefusedSocket(await dial(path, expired.token), 4001, "token_expired");
      await expectRefusedSocket(await dial(path, forged), 4001, "invalid_token");
    }
  });

  test("the token of an ended session, and of a deleted account: `session_ended`", async () => {
    const ended = await newSession(ann);
    expect((await call("POST", "/v1/logout", { token: ended.token })).status).toBe(204);
    const gone = await register();
    const deleted = await call("DELETE", "/v1/me", { token: gone.token, body: { password: PASSWORD } });
    expect(deleted.status).toBe(204);
    for (const path of paths) {
      await expectRefusedSocket(await dial(path, ended.token), 4001, "session_ended");
      await expectRefusedSocket(await dial(path, gone.token), 4001, "session_ended");
    }
  });

  test("a session that ends while the object opens its socket: `session_ended`", async () => {
    const session = await newSession(ann);
    // This isolate has the session cached; the inbox knows that it has ended.
    expect((await call("GET", "/v1/me", { token: session.token })).status).toBe(200);
    const { sid } = JSON.parse(atob(session.token.split(".")[1] ?? ""));
    const inbox = env.INBOX.getByName(String(ann.user.id));
    await inbox.endSession({ sessionId: sid, expiresAt: session.expires_at });
    for (const path of paths)
      await expectRefusedSocket(await dial(path, session.token), 4001, "session_ended");
  });

  test("an open socket whose session ends is closed with the same code and reason", async () => {
    const session = await newSession(ann);
    const sockets = [];
    for (const path of paths) sockets.push(acceptSocket(await dial(path, session.token)));
    for (const socket of sockets) await socket.next("ready");
    expect((await call("POST", "/v1/logout", { token: session.token })).status).toBe(204);
    for (const socket of sockets)
      expect(await socket.closed()).toEqual({ code: 4001, reason: "session_ended" });
  });

  test("a valid token opens as before, and an offer without `parley.v1` gets no sub-protocol", async () => {
    for (const path of paths) expect(acceptSocket(await dial(path, ann.token))).toBeDefined();
    const headers = { Origin: HERE, "Sec-WebSocket-Protocol": "token.nonsense" };
    const response = await upgrade(DEVICE_PATH, undefined, headers);
    expect(response.headers.get("Sec-WebSocket-Protocol")).toBe(null);
    await expectRefusedSocket(response, 4001, "invalid_token");
  });

  test("a client that sends no `Origin` gets 401 over HTTP", async () => {
    for (const path of paths) expect((await upgrade(path, "nonsense")).status).toBe(401);
  });
});

test("a page of another origin gets 4403 and `forbidden`, whatever it asks for, and learns nothing else", async () => {
  for (const path of [...paths, roomPath(id + 1_000), roomPath(id, "?after=x")]) {
    for (const token of [undefined, "nonsense", eve.token]) {
      const frame = await expectRefusedSocket(await dial(path, token, FOREIGN), 4403, "forbidden");
      expect(frame).toMatchObject({ type: "refused", detail: expect.stringContaining("ALLOWED_ORIGINS") });
    }
  }
  await expectRefusedSocket(await dial(DEVICE_PATH, ann.token, FOREIGN), 4403, "forbidden");
});

test("the log names an origin that is refused, once, and nothing else of what it sent", async () => {
  const lines: string[] = [];
  vi.spyOn(console, "warn").mockImplementation((line: string) => void lines.push(line));
  onTestFinished(() => void vi.restoreAllMocks());
  const origin = "https://forgotten.example";
  for (let i = 0; i < 3; i++) {
    await expectRefusedSocket(await dial(DEVICE_PATH, ann.token, origin), 4403, "forbidden");
    await call("GET", "/v1/me", { token: ann.token, headers: { Origin: origin } });
  }
  await dial(DEVICE_PATH, ann.token, "https://user:secret@other.example/secret?secret");
  await dial(DEVICE_PATH, ann.token, "no origin, secret");
  const told = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "origin_refused");
  expect(told.map((line) => [line.origin, line.of])).toEqual([
    [origin, "socket"],
    [origin, "calls"],
    ["https://other.example", "socket"],
    ["invalid", "socket"],
  ]);
  expect(lines.join()).not.toContain("secret");
});

describe("other refusals", () => {
  test("a conversation that one is not in, and one that does not exist: 4404", async () => {
    const stranger = await expectRefusedSocket(await dial(roomPath(id), eve.token), 4404, "not_found");
    const unknown = await expectRefusedSocket(await dial(roomPath(id + 1_000), eve.token), 4404, "not_found");
    expect(stranger).toEqual(unknown);
  });

  test("a path that does not exist: 4404", async () => {
    await expectRefusedSocket(await dialWith({}, "/v1/sockets", ann.token), 4404, "not_found");
  });

  test("a query that is not valid: 4400, which names the parameter", async () => {
    const refused = await expectRefusedSocket(
      await dial(roomPath(id, "?after=x"), ann.token),
      4400,
      "validation_failed",
    );
    expect(refused).toMatchObject({ errors: [{ path: "query.after" }] });
    await expectRefusedSocket(await dial(roomPath(id, "?after=%ff"), ann.token), 4400, "validation_failed");
  });

  test("no place left in the conversation: 4429, and the pause", async () => {
    overrideTiming({ roomSockets: { perUser: 0 } });
    const response = await dial(roomPath(id), ann.token);
    expect(await expectRefusedSocket(response, 4429, "rate_limited")).toMatchObject({ retry_after: 60 });
  });

  test("too many calls of the user: 4429", async () => {
    const USER_RATE = { limit: async () => ({ success: false }) };
    for (const path of paths) {
      const response = await dialWith({ USER_RATE }, path, ann.token);
      expect(await expectRefusedSocket(response, 4429, "rate_limited")).toMatchObject({ retry_after: 60 });
    }
  });

  test("no socket can be opened for now: 1013", async () => {
    overrideTiming({ roomSockets: { max: 0 } });
    const response = await dial(roomPath(id), ann.token);
    expect(await expectRefusedSocket(response, 1013, "unavailable")).toMatchObject({ retry_after: 60 });
  });

  test("a fault of the server: 1011", async () => {
    await expectRefusedSocket(await dialWith({ TOKEN_SECRET: "" }, DEVICE_PATH, ann.token), 1011, "internal");
  });

  test("a request for another protocol is answered over HTTP", async () => {
    const response = await upgrade(DEVICE_PATH, ann.token, { Origin: HERE, Upgrade: "h2c" });
    expect(response.status).toBe(426);
    await response.body?.cancel();
  });
});

describe("the cost of a refusal", () => {
  /** A namespace whose objects must not be called. */
  const asleep = {
    getByName: () => {
      throw new Error("an object was called");
    },
  };

  test("a token that is not valid wakes no object", async () => {
    for (const path of paths) {
      const response = await dialWith({ CONVERSATION: asleep, INBOX: asleep }, path, "nonsense");
      await expectRefusedSocket(response, 4001, "invalid_token");
    }
  });

  test("beyond the limit of refused calls of an address it is refused over HTTP", async () => {
    const counted: string[] = [];
    const ADDRESS_RATE = {
      limit: async ({ key }: { key: string }) => {
        counted.push(key);
        return { success: !key.startsWith("refused socket ") || counted.length < 2 };
      },
    };
    const headers = { "CF-Connecting-IP": "203.0.113.9" };
    const first = await dialWith({ ADDRESS_RATE }, DEVICE_PATH, undefined, headers);
    await expectRefusedSocket(first, 4001, "invalid_token");
    expect(counted).toEqual(["refused socket 203.0.113.9"]);
    const second = await dialWith({ ADDRESS_RATE }, DEVICE_PATH, undefined, headers);
    expect(second.status).toBe(401);
    await second.body?.cancel();
    const wrong = await dialWith({ ADDRESS_RATE }, DEVICE_PATH, "nonsense", headers);
    expect(wrong.status).toBe(401);
    expect(counted).toContain("refused token 203.0.113.9");
    await wrong.body?.cancel();
  });
});
