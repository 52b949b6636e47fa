import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { expectAsked, getMessage, send } from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { Costs, watchSql } from "../../support/objects/costs.ts";
import { conversationObject, createGroupId, itemAt, postText, range } from "../../support/objects/room.ts";
import { untilCheckpoint } from "../../support/objects/sleep.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { overrideTiming } from "../../support/timing.ts";

beforeAll(() => setNoRateLimits());

/** Not a large group, in which members without devices wait anyway. */
const USERS = 20;
const PER_USER = 10;

test("many reactions to a message write six rows each, call no inbox, and are one frame in an interval", async () => {
  // Longer than the test: the first change is announced at once, all others wait.
  overrideTiming({ changes: { intervalMs: 600_000 } });
  const users = await signedInUsers(USERS);
  const ann = itemAt(users, 0);
  using costs = new Costs(users);
  const id = await createGroupId(ann, ...users.slice(1));
  const seq = await postText(id, ann, "hello");
  const room = await openRoom(id, ann.token);
  await untilCheckpoint(id);
  await costs.watch("conversation", conversationObject(id));
  costs.reset();
  for (const i of range(1, PER_USER)) {
    const react = (user: SignedIn) => expectAsked(user, id, "PUT", `/messages/${seq}/reactions/:k${i}:`);
    // No user is the first of many keys.
    await react(itemAt(users, i % USERS));
    await Promise.all(users.map(react));
  }
  const reactions = USERS * PER_USER;
  const { rev, reactions: shown = [] } = await getMessage(ann, id, seq);
  expect(rev).toBe(reactions);
  expect(shown.map(({ count }) => count)).toEqual(Array.from({ length: PER_USER }, () => USERS));
  const rows = costs.rows("conversation") / reactions;
  console.log(`${rows} rows written for each of ${reactions} reactions`);
  expect(rows).toBeLessThanOrEqual(7.1);
  expect([...costs.inboxUpdates.values()]).toEqual([]);
  await room.untilProcessed();
  expect(room.of("changed")).toHaveLength(1);
});

test("a send reads and writes nothing of reactions", async () => {
  const [ann, bob] = await signedInUsers(2);
  const id = await createGroupId(ann, bob);
  const seq = await postText(id, ann, "hello");
  await expectAsked(bob, id, "PUT", `/messages/${seq}/reactions/:yes:`);
  const room = await openRoom(id, bob.token);
  const queries: string[] = [];
  await runInDurableObject(conversationObject(id), (_, { storage }) =>
    watchSql(storage.sql, (query) => queries.push(query)),
  );
  const next = await postText(id, ann, "after");
  await room.until(({ seqs }) => seqs.includes(next));
  expect(queries.length).toBeGreaterThan(0);
  expect(queries.filter((query) => /reactions/.test(query))).toEqual([]);
});

const TIMES = 20;

test("a vote writes six rows, a pin six with its tip, an unpin four", async () => {
  // Longer than the test: the first change is announced at once, all others wait.
  overrideTiming({ changes: { intervalMs: 600_000 } });
  const users = await signedInUsers(TIMES);
  const ann = itemAt(users, 0);
  using costs = new Costs(users);
  const id = await createGroupId(ann, ...users.slice(1));
  const body = { question: "?", options: ["a", "b"], multiple: false, anonymous: false, ends_at: 0 };
  const { seq } = await send(ann, id, { kind: "poll", body });
  const pinned: number[] = [];
  for (const i of range(1, TIMES)) pinned.push(await postText(id, ann, `${i}`));
  await untilCheckpoint(id);
  await costs.watch("conversation", conversationObject(id));
  costs.reset();
  await Promise.all(
    users.map((user) => expectAsked(user, id, "PUT", `/messages/${seq}/votes`, { options: [0] })),
  );
  const votes = costs.rows("conversation") / TIMES;
  expect([...costs.inboxUpdates.values()]).toEqual([]);
  costs.reset();
  for (const at of pinned) await expectAsked(ann, id, "PUT", `/messages/${at}/pin`);
  await untilCheckpoint(id);
  // One row more, of the checkpoint, is shared by all pins.
  const pins = Math.floor(costs.rows("conversation") / TIMES);
  costs.reset();
  for (const at of pinned) await expectAsked(ann, id, "DELETE", `/messages/${at}/pin`);
  const unpins = costs.rows("conversation") / TIMES;
  expect({ votes, pins, unpins }).toEqual({ votes: 6, pins: 6, unpins: 4 });
});
