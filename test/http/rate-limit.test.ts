import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { app } from "../../src/app.ts";
import { type Answer, type CallOptions, call, PASSWORD, problem, register, request } from "../support/api.ts";
import { newGroup } from "../support/room.ts";
import { roomPath, upgrade } from "../support/socket.ts";

const MINUTE_MS = 60_000;
/** How many calls are under way at once. */
const AT_ONCE = 100;

/** Counters begin anew with each minute of the clock: what spans two of them is tried again. */
async function withinOneMinute<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    const minute = Math.floor(Date.now() / MINUTE_MS);
    const result = await work();
    if (minute === Math.floor(Date.now() / MINUTE_MS)) return result;
  }
}

/** Calls so many times, many at once. */
async function times<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  while (results.length < count) {
    const batch = Math.min(AT_ONCE, count - results.length);
    results.push(...(await Promise.all(Array.from({ length: batch }, work))));
  }
  return results;
}

/** How often each status came. */
function statuses(answers: Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Uses up what a key may do in this minute but for so many, past the Worker. */
async function useUp(rate: RateLimit, key: string, limit: number, left: number): Promise<void> {
  const counted = await times(limit - left, () => rate.limit({ key }));
  expect(counted.every(({ success }) => success)).toBe(true);
}

/** The status of a call to a Worker without rate limits. */
async function statusUnlimited(method: string, path: string, options: CallOptions): Promise<number> {
  const context = createExecutionContext();
  const asked = request(method, path, options);
  const { status } = await app.fetch(asked, { ...env, RATE_LIMITS: "off" }, context);
  await waitOnExecutionContext(context);
  return status;
}

let hosts = 0;
const freshAddress = () => `192.0.2.${++hosts}`;

test("an address may try 600 sign-ins and registrations a minute, refused ones too", async () => {
  const { addresses, tried } = await withinOneMinute(async () => {
    const addresses = { busy: freshAddress(), other: freshAddress() };
    const headers = { "CF-Connecting-IP": addresses.busy };
    // Half a body is refused before anything is hashed, and has been counted all the same.
    const paths = ["/v1/login", "/v1/register", "/v1/login/"];
    let next = 0;
    const tried = await times(602, () =>
      call("POST", paths[next++ % paths.length] ?? "", { body: "{", headers }),
    );
    return { addresses, tried };
  });
  expect(statuses(tried)).toEqual({ 400: 600, 429: 2 });
  const refused = tried.find(({ status }) => status === 429);
  expect(refused?.headers.get("Retry-After")).toBe("60");
  if (refused) problem(refused, 429, "rate_limited");
  // Who comes from elsewhere, or from nowhere, is not concerned.
  const other = { "CF-Connecting-IP": addresses.other };
  problem(await call("POST", "/v1/login", { body: "{", headers: other }), 400, "validation_failed");
  problem(await call("POST", "/v1/login", { body: "{" }), 400, "validation_failed");
});

test("an address over its rate cannot guess on, not with the right password either", async () => {
  const ann = await register();
  const body = { username: ann.user.username, password: PASSWORD };
  const answers = await withinOneMinute(async () => {
    const address = freshAddress();
    await useUp(env.ADDRESS_RATE, address, 600, 1);
    const headers = { "CF-Connecting-IP": address };
    const answers = [
      await call("POST", "/v1/login", { body, headers }),
      await call("POST", "/v1/login", { body, headers }),
      await call("GET", "/v1/me", { token: ann.token, headers }),
    ].map(({ status }) => status);
    return [...answers, await statusUnlimited("POST", "/v1/login", { body, headers })];
  });
  // With RATE_LIMITS=off nobody is counted.
  expect(answers).toEqual([200, 429, 200, 200]);
});

test("a user may call 6,000 times a minute, on all devices together; others go on", async () => {
  const bob = await register();
  const { answers, unlimited } = await withinOneMinute(async () => {
    const ann = await register();
    const body = { username: ann.user.username, password: PASSWORD };
    const id = await newGroup(ann);
    // One call was made.
    await useUp(env.USER_RATE, String(ann.user.id), 6_000, 3);
    const answers = [
      await call("GET", "/v1/me", { token: ann.token }),
      await call("GET", "/v1/conversations/x", { token: ann.token }),
      await call("GET", "/v1/me", { token: ann.token }),
      // To sign in is not such a call, and what it gives is no new allowance.
      await call("POST", "/v1/login", { body }),
    ];
    const socket = await upgrade(roomPath(id), ann.token);
    answers.push({ status: socket.status, headers: socket.headers, body: await socket.json() });
    const text = { kind: "text", body: { text: "hello" } };
    answers.push(await call("POST", `/v1/conversations/${id}/messages`, { token: ann.token, body: text }));
    answers.push(await call("GET", "/v1/me", { token: bob.token }));
    answers.push(await call("GET", "/v1/me", { token: "nonsense" }));
    return { answers, unlimited: await statusUnlimited("GET", "/v1/me", { token: ann.token }) };
  });
  expect(answers.map(({ status }) => status)).toEqual([200, 400, 429, 200, 429, 429, 200, 401]);
  expect(unlimited).toBe(200);
  for (const answer of answers.filter(({ status }) => status === 429)) {
    problem(answer, 429, "rate_limited");
    expect(answer.headers.get("Retry-After")).toBe("60");
  }
}, 60_000);
