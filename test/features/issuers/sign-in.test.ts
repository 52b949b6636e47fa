import { env } from "cloudflare:workers";
import { SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { LIMITS } from "../../../src/domain/limits.ts";
import { call, expectProblem, freshName, register } from "../../support/clients/api.ts";
import {
  AUDIENCE,
  askToken,
  exchange,
  SHARED_SECRET,
  setIssuers,
  TestIssuer,
  tokensOf,
} from "../../support/issuer/issuer.ts";

let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  return setIssuers(issuer.entry({ username: "preferred_username" }));
});

const me = (token: string) => call("GET", "/v1/me", { token });
const rows = z.array(z.object({ id: z.string() }));
async function sessionsOf(userId: number) {
  const { results } = await env.DB.prepare("SELECT id FROM sessions WHERE user_id = ?").bind(userId).all();
  return rows.parse(results);
}

test("a token of the issuer makes a user with the claims' profile, and signs them in for an hour", async () => {
  const token = await issuer.sign({ sub: "ann|1", name: "Ann", picture: "https://id.example/ann.png" });
  const tokens = tokensOf(await exchange(token));
  expect(tokens.expires_in).toBeGreaterThan(3_590);
  expect(tokens.expires_in).toBeLessThanOrEqual(3_600);
  expect(tokens.refresh_token).toMatch(/^prt_/);
  expect(tokens.user).toMatchObject({ nickname: "Ann", avatar: "https://id.example/ann.png" });
  expect(tokens.user.username).toMatch(/^user-[0-9a-f]{12}$/);
  expect((await me(tokens.access_token)).body).toMatchObject({ id: tokens.user.id, nickname: "Ann" });
  const again = tokensOf(await exchange(await issuer.sign({ sub: "ann|1", name: "Ann" })));
  expect(again.user.id).toBe(tokens.user.id);
});

test("users of issuers with prefixes are different ones, whatever their ids", async () => {
  const other = await TestIssuer.start();
  const restore = setIssuers(issuer.entry(), other.entry({ external_id_prefix: "other:" }));
  const sub = crypto.randomUUID();
  const users = [];
  for (const one of [issuer, other, other])
    users.push(tokensOf(await exchange(await one.sign({ sub }))).user.id);
  expect(new Set(users).size).toBe(2);
  const { results } = await env.DB.prepare(
    "SELECT external_id FROM users WHERE external_id LIKE ? ORDER BY id",
  )
    .bind(`%${sub}`)
    .all();
  expect(results.map(({ external_id }) => external_id)).toEqual([sub, `other:${sub}`]);
  restore();
});

test("JSON does as well as a form, and what the RFCs have besides is ignored", async () => {
  const body = {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: await issuer.sign(),
    subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
    requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
    ...{ scope: "chat", client_id: "web", resource: "", audience: AUDIENCE },
  };
  tokensOf(await call("POST", "/v1/token", { body }));
});

const GOOD = {
  grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
  ...{ subject_token: "a.b.c", subject_token_type: "urn:ietf:params:oauth:token-type:jwt" },
};
test.each<[string, string, string]>([
  ["no body", "", "invalid_request"],
  ["no grant", "subject_token=x", "invalid_request"],
  ["an empty grant", "grant_type=", "invalid_request"],
  ["another grant", "grant_type=password", "unsupported_grant_type"],
  ["a grant that is there twice", "grant_type=refresh_token&grant_type=password", "invalid_request"],
  ["no subject token", String(new URLSearchParams({ ...GOOD, subject_token: "" })), "invalid_request"],
  ["no type of it", String(new URLSearchParams({ ...GOOD, subject_token_type: "" })), "invalid_request"],
  ["a SAML token", String(new URLSearchParams({ ...GOOD, subject_token_type: "saml2" })), "invalid_request"],
  ["no refresh token", "grant_type=refresh_token", "invalid_request"],
  ["a refresh token of nobody", "grant_type=refresh_token&refresh_token=prt_x", "invalid_grant"],
  ["half a form", "grant_type=%ff%fe", "unsupported_grant_type"],
])("%s is refused as RFC 6749 says", async (_, body, error) => {
  const headers = { "Content-Type": "application/x-www-form-urlencoded; charset=utf-8" };
  const answer = await call("POST", "/v1/token", { body, headers });
  expect(answer.status).toBe(400);
  expect(answer.body).toEqual({ error, error_description: expect.any(String) });
});

