import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { deleteBlocks, insertBlocks } from "../../../src/storage/contacts/blocks.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { done, strangers } from "../../support/accounts/friends.ts";
import { type Answer, call, problem, type SignedIn } from "../../support/clients/api.ts";
import { getConversation, openDirect, send } from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { Errors } from "../../support/errors.ts";
import {
  conversationObject,
  loseConversation,
  range,
  runConversationJob,
  text,
} from "../../support/objects/room.ts";

// A block is three steps: it is announced at the conversation, stored in D1, told to be done at the conversation.
// Here the Worker that makes it dies between each two of them.

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
const db = openDatabase(env.DB);

let nextPair: () => [SignedIn, SignedIn];

beforeAll(async () => {
  nextPair = await strangers(7);
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

const announce = (token: string) => conversationObject(id).prepareBlockChange({ token });
const tellDone = (token: string) => conversationObject(id).refreshDirectPermission({ token });
const storeBlock = () => insertBlocks(db, ann.user.id, [bob.user.id], Date.now());
const storeUnblock = () => deleteBlocks(db, ann.user.id, [bob.user.id]);

const Stored = z.object({ blocked: z.number(), announced: z.number(), jobs: z.number() });

/** What the object has stored. */
function stored(): Promise<z.infer<typeof Stored>> {
  return runInDurableObject(conversationObject(id), (_, { storage }) => {
    const query = `SELECT blocked, (SELECT count(*) FROM flag_changes) AS announced,
      (SELECT count(*) FROM jobs WHERE kind = 'flags') AS jobs FROM conversation`;
    return Stored.parse(storage.sql.exec(query).one());
  });
}

/** Puts what was announced so many milliseconds back, as if it were so long ago. */
async function age(by: number): Promise<void> {
  await runInDurableObject(conversationObject(id), async (_, { storage }) => {
    storage.sql.exec("UPDATE flag_changes SET at = at - ?", by);
    await storage.sync();
  });
  await loseConversation(id);
}

/** Nobody writes: over HTTP and sockets, before and after the object was lost. */
async function nobodyWrites(): Promise<void> {
  for (const _ of [1, 2]) {
    const socket = await openRoom(id, bob.token);
    socket.send(text("hello", "mine"));
    expect(await socket.next("error")).toMatchObject({ code: "blocked", client_msg_id: "mine" });
    for (const who of [ann, bob]) problem(await trySend(who), 403, "blocked");
    await loseConversation(id);
  }
}

async function bothWrite(): Promise<void> {
  for (const who of [ann, bob]) expect((await trySend(who)).status).toBe(201);
  await loseConversation(id);
  for (const who of [ann, bob]) expect((await trySend(who)).status).toBe(201);
}

test("dead before D1: all goes on, and the announcement ends by itself", async () => {
  await announce("a");
  await bothWrite();
  expect(await stored()).toEqual({ blocked: 0, announced: 1, jobs: 1 });
  // Before its time it stays, and so does the job.
  await runConversationJob(id, "flags");
  expect(await stored()).toEqual({ blocked: 0, announced: 1, jobs: 1 });
  await age(40_000);
  await runConversationJob(id, "flags");
  expect(await stored()).toEqual({ blocked: 0, announced: 0, jobs: 0 });
  await bothWrite();
});

test("dead after D1: the block holds at once, and for good", async () => {
  await announce("a");
  await storeBlock();
  await nobodyWrites();
  await age(40_000);
  await runConversationJob(id, "flags");
  expect(await stored()).toEqual({ blocked: 1, announced: 0, jobs: 0 });
  await nobodyWrites();
  expect((await getConversation(ann, id)).disabled).toBe(true);
});

test("dead after D1: a block that is lifted is lifted at once", async () => {
  await done("PUT blocks", ann, bob);
  await announce("a");
  await storeUnblock();
  await bothWrite();
  await age(40_000);
  await runConversationJob(id, "flags");
  expect(await stored()).toEqual({ blocked: 0, announced: 0, jobs: 0 });
  await bothWrite();
});

test("dead after D1, with nobody who sends: the job alone brings it", async () => {
  await announce("a");
  await storeBlock();
  await loseConversation(id);
  await runConversationJob(id, "flags");
  // Announced a moment ago, it stays: its maker may yet come.
  expect(await stored()).toEqual({ blocked: 1, announced: 1, jobs: 1 });
  await nobodyWrites();
});

test("dead in the midst of opening: the job looks again after the object was made", async () => {
  // The pair was not there when the block looked for it, and D1 had no block when the object was made.
  await storeBlock();
  expect(await stored()).toEqual({ blocked: 0, announced: 0, jobs: 1 });
  await runConversationJob(id, "flags");
  expect(await stored()).toEqual({ blocked: 1, announced: 0, jobs: 0 });
  await nobodyWrites();
});

test("one that is told to be done was not announced, or twice: the last word is D1's", async () => {
  await storeBlock();
  await tellDone("never announced");
  expect(await stored()).toMatchObject({ blocked: 1, announced: 0 });
  await storeUnblock();
  for (const _ of [1, 2]) expect((await announce("a")).ok).toBe(true);
  expect(await stored()).toMatchObject({ blocked: 1, announced: 1 });
  for (const _ of [1, 2]) expect((await tellDone("a")).ok).toBe(true);
  expect(await stored()).toEqual({ blocked: 0, announced: 0, jobs: 1 });
});

test("of two, one dies: the other's end ends only its own", async () => {
  await announce("dead");
  await announce("alive");
  await storeBlock();
  await tellDone("alive");
  expect(await stored()).toEqual({ blocked: 1, announced: 1, jobs: 1 });
  // The dead one's change comes to D1 late: its announcement still stands.
  await storeUnblock();
  expect((await trySend(bob)).status).toBe(201);
  await storeBlock();
  problem(await trySend(bob), 403, "blocked");
  await age(40_000);
  await announce("young");
  await runConversationJob(id, "flags");
  expect(await stored()).toEqual({ blocked: 1, announced: 1, jobs: 1 });
  await tellDone("young");
  expect(await stored()).toEqual({ blocked: 1, announced: 0, jobs: 1 });
});

test("a block whose object is lost again and again holds from its answer on", async () => {
  for (const round of range(1, 4)) {
    const losing = (async () => {
      for (let i = 0; i < round; i++) await loseConversation(id);
    })();
    const path = `/v1/blocks/${bob.user.id}`;
    let answer = await call("PUT", path, { token: ann.token });
    await losing;
    while (answer.status !== 204) {
      problem(answer, 503, "unavailable");
      answer = await call("PUT", path, { token: ann.token });
    }
    await nobodyWrites();
    await done("DELETE blocks", ann, bob);
    await bothWrite();
  }
});

test("what one socket sends keeps its order while each send waits for D1", async () => {
  const socket = await openRoom(id, ann.token);
  await announce("a");
  for (const i of range(1, 60)) {
    // The last of them find nothing to wait for but those before them.
    if (i === 50) void tellDone("a");
    socket.send(text(`${i}`, `${i}`));
  }
  await socket.until(({ acks }) => acks.length === 60);
  expect(socket.acks.map(({ client_msg_id, seq }) => [client_msg_id, seq])).toEqual(
    range(1, 60).map((i) => [`${i}`, i]),
  );
});

describe("while D1 cannot be read", () => {
  async function withoutBlocks(work: () => Promise<void>): Promise<void> {
    await env.DB.exec("ALTER TABLE blocks RENAME TO elsewhere");
    try {
      await work();
    } finally {
      await env.DB.exec("ALTER TABLE elsewhere RENAME TO blocks");
    }
  }

  test("sends under an announced change are refused, each by its client id; without one they go on", async () => {
    using errors = new Errors();
    const socket = await openRoom(id, bob.token);
    await withoutBlocks(async () => {
      await send(ann, id, "1");
      await announce("a");
      const answer = await trySend(ann);
      problem(answer, 503, "unavailable");
      expect(answer.headers.get("Retry-After")).toBe("1");
      const items = range(1, 3).map((i) => text(`${i}`, `${i}`));
      socket.send({ type: "sends", items });
      socket.send(text("4", "4"));
      await socket.until(({ frames }) => frames.filter(({ type }) => type === "error").length === 4);
      expect(socket.of("error").map(({ code, client_msg_id }) => [code, client_msg_id])).toEqual(
        range(1, 4).map((i) => ["unavailable", `${i}`]),
      );
      expect((await tellDone("a").catch(() => ({ ok: false }))).ok).toBe(false);
    });
    expect(errors.logged.length).toBeGreaterThan(0);
    // The same again, with the same ids: each is stored once.
    for (const i of range(1, 4)) socket.send(text(`${i}`, `${i}`));
    await socket.until(({ acks }) => acks.length === 4);
    expect(socket.acks.map(({ seq }) => seq)).toEqual(range(2, 5));
    expect((await tellDone("a")).ok).toBe(true);
    expect(await stored()).toMatchObject({ announced: 0 });
  });

  test("the job comes again later, and ends nothing unseen", async () => {
    await announce("a");
    await age(40_000);
    await withoutBlocks(async () => {
      await runConversationJob(id, "flags");
      expect(await stored()).toEqual({ blocked: 0, announced: 1, jobs: 1 });
      problem(await trySend(ann), 503, "unavailable");
    });
    await runConversationJob(id, "flags");
    expect(await stored()).toEqual({ blocked: 0, announced: 0, jobs: 0 });
    await bothWrite();
  });

  test("a block is refused, changes nothing, and can be made again", async () => {
    await withoutBlocks(async () => {
      expect((await call("PUT", `/v1/blocks/${bob.user.id}`, { token: ann.token })).status).toBe(500);
      problem(await trySend(ann), 503, "unavailable");
    });
    expect((await trySend(ann)).status).toBe(201);
    await done("PUT blocks", ann, bob);
    await nobodyWrites();
  });
});

test("an announcement survives an eviction", async () => {
  await announce("a");
  await evictDurableObject(conversationObject(id));
  await storeBlock();
  await nobodyWrites();
});
