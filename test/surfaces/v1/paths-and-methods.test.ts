import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { v1 } from "../../../src/surfaces/v1/app.ts";
import { call, expectProblem, PASSWORD, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, deleteMessage, list, page, send } from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { wire } from "../../support/clients/wire.ts";
import { Errors } from "../../support/errors.ts";
import { LOST_D1 } from "../../support/faults/d1.ts";
import { perRun, sampledCases, sampledPairs } from "../../support/sampled-cases.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

const ROUTES = v1.router.routes.filter(({ method }) => method !== "ALL");

/**
 * Each path of v1 with its methods. `/friends/requests` also matches `/friends/:user_id`, with its methods.
 */
const PATHS = [...new Set(ROUTES.map(({ path }) => path))].map((path) => {
  const routes = ROUTES.filter((route) => new RegExp(`^${route.path.replace(/:\w+/g, "[^/]+")}$`).test(path));
  return [path, [...new Set(routes.map(({ method }) => method))]] as const;
});

/** Some of the paths, in `npm run test:all` all. */
const someOf = (paths: typeof PATHS, salt: number) => sampledCases(paths, perRun(25, paths.length), salt);

let ann: SignedIn;
let id: number;

beforeAll(async () => {
  ann = await register();
  id = (await createGroup(ann)).id;
  await send(ann, id, "hello");
});

const filled = (path: string, of: string = String(id), seq = "1") =>
  path
    .replace(":id", of)
    .replace(/:(seq|root|user_id|role_id|application_id)/, seq)
    .replace(":key", ":yes:");

test.each(someOf(PATHS, 1))("%s accepts only %j, with or without a trailing slash", async (path, methods) => {
  const others = METHODS.filter((method) => !methods.includes(method));
  for (const [method, end] of sampledPairs(others, ["", "/", "?x=1"])) {
    const answer = await call(method, filled(path) + end, { token: ann.token });
    expectProblem(answer, 405, "method_not_allowed");
    const allowed = answer.headers.get("Allow")?.split(", ") ?? [];
    expect(new Set(allowed.filter((method) => method !== "HEAD"))).toEqual(new Set(methods));
  }
});

/** Its answer is a zip that says when it was made. */
const TIMED = "/v1/me/export";

test.each(
  someOf(
    PATHS.filter(([path, methods]) => methods.includes("GET") && path !== TIMED),
    2,
  ),
)("GET %s is the same with a trailing slash", async (path) => {
  const plain = await call("GET", filled(path), { token: ann.token });
  const slashed = await call("GET", `${filled(path)}/`, { token: ann.token });
  expect({ status: slashed.status, body: slashed.body }).toEqual({
    status: plain.status,
    body: plain.body,
  });
});

const NO_IDS = [
  "0",
  "-1",
  "+1",
  // As the pattern of the route has it.
  ":id",
  "1.5",
  "1e3",
  "0x1",
  "abc",
  "null",
  "%20",
  "%00",
  "1%00",
  "%ff",
  "%",
  "%zz",
  "1%2f1",
  "१",
  "9007199254740992",
  "99999999999999999999",
  "9".repeat(4_000),
];

test.each(
  someOf(
    PATHS.filter(([path]) => path.includes("/conversations/:id")),
    3,
  ),
)("%s: an invalid id is refused, an unknown one is not found", async (path, methods) => {
  using errors = new Errors();
  const before = await list(ann);
  for (const method of methods) {
    const hasBody = ["POST", "PUT", "PATCH"].includes(method) || path.endsWith("/members");
    const body = hasBody && method !== "GET" ? validBody(path) : undefined;
    // `search` in place of a seq is an invalid seq, in any conversation.
    if (path.endsWith("/search") && method !== "GET") continue;
    const query = { DELETE: "?for=everyone", GET: "?q=x&option=0&type=media" }[method] ?? "";
    const headers: Record<string, string> = path.endsWith("/socket") ? { Upgrade: "websocket" } : {};
    const ask = (of: string, seq?: string) =>
      call(method, filled(path, of, seq) + query, { token: ann.token, body, headers });
    // The role 0 is `everyone`.
    const wrongs = path.includes(":role_id") ? NO_IDS.filter((no) => no !== "0") : NO_IDS;
    for (const wrong of sampledCases(wrongs, 6, path.length + method.length)) {
      expectProblem(await ask(wrong), 400, "validation_failed");
      if (OTHER_ID.test(path)) expectProblem(await ask(String(id), wrong), 400, "validation_failed");
    }
    // What one has saved is removed without a look at the conversation: one may have left it.
    if (path.endsWith("/saved") && method === "DELETE") continue;
    for (const unknown of ["999999", "0999999", "9007199254740991"]) {
      expectProblem(await ask(unknown), 404, "not_found");
      if (OTHER_ID.test(path)) expectProblem(await ask(String(id), unknown), 404, "not_found");
    }
  }
  expect(await list(ann)).toEqual(before);
  expect(errors.logged).toEqual([]);
});

/**
 * An id in a path besides that of the conversation. The code of an invitation and the id of a hook are none:
 * any text will do.
 */
const OTHER_ID = /:(?!id$|id\/|code$|hook$|hook\/)/;