test.each(["{", "[]", "null", '"text"', '{"grant_type":{}}'])(
  "the JSON %j is refused so too",
  async (body) => {
    const { status, body: answer } = await call("POST", "/v1/token", { body });
    expect(status).toBe(400);
    expect(answer).toMatchObject({ error: expect.any(String) });
  },
);

test("a body that is too large", async () => {
  expectProblem(await askToken({ grant_type: "x".repeat(LIMITS.writtenBytes) }), 413, "too_large");
});

test.each(["sid", "jti"])("ten exchanges at once with one %s open one session of one user", async (claim) => {
  const sub = crypto.randomUUID();
  const tokens = await Promise.all(Array.from({ length: 10 }, () => issuer.sign({ sub, [claim]: "s" })));
  const answers = (await Promise.all(tokens.map(exchange))).map(tokensOf);
  const users = new Set(answers.map(({ user }) => user.id));
  expect(users.size).toBe(1);
  expect(await sessionsOf([...users][0] ?? 0)).toHaveLength(1);
  expect(answers.filter(({ refresh_token }) => refresh_token !== undefined)).toHaveLength(1);
  for (const { access_token } of answers) expect((await me(access_token)).status).toBe(200);
});

test("one token without `sid` and `jti` has one session, too; another token has another", async () => {
  const sub = crypto.randomUUID();
  const [one, other] = [
    await issuer.sign({ sub }),
    await issuer.sign({ sub, exp: Math.floor(Date.now() / 1_000) + 200 }),
  ];
  const first = tokensOf(await exchange(one));
  tokensOf(await exchange(one));
  expect(await sessionsOf(first.user.id)).toHaveLength(1);
  tokensOf(await exchange(other));
  expect(await sessionsOf(first.user.id)).toHaveLength(2);
});

test("after a sign-out the same sign-in at the issuer opens another session", async () => {
  const token = await issuer.sign({ sid: "same" });
  const first = tokensOf(await exchange(token));
  await call("POST", "/v1/logout", { token: first.access_token });
  const second = tokensOf(await exchange(token));
  expect(second.user.id).toBe(first.user.id);
  expect((await me(first.access_token)).status).toBe(401);
  expect((await me(second.access_token)).status).toBe(200);
  expect(second.refresh_token).toBeDefined();
});

test("a user gets the wanted username if it is free, and another one if it is not", async () => {
  const wanted = freshName("wanted");
  const first = tokensOf(await exchange(await issuer.sign({ preferred_username: wanted })));
  expect(first.user.username).toBe(wanted);
  for (const name of [wanted, wanted.toUpperCase(), "everyone", `deleted-${first.user.id}`, "a/b", ""]) {
    const other = tokensOf(await exchange(await issuer.sign({ preferred_username: name })));
    expect(other.user.username, name).toMatch(/^user-/);
  }
});

test("an issuer never signs in who has a password", async () => {
  const ann = await register(freshName("ann"));
  const token = await issuer.sign({ sub: String(ann.user.id), preferred_username: ann.user.username });
  const other = tokensOf(await exchange(token));
  expect(other.user.id).not.toBe(ann.user.id);
  expect(other.user.username).not.toBe(ann.user.username);
});

test.each(["", "\u0000", "a\nb", "x".repeat(129), "\ud800", ["list"], { an: "object" }, true, 1.5])(
  "the id %j is refused",
  async (sub) => {
    const claims: Record<string, unknown> = { ...issuer.claims(), sub };
    const token = await issuer.sign(claims);
    const { status, body } = await exchange(token);
    expect({ status, body }).toMatchObject({ status: 400, body: { error: "invalid_request" } });
  },
);

