import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { SessionId } from "../../../src/core/ids.ts";
import { call, login, problem, register } from "../../support/api.ts";

const Sessions = z.object({
  items: z.array(
    z.strictObject({
      id: SessionId,
      created_at: z.int(),
      last_seen_at: z.int(),
      user_agent: z.string(),
      current: z.boolean(),
    }),
  ),
});

async function sessions(token: string) {
  const answer = await call("GET", "/v1/sessions", { token });
  expect(answer.status).toBe(200);
  return Sessions.strict().parse(answer.body).items;
}

async function currentSession(token: string) {
  const current = (await sessions(token)).find((session) => session.current);
  if (!current) throw new Error("no session is current");
  return current;
}

test("each sign-in is a session of its own, which knows its device", async () => {
  const { user, token } = await register();
  const phone = await login(user.username, { "User-Agent": "Phone/1.0" });
  expect(phone.token).not.toBe(token);
  const seen = await sessions(phone.token);
  expect(seen.map(({ current }) => current).sort()).toEqual([false, true]);
  expect(await currentSession(phone.token)).toMatchObject({ user_agent: "Phone/1.0" });
  expect(await currentSession(token)).toMatchObject({ user_agent: "" });
});

test("a device's name is kept to 255 characters", async () => {
  const { user } = await register();
  const { token } = await login(user.username, { "User-Agent": "x".repeat(5_000) });
  expect((await currentSession(token)).user_agent).toBe("x".repeat(255));
});

test("ending another device shuts it out at once", async () => {
  const { user, token } = await register();
  const phone = await login(user.username);
  const { id } = await currentSession(phone.token);
  expect((await call("DELETE", `/v1/sessions/${id}`, { token })).status).toBe(204);
  problem(await call("GET", "/v1/me", { token: phone.token }), 401, "unauthenticated");
  expect(await sessions(token)).toHaveLength(1);
  problem(await call("DELETE", `/v1/sessions/${id}`, { token }), 404, "not_found");
});

test("a session may end itself", async () => {
  const { token } = await register();
  const { id } = await currentSession(token);
  expect((await call("DELETE", `/v1/sessions/${id}`, { token })).status).toBe(204);
  problem(await call("GET", "/v1/me", { token }), 401, "unauthenticated");
});

test("another's session is as unknown as one that never was", async () => {
  const { token } = await register();
  const other = await register();
  const { id } = await currentSession(other.token);
  for (const path of [id, "0".repeat(32), "1", "nonsense", "%00", "%ff", "%", "a".repeat(2_000)]) {
    problem(await call("DELETE", `/v1/sessions/${path}`, { token }), 404, "not_found");
  }
  expect((await call("GET", "/v1/me", { token: other.token })).status).toBe(200);
});

test("a session that was not seen for five minutes is noted as seen, behind the answer", async () => {
  const { user, token } = await register();
  await env.DB.prepare("UPDATE sessions SET last_seen_at = 1000 WHERE user_id = ?").bind(user.id).run();
  await call("GET", "/v1/me", { token });
  await vi.waitFor(async () => {
    expect((await currentSession(token)).last_seen_at).toBeGreaterThan(Date.now() - 60_000);
  });
});

test("an expired session is not listed", async () => {
  const { user, token } = await register();
  await login(user.username);
  const { id } = await currentSession(token);
  const expire = "UPDATE sessions SET expires_at = ? WHERE user_id = ? AND id <> ?";
  await env.DB.prepare(expire)
    .bind(Date.now() - 1, user.id, id)
    .run();
  expect(await sessions(token)).toHaveLength(1);
});
