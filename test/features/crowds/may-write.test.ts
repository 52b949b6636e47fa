import { beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { freshConversationId, putGroup } from "../../support/accounts/server-conversations.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { type Answer, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, expectAsked, getConversation, page, send } from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { createGroupId, textFrame } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let id: ConversationId;

beforeEach(async () => {
  [ann, bob, cid] = await registerUsers(3);
  id = await createGroupId(ann, bob, cid);
});

function expectClosed(answer: Answer): void {
  expectProblem(answer, 403, "forbidden");
  expect(answer.body).toMatchObject({ policy: "may_write" });
}

test("where admins write, a member neither sends, edits, reacts, votes nor pins", async () => {
  expect(await getConversation(bob, id)).toMatchObject({ may_write: "members" });
  const own = await send(bob, id, "mine");
  const poll = {
    kind: "poll",
    body: { question: "When?", options: ["now", "later"], multiple: false, anonymous: false, ends_at: 0 },
  };
  const asked = await send(ann, id, poll);
  expectProblem(await ask(bob, id, "PATCH", "", { may_write: "admins" }), 403, "forbidden");
  const room = await openRoom(id, bob.token);
  const { body } = await expectAsked(ann, id, "PATCH", "", { may_write: "admins" });
  expect(body).toMatchObject({ may_write: "admins" });
  expect((await page(bob, id)).items.at(-1)).toMatchObject({
    ...{ kind: "tip", body: { event: "profile", changed: ["may_write"] } },
  });
  expectClosed(await ask(bob, id, "POST", "/messages", { kind: "text", body: { text: "hi" } }));
  const edit = { body: { text: "mine, too" }, base_version: 1 };
  expectClosed(await ask(bob, id, "PATCH", `/messages/${own.seq}`, edit));
  expectClosed(await ask(bob, id, "PUT", `/messages/${own.seq}/reactions/%F0%9F%91%8D`));
  expectClosed(await ask(bob, id, "PUT", `/messages/${asked.seq}/votes`, { options: [0] }));
  room.send(textFrame("hi", "m1"));
  expect(await room.next("error")).toMatchObject({
    ...{ code: "forbidden", policy: "may_write", client_msg_id: "m1" },
  });
  await expectAsked(ann, id, "PATCH", `/members/${cid.user.id}`, { role: "admin" });
  await send(cid, id, "an admin");
  await expectAsked(cid, id, "PATCH", "", { may_write: "members" });
  await send(bob, id, "again");
});

test("a backend makes a group where admins write, and opens it", async () => {
  const { text: key } = await makeServerKey(["conversations"]);
  const cref = freshConversationId();
  const owner = ann.user.id;
  const members = [bob.user.id];
  const made = await putGroup(key, cref, { owner, members, may_write: "admins" });
  expect(made).toMatchObject({ may_write: "admins" });
  const group = made.id;
  expectClosed(await ask(bob, group, "POST", "/messages", { kind: "text", body: { text: "hi" } }));
  expect((await page(ann, group)).items).toEqual([]);
  await putGroup(key, cref, { may_write: "members" }, 200);
  await send(bob, group, "hi");
});