test("a name and a picture that no user could have are left out", async () => {
  for (const [name, picture] of [
    ["x".repeat(65), "javascript:alert(1)"],
    ["all\u202e", "not a url"],
    [7, { url: "https://x.example" }],
  ]) {
    const { user } = tokensOf(await exchange(await issuer.sign({ name, picture })));
    expect(user).toMatchObject({ avatar: "" });
    expect(["", "7"]).toContain(user.nickname);
  }
});

describe("a profile", () => {
  test("that is locked follows the newest token, and its user does not change it", async () => {
    const sub = crypto.randomUUID();
    const first = tokensOf(
      await exchange(await issuer.sign({ sub, name: "Old", picture: "https://x.example/1" })),
    );
    const second = tokensOf(await exchange(await issuer.sign({ sub, name: "New" })));
    expect(second.user).toEqual({ ...first.user, nickname: "New" });
    const token = second.access_token;
    expectProblem(await call("PATCH", "/v1/me", { token, body: { nickname: "Mine" } }), 403, "forbidden");
    expectProblem(await call("PATCH", "/v1/me", { token, body: { avatar: "" } }), 403, "forbidden");
    expect((await call("PATCH", "/v1/me", { token, body: { signature: "hello" } })).body).toMatchObject({
      ...{ nickname: "New", signature: "hello" },
    });
  });

  test("that is a seed is the user's from then on", async () => {
    const seeding = await TestIssuer.start();
    const restore = setIssuers(seeding.entry({ profile: "seed" }));
    const sub = crypto.randomUUID();
    const { access_token: token } = tokensOf(await exchange(await seeding.sign({ sub, name: "Old" })));
    expect((await call("PATCH", "/v1/me", { token, body: { nickname: "Mine" } })).status).toBe(200);
    expect(tokensOf(await exchange(await seeding.sign({ sub, name: "New" }))).user.nickname).toBe("Mine");
    restore();
  });
});

test("an issuer that makes no users signs in those that are there", async () => {
  const strict = await TestIssuer.start();
  const sub = crypto.randomUUID();
  let restore = setIssuers(strict.entry());
  const { user } = tokensOf(await exchange(await strict.sign({ sub })));
  restore();
  restore = setIssuers(strict.entry({ provision: "never" }));
  expect(tokensOf(await exchange(await strict.sign({ sub }))).user.id).toBe(user.id);
  expectProblem(await exchange(await strict.sign()), 403, "forbidden");
  restore();
});

test("a secret of the Worker verifies HS256, and a short or missing one nothing", async () => {
  const sign = (secret: string) =>
    new SignJWT({ ...issuer.claims(), iss: "backend" })
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(secret));
  const entry = { issuer: "backend", audience: AUDIENCE, algorithms: ["HS256"] };
  const before = setIssuers({ ...entry, secret: SHARED_SECRET });
  tokensOf(await exchange(await sign(env.TEST_ISSUER_SECRET)));
  expect(await exchange(await sign(`${env.TEST_ISSUER_SECRET}.`))).toMatchObject({ status: 400 });
  before();
  for (const secret of ["MISSING", "DB", "toString"]) {
    const restore = setIssuers({ ...entry, secret });
    expectProblem(await exchange(await sign(env.TEST_ISSUER_SECRET)), 500, "internal");
    restore();
  }
});

test("a suspended user is refused", async () => {
  const sub = crypto.randomUUID();
  const { user } = tokensOf(await exchange(await issuer.sign({ sub })));
  const suspend = (until: number) =>
    env.DB.prepare("UPDATE users SET suspended_until = ? WHERE id = ?").bind(until, user.id).run();
  for (const until of [-1, Date.now() + 60_000]) {
    await suspend(until);
    expect((await exchange(await issuer.sign({ sub }))).status).toBe(403);
  }
  await suspend(Date.now() - 1);
  expect((await exchange(await issuer.sign({ sub }))).status).toBe(200);
});

test("who has deleted their account is a new user at the next sign-in", async () => {
  const sub = crypto.randomUUID();
  const first = tokensOf(await exchange(await issuer.sign({ sub })));
  expect((await call("DELETE", "/v1/me", { token: first.access_token, body: {} })).status).toBe(204);
  const second = tokensOf(await exchange(await issuer.sign({ sub })));
  expect(second.user.id).not.toBe(first.user.id);
});
