import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { ServerScope } from "../../../src/domain/server/server-key.ts";
import { CreatedServerKey, ServerKeys } from "../../../src/surfaces/v1/server/keys.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { type Answer, call, expectProblem, freshName, register } from "../../support/clients/api.ts";
import { sampledPairs } from "../../support/sampled-cases.ts";

const StrictKey = CreatedServerKey.strict();

test("a key makes another one, which works until it is revoked, and whose secret nobody sees again", async () => {
  const { text: token } = await makeServerKey(["users", "tokens", "keys"]);
  const body = { name: " backend ", scopes: ["tokens", "users", "keys", "users"] };
  const made = await call("POST", "/v1/server/keys", { token, body });
  expect(made.status).toBe(201);
  const { key, ...shown } = StrictKey.parse(made.body);
  expect(shown).toMatchObject({ name: "backend", scopes: ["users", "tokens", "keys"], last_used_on: null });
  const today = new Date().toISOString().slice(0, 10);
  const list = async (by: string) => {
    const { body: listed } = await call("GET", "/v1/server/keys", { token: by });
    return ServerKeys.parse(listed).items.find(({ id }) => id === shown.id);
  };
  await expect.poll(() => list(key)).toEqual({ ...shown, last_used_on: today });
  const stored = await env.DB.prepare("SELECT * FROM server_keys WHERE id = ?").bind(shown.id).first();
  expect(JSON.stringify(stored)).not.toContain(key.split("_")[2]);

  expect((await call("DELETE", `/v1/server/keys/${shown.id}`, { token: key })).status).toBe(204);
  expectProblem(await call("GET", "/v1/server/keys", { token: key }), 401, "unauthenticated");
  const again = await call("DELETE", `/v1/server/keys/${shown.id}`, { token });
  expectProblem(again, 404, "not_found");
  expect(await list(token)).toBeUndefined();
});

test("a key without a name, with an unknown scope or with an end in the past is none", async () => {
  const { text: token } = await makeServerKey(["keys", "users"]);
  const good = { name: "backend", scopes: ["users"] };
  for (const [wrong, path] of [
    [{ name: " " }, "body.name"],
    [{ name: "x".repeat(65) }, "body.name"],
    [{ scopes: [] }, "body.scopes"],
    [{ scopes: ["users", "all"] }, "body.scopes.1"],
    [{ expires_at: Date.now() - 1 }, "body.expires_at"],
  ] as const) {
    const refused = await call("POST", "/v1/server/keys", { token, body: { ...good, ...wrong } });
    expectProblem(refused, 400, "validation_failed");
    expect(JSON.stringify(refused.body)).toContain(`"${path}"`);
  }
});

/** A key with all scopes, which gives everything. */
let every = "";

beforeAll(async () => {
  every = (await makeServerKey(ServerScope.options)).text;
});

const makeKey = async (scopes: ServerScope[]) => (await makeServerKey(scopes)).text;
const others = (...left: ServerScope[]) => ServerScope.options.filter((scope) => !left.includes(scope));
const put = (token: string, ref: string | number, body: object) =>
  call("PUT", `/v1/server/users/${ref}`, { token, body });
const suspend = (token: string, id: number, body = {}) =>
  call("PUT", `/v1/server/users/${id}/suspension`, { token, body });

/** A user with a role who signs in by a backend alone. */
async function makeStaff(role: string): Promise<{ id: number; ref: string }> {
  const externalId = freshName("staff");
  const { body } = await put(every, `ext:${externalId}`, { role });
  return { id: z.object({ id: z.int() }).parse(body).id, ref: `ext:${externalId}` };
}

/** The state of a user that no key without `moderate` may change. */
async function standing(ref: string | number) {
  const { status, body } = await call("GET", `/v1/server/users/${ref}`, { token: every });
  const { role, state, suspension } = Object(body);
  return { status, role, state, suspension };
}

/** What a key with `users` gives or takes: whom it is about, and the call. */
const GIFTS: Record<
  string,
  { of: string; ask: (token: string, ref: string, id: number) => Promise<Answer> }
> = {
  "makes a moderator": { of: "user", ask: (token, ref) => put(token, ref, { role: "moderator" }) },
  "makes an auditor": { of: "user", ask: (token, ref) => put(token, ref, { role: "auditor" }) },
  "raises a role": { of: "moderator", ask: (token, ref) => put(token, ref, { role: "admin" }) },
  "removes a role": { of: "admin", ask: (token, ref) => put(token, ref, { role: "user" }) },
  "gives a role beside a name": {
    of: "user",
    ask: (token, ref) => put(token, ref, { nickname: "Max", role: "admin" }),
  },
  "gives a role in a list": {
    of: "user",
    ask: (token, ref) =>
      call("POST", "/v1/server/users", {
        token,
        body: { items: [{ external_id: ref.slice("ext:".length), role: "admin" }] },
      }),
  },
  "suspends staff": { of: "moderator", ask: (token, _, id) => suspend(token, id) },
  "puts staff in the shadow": { of: "auditor", ask: (token, _, id) => suspend(token, id, { shadow: true }) },
  "deletes staff": {
    of: "admin",
    ask: (token, ref) => call("DELETE", `/v1/server/users/${ref}`, { token }),
  },
};

