import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { v1 } from "../../../src/surfaces/v1/app.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import {
  freshExternalId,
  putUser,
  type ServerUserAnswer,
  userPath,
} from "../../support/accounts/server-users.ts";
import { type Answer, call, expectProblem } from "../../support/clients/api.ts";
import { upgrade } from "../../support/clients/socket.ts";
import { wire } from "../../support/clients/wire.ts";
import { sampledCases } from "../../support/sampled-cases.ts";

/** The calls about passwords, sessions, bots with their tokens, and devices that end with a session. */
const OWN = new Set([
  "POST /v1/logout",
  "PUT /v1/push/:device_id",
  "DELETE /v1/push/:device_id",
  "GET /v1/sessions",
  "DELETE /v1/sessions/:id",
  "POST /v1/me/password",
  "DELETE /v1/me",
  ...["POST /v1/bots", "GET /v1/bots", "PATCH /v1/bots/:id", "DELETE /v1/bots/:id"],
  "POST /v1/bots/:id/token",
]);
/** The calls that need no token, and sockets. */
const OTHERS = new Set([
  ...["GET /healthz", "GET /openapi.json", "GET /asyncapi.json", "POST /v1/register", "POST /v1/login"],
  ...["GET /v1/login", "POST /v1/token"],
  ...["GET /files/:key/:name", "GET /v1/conversations/:id/socket", "GET /v1/socket"],
]);

