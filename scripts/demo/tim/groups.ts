import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { assertSame } from "../../support/assert-same.ts";
import type { Addressee, TimPerson } from "../../support/tim-person.ts";
import { chapter, note } from "../print.ts";

const MUTE_S = 3;

const Group = z.looseObject({
  groupID: z.string(),
  type: z.string(),
  ownerID: z.string(),
  memberCount: z.int(),
});
const OfGroup = z.looseObject({ group: Group });
const Joined = z.looseObject({ status: z.string() });
const Notice = z.looseObject({
  operationType: z.int(),
  messageKey: z.unknown(),
  authentication: z.unknown(),
});

/** The users of the story. */
interface Users {
  ann: TimPerson;
  bob: TimPerson;
  cai: TimPerson;
  dan: TimPerson;
  eva: TimPerson;
}

/** A group of each type: joining, rights and its end. */
export async function everyGroup(users: Users): Promise<void> {
  await ofFriends(users);
  await withApplications(users);
  await openToAll(users);
  await withHistory(users);
  await withAnAudience(users);
}

/** `Private`: any member adds others; the oldest membership inherits the group of an owner who leaves. */
async function ofFriends({ ann, bob, cai, dan }: Users): Promise<void> {
  chapter("Private: whoever is in it adds others");
  const groupID = await create(ann, "Private", [bob]);
  await bob.call("/member/addGroupMember", { groupID, userIDList: [cai.userID] });
  await dan.expectRefused(2601, "/group/joinGroup", { groupID });
  await ann.expectRefused(2622, "/group/dismissGroup", { groupID });
  await cai.expectRefused(10007, "/member/deleteGroupMember", { groupID, userIDList: [bob.userID] });
  await ann.call("/member/deleteGroupMember", { groupID, userIDList: [cai.userID] });
  await ann.call("/group/quitGroup", { groupID });
  const { ownerID, memberCount } = await profile(bob, groupID);
  assertSame("who follows the owner", [ownerID, memberCount], [bob.userID, 1]);
  note("bob added cai, ann removed her and left: the group is now bob's");
}

/** `Public`: join requests, roles, mutes, handover, dissolution. */
async function withApplications({ ann, bob, cai, dan, eva }: Users): Promise<void> {
  chapter("Public: who wants to join applies");
  const groupID = await create(ann, "Public", [bob]);
  const said = await ann.sendMessage(group(groupID), { text: "before cai was here" });
  assertSame("what the first one is", said.type, "TIMTextElem");
  await apply(cai, groupID);
  await decide(ann, "Agree");
  await apply(dan, groupID);
  await decide(ann, "Reject");
  await dan.expectSendRefused(10007, group(groupID));
  const seen = await cai.newest(`GROUP${groupID}`);
  assertSame(
    "what cai sees of the time before",
    seen.filter(({ type }) => type === "TIMTextElem"),
    [],
  );
  note("cai was let in and does not see what was before, dan was not let in");

  await ann.call("/member/setGroupMemberRole", { groupID, userID: bob.userID, role: "Admin" });
  await bob.call("/member/setGroupMemberMuteTime", { groupID, userID: cai.userID, muteTime: MUTE_S });
  await cai.expectSendRefused(10017, group(groupID));
  await setTimeout(MUTE_S * 1_000 + 200);
  await cai.sendMessage(group(groupID), { text: "I may speak again" });
  await cai.expectRefused(10007, "/member/setGroupMemberMuteTime", {
    groupID,
    userID: bob.userID,
    muteTime: 9,
  });
  await ann.call("/group/updateGroupProfile", { groupID, muteAllMembers: true });
  await cai.expectSendRefused(10017, group(groupID));
  await ann.call("/group/updateGroupProfile", { groupID, muteAllMembers: false });
  note(`cai was silent for ${MUTE_S} s, and while all were`);

  await ann.expectRefused(2621, "/group/changeGroupOwner", { groupID, newOwnerID: ann.userID });
  await ann.call("/group/changeGroupOwner", { groupID, newOwnerID: bob.userID });
  await ann.expectRefused(2681, "/group/changeGroupOwner", { groupID, newOwnerID: cai.userID });
  await bob.call("/member/deleteGroupMember", { groupID, userIDList: [cai.userID] });
  await cai.expectSendRefused(10007, group(groupID));
  await eva.expectRefused(10007, "/group/dismissGroup", { groupID });
  await bob.call("/group/dismissGroup", { groupID });
  await ann.expectSendRefused(10010, group(groupID));
  note("bob got the group, removed cai and dissolved it");
}

