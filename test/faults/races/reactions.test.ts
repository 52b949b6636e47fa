import { beforeAll, expect, test } from "vitest";
import { signedInUsers } from "../../support/accounts/users.ts";
import { ask, expectAsked, getMessage } from "../../support/clients/chat.ts";
import { createGroupId, itemAt, postText } from "../../support/objects/room.ts";
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
