import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { MIN_UNINDEXED } from "../../../src/conversation/search/indexer.ts";
import { type ConversationId, Position, Seq, UserId } from "../../../src/domain/ids.ts";
import { CHUNK, inChunks } from "../../../src/object/row-chunks.ts";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { send, sendAll } from "../../support/clients/chat.ts";
import { aside } from "../../support/clients/threads.ts";
import { eventually } from "../../support/eventually.ts";
import { conversationObject, createGroupId } from "../../support/objects/room.ts";
import { expectNoOpenStatement } from "../../support/objects/statements.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await registerUsers(2);
});

type Read = (object: ReturnType<typeof conversationObject>, caller: { userId: UserId }) => Promise<unknown>;

const START = Position.parse(0);

/** The methods that may stop at any row, each with a page that ends before the last row of its query. */
const READS: Record<string, Read> = {
  "messages before a seq": (object, caller) => object.page({ ...caller, limit: 1 }),
  "messages after a seq": (object, caller) => object.page({ ...caller, after: START, limit: 1 }),
  "the readable log": (object, caller) => object.readablePage({ ...caller, ascending: false, limit: 1 }),
  "a whole history": (object, caller) => object.history({ ...caller, ascending: true, limit: 1 }),
  "a thread": (object, caller) => object.threadPage({ ...caller, root: Seq.parse(1), limit: 1 }),
  "a search": (object, caller) => object.search({ ...caller, text: "o", limit: 1 }),
  "a search, oldest first": (object, caller) =>
    object.history({ ...caller, text: "o", ascending: true, limit: 1 }),
  "the mentions": (object, caller) => object.mentionPage({ ...caller, after: START, limit: 1 }),
};

/** A group where each read finds several messages. */
async function manyFound(): Promise<ConversationId> {
  const id = await createGroupId(ann, bob);
  await sendAll(ann, id, ["one", "two", "four"]);
  for (let i = 0; i < 3; i++) await send(ann, id, { ...aside(1), mentions: [bob.user.id] });
  return id;
}

const INDEXED = 30;

/** Sends so many long texts that the search index takes the first ones, and resolves once it has these. */
async function fillIndex(id: ConversationId): Promise<void> {
  const text = `often ${"word ".repeat(200)}`;
  await sendAll(ann, id, Array<string>(MIN_UNINDEXED + INDEXED).fill(text));
  await eventually(() =>
    runInDurableObject(conversationObject(id), (_, { storage }) => {
      const { seq } = Indexed.parse(storage.sql.exec("SELECT indexed_seq AS seq FROM indexing").one());
      expect(seq).toBeGreaterThanOrEqual(INDEXED);
      expect(storage.sql.exec("SELECT 1 FROM jobs WHERE kind = 'index'").toArray()).toEqual([]);
    }),
  );
}

const Indexed = z.object({ seq: Seq });

test("a page leaves no statement open, whatever is behind it", async () => {
  const id = await manyFound();
  const caller = { userId: UserId.parse(bob.user.id) };
  for (const [name, read] of Object.entries(READS)) {
    expect(await read(conversationObject(id), caller), name).toMatchObject({ ok: true });
    await expectNoOpenStatement(conversationObject(id), name);
  }
});

test("neither does the search index, whose turns end after much text, nor a search in it", async () => {
  const id = await createGroupId(ann, bob);
  await fillIndex(id);
  await expectNoOpenStatement(conversationObject(id), "the search index");
  const search = { userId: UserId.parse(bob.user.id), text: "often", limit: 1, before: INDEXED };
  expect(await conversationObject(id).search(search)).toMatchObject({ ok: true });
  await expectNoOpenStatement(conversationObject(id), "a search");
  expect(await conversationObject(id).history({ ...search, ascending: true })).toMatchObject({ ok: true });
  await expectNoOpenStatement(conversationObject(id), "a search, oldest first");
});

test("rows in chunks are those of the query, and leave no statement open wherever the reader stops", async () => {
  const id = await createGroupId(ann, bob);
  const read = (limit: number, rows: number) =>
    runInDurableObject(conversationObject(id), (_, { storage: { sql } }) => {
      const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
        SELECT n FROM numbers WHERE n > ? LIMIT ?`;
      const found = inChunks<{ n: number }>(limit, (count, last) =>
        sql.exec<{ n: number }>(numbers, 3 * CHUNK, last?.n ?? 0, count).toArray(),
      );
      const taken: number[] = [];
      for (const { n } of found) {
        taken.push(n);
        if (taken.length === rows) break;
      }
      return taken;
    });
  for (const limit of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 1]) {
    for (const rows of [1, CHUNK, CHUNK + 1, 4 * CHUNK]) {
      const expected = Array.from({ length: Math.min(limit, rows, 3 * CHUNK) }, (_, i) => i + 1);
      expect(await read(limit, rows), `${rows} of at most ${limit}`).toEqual(expected);
      await expectNoOpenStatement(conversationObject(id), `${rows} of at most ${limit}`);
    }
  }
});
