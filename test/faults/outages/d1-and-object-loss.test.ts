import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { queryD1 } from "../../../src/storage/d1-errors.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { app } from "../../support/app.ts";
import {
  type Answer,
  type CallOptions,
  expectProblem,
  readAnswer,
  register,
  request,
  type SignedIn,
} from "../../support/clients/api.ts";
import { createGroup, listedConversation, send } from "../../support/clients/chat.ts";
import { LOST_D1 } from "../../support/faults/d1.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(() => setTiming({ fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }));

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
});

describe("a D1 outage", () => {
  async function callWithout(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const all = { token: ann.token, ...options };
    const bindings = { ...env, DB: LOST_D1 };
    const response = await app.fetch(request(method, path, all), bindings, createExecutionContext());
    return readAnswer(method, path, response);
  }

  test("does not affect messages of a cached session", async () => {
    const { id } = await createGroup(ann, [bob]);
    const path = `/v1/conversations/${id}`;
    await send(bob, id, "1");
    const body = { kind: "text", body: { text: "2" } };
    expect(await callWithout("POST", `${path}/messages`, { body })).toMatchObject({ status: 201 });
    expect(await callWithout("GET", `${path}/messages`)).toMatchObject({
      status: 200,
      body: { items: [{}, {}] },
    });
    expect(await callWithout("GET", `${path}/messages/1`)).toMatchObject({ status: 200 });
    expect(await callWithout("PUT", `${path}/read`, { body: { seq: 2 } })).toMatchObject({ status: 200 });
    expect(await callWithout("GET", `${path}/receipts`)).toMatchObject({ status: 200 });
    expect(await callWithout("DELETE", `${path}/messages/2?for=everyone`)).toMatchObject({ status: 204 });
    expect(await callWithout("DELETE", `${path}/messages/1?for=me`)).toMatchObject({ status: 204 });
  });

  test("makes calls that need D1 fail with 503 and Retry-After, without effect", async () => {
    const { id } = await createGroup(ann, [bob]);
    const before = await listedConversation(ann, id);
    const calls: [string, string, unknown?][] = [
      ["GET", "/v1/conversations"],
      ["GET", `/v1/conversations/${id}`],
      ["PUT", `/v1/conversations/${id}/preferences`, { sticky: true }],
      ["PUT", `/v1/conversations/${id}/preferences`, {}],
      ["POST", "/v1/conversations", { kind: "direct", user_id: bob.user.id }],
      ["POST", "/v1/conversations", { kind: "group", name: "x", member_ids: [bob.user.id] }],
    ];
    for (const [method, path, body] of calls) {
      const answer = await callWithout(method, path, body === undefined ? {} : { body });
      expectProblem(answer, 503, "unavailable");
      expect(answer.headers.get("Retry-After")).toBe("1");
    }
    expect(await listedConversation(ann, id)).toEqual(before);
  });
});

describe("an error of D1", () => {
  const db = openDatabase(env.DB);

  test.each([
    "D1_ERROR: Network connection lost.",
    "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
    "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
    "D1_ERROR: database is locked: SQLITE_BUSY",
  ])("'%s' is unavailable", async (message) => {
    const failed = queryD1(Promise.reject(new Error(message)));
    await expect(failed).rejects.toMatchObject({
      name: "CoreError",
      code: "unavailable",
      data: { retryAfter: 1 },
    });
  });

  test("marked as retryable is unavailable", async () => {
    const failed = queryD1(Promise.reject(Object.assign(new Error("reset"), { retryable: true })));
    await expect(failed).rejects.toMatchObject({ code: "unavailable" });
  });

  test("by an invalid statement is an internal error without its parameters", async () => {
    const secret = "a secret parameter";
    const queries: (() => PromiseLike<unknown>)[] = [
      () => db.all(sql`SELECT * FROM nothing WHERE x = ${secret}`),
      () => db.run(sql`INSERT INTO users (username, created_at) VALUES (${secret}, NULL)`),
      () => Promise.reject(new TypeError("not about a database")),
    ];
    for (const query of queries) {
      const error: unknown = await queryD1(query()).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toHaveProperty("code");
      expect(error instanceof Error && `${error.message}${error.stack}`).not.toContain(secret);
    }
  });
});
