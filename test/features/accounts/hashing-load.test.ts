import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { createApp } from "../../../src/app.ts";
import { HashTurns } from "../../../src/core/accounts/hash-turns.ts";
import { SharedRules } from "../../../src/domain/moderation/rules/shared.ts";
import { TIMING } from "../../../src/domain/timing.ts";
import { MetricsInMemory } from "../../../src/storage/metrics/memory.ts";
import {
  type Answer,
  freshName,
  login,
  PASSWORD,
  readAnswer,
  register,
  request,
} from "../../support/clients/api.ts";
import { eventually } from "../../support/eventually.ts";
import { timing } from "../../support/timing.ts";

const MAX_WAITING = 2;
const hashing = { ...timing.hashing, yieldMs: TIMING.hashing.yieldMs, maxWaiting: MAX_WAITING };

afterEach(() => void vi.restoreAllMocks());

/** An isolate of its own, whose turn is held until `release`. */
function busyIsolate() {
  const turns = new HashTurns(hashing);
  const app = createApp(timing, new MetricsInMemory(), new SharedRules(), turns);
  const held = Promise.withResolvers<void>();
  const running = turns.run(() => held.promise);
  const post = async (path: string, body: object, token?: string): Promise<Answer> => {
    const call = request("POST", path, { body, ...(token !== undefined && { token }) });
    return readAnswer("POST", path, await app.fetch(call, env, createExecutionContext()));
  };
  const release = () => {
    held.resolve();
    return running;
  };
  return { turns, post, release };
}

/** Calls of `run` that settle only when their turn comes. @returns their outcomes so far */
function queueUp(turns: HashTurns, count: number, done: string[] = []) {
  const all = Array.from({ length: count }, (_, i) => turns.run(async () => void done.push(`call ${i}`)));
  return { done, all };
}

const BUSY = { code: "unavailable", data: { retryAfter: TIMING.hashing.retryAfterS } };

test("of one client few calls wait, and others still get their turns", async () => {
  const turns = new HashTurns({ ...hashing, maxWaiting: 20, maxOfClient: 2 });
  const held = Promise.withResolvers<void>();
  const running = turns.run(() => held.promise);
  const flood = Array.from({ length: 10 }, () => turns.run(async () => "done", "192.0.2.1"));
  const other = turns.run(async () => "done", "192.0.2.2");
  const refused = await Promise.allSettled(flood.slice(2));
  for (const outcome of refused) expect(outcome).toMatchObject({ status: "rejected", reason: BUSY });
  held.resolve();
  await running;
  expect(await Promise.all([...flood.slice(0, 2), other])).toEqual(["done", "done", "done"]);
});

test("hashes are computed one at a time, in the order of the calls", async () => {
  const turns = new HashTurns({ ...hashing, maxWaiting: 20 });
  let running = 0;
  let most = 0;
  const done: number[] = [];
  const calls = Array.from({ length: 20 }, (_, i) =>
    turns.run(async () => {
      running += 1;
      most = Math.max(most, running);
      await scheduler.wait(1);
      running -= 1;
      done.push(i);
    }),
  );
  await Promise.all(calls);
  expect(most).toBe(1);
  expect(done).toEqual(Array.from({ length: 20 }, (_, i) => i));
});

test("of many calls at once as many are taken as may wait, though each hash is computed in one piece", async () => {
  const turns = new HashTurns(hashing);
  const calls = Array.from({ length: 10 }, () => turns.run(async () => "computed"));
  const settled = await Promise.allSettled(calls);
  expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1 + MAX_WAITING);
  for (const outcome of settled) {
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject(BUSY);
  }
});

test("further sign-ins wait, and beyond the bound they get 503 with Retry-After", async () => {
  const { user } = await register(freshName());
  const { turns, post, release } = busyIsolate();
  const { done, all } = queueUp(turns, MAX_WAITING);
  const credentials = { username: user.username, password: PASSWORD };
  const newcomer = { username: freshName(), password: PASSWORD };
  for (const refused of [await post("/v1/login", credentials), await post("/v1/register", newcomer)]) {
    expect(refused).toMatchObject({ status: 503, body: { code: "unavailable" } });
    expect(refused.headers.get("Retry-After")).toBe(String(TIMING.hashing.retryAfterS));
  }
  expect(done).toEqual([]);
  await release();
  await Promise.all(all);
  expect(done).toEqual(["call 0", "call 1"]);
  expect((await post("/v1/login", credentials)).status).toBe(200);
  expect((await post("/v1/register", newcomer)).status).toBe(201);
});

test("a refused sign-in is no wrong password, and a refused change leaves the password", async () => {
  const { user, token } = await register(freshName());
  const { turns, post, release } = busyIsolate();
  const { all } = queueUp(turns, MAX_WAITING);
  for (let i = 0; i < 12; i++) {
    const body = { username: user.username, password: "not the password" };
    expect((await post("/v1/login", body)).status).toBe(503);
  }
  const change = { current: PASSWORD, next: "another horse" };
  expect((await post("/v1/me/password", change, token)).status).toBe(503);
  await release();
  await Promise.all(all);
  await login(user.username);
});

test("a call that has waited too long is refused", async () => {
  const turns = new HashTurns({ ...hashing, waitMs: 0 });
  const held = Promise.withResolvers<void>();
  const running = turns.run(() => held.promise);
  let now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now++);
  await expect(turns.run(async () => undefined)).rejects.toMatchObject(BUSY);
  held.resolve();
  await running;
});

test("a cancelled call that has the turn, or waits for it, loses it to the next one", async () => {
  const turns = new HashTurns(hashing);
  const never = new Promise<void>(() => undefined);
  void turns.run(() => never);
  const states: string[] = [];
  const next = turns.run(async () => void states.push("next"));
  const now = Date.now() + TIMING.hashing.lostMs + 1;
  vi.spyOn(Date, "now").mockImplementation(() => now);
  await next;
  await eventually(() => expect(states).toEqual(["next"]));
});

test("a hash that fails gives the turn back", async () => {
  const turns = new HashTurns(hashing);
  await expect(turns.run(() => Promise.reject(new Error("no memory")))).rejects.toThrow("no memory");
  expect(await turns.run(async () => "computed")).toBe("computed");
});
