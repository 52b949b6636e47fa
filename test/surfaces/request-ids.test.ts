import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { app } from "../support/app.ts";
import { call, PASSWORD, register, request, type SignedIn } from "../support/clients/api.ts";
import { createGroup } from "../support/clients/chat.ts";
import { acceptSocket, roomPath } from "../support/clients/socket.ts";
import { type WireCall, wire } from "../support/clients/wire.ts";
import { LOST_D1 } from "../support/faults/d1.ts";

const RAY = "9f0c1d2e3a4b5c6d-FRA";
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const HEADER = "X-Request-Id";

const Line = z.looseObject({ event: z.string(), request: z.string().optional() });

let ann: SignedIn;

beforeAll(async () => {
  ann = await register();
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Records what is logged from now on. @returns the lines so far */
function listen(): () => z.infer<typeof Line>[] {
  const levels = ["info", "warn", "error"] as const;
  const spies = levels.map((level) => vi.spyOn(console, level).mockImplementation(() => undefined));
  return () =>
    spies.flatMap((spy) => spy.mock.calls.flat().map((line) => Line.parse(JSON.parse(String(line)))));
}

const LOGIN = { username: "nobody", password: PASSWORD };

describe("every answer has the id of its log line", () => {
  test.each<[string, WireCall, number]>([
    ["v1, success", { method: "GET", path: "/healthz" }, 200],
    ["v1, no token", { method: "GET", path: "/v1/me" }, 401],
    ["v1, unknown path", { method: "GET", path: "/v1/nothing" }, 404],
    ["v1, unsupported method", { method: "PUT", path: "/v1/me" }, 405],
    ["v1, bad body", { method: "POST", path: "/v1/login", body: "{" }, 400],
    [
      "v1, a lost database",
      { method: "POST", path: "/v1/login", body: LOGIN, settings: { DB: LOST_D1 } },
      503,
    ],
    ["v1, the reference", { method: "GET", path: "/openapi.json" }, 200],
    ["v1, HEAD", { method: "HEAD", path: "/openapi.json" }, 200],
    ["v1, a file", { method: "GET", path: `/files/${"0".repeat(32)}/a.txt` }, 404],
    ["a preflight", { method: "OPTIONS", path: "/v1/me", headers: { Origin: "https://page.test" } }, 204],
    ["tim", { method: "POST", path: "/message/getMessageList", body: {} }, 200],
    ["telegram", { method: "GET", path: "/botx/getMe" }, 401],
    ["kook", { method: "GET", path: "/api/v3/user-chat/list" }, 401],
    ["usersig", { method: "GET", path: "/chat/chat-log-info/?total=1&session_id=1" }, 200],
    ["appkey", { method: "GET", path: "/message?conversationid=1" }, 200],
    ["formpost", { method: "POST", path: "/user/query_all_records/", body: {} }, 401],
  ])("%s", async (_what, asked, status) => {
    const logged = listen();
    const answer = await wire({ ...asked, headers: { ...asked.headers, "cf-ray": RAY } });
    expect([answer.status, answer.headers.get(HEADER)]).toEqual([status, RAY]);
    const lines = logged();
    expect(lines.filter(({ event }) => event === "request")).toHaveLength(1);
    // Other lines of the request, of a lost database for example, have it, too.
    expect(lines.map((line) => line.request)).toEqual(lines.map(() => RAY));
  });
});

test("without Cloudflare in front, each request has a random id; the client's own is not taken", async () => {
  const logged = listen();
  const ids = [];
  for (const headers of [{}, { "cf-ray": "a b" }, { [HEADER]: "chosen-by-the-client" }]) {
    const answer = await call("GET", "/v1/me", { token: ann.token, headers });
    ids.push(answer.headers.get(HEADER) ?? "");
  }
  for (const id of ids) expect(id).toMatch(UUID);
  expect(new Set(ids).size).toBe(3);
  expect(logged().map((line) => line.request)).toEqual(ids);
});

test("requests at the same time do not mix their ids", async () => {
  const logged = listen();
  const rays = Array.from({ length: 8 }, (_, i) => `9f0c1d2e3a4b5c${i}0-FRA`);
  const answers = await Promise.all(
    rays.map((ray) => wire({ method: "POST", path: "/v1/login", body: LOGIN, headers: { "cf-ray": ray } })),
  );
  expect(answers.map(({ headers }) => headers.get(HEADER))).toEqual(rays);
  for (const ray of rays) {
    const events = logged().filter((line) => line.request === ray);
    expect(events.map(({ event }) => event).sort()).toEqual(["request", "security"]);
  }
});

test("a page may read the id", async () => {
  const headers = { Origin: "https://parley.test" };
  const answer = await wire({ method: "GET", path: "/v1/me", headers });
  expect(answer.headers.get("Access-Control-Expose-Headers")?.split(", ")).toContain(HEADER);
});

test("a fault is logged with the id of its request", async () => {
  const logged = listen();
  const broken = new Proxy(env.DB, {
    get() {
      throw new TypeError("a bug");
    },
  });
  const asked = { method: "POST", path: "/v1/login", body: LOGIN, settings: { DB: broken } };
  const answer = await wire({ ...asked, headers: { "cf-ray": RAY } });
  expect(answer.status).toBe(500);
  expect(logged().map(({ event, request }) => [event, request])).toEqual([
    ["fault", RAY],
    ["request", RAY],
  ]);
});

test("an upgrade passes unchanged: its id is in the log alone", async () => {
  const { id } = await createGroup(ann);
  const logged = listen();
  const headers = { Upgrade: "websocket", "cf-ray": RAY };
  const asked = request("GET", roomPath(id), { token: ann.token, headers });
  const response = await app.fetch(asked, env, createExecutionContext());
  expect([response.status, response.headers.get(HEADER)]).toEqual([101, null]);
  expect(logged().filter(({ event }) => event === "request")).toEqual([
    expect.objectContaining({ status: 101, request: RAY }),
  ]);
  await acceptSocket(response).next("ready");
});
