import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { sign } from "hono/jwt";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { SessionId, UserId } from "../../../src/domain/ids.ts";
import { issueToken } from "../../../src/http/access/token.ts";
import { app } from "../../support/app.ts";
import {
  call,
  expectProblem,
  freshName,
  login,
  PASSWORD,
  readAnswer,
  register,
  request,
  SignedIn,
} from "../../support/clients/api.ts";
import { advanceClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { LOST_D1 } from "../../support/faults/d1.ts";
import { timing } from "../../support/timing.ts";

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

test("each sign-in is a session of its own, with its device's name", async () => {
  const { user, token } = await register();
  const phone = await login(user.username, { "User-Agent": "Phone/1.0" });
  expect(phone.token).not.toBe(token);
  const seen = await sessions(phone.token);
  expect(seen.map(({ current }) => current).sort()).toEqual([false, true]);
  expect(await currentSession(phone.token)).toMatchObject({ user_agent: "Phone/1.0" });
  expect(await currentSession(token)).toMatchObject({ user_agent: "" });
});

test("a device's name is cut at 255 characters", async () => {
  const { user } = await register();
  const { token } = await login(user.username, { "User-Agent": "x".repeat(5_000) });
  expect((await currentSession(token)).user_agent).toBe("x".repeat(255));
});

test("ending another device's session refuses it at once", async () => {
  const { user, token } = await register();
  const phone = await login(user.username);
  const { id } = await currentSession(phone.token);
  expect((await call("DELETE", `/v1/sessions/${id}`, { token })).status).toBe(204);
  expectProblem(await call("GET", "/v1/me", { token: phone.token }), 401, "unauthenticated");
  expect(await sessions(token)).toHaveLength(1);
  expectProblem(await call("DELETE", `/v1/sessions/${id}`, { token }), 404, "not_found");
});

test("last_seen_at is updated when it is five minutes old, after the answer is sent", async () => {
  const { user, token } = await register();
  await env.DB.prepare("UPDATE sessions SET last_seen_at = 1000 WHERE user_id = ?").bind(user.id).run();
  await call("GET", "/v1/me", { token });
  await eventually(async () => {
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

describe("tokens", () => {
  const LATER = Date.now() + 60_000;
  /** The parts of an issued token, from which tests make others. */
  function parts(token: string) {
    const [header = "", payload = "", signature = ""] = token.split(".");
    const claims: { sub: string; sid: string } = JSON.parse(atob(payload));
    return { header, payload, signature, userId: UserId.parse(Number(claims.sub)), sid: claims.sid };
  }

  const base64url = (value: object) => btoa(JSON.stringify(value)).replaceAll("=", "");

  test("a call requires a token before any other check", async () => {
    const answer = await call("PATCH", "/v1/me", { body: "{not json" });
    expectProblem(answer, 401, "unauthenticated");
    expect(answer.headers.get("WWW-Authenticate")).toBe("Bearer");
  });

  test("a forged, expired or malformed token is refused, and one of no session of its user", async () => {
    const [{ token }, bob] = [await register(), await register()];
    await call("GET", "/v1/me", { token: bob.token });
    const ofSession = (id: string) =>
      issueToken(env.TOKEN_SECRET, { userId, sessionId: SessionId.parse(id), expiresAt: LATER });
    const { header, payload, signature, userId, sid } = parts(token);
    const claims = { sub: String(userId), sid, kind: "session", exp: Math.floor(LATER / 1_000) };
    const forged = [
      "x",
      "a.b.c",
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${header}.${base64url({ ...claims, sub: "100000" })}.${signature}`,
      `${base64url({ alg: "none", typ: "JWT" })}.${payload}.`,
      `${base64url({ alg: "none", typ: "JWT" })}.${payload}.${signature}`,
      await sign(claims, "some other secret of more than thirty-two characters", "HS256"),
      await sign(claims, env.TOKEN_SECRET, "HS512"),
      await sign({ ...claims, exp: Math.floor(Date.now() / 1_000) - 1 }, env.TOKEN_SECRET, "HS256"),
      await sign({ sub: claims.sub, sid, kind: "session" }, env.TOKEN_SECRET, "HS256"),
      await sign({ ...claims, kind: "other" }, env.TOKEN_SECRET, "HS256"),
      await sign({ ...claims, sub: "x" }, env.TOKEN_SECRET, "HS256"),
      await ofSession("0".repeat(32)),
      await ofSession(parts(bob.token).sid),
      "😀".repeat(3),
      "x".repeat(8_000),
    ];
    for (const forgedToken of forged) {
      const options = /^[\x21-\x7e]*$/.test(forgedToken)
        ? { token: forgedToken }
        : { token: encodeURIComponent(forgedToken) };
      expectProblem(await call("GET", "/v1/me", options), 401, "unauthenticated");
    }
    expect((await call("GET", "/v1/me", { token })).status).toBe(200);
  });

  test.each(["Basic", "Bearer", "bearer ", "Token", ""])(
    "the Authorization scheme '%s' carries no token",
    async (scheme) => {
      const { token } = await register();
      const Authorization = scheme === "Bearer" ? `Bearer${token}` : `${scheme.trim()} `;
      expectProblem(await call("GET", "/v1/me", { headers: { Authorization } }), 401, "unauthenticated");
    },
  );

  test("a token with an ended or expired session is refused", async () => {
    const { user } = await register();
    for (const column of ["ended_at", "expires_at"]) {
      const { token } = await login(user.username);
      const change = `UPDATE sessions SET ${column} = 1 WHERE id = ?`;
      await env.DB.prepare(change).bind(parts(token).sid).run();
      expectProblem(await call("GET", "/v1/me", { token }), 401, "unauthenticated");
    }
  });

  /** Calls the app with changed bindings. */
  async function callIn(bindings: Partial<Env>, method: string, path: string, options = {}) {
    const context = createExecutionContext();
    const response = await app.fetch(request(method, path, options), { ...env, ...bindings }, context);
    return readAnswer(method, path, response);
  }

  test("a second TOKEN_SECRET is accepted for as long as it is there, and the first one signs", async () => {
    const [former, present] = [env.TOKEN_SECRET, "another secret of 32 characters!!"];
    const both = { TOKEN_SECRET: `${present}, ${former}` };
    const { token, user } = await register();
    const me = (bindings: Partial<Env>, bearer: string) =>
      callIn(bindings, "GET", "/v1/me", { token: bearer });
    expect((await me(both, token)).status).toBe(200);
    const body = { username: user.username, password: PASSWORD };
    const renewed = SignedIn.parse((await callIn(both, "POST", "/v1/login", { body })).body).token;
    expect((await me({ TOKEN_SECRET: present }, renewed)).status).toBe(200);
    expectProblem(await me({ TOKEN_SECRET: former }, renewed), 401, "unauthenticated");
    expectProblem(await me({ TOKEN_SECRET: present }, token), 401, "unauthenticated");
  });

  test.each([
    "",
    "too short",
    "0".repeat(32),
    `${"short, "}${env.TOKEN_SECRET}`,
    `${env.TOKEN_SECRET},`,
    [1, 2, 3].map((i) => `secret number ${i} of at least 32 characters`).join(),
  ])("with the invalid TOKEN_SECRET '%s' calls get 500 and do nothing", async (secret) => {
    const { token } = await register();
    const bindings = { TOKEN_SECRET: secret };
    const body = { username: freshName(), password: PASSWORD };
    const answers = [
      await callIn(bindings, "GET", "/v1/me", { token }),
      await callIn(bindings, "POST", "/v1/register", { body }),
      await callIn(bindings, "POST", "/v1/login", { body }),
    ];
    for (const answer of answers) {
      expectProblem(answer, 500, "internal");
      expect(answer.body).toMatchObject({ detail: expect.stringContaining("TOKEN_SECRET") });
    }
    await register(body.username);
  });

  test("a token that was accepted before is checked again for its expiry and the secret", async () => {
    const { token } = await register();
    const detail = "The token has expired. Sign in again.";
    expect((await call("GET", "/v1/me", { token })).status).toBe(200);
    const elsewhere = await callIn({ TOKEN_SECRET: "another secret of 32 characters!!" }, "GET", "/v1/me", {
      token,
    });
    expectProblem(elsewhere, 401, "unauthenticated");
    advanceClock(timing.sessions.lifetimeMs + 1_000);
    const expired = await call("GET", "/v1/me", { token });
    expectProblem(expired, 401, "unauthenticated");
    expect(expired.body).toMatchObject({ detail });
  });

  test("during a D1 outage a session that is not cached gets 503", async () => {
    const { token } = await register();
    const answer = await callIn({ DB: LOST_D1 }, "GET", "/v1/me", { token });
    expectProblem(answer, 503, "unavailable");
    expect(answer.headers.get("Retry-After")).toBe("1");
    expect((await call("GET", "/v1/me", { token })).status).toBe(200);
  });
});
