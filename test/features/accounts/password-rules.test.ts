import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { HashTurns } from "../../../src/core/accounts/hash-turns.ts";
import { hashPassword } from "../../../src/core/accounts/password-hash.ts";
import { call, expectProblem, freshName, login, PASSWORD, register } from "../../support/clients/api.ts";
import { timing } from "../../support/timing.ts";

const COMMON = [
  "12345678",
  "password",
  "PassWord1",
  "qwertyuiop",
  "iloveyou",
  "        ",
  "aaaaaaaa",
  "１２３４５６７８",
];

function expectRefused(answer: Awaited<ReturnType<typeof call>>, path: string): void {
  expectProblem(answer, 400, "validation_failed");
  expect(answer.body).toMatchObject({ errors: [{ path }] });
}

test.each(COMMON)("the common password %j opens no account", async (password) => {
  const username = freshName();
  expectRefused(await call("POST", "/v1/register", { body: { username, password } }), "body.password");
  // Nothing was created.
  await register(username);
});

test.each(COMMON)("a password is not changed to the common %j", async (next) => {
  const { token, user } = await register(freshName());
  const body = { current: PASSWORD, next };
  expectRefused(await call("POST", "/v1/me/password", { token, body }), "body.next");
  await login(user.username);
});

test.each<[string, (name: string, email: string) => string]>([
  ["the username", (name) => name],
  ["the username in capitals", (name) => name.toUpperCase()],
  ["the username backwards", (name) => [...name].reverse().join("")],
  ["the username with digits and a sign", (name) => `${name}2026!`],
  ["the e-mail address", (_, email) => email],
  ["the name in the e-mail address", (_, email) => email.split("@")[0] ?? ""],
])("a password that is %s is refused", async (_, make) => {
  const username = freshName();
  const email = `${freshName("mail")}@mail.example`;
  const password = make(username, email);
  expectRefused(await call("POST", "/v1/register", { body: { username, password, email } }), "body.password");
  const { token } = await register(username, { email });
  const body = { current: PASSWORD, next: password };
  expectRefused(await call("POST", "/v1/me/password", { token, body }), "body.next");
});

test.each(["correct horse", "12345678 horses", "pässwörd ist lang", "🐎🐎🐎🐎🐎🐎🐎🔋"])(
  "%s is a password",
  async (password) => {
    const body = { username: freshName(), password };
    expect((await call("POST", "/v1/register", { body })).status).toBe(201);
  },
);

test("who guesses the current password is not told that the next one is common", async () => {
  const { token } = await register(freshName());
  const body = { current: "not the password", next: "12345678" };
  expectProblem(await call("POST", "/v1/me/password", { token, body }), 403, "forbidden");
});

/** A password as a keyboard composes it, and as another one does. */
const TYPED = { composed: "pässwörd für Åsa", apart: "pa\u0308sswo\u0308rd\u00a0fu\u0308r\u3000A\u030asa" };

const signIn = (username: string, password: string) =>
  call("POST", "/v1/login", { body: { username, password } });

test("a password is the same from every keyboard, but for the case", async () => {
  for (const [first, second] of [Object.values(TYPED), Object.values(TYPED).reverse()]) {
    const username = freshName();
    const body = { username, password: first };
    expect((await call("POST", "/v1/register", { body })).status).toBe(201);
    expect((await signIn(username, second ?? "")).status).toBe(200);
    expectProblem(await signIn(username, TYPED.composed.toUpperCase()), 401, "unauthenticated");
  }
});

test("a password has its length as it is hashed", async () => {
  const body = { username: freshName(), password: "a\u0308".repeat(7) };
  expectRefused(await call("POST", "/v1/register", { body }), "body.password");
});

test("a common password that an account has keeps its account open", async () => {
  const { user } = await register(freshName());
  const hash = await hashPassword({ timing, hashTurns: new HashTurns(timing.hashing) }, "12345678");
  await env.DB.prepare("UPDATE users SET password_hash = ? WHERE id = ?").bind(hash, user.id).run();
  const body = { username: user.username, password: "12345678" };
  expect((await call("POST", "/v1/login", { body })).status).toBe(200);
});
