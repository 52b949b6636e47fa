import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { app } from "../support/app.ts";
import { type CallOptions, call, register, request, type SignedIn } from "../support/clients/api.ts";
import { acceptSocket, expectRefusedSocket, roomPath } from "../support/clients/socket.ts";
import { createGroupId } from "../support/objects/room.ts";

const HERE = "https://parley.test";
const CHAT = "https://chat.example";

let ann: SignedIn;

beforeAll(async () => {
  ann = await register();
});

/** A call to a Worker with this setting. */
async function ask(ALLOWED_ORIGINS: string, method: string, path: string, options: CallOptions = {}) {
  const context = createExecutionContext();
  const response = await app.fetch(request(method, path, options), { ...env, ALLOWED_ORIGINS }, context);
  await waitOnExecutionContext(context);
  return response;
}

function preflight(ALLOWED_ORIGINS: string, path: string, Origin: string): Promise<Response> {
  const headers = {
    Origin,
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "authorization",
  };
  return ask(ALLOWED_ORIGINS, "OPTIONS", path, { headers });
}

/** The CORS headers of an answer. */
function said({ headers }: { headers: Headers }): string[] {
  return [...headers.keys()].filter((name) => name.startsWith("access-control-"));
}

function list(response: Response, name: string): string[] {
  return (response.headers.get(name) ?? "").split(", ");
}

test.each([
  [CHAT, CHAT],
  [`https://a.test, ${CHAT}/`, CHAT],
  ["*", "*"],
  ["", null],
  ["https://a.test", null],
  [`${CHAT}.evil.test`, null],
  ["http://chat.example", null],
  [`${CHAT}:8443`, null],
])("ALLOWED_ORIGINS %j allows the chat's pages: %j", async (setting, allowed) => {
  const asked = await preflight(setting, "/v1/me", CHAT);
  expect({ status: asked.status, body: await asked.text() }).toEqual({ status: 204, body: "" });
  const called = await ask(setting, "GET", "/v1/me", { token: ann.token, headers: { Origin: CHAT } });
  expect(called.status).toBe(200);
  for (const response of [asked, called]) {
    expect(response.headers.get("Access-Control-Allow-Origin")).toBe(allowed);
    expect(response.headers.get("Vary")).toBe("Origin");
    expect(response.headers.has("Access-Control-Allow-Credentials")).toBe(false);
    if (allowed === null) expect(said(response)).toEqual([]);
  }
});

test("a preflight names every method and header that clients use, and may be cached", async () => {
  const response = await preflight(CHAT, "/v1/me", CHAT);
  expect(list(response, "Access-Control-Allow-Methods")).toEqual(
    expect.arrayContaining(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
  );
  expect(list(response, "Access-Control-Allow-Headers")).toEqual(
    expect.arrayContaining([
      ...["Authorization", "token", "Content-Type", "Range"],
      ...["X-APP-Key", "X-APP-Session", "X-HA-Key", "X-HA-Session"],
    ]),
  );
  expect(Number(response.headers.get("Access-Control-Max-Age"))).toBeGreaterThan(0);
  const headers = { Origin: CHAT };
  const called = await ask(CHAT, "GET", "/v1/me", { token: ann.token, headers });
  expect(list(called, "Access-Control-Expose-Headers")).toEqual(
    expect.arrayContaining(["ETag", "Content-Range", "Retry-After", "X-Rate-Limit-Remaining"]),
  );
});

test("without the setting only the Worker's own pages may call", async () => {
  const own = await preflight("", "/v1/me", HERE);
  expect(own.headers.get("Access-Control-Allow-Origin")).toBe(HERE);
  for (const origin of [CHAT, "null", "http://parley.test", `${HERE}:8443`, `${HERE}.evil.test`, ""]) {
    expect(said(await preflight("", "/v1/me", origin)), origin).toEqual([]);
  }
});

test.each([
  ["GET", "/v1/me", "no token", 401],
  ["POST", "/v1/login", "{", 400],
  ["GET", "/v1/nothing", "", 404],
  ["GET", "/files/none/none.png", "", 404],
  ["PUT", "/v1/me", "", 405],
  ["GET", "/nothing", "", 404],
])("a page can read the error of %s %s (%s): %i", async (method, path, body, status) => {
  const headers = { Origin: CHAT };
  const response = await ask(CHAT, method, path, {
    headers,
    ...(body !== "" && method === "POST" && { body }),
  });
  expect(response.status).toBe(status);
  expect(response.headers.get("Access-Control-Allow-Origin")).toBe(CHAT);
  expect(response.headers.get("Content-Type")).toBe("application/problem+json");
  const asked = await preflight(CHAT, path, CHAT);
  expect(asked.status).toBe(204);
  expect(asked.headers.get("Access-Control-Allow-Origin")).toBe(CHAT);
});

test("a page can read a server error", async () => {
  const context = createExecutionContext();
  const bindings = { ...env, ALLOWED_ORIGINS: CHAT, TOKEN_SECRET: "short" };
  const asked = request("GET", "/v1/me", { token: ann.token, headers: { Origin: CHAT } });
  const response = await app.fetch(asked, bindings, context);
  expect(response.status).toBe(500);
  expect(await response.text()).toContain("TOKEN_SECRET");
  expect(response.headers.get("Access-Control-Allow-Origin")).toBe(CHAT);
});

test("OPTIONS without an Origin is no preflight: 405 with the methods of the path, or 404", async () => {
  const answer = await call("OPTIONS", "/v1/me");
  expect(answer.status).toBe(405);
  expect(answer.headers.get("Allow")).toBe("GET, HEAD, PATCH, DELETE");
  expect((await call("OPTIONS", "/v1/nothing")).status).toBe(404);
});

test("a call without an Origin is answered as always", async () => {
  const answer = await call("GET", "/v1/me", { token: ann.token });
  expect(answer.status).toBe(200);
  expect(said(answer)).toEqual([]);
});

test("an upgrade passes unchanged", async () => {
  const id = await createGroupId(ann);
  const headers = { Upgrade: "websocket", Origin: CHAT };
  const asked = request("GET", roomPath(id), { token: ann.token, headers });
  const response = await app.fetch(asked, { ...env, ALLOWED_ORIGINS: "*" }, createExecutionContext());
  expect(said(response)).toEqual([]);
  await acceptSocket(response).next("ready");
  const foreign = await exports.default.fetch(
    request("GET", roomPath(id), { token: ann.token, headers: { ...headers, Origin: CHAT } }),
  );
  await expectRefusedSocket(foreign, 4403, "forbidden");
});