const ROUTES = new Set(
  v1.router.routes
    .filter(({ method, path }) => method !== "ALL" && !/^\/v1\/(server|moderation)\//.test(path))
    .map(({ method, path }) => `${method} ${path}`)
    .filter((route) => !OTHERS.has(route)),
);

const KEYS: Record<"act" | "others" | "users", string> = { act: "", others: "", users: "" };
let member: ServerUserAnswer;
let stranger: ServerUserAnswer;
let owner: ServerUserAnswer;
let group = 0;

/** A call by a key. @param as the header `Parley-User` */
function ask(route: string, key: string, as?: string, body?: unknown): Promise<Answer> {
  const [method = "", pattern = ""] = route.split(" ");
  const path = pattern
    .replace(":id", String(group))
    .replace("reactions/:key", "reactions/%F0%9F%91%8D")
    .replaceAll(/:\w+/g, "1");
  const headers = as === undefined ? {} : { "Parley-User": as };
  const sent = body ?? (["GET", "DELETE"].includes(method) ? undefined : {});
  return call(method, path, { token: key, headers, ...(sent !== undefined && { body: sent }) });
}

const refOf = ({ external_id }: ServerUserAnswer) => `ext:${encodeURIComponent(external_id ?? "")}`;

beforeAll(async () => {
  KEYS.act = (await makeServerKey(["act"])).text;
  KEYS.users = (await makeServerKey(["users"])).text;
  KEYS.others = (await makeServerKey(["users", "tokens", "conversations", "messages", "keys"])).text;
  [member, stranger, owner] = [
    await putUser(KEYS.users, freshExternalId()),
    await putUser(KEYS.users, `${freshExternalId()} 李/ü`),
    await putUser(KEYS.users, freshExternalId()),
  ];
  const fields = { kind: "group", name: "a group", member_ids: [member.id] };
  const made = await ask("POST /v1/conversations", KEYS.act, String(owner.id), fields);
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  group = Number(Object.entries(made.body ?? {}).find(([name]) => name === "id")?.[1]);
});

afterEach(() => {
  vi.restoreAllMocks();
});

test.each([...ROUTES].map((route) => [route]))("%s by a key", async (route) => {
  expectProblem(await ask(route, KEYS.others, String(member.id)), 403, "forbidden");
  expectProblem(await ask(route, `${KEYS.act.slice(0, -4)}0000`, String(member.id)), 401, "unauthenticated");
  if (OWN.has(route)) {
    expectProblem(await ask(route, KEYS.act, String(member.id)), 403, "forbidden");
    return;
  }
  const unnamed = await ask(route, KEYS.act);
  expectProblem(unnamed, 400, "validation_failed");
  expect(JSON.stringify(unnamed.body)).toContain('"header.Parley-User"');
  for (const bad of sampledCases(["", "ann", "%", "ext:", "ext:%ff", "0"], 1, route.length))
    expectProblem(await ask(route, KEYS.act, bad), 400, "validation_failed");
  for (const unknown of sampledCases(["999999999", "ext:nobody"], 1, route.length))
    expectProblem(await ask(route, KEYS.act, unknown), 404, "not_found");
});

const TEXT = { kind: "text", body: { text: "hello" } };

test.each([
  ["GET /v1/me", 200, 200, undefined],
  ["PATCH /v1/me", 200, 200, { location: "Munich" }],
  ["GET /v1/conversations", 200, 200, undefined],
  ["GET /v1/conversations/:id", 200, 404, undefined],
  ["GET /v1/conversations/:id/members", 200, 404, undefined],
  ["PATCH /v1/conversations/:id", 403, 404, { name: "another" }],
  ["POST /v1/conversations/:id/messages", 201, 404, TEXT],
  ["GET /v1/conversations/:id/messages", 200, 404, undefined],
  ["PUT /v1/conversations/:id/messages/:seq/reactions/:key", 200, 404, undefined],
  ["PUT /v1/conversations/:id/draft", 200, 404, { text: "later" }],
  ["PUT /v1/conversations/:id/read", 200, 404, { seq: 1 }],
  ["GET /v1/messages/search", 400, 400, undefined],
] as const)("%s as a member (%i) and as a stranger (%i)", async (route, asMember, asStranger, body) => {
  for (const [user, status] of [
    [member, asMember],
    [stranger, asStranger],
  ] as const)
    for (const as of [String(user.id), refOf(user)]) {
      const answer = await ask(route, KEYS.act, as, body);
      expect(answer.status, JSON.stringify(answer.body)).toBe(status);
      if (route === "GET /v1/me") expect(answer.body).toMatchObject({ id: user.id });
      if (status === 201) expect(answer.body).toMatchObject({ sender: { id: user.id } });
    }
});

test("no key acts from a page, as a suspended user, as a deleted one, or on a socket", async () => {
  const as = { "Parley-User": refOf(member) };
  const paged = { ...as, Origin: "https://parley.test" };
  expectProblem(await call("GET", "/v1/me", { token: KEYS.act, headers: paged }), 403, "forbidden");
  for (const path of ["/v1/socket", `/v1/conversations/${group}/socket`])
    expect((await upgrade(path, KEYS.act, as)).status).toBe(403);
  expect((await upgrade(`/v1/socket?access_token=${KEYS.act}`, undefined, as)).status).toBe(403);
  const suspension = userPath(stranger.id, "/suspension");
  expect((await call("PUT", suspension, { token: KEYS.users })).status).toBe(204);
  expectProblem(await ask("GET /v1/me", KEYS.act, refOf(stranger)), 403, "suspended");
  expect((await call("DELETE", suspension, { token: KEYS.users })).status).toBe(204);
  expect((await ask("GET /v1/me", KEYS.act, refOf(stranger))).status).toBe(200);
  expect((await call("DELETE", userPath(stranger.id), { token: KEYS.users })).status).toBe(202);
  expectProblem(await ask("GET /v1/me", KEYS.act, String(stranger.id)), 404, "not_found");
});

test("the other APIs take no server key", async () => {
  const headers = { token: KEYS.act, Authorization: `Bearer ${KEYS.act}`, "Parley-User": refOf(member) };
  const answer = await wire({ method: "POST", path: "/user/getMyProfile", headers, body: {} });
  expect(JSON.stringify(answer.body)).toContain("70001");
});

test("the security log names the key, and the rate is the key's", async () => {
  const spy = vi.spyOn(console, "info").mockImplementation(() => undefined);
  const others = ["debug", "log", "warn"] as const;
  const spies = [spy, ...others.map((level) => vi.spyOn(console, level).mockImplementation(() => undefined))];
  const used: string[] = [];
  const counter = (name: string): RateLimit => ({
    limit: async ({ key }) => {
      used.push(`${name} ${key}`);
      return { success: true };
    },
  });
  const rates = { USER_RATE: counter("user"), PAGE_RATE: counter("page") };
  const headers = { Authorization: `Bearer ${KEYS.act}`, "Parley-User": String(owner.id) };
  const path = `/v1/conversations/${group}/invitations`;
  const made = await wire({ method: "POST", path, headers, body: {}, settings: rates });
  expect(made.status).toBe(201);
  await wire({ method: "GET", path, headers, settings: rates });
  const [, id = ""] = KEYS.act.split("_");
  expect(used).toEqual([`user key ${id}`, `user key ${id}`, `page key ${id}`]);
  const lines = spies.flatMap(({ mock }) => mock.calls.flat().map(String));
  const events = lines.filter((line) => line.includes('"security"')).map((line): unknown => JSON.parse(line));
  expect(events).toMatchObject([{ action: "invitation_created", by: owner.id, server_key: id }]);
});
