import { createExecutionContext, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { queryD1 } from "../../../src/storage/d1-errors.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { app } from "../../support/app.ts";
import {
  type Answer,
  type CallOptions,
  call,
  expectProblem,
  readAnswer,
  register,
  request,
  type SignedIn,
} from "../../support/clients/api.ts";
import {
  createGroup,
  deleteMessage,
  getConversation,
  listedConversation,
  page,
  send,
  sendAll,
} from "../../support/clients/chat.ts";
import { StrictMessage } from "../../support/clients/shapes.ts";
import { LOST_D1 } from "../../support/faults/d1.ts";
import { HeldInbox } from "../../support/faults/hold.ts";
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

describe("a restarted conversation", () => {
  const object = (id: number) => env.CONVERSATION.getByName(String(id));

  test("has all messages, reads, revokes and hides", async () => {
    const { id } = await createGroup(ann, [bob]);
    await sendAll(ann, id, ["1", "2", "3", "4"]);
    await deleteMessage(ann, id, 2, "everyone");
    await deleteMessage(bob, id, 3, "me");
    await call("PUT", `/v1/conversations/${id}/read`, { token: bob.token, body: { seq: 3 } });
    const viewOf = async (who: SignedIn) => [await page(who, id), await getConversation(who, id)];
    const before = [await viewOf(ann), await viewOf(bob)];
    await evictDurableObject(object(id));
    expect([await viewOf(ann), await viewOf(bob)]).toEqual(before);
    expect((await send(bob, id, "5")).seq).toBe(5);
    await expect.poll(async () => (await listedConversation(ann, id)).last_seq).toBe(5);
    await deleteMessage(bob, id, 5, "everyone");
    expect((await listedConversation(ann, id)).last_message).toMatchObject({ seq: 5, revoked: true });
  });

  test("has all acknowledged sends, and stores repeated ones once", async () => {
    const { id } = await createGroup(ann, [bob]);
    const post = (i: number) =>
      call("POST", `/v1/conversations/${id}/messages`, {
        token: i % 2 ? ann.token : bob.token,
        body: { kind: "text", body: { text: `${i}` }, client_msg_id: `${i}` },
      });
    const numbers = Array.from({ length: 60 }, (_, i) => i);
    const first = Promise.all(
      numbers.map(async (i) => {
        if (i % 20 === 10) await abort(id);
        return post(i);
      }),
    );
    const acknowledged = new Map<number, StrictMessage>();
    for (const [i, answer] of (await first).entries()) {
      if (answer.status === 201 || answer.status === 200)
        acknowledged.set(i, StrictMessage.parse(answer.body));
      else expectProblem(answer, 503, "unavailable");
    }
    const repeated = await Promise.all(numbers.map(post));
    const stored = repeated.map(({ status, body }) => {
      expect([200, 201]).toContain(status);
      return StrictMessage.parse(body);
    });
    for (const [i, message] of acknowledged) expect(stored[i]).toEqual(message);
    const { items } = await page(ann, id, "?limit=100");
    expect(items.map(({ seq }) => Number(seq))).toEqual(numbers.map((i) => i + 1));
    expect(items.toSorted((a, b) => Number(a.client_msg_id) - Number(b.client_msg_id))).toEqual(stored);
    for (const who of [ann, bob]) {
      await expect.poll(async () => (await listedConversation(who, id)).last_seq).toBe(60);
    }
  });

  test("continues to deliver inbox updates", async () => {
    const { id } = await createGroup(ann, [bob]);
    const held = await HeldInbox.hold(bob.user.id);
    try {
      await send(ann, id, "1");
      await abort(id);
    } finally {
      held.release();
    }
    expect((await page(bob, id)).items).toHaveLength(1);
    await expect.poll(async () => (await listedConversation(bob, id)).last_seq).toBe(1);
  });

  /** Crashes the object: data that is not yet durable is lost, and pending calls fail. */
  async function abort(id: number): Promise<void> {
    await runInDurableObject(object(id), (_, state) => state.abort("lost on purpose")).catch(() => undefined);
  }
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
