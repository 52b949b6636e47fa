import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { TIMING } from "../../../src/domain/timing.ts";
import {
  call,
  expectProblem,
  freshName,
  login,
  PASSWORD,
  register,
  SignedIn,
} from "../../support/clients/api.ts";
import { overrideTiming } from "../../support/timing.ts";

const DAYS_30 = 30 * 24 * 60 * 60 * 1_000;

test("a registration creates an account with a session of 30 days, and the account can sign in", async () => {
  const username = freshName();
  const before = Date.now();
  const created = await call("POST", "/v1/register", {
    body: { username, password: PASSWORD, email: "ann@example.org", nickname: "Ann" },
  });
  expect(created.status).toBe(201);
  expect(created.body).toEqual({
    token: expect.any(String),
    expires_at: expect.any(Number),
    user: { id: expect.any(Number), username, nickname: "Ann", avatar: "", online: false },
  });
  const { user, expires_at } = SignedIn.parse(created.body);
  expect(user.id).toBeGreaterThanOrEqual(100_000);
  expect(Math.abs(expires_at - before - DAYS_30)).toBeLessThan(60_000);
  const again = await call("POST", "/v1/login", { body: { username, password: PASSWORD } });
  expect(again.status).toBe(200);
  expect(again.body).toMatchObject({ token: expect.any(String), expires_at: expect.any(Number), user });
});

test("a password is stored only as a salted scrypt hash", async () => {
  overrideTiming({ passwordHash: TIMING.passwordHash });
  const { user: a } = await register(freshName());
  const { user: b } = await register(freshName());
  const query = env.DB.prepare("SELECT password_hash FROM users WHERE id IN (?, ?)").bind(a.id, b.id);
  const hashes = (await query.all()).results.map((row) => String(row.password_hash));
  for (const hash of hashes) expect(hash).toMatch(/^scrypt\$16384\$8\$5\$[\w-]{22}\$[\w-]{43}$/);
  expect(new Set(hashes).size).toBe(2);
});

test("a wrong password and an unknown name get the same answer", async () => {
  const { user } = await register();
  const wrong = await call("POST", "/v1/login", {
    body: { username: user.username, password: "not it at all" },
  });
  const unknown = await call("POST", "/v1/login", { body: { username: freshName(), password: PASSWORD } });
  expectProblem(wrong, 401, "unauthenticated");
  expect(unknown.body).toEqual(wrong.body);
});

test("an account without a password accepts none", async () => {
  const username = freshName();
  await env.DB.prepare("INSERT INTO users (username, created_at) VALUES (?, 0)").bind(username).run();
  for (const password of ["", "null", PASSWORD]) {
    expectProblem(await call("POST", "/v1/login", { body: { username, password } }), 401, "unauthenticated");
  }
});

test("a taken username is a conflict, also for twenty concurrent registrations", async () => {
  const username = freshName();
  const credentials = { username, password: PASSWORD };
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => call("POST", "/v1/register", { body: credentials })),
  );
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 201)).toHaveLength(1);
  for (const answer of answers) if (answer.status !== 201) expectProblem(answer, 409, "conflict");
  const count = env.DB.prepare("SELECT count(*) AS users FROM users WHERE username = ?").bind(username);
  expect(await count.first()).toEqual({ users: 1 });
});

test("names that people and groups show are stored as NFC", async () => {
  const [apart, composed] = ["Cafe\u0301", "Café"];
  const { token, user } = await register(freshName(), { nickname: apart });
  expect(user.nickname).toBe(composed);
  const group = await call("POST", "/v1/conversations", {
    token,
    body: { kind: "group", name: apart, member_ids: [] },
  });
  expect(group.body).toMatchObject({ name: composed });
  // A name that NFC makes too long is refused.
  const long = "\u0958".repeat(64);
  expectProblem(await call("PATCH", "/v1/me", { token, body: { nickname: long } }), 400, "validation_failed");
});

test("usernames are compared and looked up as NFC", async () => {
  const tail = freshName("").slice(-8);
  const composed = `Caf\u00e9${tail}`;
  const decomposed = `Cafe\u0301${tail}`;
  const { user } = await register(decomposed);
  expect(user.username).toBe(composed);
  const again = await call("POST", "/v1/register", { body: { username: composed, password: PASSWORD } });
  expectProblem(again, 409, "conflict");
  expect((await login(decomposed)).user.id).toBe(user.id);
});

test.each(["ab", "a".repeat(32), "王小明", "Ünïcode_9.-", "हिन्दी", "𠮷".repeat(32)])(
  "%s is a valid username",
  async (username) => {
    expect((await register(username)).user.username).toBe(username.normalize("NFC"));
  },
);

test.each([
  ["too short", "a"],
  ["too long", "a".repeat(33)],
  ["too long in code points", "𠮷".repeat(33)],
  ["empty", ""],
  ["a space", "a b"],
  ["a slash", "a/b"],
  ["a control character", "a\u0007b"],
  ["a trailing line break", "abc\n"],
  ["an emoji", "ab😀"],
  ["a right-to-left mark", "ab\u200f"],
  ["an at sign", "a@b"],
  ["huge", "a".repeat(50_000)],
])("a username that is %s is refused", async (_, username) => {
  const answer = await call("POST", "/v1/register", { body: { username, password: PASSWORD } });
  expectProblem(answer, 400, "validation_failed");
  expect(answer.body).toMatchObject({ errors: [{ path: "body.username" }] });
});

test.each([
  ["7 characters", "a".repeat(7), 400],
  ["7 characters of 14 units", "😀".repeat(7), 400],
  ["8 characters", "abcdefgz", 201],
  ["128 characters", "😀😎".repeat(64), 201],
  ["129 characters", "a".repeat(129), 400],
])("a password of %s answers %3$i", async (_, password, status) => {
  const answer = await call("POST", "/v1/register", { body: { username: freshName(), password } });
  expect(answer.status).toBe(status);
});

test.each([
  [{ email: "e".repeat(129) }, "body.email"],
  [{ nickname: "n".repeat(65) }, "body.nickname"],
  [{ nickname: null }, "body.nickname"],
])("a registration with %j is refused and creates no account", async (fields, path) => {
  const body = { username: freshName(), password: PASSWORD, ...fields };
  const answer = await call("POST", "/v1/register", { body });
  expectProblem(answer, 400, "validation_failed");
  expect(answer.body).toMatchObject({ errors: [{ path }] });
  await register(body.username);
});