test.each(Object.entries(GIFTS))("no key without `moderate` %s", async (_, { of, ask }) => {
  const { id, ref } = await makeStaff(of);
  const before = await standing(ref);
  const refused = await ask(await makeKey(others("moderate")), ref, id);
  if (refused.status === 200)
    expect(refused.body).toMatchObject({ items: [{ problem: { code: "forbidden" } }] });
  else expectProblem(refused, 403, "forbidden");
  expect(JSON.stringify(refused.body)).toContain("`moderate`");
  expect(await standing(ref)).toEqual(before);
  const given = await ask(await makeKey(["users", "moderate"]), ref, id);
  expect(given.status).toBeLessThan(300);
  expect(await standing(ref)).not.toEqual(before);
});

test("no key without `moderate` ends a suspension of staff, or makes a user with a role", async () => {
  const users = await makeKey(["users"]);
  const { id } = await makeStaff("moderator");
  expect((await suspend(every, id)).status).toBe(204);
  const lift = (token: string) => call("DELETE", `/v1/server/users/${id}/suspension`, { token });
  expectProblem(await lift(users), 403, "forbidden");
  expect(await standing(id)).toMatchObject({ state: "suspended" });
  expect((await lift(every)).status).toBe(204);
  const ref = `ext:${freshName("new")}`;
  expectProblem(await put(users, ref, { role: "admin" }), 403, "forbidden");
  expect(await standing(ref)).toMatchObject({ status: 404 });
});

test("a key with `users` alone goes on with what gives no right", async () => {
  const users = await makeKey(["users"]);
  const { id, ref } = await makeStaff("moderator");
  expect((await put(users, ref, { nickname: "Max", role: "moderator" })).body).toMatchObject({
    nickname: "Max",
    role: "moderator",
  });
  const plain = `ext:${freshName("plain")}`;
  expect((await put(users, plain, { role: "user" })).status).toBe(201);
  const suspended = await call("PUT", `/v1/server/users/${plain}/suspension`, { token: users, body: {} });
  expect(suspended.status).toBe(204);
  expect((await call("DELETE", `/v1/server/users/${plain}`, { token: users })).status).toBe(202);
  expect(await standing(id)).toMatchObject({ role: "moderator" });
});

test("a role that is refused with a name in use changes nothing", async () => {
  const { ref } = await makeStaff("user");
  const { user } = await register();
  expectProblem(await put(every, ref, { username: user.username, role: "admin" }), 409, "conflict");
  expect(await standing(ref)).toMatchObject({ role: "user" });
});

const asKeys = (token: string, method: string, path = "", body?: object) =>
  call(method, `/v1/server/keys${path}`, { token, ...(body && { body }) });

test("a key makes, lists and revokes keys with scopes of its own alone", async () => {
  for (const [giver, gift] of sampledPairs(ServerScope.options, ServerScope.options)) {
    const token = await makeKey(["keys", giver]);
    const isOwn = gift === giver || gift === "keys";
    const what = `${giver} × ${gift}`;
    const made = await asKeys(token, "POST", "", { name: "made", scopes: [gift] });
    expect.soft(made.status, what).toBe(isOwn ? 201 : 403);
    if (!isOwn) expect.soft(JSON.stringify(made.body), what).toContain(`\`${gift}\``);
    const { id } = isOwn ? CreatedServerKey.parse(made.body) : await makeServerKey(["keys", gift]);
    const listed = ServerKeys.parse((await asKeys(token, "GET")).body).items;
    expect
      .soft(
        listed.some((key) => key.id === id),
        what,
      )
      .toBe(isOwn);
    expect.soft((await asKeys(token, "DELETE", `/${id}`)).status, what).toBe(isOwn ? 204 : 403);
  }
});

test("a key with an end makes no key that ends later", async () => {
  const expiresAt = Date.now() + 60_000;
  const { text: token } = await makeServerKey(["keys"], { expiresAt });
  const make = (end?: number) =>
    asKeys(token, "POST", "", {
      name: "made",
      scopes: ["keys"],
      ...(end !== undefined && { expires_at: end }),
    });
  for (const end of [undefined, expiresAt + 1]) expectProblem(await make(end), 403, "forbidden");
  expect((await make(expiresAt)).status).toBe(201);
});
