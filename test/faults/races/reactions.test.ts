import { beforeAll, expect, test } from "vitest";
import { signedInUsers } from "../../support/accounts/users.ts";
import {
  ask,
  deleteMessage,
  expectAsked,
  getMessage,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { createGroupId, itemAt, postText, range } from "../../support/objects/room.ts";
import { setNoRateLimits } from "../../support/settings.ts";

beforeAll(() => setNoRateLimits());

const path = (seq: number, key: string) => `/messages/${seq}/reactions/${encodeURIComponent(key)}`;

test("twenty reactions at once are counted once each, also if each is sent twice", async () => {
  const users = await signedInUsers(20);
  const ann = itemAt(users, 0);
  const id = await createGroupId(ann, ...users.slice(1));
  const seq = await postText(id, ann, "hello");
  await Promise.all([...users, ...users].map((user) => expectAsked(user, id, "PUT", path(seq, "👍"))));
  const { rev, reactions } = await getMessage(ann, id, seq);
  expect({ rev, reactions }).toMatchObject({ rev: 20, reactions: [{ key: "👍", count: 20 }] });
  await Promise.all(users.map((user) => expectAsked(user, id, "DELETE", path(seq, "👍"))));
  expect(await getMessage(ann, id, seq)).toMatchObject({ rev: 40, reactions: [] });
});

test("of keys that are added at once a message takes 20", async () => {
  const users = await signedInUsers(30);
  const ann = itemAt(users, 0);
  const id = await createGroupId(ann, ...users.slice(1));
  const seq = await postText(id, ann, "hello");
  const answers = await Promise.all(users.map((user, i) => ask(user, id, "PUT", path(seq, `:key${i}:`))));
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(20);
  expect(statuses.filter((status) => status === 409)).toHaveLength(10);
  expect((await getMessage(ann, id, seq)).reactions).toHaveLength(20);
});

test("additions and removals at once leave what the answers of the last ones say", async () => {
  const [ann, bob] = await signedInUsers(2);
  if (!ann || !bob) throw new Error("signedInUsers(2) has two");
  const id = await createGroupId(ann, bob);
  const seq = await postText(id, ann, "hello");
  await Promise.all(range(1, 20).map((i) => expectAsked(bob, id, i % 2 ? "PUT" : "DELETE", path(seq, "👍"))));
  const { reactions = [], mine = [] } = await getMessage(bob, id, seq);
  expect(reactions.map(({ key, count }) => [key, count])).toEqual(mine.map((key) => [key, 1]));
});

test("no reaction outlives a revoke that comes at the same time", async () => {
  const users = await signedInUsers(10);
  const ann = itemAt(users, 0);
  const id = await createGroupId(ann, ...users.slice(1));
  const seq = await postText(id, ann, "hello");
  const reacting = users.map((user) => ask(user, id, "PUT", path(seq, "👍")));
  const [revoked, ...answers] = await Promise.all([deleteMessage(ann, id, seq, "everyone"), ...reacting]);
  expect(revoked?.status).toBe(204);
  for (const { status } of answers) expect([200, 400]).toContain(status);
  expect(await getMessage(ann, id, seq)).toMatchObject({ revoked: true, reactions: [], mine: [] });
  expect(JSON.parse(await storedInConversation(id)).reactions).toEqual([]);
});
