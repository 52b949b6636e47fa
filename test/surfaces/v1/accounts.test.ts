import { expect, test } from "vitest";
import { call, freshName, login, PASSWORD, problem, register } from "../../support/api.ts";

test("an account is made and signed in, and can sign in again", async () => {
  const username = freshName();
  const made = await call("POST", "/v1/register", {
    body: { username, password: PASSWORD, email: "a@example.org", nickname: "Ann" },
  });
  expect(made.status).toBe(201);
  expect(made.body).toEqual({
    token: expect.any(String),
    expires_at: expect.any(Number),
    user: { id: expect.any(Number), username, nickname: "Ann", avatar: "", online: false },
  });
  const { token } = await login(username);
  const me = await call("GET", "/v1/me", { token });
  expect(me.status).toBe(200);
});

test("without a token there is nothing to see", async () => {
  problem(await call("GET", "/v1/me"), 401, "unauthenticated");
  const { user } = await register();
  problem(
    await call("POST", "/v1/login", { body: { username: user.username, password: "wrong wrong" } }),
    401,
    "unauthenticated",
  );
});
