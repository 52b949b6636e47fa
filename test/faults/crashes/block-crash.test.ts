import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { deleteBlocks, insertBlocks } from "../../../src/storage/contacts/blocks.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { expectFriendCall, unrelatedPairs } from "../../support/accounts/friends.ts";
import { type Answer, call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { getConversation, openDirect, send } from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { Errors } from "../../support/errors.ts";
import {
  conversationObject,
  loseConversation,
  range,
  runConversationJob,
  textFrame,
} from "../../support/objects/room.ts";
import { setNoRateLimits } from "../../support/settings.ts";

// A block has three steps: it is prepared in the conversation, stored in D1, and completed in the
// conversation. These tests let the Worker crash between two of them.

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
const db = openDatabase(env.DB);

let nextPair: () => [SignedIn, SignedIn];

beforeAll(async () => {
  nextPair = await unrelatedPairs(7);
});

beforeEach(async () => {
  [ann, bob] = nextPair();
  id = (await openDirect(ann, bob)).id;
});

const trySend = ({ token }: SignedIn, fields: object = {}): Promise<Answer> =>
  call("POST", `/v1/conversations/${id}/messages`, {
    token,
    body: { kind: "text", body: { text: "hello" }, ...fields },
  });

const prepareChange = (token: string) => conversationObject(id).announceDirectPermission({ token });
const completeChange = (token: string) => conversationObject(id).confirmDirectPermission({ token });
const storeBlock = () => insertBlocks(db, ann.user.id, [bob.user.id], Date.now());
const storeUnblock = () => deleteBlocks(db, ann.user.id, [bob.user.id]);

const Stored = z.object({ blocked: z.number(), announced: z.number(), jobs: z.number() });

/** The stored state of the conversation: the block, and the numbers of prepared changes and jobs. */
function stored(): Promise<z.infer<typeof Stored>> {
  return runInDurableObject(conversationObject(id), (_, { storage }) => {
    const query = `SELECT blocked, (SELECT count(*) FROM permission_changes) AS announced,
      (SELECT count(*) FROM jobs WHERE kind = 'direct_permission') AS jobs FROM conversation`;
    return Stored.parse(storage.sql.exec(query).one());
  });
}

/** Makes prepared changes older by `by` ms, and restarts the object. */
async function age(by: number): Promise<void> {
  await runInDurableObject(conversationObject(id), async (_, { storage }) => {
    storage.sql.exec("UPDATE permission_changes SET at = at - ?", by);
    await storage.sync();
  });
  await loseConversation(id);
}

/** Makes the conversation's copy of the permission one from before the block. */
async function forgetBlock(): Promise<void> {
  await runInDurableObject(conversationObject(id), async (_, { storage }) => {
    storage.sql.exec("UPDATE conversation SET blocked = 0");
    await storage.sync();
  });
  await loseConversation(id);
}

/**
 * Expects sends of both users to be refused, over HTTP and sockets, before and after a crash of the object.
 */
async function expectNobodyWrites(): Promise<void> {
  for (const _ of [1, 2]) {
    const socket = await openRoom(id, bob.token);
    socket.send(textFrame("hello", "mine"));
    expect(await socket.next("error")).toMatchObject({ code: "blocked", client_msg_id: "mine" });
    for (const who of [ann, bob]) expectProblem(await trySend(who), 403, "blocked");
    await loseConversation(id);
  }
}

async function expectBothWrite(): Promise<void> {
  for (const who of [ann, bob]) expect((await trySend(who)).status).toBe(201);
  await loseConversation(id);
  for (const who of [ann, bob]) expect((await trySend(who)).status).toBe(201);
}

test("a crash before D1: both users can write, and the prepared change expires", async () => {
  await prepareChange("a");
  await expectBothWrite();
  expect(await stored()).toEqual({ blocked: 0, announced: 1, jobs: 1 });
  // Before it expires the change stays, and so does the job.
  await runConversationJob(id, "direct_permission");
  expect(await stored()).toEqual({ blocked: 0, announced: 1, jobs: 1 });
  await age(40_000);
  await runConversationJob(id, "direct_permission");
  expect(await stored()).toEqual({ blocked: 0, announced: 0, jobs: 0 });
  await expectBothWrite();
});

test("a crash after D1: the block applies at once and permanently", async () => {
  await prepareChange("a");
  await storeBlock();
  await expectNobodyWrites();
  await age(40_000);
  await runConversationJob(id, "direct_permission");
  expect(await stored()).toEqual({ blocked: 1, announced: 0, jobs: 0 });
  await expectNobodyWrites();
  expect((await getConversation(ann, id)).disabled).toBe(true);
});

test("a crash after D1: nobody changes a message in any way", async () => {
  const { seq } = await send(ann, id, "hello");
  const poll = { question: "?", options: ["a", "b"], multiple: false, anonymous: false, ends_at: 0 };
  const pollSeq = (await send(ann, id, { kind: "poll", body: poll })).seq;
  const calls: [method: string, path: string, body?: object][] = [
    ["PUT", `messages/${seq}/pin`],
    ["DELETE", `messages/${seq}/pin`],
    ["PUT", `messages/${seq}/reactions/:yes:`],
    ["DELETE", `messages/${seq}/reactions/:yes:`],
    ["PUT", `messages/${pollSeq}/votes`, { options: [0] }],
    ["PATCH", `messages/${seq}`, { body: { text: "edited" }, base_version: 1 }],
  ];
  await prepareChange("a");
  await storeBlock();
  for (const [method, path, body] of calls) {
    // Each call by itself finds the block: the one before it may have read D1.
    await forgetBlock();
    const answer = await call(method, `/v1/conversations/${id}/${path}`, { token: ann.token, body });
    expectProblem(answer, 403, "blocked");
  }
});

test("a crash after D1: an unblock applies at once", async () => {
  await expectFriendCall("PUT blocks", ann, bob);
  await prepareChange("a");
  await storeUnblock();
  await expectBothWrite();
  await age(40_000);
  await runConversationJob(id, "direct_permission");
  expect(await stored()).toEqual({ blocked: 0, announced: 0, jobs: 0 });
  await expectBothWrite();
});

test("a crash after D1 without sends: the job alone applies the block", async () => {
  await prepareChange("a");
  await storeBlock();
  await loseConversation(id);
  await runConversationJob(id, "direct_permission");
  // A recent change stays, as its call may still complete it.
  expect(await stored()).toEqual({ blocked: 1, announced: 1, jobs: 1 });
  await expectNobodyWrites();
});

test("a crash during the opening: the job reads D1 again after the object was created", async () => {
  // The block's lookup found no conversation, and D1 had no block when the object was created.
  await storeBlock();
  expect(await stored()).toEqual({ blocked: 0, announced: 0, jobs: 1 });
  await runConversationJob(id, "direct_permission");
  expect(await stored()).toEqual({ blocked: 1, announced: 0, jobs: 0 });
  await expectNobodyWrites();
});

test("a completion that was never prepared, or a repeated one, applies what D1 has", async () => {
  await storeBlock();
  await completeChange("never prepared");
  expect(await stored()).toMatchObject({ blocked: 1, announced: 0 });
  await storeUnblock();
  for (const _ of [1, 2]) expect((await prepareChange("a")).ok).toBe(true);
  expect(await stored()).toMatchObject({ blocked: 1, announced: 1 });
  for (const _ of [1, 2]) expect((await completeChange("a")).ok).toBe(true);
  expect(await stored()).toEqual({ blocked: 0, announced: 0, jobs: 1 });
});

test("of two changes, the completion of one does not complete the crashed other", async () => {
  await prepareChange("crashed");
  await prepareChange("alive");
  await storeBlock();
  await completeChange("alive");
  expect(await stored()).toEqual({ blocked: 1, announced: 1, jobs: 1 });
  // The crashed change reaches D1 late, while it is still prepared.
  await storeUnblock();
  expect((await trySend(bob)).status).toBe(201);
  await storeBlock();
  expectProblem(await trySend(bob), 403, "blocked");
  await age(40_000);
  await prepareChange("young");
  await runConversationJob(id, "direct_permission");
  expect(await stored()).toEqual({ blocked: 1, announced: 1, jobs: 1 });
  await completeChange("young");
  expect(await stored()).toEqual({ blocked: 1, announced: 0, jobs: 1 });
});

test("sends of one socket keep their order while each waits for D1", async () => {
  const socket = await openRoom(id, ann.token);
  await prepareChange("a");
  for (const i of range(1, 60)) {
    // The last sends wait only for earlier ones.
    if (i === 50) void completeChange("a");
    socket.send(textFrame(`${i}`, `${i}`));
  }
  await socket.until(({ acks }) => acks.length === 60);
  expect(socket.acks.map(({ client_msg_id, seq }) => [client_msg_id, seq])).toEqual(
    range(1, 60).map((i) => [`${i}`, i]),
  );
});

describe("during a D1 outage", () => {
  async function withoutBlocks(work: () => Promise<void>): Promise<void> {
    await env.DB.exec("ALTER TABLE blocks RENAME TO elsewhere");
    try {
      await work();
    } finally {
      await env.DB.exec("ALTER TABLE elsewhere RENAME TO blocks");
    }
  }

  test("sends during a prepared change are refused by client_msg_id, other sends succeed", async () => {
    using errors = new Errors();
    const socket = await openRoom(id, bob.token);
    await withoutBlocks(async () => {
      await send(ann, id, "1");
      await prepareChange("a");
      const answer = await trySend(ann);
      expectProblem(answer, 503, "unavailable");
      expect(answer.headers.get("Retry-After")).toBe("1");
      const items = range(1, 3).map((i) => textFrame(`${i}`, `${i}`));
      socket.send({ type: "sends", items });
      socket.send(textFrame("4", "4"));
      await socket.until(({ frames }) => frames.filter(({ type }) => type === "error").length === 4);
      expect(socket.of("error").map(({ code, client_msg_id }) => [code, client_msg_id])).toEqual(
        range(1, 4).map((i) => ["unavailable", `${i}`]),
      );
      expect((await completeChange("a").catch(() => ({ ok: false }))).ok).toBe(false);
    });
    expect(errors.logged.length).toBeGreaterThan(0);
    // The same sends with the same ids are each stored once.
    for (const i of range(1, 4)) socket.send(textFrame(`${i}`, `${i}`));
    await socket.until(({ acks }) => acks.length === 4);
    expect(socket.acks.map(({ seq }) => seq)).toEqual(range(2, 5));
    expect((await completeChange("a")).ok).toBe(true);
    expect(await stored()).toMatchObject({ announced: 0 });
  });

  test("the job is retried and expires no change without reading D1", async () => {
    await prepareChange("a");
    await age(40_000);
    await withoutBlocks(async () => {
      await runConversationJob(id, "direct_permission");
      expect(await stored()).toEqual({ blocked: 0, announced: 1, jobs: 1 });
      expectProblem(await trySend(ann), 503, "unavailable");
    });
    await runConversationJob(id, "direct_permission");
    expect(await stored()).toEqual({ blocked: 0, announced: 0, jobs: 0 });
    await expectBothWrite();
  });

  test("a block is refused without effect, and can be repeated", async () => {
    // The count of strangers reads blocks, too: it would fail before the change is prepared.
    onTestFinished(setNoRateLimits());
    await withoutBlocks(async () => {
      expect((await call("PUT", `/v1/blocks/${bob.user.id}`, { token: ann.token })).status).toBe(500);
      expectProblem(await trySend(ann), 503, "unavailable");
    });
    expect((await trySend(ann)).status).toBe(201);
    await expectFriendCall("PUT blocks", ann, bob);
    await expectNobodyWrites();
  });
});