/** `ChatRoom`: everybody may join and sees older messages; nothing counts as unread. */
async function openToAll({ ann, bob }: Users): Promise<void> {
  chapter("ChatRoom: everybody comes in");
  const groupID = await create(ann, "ChatRoom", []);
  await ann.sendMessage(group(groupID), { text: "the doors are open" });
  assertSame("how bob comes in", await join(bob, groupID), "JoinedSuccess");
  assertSame("the answer to joining twice", await join(bob, groupID), "AlreadyInGroup");
  await ann.sendMessage(group(groupID), { text: "welcome" });
  assertSame("what is unread at bob's", await bob.unread(`GROUP${groupID}`), 0);
  await ann.expectRefused(10007, "/group/quitGroup", { groupID });
  await ann.call("/group/dismissGroup", { groupID });
}

/** `Community`: everybody may join, sees older messages, and has unread counts. */
async function withHistory({ ann, bob }: Users): Promise<void> {
  chapter("Community: who comes later sees what was before");
  const groupID = await create(ann, "Community", []);
  await ann.sendMessage(group(groupID), { text: "long ago" });
  await join(bob, groupID);
  const texts = (await bob.newest(`GROUP${groupID}`)).map(({ payload }) => payload.text);
  assertSame("the first that bob sees", texts[0], "long ago");
  await ann.sendMessage(group(groupID), { text: "hello bob" });
  assertSame("what is unread at bob's", await bob.unread(`GROUP${groupID}`), 1);
  await bob.call("/message/setMessageRead", { conversationID: `GROUP${groupID}` });
  assertSame("the unread count after reading", await bob.unread(`GROUP${groupID}`), 0);
}

/** `AVChatRoom`: an audience. No member is added, removed or promoted. */
async function withAnAudience({ ann, bob, cai }: Users): Promise<void> {
  chapter("AVChatRoom: one speaks to an audience");
  const groupID = await create(ann, "AVChatRoom", []);
  await join(bob, groupID);
  await ann.expectRefused(2661, "/member/addGroupMember", { groupID, userIDList: [cai.userID] });
  await ann.expectRefused(2620, "/group/changeGroupOwner", { groupID, newOwnerID: bob.userID });
  await ann.expectRefused(2682, "/member/setGroupMemberRole", { groupID, userID: bob.userID, role: "Admin" });
  await ann.sendMessage(group(groupID), { text: "we are live" });
  assertSame("what is unread at bob's", await bob.unread(`GROUP${groupID}`), 0);
  await ann.call("/group/dismissGroup", { groupID });
}

async function create(owner: TimPerson, type: string, members: TimPerson[]): Promise<string> {
  const memberList = members.map(({ userID }) => ({ userID }));
  const created = OfGroup.parse(
    await owner.call("/group/createGroup", { name: `${type} of ${owner.userID}`, type, memberList }),
  );
  const { groupID, type: displayed, ownerID, memberCount } = created.group;
  assertSame("the group", [displayed, ownerID, memberCount], [type, owner.userID, members.length + 1]);
  note(`${owner.userID} makes group ${groupID}`);
  return groupID;
}

async function profile(who: TimPerson, groupID: string): Promise<z.infer<typeof Group>> {
  return OfGroup.parse(await who.call("/group/getGroupProfile", { groupID })).group;
}

async function join(who: TimPerson, groupID: string): Promise<string> {
  return Joined.parse(await who.call("/group/joinGroup", { groupID })).status;
}

async function apply(who: TimPerson, groupID: string): Promise<void> {
  const body = { groupID, applyMessage: `I am ${who.userID}` };
  assertSame(
    "how an application begins",
    Joined.parse(await who.call("/group/joinGroup", body)).status,
    "WaitAdminApproval",
  );
}

/** Decides on the join request of the newest notification. A second decision is too late. */
async function decide(owner: TimPerson, handleAction: "Agree" | "Reject"): Promise<void> {
  const message = (await owner.newest("@TIM#SYSTEM")).findLast(
    ({ payload }) => Notice.parse(payload).operationType === 1,
  );
  await owner.call("/group/handleGroupApplication", { handleAction, handleMessage: "so be it", message });
  await owner.expectRefused(10024, "/group/handleGroupApplication", { handleAction, message });
}

function group(groupID: string): Addressee {
  return { to: groupID, conversationType: "GROUP" };
}
