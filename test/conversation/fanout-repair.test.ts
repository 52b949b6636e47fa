import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import type { ConversationId } from "../../src/core/ids.ts";
import { call, type SignedIn } from "../support/api.ts";
import {
  conversationObject,
  inboxObject,
  newGroup,
  nth,
  people,
  post,
  range,
  text,
} from "../support/room.ts";
import { openRoom } from "../support/socket.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  const registered = await people(2);
  ann = nth(registered, 0);
  bob = nth(registered, 1);
});

/** The first of somebody's conversations, as his list has it. */
async function first({ token }: SignedIn): Promise<unknown> {
  const { body } = await call("GET", "/v1/conversations?limit=1", { token });
  return body;
}

/** Runs the alarm of a conversation with all its jobs due, until there are none. */
async function repaired(id: ConversationId): Promise<void> {
  const stub = conversationObject(id);
  for (;;) {
    const jobs = await runInDurableObject(stub, async (_, { storage }) => {
      storage.sql.exec("UPDATE jobs SET due = 1 WHERE kind = 'fanout'");
      await storage.setAlarm(Date.now() + 60_000);
      return storage.sql.exec("SELECT 1 FROM jobs WHERE kind = 'fanout'").toArray().length;
    });
    if (jobs === 0) return;
    await runDurableObjectAlarm(stub);
  }
}

test("after a quiet while no fan-out job is left, nor a note of one", async () => {
  const id = await newGroup(ann, bob);
  for (const i of range(1, 3)) await post(id, ann, `${i}`);
  await repaired(id);
  await evictDurableObject(conversationObject(id));
  await post(id, ann, "4");
  await repaired(id);
  expect(await first(bob)).toMatchObject({ items: [{ id, last_seq: 4, unread_count: 4 }] });
});

test("what a crash left untold is told by the alarm: note without told inboxes", async () => {
  const id = await newGroup(ann, bob);
  await post(id, ann, "known");
  await repaired(id);
  const socket = await openRoom(id, ann.token);
  socket.send(text("stored", "c"));
  await socket.next("ack");
  // As if the object had gone before any bump arrived: the note stands, the inboxes know nothing.
  await runInDurableObject(conversationObject(id), (_, { storage }) => {
    storage.sql.exec("INSERT OR REPLACE INTO jobs (kind, key, due) VALUES ('fanout', '', 1)");
  });
  await evictDurableObject(conversationObject(id));
  for (const { user } of [ann, bob]) {
    await runInDurableObject(inboxObject(user.id), (_, { storage }) => {
      storage.sql.exec("DELETE FROM conversations WHERE conversation_id = ?", id);
    });
  }
  await repaired(id);
  expect(await first(bob)).toMatchObject({
    items: [{ id, last_seq: 2, unread_count: 2, last_message: { seq: 2, body: { text: "stored" } } }],
  });
  expect(await first(ann)).toMatchObject({ items: [{ id, last_seq: 2, unread_count: 0 }] });
});

test("a send of a burst costs three rows at most, whatever the number of members", async () => {
  const id = await newGroup(ann, bob);
  await post(id, ann, "warm");
  const written = () =>
    runInDurableObject(conversationObject(id), (_, { storage }) =>
      Number(storage.sql.exec("SELECT total_changes() AS n").one().n),
    );
  const socket = await openRoom(id, ann.token);
  const before = await written();
  socket.send({ type: "sends", items: range(1, 64).map((i) => text(`${i}`, `${i}`)) });
  await socket.until(({ acks }) => acks.length === 64);
  // Without its index entry a message is one row; position, note and alarm are shared by the burst.
  expect((await written()) - before).toBeLessThan(64 + 8);
});
