import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../../src/domain/ids.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { expectProblem, freshName, type SignedIn } from "../../../support/clients/api.ts";
import { ask, expectAsked, getConversation, list, page, send } from "../../../support/clients/chat.ts";
import { acceptSocket, openRoom } from "../../../support/clients/socket.ts";
import { itemAt } from "../../../support/objects/room.ts";
import { failure, nameOf, success, tim } from "../client.ts";
import { dial, listed, say } from "./socket.ts";

const Hopped = z.object({ data: z.object({ messageList: z.array(z.object({ sequence: z.int() })) }) });

/** Ann, who owns an `AVChatRoom`; Bob and Vic, who are in no group. */
let ann: SignedIn;
let bob: SignedIn;
let vic: SignedIn;
let groupID = "";
let id: ConversationId;

beforeEach(async () => {
  const users = await signedInUsers(3);
  [ann, bob, vic] = [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)];
  groupID = freshName("live");
  success(await tim(ann, "/group/createGroup", { name: "Stage", type: "AVChatRoom", groupID }));
  const first = await say(ann, groupID, "hello", { conversationType: "GROUP" });
  id = ConversationId.parse(Number(first.ID.split("-")[0]));
});

const sequences = async (who: SignedIn, fields: object = {}) => {
  const body = { conversationID: `GROUP${groupID}`, ...fields };
  const answer = Hopped.parse(success(await tim(who, "/message/getMessageListHopping", body)));
  return answer.data.messageList.map(({ sequence }) => sequence);
};

const members = async () => (await getConversation(ann, id)).member_count;

describe("an AVChatRoom", () => {
  test("is an audience room: over v1 everybody looks, and who writes is a member", async () => {
    expect(await getConversation(vic, id)).toMatchObject({
      ...{ role: "viewer", audience: true, may_write: "everybody", join_policy: "free", member_count: 1 },
    });
    const room = await openRoom(id, vic.token);
    const { sequence } = await say(ann, groupID, "one", { conversationType: "GROUP" });
    expect(await room.next("message")).toMatchObject({ message: { seq: sequence } });
    expect((await list(vic)).items).toEqual([]);
    await send(vic, id, "two");
    expect((await list(vic)).items).toMatchObject([{ id, role: "member", unread_count: 0 }]);
    // Who has looked has seen what was before.
    expect((await page(vic, id)).items.map(({ body }) => body.text)).toEqual(["hello", "one", "two"]);
  });

  test("that its owner hides is looked at by members alone", async () => {
    const room = await openRoom(id, vic.token);
    await expectAsked(ann, id, "PATCH", "", { discoverable: false });
    expect(await room.closed()).toMatchObject({ code: 4001, reason: "removed" });
    expectProblem(await ask(vic, id, "GET", ""), 404, "not_found");
    await expectAsked(ann, id, "PATCH", "", { discoverable: true });
    expect(await getConversation(vic, id)).toMatchObject({ role: "viewer" });
  });

  test("shows who joins nothing from before, has nothing unread, and takes nobody else", async () => {
    success(await tim(bob, "/group/joinGroup", { groupID }));
    expect(await listed(bob, `GROUP${groupID}`)).toMatchObject([{ type: "TIMGroupTipElem" }]);
    expect(await getConversation(bob, id)).toMatchObject({ role: "member", history: "joined" });
    await say(ann, groupID, "one", { conversationType: "GROUP" });
    expect((await list(bob)).items).toMatchObject([{ id, unread_count: 0 }]);
    const added = await tim(ann, "/member/addGroupMember", { groupID, userIDList: [nameOf(vic)] });
    failure(added, 2_661);
    success(await tim(bob, "/group/quitGroup", { groupID }));
    failure(await tim(bob, "/group/quitGroup", { groupID }), 2_623);
    expect(await members()).toBe(1);
  });

  test("whose members are all muted is one where the owner alone writes, over v1, too", async () => {
    success(await tim(ann, "/group/updateGroupProfile", { groupID, muteAllMembers: true }));
    const answer = await ask(vic, id, "POST", "/messages", { kind: "text", body: { text: "hi" } });
    expect(answer).toMatchObject({ status: 403, body: { policy: "may_write" } });
    expect(await getConversation(vic, id)).toMatchObject({ role: "viewer", may_write: "admins" });
  });
});

describe("who looks over this API", () => {
  const look = async (who: SignedIn) =>
    acceptSocket(await dial(`${who.token}&groupID=${encodeURIComponent(groupID)}`));

  test("hears by a socket of the group, reads what is new, is counted, and leaves no trace", async () => {
    const socket = await look(vic);
    const { last_seq } = await socket.next("ready");
    expect(socket.of("ready")).toMatchObject([{ role: "viewer", conversation_id: id }]);
    const { sequence } = await say(ann, groupID, "one", { conversationType: "GROUP" });
    expect(await socket.next("message")).toMatchObject({ message: { seq: sequence } });
    expect(await sequences(vic, { sequence: Number(last_seq) + 1, direction: 1 })).toEqual([sequence]);
    const online = success(await tim(vic, "/member/getGroupOnlineMemberCount", { groupID }));
    expect(online.data).toEqual({ memberCount: 1 });
    expect(await members()).toBe(1);
    expect((await list(vic)).items).toEqual([]);
    socket.close();
  });

  test("is a stranger in groups that are no audience rooms", async () => {
    groupID = freshName("plain");
    success(await tim(ann, "/group/createGroup", { name: "x", type: "ChatRoom", groupID }));
    const query = { groupID, conversationID: `GROUP${groupID}` };
    failure(await tim(bob, "/message/getMessageListHopping", query), 2_500);
    failure(await tim(bob, "/member/getGroupOnlineMemberCount", query), 10_007);
    const refused = await dial(`${bob.token}&groupID=${groupID}`);
    expect(await refused.json()).toMatchObject({ code: 2_500 });
  });
});
