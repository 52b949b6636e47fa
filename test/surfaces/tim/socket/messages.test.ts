import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { call, type SignedIn } from "../../../support/clients/api.ts";
import { itemAt } from "../../../support/objects/room.ts";
import { data, nameOf, success, tim } from "../client.ts";
import { connect, itemsOf, listed, messagesOf, messagesOnce, say } from "./socket.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeEach(async () => {
  const all = await signedInUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
});

const Created = z.looseObject({ group: z.looseObject({ groupID: z.string() }) });

async function groupOf(owner: SignedIn, members: SignedIn[], fields: object = {}): Promise<string> {
  const memberList = members.map((member) => ({ userID: nameOf(member) }));
  const body = { name: "lunch", type: "Public", memberList, ...fields };
  return (await data(Created, owner, "/group/createGroup", body)).group.groupID;
}

test("a direct message comes to both users as their lists have it", async () => {
  const [anns, bobs] = [await connect(ann), await connect(bob)];
  await say(ann, nameOf(bob), "hello", { cloudCustomData: "x", priority: "High" });
  const [[toBob], [toAnn]] = [await messagesOnce(bobs, 1), await messagesOnce(anns, 1)];
  expect(toBob).toEqual(itemAt(await listed(bob, `C2C${nameOf(ann)}`), 0));
  expect(toAnn).toEqual(itemAt(await listed(ann, `C2C${nameOf(bob)}`), 0));
  expect([toBob?.flow, toAnn?.flow]).toEqual(["in", "out"]);
});

test("a group's messages and tips come with its id, names and mentions", async () => {
  const bobs = await connect(bob);
  const handle = `lunch-${nameOf(ann)}`;
  const groupID = await groupOf(ann, [bob], { groupID: handle });
  expect(groupID).toBe(handle);
  const to = { conversationType: "GROUP" };
  await say(ann, groupID, "come", { ...to, payload: { text: "come", atUserList: [nameOf(bob)] } });
  success(await tim(ann, "/group/setGroupMemberRole", { groupID, userID: nameOf(bob), role: "Admin" }));
  await bobs.until(() => messagesOf(bobs).some(({ payload }) => payload.operationType === 4));
  expect(messagesOf(bobs)).toEqual(await listed(bob, `GROUP${groupID}`));
  expect(messagesOf(bobs).at(-2)).toMatchObject({
    conversationID: `GROUP${groupID}`,
    atUserList: [nameOf(bob)],
  });
});

test("messages of other APIs come, too, and what is edited or revoked comes as it is now", async () => {
  const bobs = await connect(bob);
  await say(ann, nameOf(bob), "one");
  const [item] = (await messagesOnce(bobs, 1)) && itemsOf(bobs);
  const id = item?.conversation;
  const { token } = ann;
  const sent = await call("POST", `/v1/conversations/${id}/messages`, {
    token,
    body: { kind: "text", body: { text: "two" } },
  });
  expect(sent.status).toBe(201);
  expect(itemAt(await messagesOnce(bobs, 2), 1).payload.text).toBe("two");
  const edit = await call("PATCH", `/v1/conversations/${id}/messages/2`, {
    token,
    body: { body: { text: "2" }, base_version: 1 },
  });
  expect(edit.status).toBe(200);
  await bobs.until(() => itemsOf(bobs, "changed").length > 0);
  expect(itemAt(itemsOf(bobs, "changed"), 0).message).toMatchObject({
    payload: { text: "2" },
    isModified: true,
  });
  success(await tim(ann, "/message/revokeMessage", { ID: `${id}-1` }));
  await bobs.until(() => itemsOf(bobs, "changed").some(({ message }) => message.isRevoked));
  expect(itemsOf(bobs, "changed").at(-1)).toMatchObject({
    conversation: id,
    message: { sequence: 1, payload: {}, revoker: nameOf(ann) },
  });
});
