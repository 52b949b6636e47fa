import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { commit } from "../../../src/conversation/state/transaction.ts";
import { Follows } from "../../../src/conversation/threads/follows.ts";
import { Position, Seq, UserId } from "../../../src/domain/ids.ts";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { send } from "../../support/clients/chat.ts";
import { aside, followed } from "../../support/clients/threads.ts";
import { conversationObject, createGroupId } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await registerUsers(2);
});

test("a further follow than the limit ends that of the thread with the oldest last reply", async () => {
  const id = await createGroupId(ann, bob);
  for (const text of ["one", "two", "three", "four"]) await send(bob, id, text);
  for (const root of [1, 2, 3]) await send(bob, id, aside(root));
  // The oldest root has the newest reply.
  await send(bob, id, aside(1));
  const cleo = UserId.parse(ann.user.id);
  const listed = await runInDurableObject(conversationObject(id), (_, { storage }) => {
    const follows = new Follows(storage.sql, 2);
    const roots = () => follows.page(cleo, undefined, 10).map(({ root }) => root);
    const unread = { read_seq: Position.parse(0), read_n: 0 };
    // A message without replies is the oldest of all, and still followed.
    return [1, 2, 3, 3, 4].map((root) => {
      commit(storage, (tx) => follows.follow(tx, cleo, Seq.parse(root), unread));
      return [roots(), follows.unreadOf(cleo)];
    });
  });
  expect(listed).toEqual([
    [[1], 2],
    [[1, 2], 3],
    [[1, 3], 3],
    [[1, 3], 3],
    [[1, 4], 2],
  ]);
  expect((await followed(bob, id)).items.map(({ root }) => root.seq)).toEqual([1, 3, 2]);
});
