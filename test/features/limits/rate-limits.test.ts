import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { app } from "../../support/app.ts";
import {
  type Answer,
  answerOf,
  type CallOptions,
  call,
  login,
  PASSWORD,
  problem,
  register,
  request,
} from "../../support/clients/api.ts";
import { roomPath } from "../../support/clients/socket.ts";
import { newGroup } from "../../support/objects/room.ts";

const MINUTE_MS = 60_000;
/** On a busy machine one try may take half a minute, and a minute that ends takes another. */
const TIMEOUT_MS = 180_000;

/** Counters that let three calls a minute pass; what they do is that of all. */
const THREE = { ADDRESS_RATE: env.TEST_RATE, USER_RATE: env.TEST_RATE };

/** Counters begin anew with each minute of the clock: what spans two of them is tried again. */
async function withinOneMinute<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    const minute = Math.floor(Date.now() / MINUTE_MS);
    const result = await work();
    if (minute === Math.floor(Date.now() / MINUTE_MS)) return result;
  }
}

/** A call to a Worker with other bindings. */
async function ask(
  bindings: Partial<Env>,
  method: string,
  path: string,
  options: CallOptions,
): Promise<Answer> {
  const context = createExecutionContext();
  const response = await app.fetch(request(method, path, options), { ...env, ...bindings }, context);
  response.webSocket?.accept();
  await waitOnExecutionContext(context);
  return answerOf(method, path, response);
}

/** How often each status came. */
function statuses(answers: Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

let hosts = 0;
const freshAddress = () => `192.0.2.${++hosts}`;

test("the rates are 600 a minute for an address, 6,000 for a user and 1,200 for a bucket of his", () => {
  expect(env.TEST_RATES).toEqual([
    { name: "ADDRESS_RATE", namespace_id: expect.any(String), simple: { limit: 600, period: 60 } },
    { name: "USER_RATE", namespace_id: expect.any(String), simple: { limit: 6_000, period: 60 } },
    { name: "BUCKET_RATE", namespace_id: expect.any(String), simple: { limit: 1_200, period: 60 } },
  ]);
});

test(
  "an address may make 600 calls a minute that check a password or register, refused ones too",
  async () => {
    const { token } = await register();
    // Half a body is refused before anything is hashed, and has been counted all the same.
    const half = { token, body: "{" };
    const tried = await withinOneMinute(async () => {
      const headers = { "CF-Connecting-IP": freshAddress() };
      const paths = ["/v1/login", "/v1/register", "/v1/login/", "/v1/me/password"];
      const answers: Answer[] = [];
      while (answers.length < 600 + paths.length) {
        const batch = paths.map((path) => call("POST", path, { ...half, headers }));
        answers.push(...(await Promise.all(batch)));
      }
      return answers;
    });
    expect(statuses(tried)).toEqual({ 400: 600, 429: 4 });
    for (const refused of tried.slice(600)) {
      problem(refused, 429, "rate_limited");
      expect(refused.headers.get("Retry-After")).toBe("60");
    }
    // Who comes from elsewhere, or from nowhere, is not concerned.
    const other = { "CF-Connecting-IP": freshAddress() };
    problem(await call("POST", "/v1/login", { ...half, headers: other }), 400, "validation_failed");
    problem(await call("POST", "/v1/login", half), 400, "validation_failed");
  },
  TIMEOUT_MS,
);

test(
  "an address over its rate cannot guess on, not with the right password either",
  async () => {
    const { user, token } = await register();
    const body = { username: user.username, password: PASSWORD };
    const answers = await withinOneMinute(async () => {
      const headers = { "CF-Connecting-IP": freshAddress() };
      const signIn = (bindings: Partial<Env>) => ask(bindings, "POST", "/v1/login", { body, headers });
      return [
        await signIn(THREE),
        await signIn(THREE),
        await signIn(THREE),
        await signIn(THREE),
        await ask(THREE, "GET", "/v1/users?username=x", { token, headers }),
        await signIn({ ...THREE, RATE_LIMITS: "off" }),
      ];
    });
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 200, 200]);
  },
  TIMEOUT_MS,
);

test(
  "a user over his rate is refused on all devices, whatever he calls; others go on",
  async () => {
    const bob = await register();
    const answers = await withinOneMinute(async () => {
      const ann = await register();
      const tablet = await login(ann.user.username);
      const id = await newGroup(ann);
      const text = { kind: "text", body: { text: "hello" } };
      const messages = `/v1/conversations/${id}/messages`;
      return [
        await ask(THREE, "GET", "/v1/me", ann),
        await ask(THREE, "GET", "/v1/conversations/x", tablet),
        await ask(THREE, "POST", messages, { token: ann.token, body: text }),
        await ask(THREE, "GET", "/v1/me", ann),
        await ask(THREE, "POST", messages, { token: tablet.token, body: text }),
        await ask(THREE, "GET", roomPath(id), { token: ann.token, headers: { Upgrade: "websocket" } }),
        // To sign in is no such call.
        await ask(THREE, "POST", "/v1/login", { body: { username: ann.user.username, password: PASSWORD } }),
        await ask(THREE, "GET", "/v1/me", bob),
        await ask(THREE, "GET", "/v1/me", { token: "nonsense" }),
        await ask({ ...THREE, RATE_LIMITS: "off" }, "GET", "/v1/me", ann),
      ];
    });
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 201, 429, 429, 429, 200, 200, 401, 200]);
    for (const answer of answers.filter(({ status }) => status === 429)) {
      problem(answer, 429, "rate_limited");
      expect(answer.headers.get("Retry-After")).toBe("60");
    }
  },
  TIMEOUT_MS,
);