function validBody(path: string): object {
  const bodies: Record<string, object> = {
    "/read": { seq: 0 },
    "/push-level": { level: "all" },
    "/votes": { options: [] },
    "/messages": { kind: "text", body: { text: "x" } },
    "/members": { user_ids: [ann.user.id] },
    "/messages/:seq": { body: { text: "x" }, base_version: 1 },
    "/owner": { user_id: ann.user.id },
    "/draft": { text: "x" },
    "/hooks": { name: "Builds" },
    "/taps": { data: "yes" },
    "/:application_id": { action: "accept" },
  };
  return Object.entries(bodies).find(([end]) => path.endsWith(end))?.[1] ?? {};
}

test.each([
  "/v1",
  "/v1/conversation",
  "/v1/conversations//messages",
  "/v1/conversations/1/",
  "/v1/conversations/1/nothing",
  "/v1/conversations/1/messages/1/1",
  "/v1/conversations/../../healthz/x",
  "/v2/conversations",
  "/V1/conversations",
])("%s answers a problem, and nothing else", async (path) => {
  using errors = new Errors();
  const answer = await call("POST", path, { token: ann.token, body: {} });
  const [status, code] = path.endsWith("/1/")
    ? ([405, "method_not_allowed"] as const)
    : ([404, "not_found"] as const);
  expectProblem(answer, status, code);
  expect(errors.logged).toEqual([]);
});

test("GET /healthz answers that the database does", async () => {
  expect(await call("GET", "/healthz")).toMatchObject({ status: 200, body: { ok: true } });
});

describe("logs", () => {
  /** A text that no log line may contain, plain or JSON-escaped. */
  const WORDS = 'a walrus\' "secret"';

  const LogLine = z.object({ status: z.int() });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Records everything that is logged from now on. */
  function listen(): () => string {
    const levels = ["debug", "log", "info", "warn", "error"] as const;
    const spies = levels.map((level) => vi.spyOn(console, level).mockImplementation(() => undefined));
    return () => spies.flatMap((spy) => spy.mock.calls.flat()).join("\n");
  }

  test("no log line contains a text, a token, a password or a query", async () => {
    const logged = listen();
    const ann = await register();
    const bob = await register();
    const { id } = await createGroup(ann, [bob], WORDS);
    const socket = await openRoom(id, bob.token, `?after=0&x=${encodeURIComponent(WORDS)}`);
    await talk(ann, id);
    socket.send({ type: "send", client_msg_id: WORDS, kind: "text", body: { text: WORDS } });
    await socket.next("ack");
    socket.send(`{"type":"send","kind":"${WORDS}`);
    await socket.next("error");
    socket.close();
    await call("POST", "/v1/login", { body: { username: ann.user.username, password: WORDS } });
    await call("GET", `/v1/conversations?cursor=${encodeURIComponent(WORDS)}`, { token: ann.token });
    await call("GET", `/v1/users/${encodeURIComponent(WORDS)}?access_token=${bob.token}`, { token: WORDS });
    const lines = logged();
    expect(lines).toContain('"route":"/v1/conversations/:id/messages"');
    for (const secret of ["walrus", PASSWORD, ann.token, bob.token, ann.user.username]) {
      expect(lines).not.toContain(secret);
    }
  });

  test("each request is logged with its status, however early it ends", async () => {
    const logged = listen();
    const body = { username: ann.user.username, password: PASSWORD };
    const ask = (method: string, path: string, headers = {}, settings = {}) =>
      wire({ method, path, headers, settings, ...(path === "/v1/login" && { body }) });
    const asked = [
      await ask("GET", "/healthz"),
      await ask("OPTIONS", "/healthz", { Origin: "https://page.test" }),
      await ask("GET", "/v1/nothing"),
      await ask("POST", "/healthz"),
      await ask("GET", "/v1/me"),
      await ask("GET", "/v1/me", { Authorization: "Bearer x" }, { TOKEN_SECRET: "" }),
      await ask("POST", "/v1/login", {}, { DB: LOST_D1 }),
    ].map(({ status }) => status);
    expect(asked).toEqual([200, 204, 404, 405, 401, 500, 503]);
    const lines = logged().match(/^.*"event":"request".*$/gm) ?? [];
    const statuses = lines.map((line) => LogLine.parse(JSON.parse(line)).status);
    expect(statuses).toEqual(asked);
  });

  test("REQUEST_LOG=failures logs only requests that the server failed to serve", async () => {
    const logged = listen();
    const health = { method: "GET", path: "/healthz", settings: { REQUEST_LOG: "failures" } };
    await wire(health);
    await wire({ ...health, path: "/v1/nothing" });
    expect(logged()).toBe("");
    const body = { username: ann.user.username, password: PASSWORD };
    const login = { method: "POST", path: "/v1/login", body };
    const { status } = await wire({ ...login, settings: { ...health.settings, DB: LOST_D1 } });
    expect(status).toBeGreaterThanOrEqual(500);
    expect(logged()).toContain('"event":"request"');
  });

  async function talk(ann: SignedIn, id: number): Promise<void> {
    const { token } = ann;
    const path = `/v1/conversations/${id}/messages`;
    await send(ann, id, { kind: "text", body: { text: WORDS }, client_msg_id: WORDS });
    await call("POST", path, { token, body: { kind: WORDS, body: { text: WORDS } } });
    await call("POST", path, { token, body: `{"kind":"${WORDS}` });
    await call("POST", path, { token, body: { kind: "text", body: { text: WORDS }, quote_seq: 99 } });
    await page(ann, id);
    await list(ann);
    await deleteMessage(ann, id, 1, "everyone");
  }
});
