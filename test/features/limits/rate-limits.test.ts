import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { app } from "../../support/app.ts";
import {
  type Answer,
  type CallOptions,
  call,
  expectProblem,
  login,
  PASSWORD,
  readAnswer,
  register,
  request,
} from "../../support/clients/api.ts";
import { roomPath } from "../../support/clients/socket.ts";
import { createGroupId, range } from "../../support/objects/room.ts";

/** The period of the platform's counters. */
const MINUTE_MS = 60_000;

/** Rate limits that admit three calls of each key and never reset, so that slow tests do not matter. */
function limitsOfThree(): Pick<Env, "ADDRESS_RATE" | "USER_RATE"> {
  const counter = (): RateLimit => {
    const counts = new Map<string, number>();
    return {
      limit: async ({ key }) => {
        const count = (counts.get(key) ?? 0) + 1;
        counts.set(key, count);
        return { success: count <= 3 };
      },
    };
  };
  return { ADDRESS_RATE: counter(), USER_RATE: counter() };
}

/**
 * Repeats the work until it falls within one minute of the clock, as the platform's counters reset each
 * minute.
 */
async function withinOneMinute<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    const minute = Math.floor(Date.now() / MINUTE_MS);
    const result = await work();
    if (minute === Math.floor(Date.now() / MINUTE_MS)) return result;
  }
}

/** Calls the Worker with changed bindings. */
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
  return readAnswer(method, path, response);
}

let hosts = 0;
const freshAddress = () => `192.0.2.${++hosts}`;

test("the rates are 600 a minute for each address, 6,000 for each user, and less for what costs more", () => {
  expect(env.TEST_RATES).toEqual([
    { name: "ADDRESS_RATE", namespace_id: expect.any(String), simple: { limit: 600, period: 60 } },
    { name: "USER_RATE", namespace_id: expect.any(String), simple: { limit: 6_000, period: 60 } },
    { name: "BUCKET_RATE", namespace_id: expect.any(String), simple: { limit: 1_200, period: 60 } },
    { name: "PAGE_RATE", namespace_id: expect.any(String), simple: { limit: 1_200, period: 60 } },
    { name: "SEARCH_RATE", namespace_id: expect.any(String), simple: { limit: 120, period: 60 } },
    { name: "WHOLE_RATE", namespace_id: expect.any(String), simple: { limit: 60, period: 60 } },
  ]);
});

test("an address may make 600 login, registration and password calls a minute, refused ones included", async () => {
  const { token } = await register();
  // Invalid JSON is refused before any password is hashed, and is counted all the same.
  const half = { token, body: "{" };
  const paths = ["/v1/login", "/v1/register", "/v1/login/", "/v1/me/password"];
  const { earlier, tried } = await withinOneMinute(async () => {
    const address = freshAddress();
    // All but the last four are counted without a call, so that all fit into one minute.
    const limited = range(1, 600 - paths.length).map(() => env.ADDRESS_RATE.limit({ key: address }));
    const earlier = await Promise.all(limited);
    const headers = { "CF-Connecting-IP": address };
    const tried: Answer[] = [];
    for (const path of [...paths, ...paths]) tried.push(await call("POST", path, { ...half, headers }));
    return { earlier, tried };
  });
  expect(earlier.every(({ success }) => success)).toBe(true);
  expect(tried.map(({ status }) => status)).toEqual([400, 400, 400, 400, 429, 429, 429, 429]);
  for (const refused of tried.slice(paths.length)) {
    expectProblem(refused, 429, "rate_limited");
    expect(refused.headers.get("Retry-After")).toBe("60");
  }
  // Callers from other addresses, or without an address, are not limited.
  const other = { "CF-Connecting-IP": freshAddress() };
  expectProblem(await call("POST", "/v1/login", { ...half, headers: other }), 400, "validation_failed");
  expectProblem(await call("POST", "/v1/login", half), 400, "validation_failed");
});

test("an address over its rate cannot sign in, not even with the right password", async () => {
  const { user, token } = await register();
  const body = { username: user.username, password: PASSWORD };
  const bindings = limitsOfThree();
  const headers = { "CF-Connecting-IP": freshAddress() };
  const signIn = (more: Partial<Env> = {}) =>
    ask({ ...bindings, ...more }, "POST", "/v1/login", { body, headers });
  const answers = [
    await signIn(),
    await signIn(),
    await signIn(),
    await signIn(),
    await ask(bindings, "GET", "/v1/users?username=x", { token, headers }),
    await signIn({ RATE_LIMITS: "off" }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 200, 200]);
});

test("a user over the rate is refused on all devices for every call, and other users are not", async () => {
  const [ann, bob] = [await register(), await register()];
  const tablet = await login(ann.user.username);
  const id = await createGroupId(ann);
  const text = { kind: "text", body: { text: "hello" } };
  const messages = `/v1/conversations/${id}/messages`;
  const bindings = limitsOfThree();
  const answers = [
    await ask(bindings, "GET", "/v1/me", ann),
    await ask(bindings, "GET", "/v1/conversations/x", tablet),
    await ask(bindings, "POST", messages, { token: ann.token, body: text }),
    await ask(bindings, "GET", "/v1/me", ann),
    await ask(bindings, "POST", messages, { token: tablet.token, body: text }),
    await ask(bindings, "GET", roomPath(id), { token: ann.token, headers: { Upgrade: "websocket" } }),
    // Signing in does not count against the user's rate.
    await ask(bindings, "POST", "/v1/login", { body: { username: ann.user.username, password: PASSWORD } }),
    await ask(bindings, "GET", "/v1/me", bob),
    await ask(bindings, "GET", "/v1/me", { token: "nonsense" }),
    await ask({ ...bindings, RATE_LIMITS: "off" }, "GET", "/v1/me", ann),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 400, 201, 429, 429, 429, 200, 200, 401, 200]);
  for (const answer of answers.filter(({ status }) => status === 429)) {
    expectProblem(answer, 429, "rate_limited");
    expect(answer.headers.get("Retry-After")).toBe("60");
  }
});
