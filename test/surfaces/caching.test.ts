import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../src/domain/limits.ts";
import { app } from "../support/app.ts";
import { call, login, PASSWORD, register, request, type SignedIn } from "../support/clients/api.ts";
import { createGroup, send } from "../support/clients/chat.ts";
import { expectUploaded, upload } from "../support/clients/files.ts";
import { acceptSocket, roomPath } from "../support/clients/socket.ts";
import { type WireCall, wire } from "../support/clients/wire.ts";
import { LOST_D1 } from "../support/faults/d1.ts";
import { perRun, sampledCases } from "../support/sampled-cases.ts";
import { KEY } from "./appkey/client.ts";

/** The routes whose answers caches may keep, if they succeed. */
const PUBLIC = new Map([
  ["GET /openapi.json", "public, max-age=300"],
  ["GET /asyncapi.json", "public, max-age=300"],
]);

const ROUTES = [
  ...new Set(
    app.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`),
  ),
];

let ann: SignedIn;
let id: number;
/** The caller of the routes, one of which dissolves the group. */
let bob: SignedIn;
let bobsId: number;

beforeAll(async () => {
  ann = await register();
  bob = await register();
  id = (await createGroup(ann)).id;
  bobsId = (await createGroup(bob)).id;
  await send(ann, id, "hello");
});

/** The headers of an answer that tell caches and browsers what they may do. */
function said({ headers }: { headers: Headers }) {
  return [headers.get("Cache-Control"), headers.get("X-Content-Type-Options")];
}

const TOO_LONG = "x".repeat(LIMITS.writtenBytes + 1);
const LOGIN = { username: "nobody", password: PASSWORD };
const PRIVATE = ["no-store", "nosniff"];

/** A token in every place where an API looks for it. */
function credentials(path: string, token: string): Record<string, string> {
  return {
    Authorization: `${path.startsWith("/api/") ? "Bot" : "Bearer"} ${token}`,
    ...{ token, "X-APP-Key": KEY, "X-APP-Session": token },
  };
}

/** A call of a route: with the token of a user, or without one. */
function callOf(route: string, token?: string): WireCall {
  const [method = "", pattern = ""] = route.split(" ");
  const path = pattern
    .replace(":user_id/:user_sig", `${bob.user.username}/${token ?? "x"}`)
    .replace(":user_id", String(bob.user.id))
    .replace(":id", String(bobsId))
    .replace(":seq", "1")
    .replace(":key", "0".repeat(32))
    .replace(/:\w+/g, "1");
  return {
    method,
    path,
    ...(token !== undefined && { headers: credentials(path, token) }),
    ...(method !== "GET" && { body: {} }),
  };
}

describe("no cache keeps an answer, and no browser guesses its type", () => {
  // One middleware sets the headers of all routes.
  test.each(sampledCases(ROUTES, perRun(50, ROUTES.length)))(
    "%s, with a token and without",
    async (route) => {
      // A session for each route, as one of them ends it.
      const { token } = await login(bob.user.username);
      for (const answer of [await wire(callOf(route)), await wire(callOf(route, token))]) {
        const expected = PUBLIC.get(route) ?? "no-store";
        expect(said(answer), `${answer.status} ${JSON.stringify(answer.body)}`).toEqual([
          expected,
          "nosniff",
        ]);
      }
    },
  );

  test.each([
    ["POST", "/user/query_all_records/", {}],
    ["GET", "/chat/chat-log-info/?total=1&session_id=", undefined],
    ["GET", "/api/v3/user-chat/list", undefined],
    ["GET", "/message?conversationid=-", undefined],
    ["POST", "/message/getMessageList", { conversationID: "GROUP" }],
  ])("%s %s: whole lists and streamed ones", async (method, start, fields) => {
    const place = start.startsWith("/message?") ? String(100_000_000 + id) : start.endsWith("=") ? id : "";
    const body = fields && {
      ...fields,
      conversation: id,
      ...("conversationID" in fields && { conversationID: `GROUP${id}` }),
    };
    const headers = credentials(start, ann.token);
    const answer = await wire({ method, path: `${start}${place}`, headers, ...(body && { body }) });
    expect(answer.status).toBe(200);
    if (!start.startsWith("/api/")) expect(JSON.stringify(answer.body)).toContain("hello");
    expect(said(answer)).toEqual(PRIVATE);
  });

  test.each([
    ["an unknown path", { method: "GET", path: "/v1/nothing" }, 404],
    ["another method", { method: "PUT", path: "/v1/me" }, 405],
    ["a preflight", { method: "OPTIONS", path: "/v1/me", headers: { Origin: "https://page.test" } }, 204],
    ["a body that is too large", { method: "POST", path: "/v1/login", body: TOO_LONG }, 413],
    [
      "a server that is not configured",
      { method: "GET", path: "/v1/me", settings: { TOKEN_SECRET: "" } },
      500,
    ],
    ["a server that is not safe", { method: "GET", path: "/healthz", settings: { APP_KEYS: "short" } }, 500],
    ["a lost database", { method: "POST", path: "/v1/login", body: LOGIN, settings: { DB: LOST_D1 } }, 503],
    ["an error of the reference", { method: "POST", path: "/openapi.json" }, 405],
  ] as const)("%s", async (what, asked, status) => {
    const headers = what.includes("configured") ? credentials("/v1/me", ann.token) : {};
    const origin = what.includes("safe") ? "https://chat.example" : "https://parley.test";
    const answer = await wire({ headers, origin, ...asked });
    expect(answer.status).toBe(status);
    expect(said(answer)).toEqual(PRIVATE);
  });
});

test("a file may be cached, but not the failure to find it or its range", async () => {
  const { url } = expectUploaded(await upload(ann, "{}", "text/plain", "?name=x.txt"));
  const path = new URL(url).pathname;
  const whole = await call("GET", path);
  expect(said(whole)).toEqual(["public, max-age=60, must-revalidate", "nosniff"]);
  const headers = { "If-None-Match": whole.headers.get("ETag") ?? "" };
  expect(said(await call("GET", path, { headers }))).toEqual(said(whole));
  expect(said(await call("GET", path, { headers: { Range: "bytes=9-" } }))).toEqual(PRIVATE);
});

test("HEAD has the headers of GET", async () => {
  expect(said(await call("HEAD", "/v1/me", { token: ann.token }))).toEqual(PRIVATE);
  expect(said(await wire({ method: "HEAD", path: "/openapi.json" }))).toEqual([
    "public, max-age=300",
    "nosniff",
  ]);
});

test("the 304 of the reference keeps its caching", async () => {
  for (const path of ["/openapi.json", "/asyncapi.json"]) {
    const headers = { "If-None-Match": (await wire({ method: "GET", path })).headers.get("ETag") ?? "" };
    const again = await wire({ method: "GET", path, headers });
    expect([again.status, ...said(again)]).toEqual([304, "public, max-age=300", "nosniff"]);
  }
});

test("an upgrade passes unchanged", async () => {
  const asked = request("GET", roomPath(id), { token: ann.token, headers: { Upgrade: "websocket" } });
  const response = await app.fetch(asked, env, createExecutionContext());
  expect([response.status, ...said(response)]).toEqual([101, null, null]);
  await acceptSocket(response).next("ready");
});
