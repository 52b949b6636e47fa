import { beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, expectAsked, getConversation, list, page } from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { createGroupId, itemAt } from "../../support/objects/room.ts";

let ann: SignedIn;
let others: SignedIn[];
let id: ConversationId;

beforeEach(async () => {
  const users = await registerUsers(6);
  [ann, ...others] = [itemAt(users, 0), ...users.slice(1)];
  id = await createGroupId(ann, ...others);
});

const remove = (who: SignedIn, ...users: SignedIn[]) =>
  ask(who, id, "DELETE", "/members", { user_ids: users.map(({ user }) => user.id) });

test("removes many members by one change, and a repeat removes nobody", async () => {
  const gone = others.slice(0, 3);
  const ids = gone.map(({ user }) => user.id);
  const room = await openRoom(id, ann.token);
  expect(await remove(ann, ...gone)).toMatchObject({ status: 200, body: { removed: ids } });
  const told = { event: "removed", actor_id: ann.user.id, user_ids: ids };
  expect(await room.next("member")).toMatchObject(told);
  expect((await page(ann, id)).items.map(({ body }) => body)).toEqual([told]);
  expect(await getConversation(ann, id)).toMatchObject({ member_count: 3 });
  for (const user of gone) expect((await list(user)).items).toEqual([]);
  const [left] = others.slice(3);
  // Who is gone is passed over, whoever is still there is removed.
  const again = await remove(ann, ...gone, ...(left ? [left] : []));
  expect(again.body).toEqual({ removed: [left?.user.id] });
  expect((await remove(ann, ...gone)).body).toEqual({ removed: [] });
  expect((await page(ann, id)).items).toHaveLength(2);
});

test("removes nobody where one of them is above the caller, and nothing for plain members and strangers", async () => {
  const [admin, other, bob] = [itemAt(others, 0), itemAt(others, 1), itemAt(others, 2)];
  for (const { user } of [admin, other])
    await expectAsked(ann, id, "PATCH", `/members/${user.id}`, { role: "admin" });
  for (const above of [ann, other, admin]) expectProblem(await remove(admin, bob, above), 403, "forbidden");
  expectProblem(await remove(bob, itemAt(others, 3)), 403, "forbidden");
  const [stranger] = await registerUsers(1);
  expectProblem(await remove(stranger, bob), 404, "not_found");
  expect(await getConversation(ann, id)).toMatchObject({ member_count: 6 });
  expectProblem(await ask(ann, id, "DELETE", "/members", { user_ids: [] }), 400, "validation_failed");
});
