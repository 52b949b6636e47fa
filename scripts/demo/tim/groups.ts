import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { same } from "../../support/same.ts";
import type { Addressee, TimPerson } from "../../support/tim-person.ts";
import { chapter, note } from "./told.ts";

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

/** Who is in the story. */
interface Cast {
  ann: TimPerson;
  bob: TimPerson;
  cai: TimPerson;
  dan: TimPerson;
  eva: TimPerson;
}

/** A group of each type: how people come in, what they may, how it ends. */
export async function everyGroup(cast: Cast): Promise<void> {
  await ofFriends(cast);
  await withApplications(cast);
  await openToAll(cast);
  await withHistory(cast);
  await withAnAudience(cast);
}

/** `Private`: any member adds others; the longest member follows an owner who goes. */
async function ofFriends({ ann, bob, cai, dan }: Cast): Promise<void> {
  chapter("Private: whoever is in it adds others");
  const groupID = await create(ann, "Private", [bob]);
  await bob.does("/member/addGroupMember", { groupID, userIDList: [cai.userID] });
  await dan.mayNot(2601, "/group/joinGroup", { groupID });
  await ann.mayNot(2622, "/group/dismissGroup", { groupID });
  await cai.mayNot(10007, "/member/deleteGroupMember", { groupID, userIDList: [bob.userID] });
  await ann.does("/member/deleteGroupMember", { groupID, userIDList: [cai.userID] });
  await ann.does("/group/quitGroup", { groupID });
  const { ownerID, memberCount } = await profile(bob, groupID);
  same("who follows the owner", [ownerID, memberCount], [bob.userID, 1]);
  note("bob added cai, ann removed her and left: the group is bob's");
}

/** `Public`: applications, roles, mutes, hand-over, the end. */
async function withApplications({ ann, bob, cai, dan, eva }: Cast): Promise<void> {
  chapter("Public: who wants to join applies");
  const groupID = await create(ann, "Public", [bob]);
  const said = await ann.sends(group(groupID), { text: "before cai was here" });
  same("what the first one is", said.type, "TIMTextElem");
  await apply(cai, groupID);
  await decide(ann, "Agree");
  await apply(dan, groupID);
  await decide(ann, "Reject");
  await dan.maySayNothing(10007, group(groupID));
  const seen = await cai.newest(`GROUP${groupID}`);
  same(
    "what cai sees of the time before",
    seen.filter(({ type }) => type === "TIMTextElem"),
    [],
  );
  note("cai was let in and does not see what was before, dan was not let in");

  await ann.does("/member/setGroupMemberRole", { groupID, userID: bob.userID, role: "Admin" });
  await bob.does("/member/setGroupMemberMuteTime", { groupID, userID: cai.userID, muteTime: MUTE_S });
  await cai.maySayNothing(10017, group(groupID));
  await setTimeout(MUTE_S * 1_000 + 200);
  await cai.sends(group(groupID), { text: "I may speak again" });
  await cai.mayNot(10007, "/member/setGroupMemberMuteTime", { groupID, userID: bob.userID, muteTime: 9 });
  await ann.does("/group/updateGroupProfile", { groupID, muteAllMembers: true });
  await cai.maySayNothing(10017, group(groupID));
  await ann.does("/group/updateGroupProfile", { groupID, muteAllMembers: false });
  note(`cai was silent for ${MUTE_S} s, and while all were`);

  await ann.mayNot(2621, "/group/changeGroupOwner", { groupID, newOwnerID: ann.userID });
  await ann.does("/group/changeGroupOwner", { groupID, newOwnerID: bob.userID });
  await ann.mayNot(2681, "/group/changeGroupOwner", { groupID, newOwnerID: cai.userID });
  await bob.does("/member/deleteGroupMember", { groupID, userIDList: [cai.userID] });
  await cai.maySayNothing(10007, group(groupID));
  await eva.mayNot(10007, "/group/dismissGroup", { groupID });
  await bob.does("/group/dismissGroup", { groupID });
  await ann.maySayNothing(10010, group(groupID));
  note("bob got the group, removed cai and dissolved it");
}

/** `ChatRoom`: everybody may come and see what was; nothing is counted. */
async function openToAll({ ann, bob }: Cast): Promise<void> {
  chapter("ChatRoom: everybody comes in");
  const groupID = await create(ann, "ChatRoom", []);
  await ann.sends(group(groupID), { text: "the doors are open" });
  same("how bob comes in", await join(bob, groupID), "JoinedSuccess");
  same("how he comes in twice", await join(bob, groupID), "AlreadyInGroup");
  await ann.sends(group(groupID), { text: "welcome" });
  same("what is unread at bob's", await bob.unread(`GROUP${groupID}`), 0);
  await ann.mayNot(10007, "/group/quitGroup", { groupID });
  await ann.does("/group/dismissGroup", { groupID });
}

/** `Community`: everybody may come, sees what was, and has unread messages. */
async function withHistory({ ann, bob }: Cast): Promise<void> {
  chapter("Community: who comes later sees what was before");
  const groupID = await create(ann, "Community", []);
  await ann.sends(group(groupID), { text: "long ago" });
  await join(bob, groupID);
  const texts = (await bob.newest(`GROUP${groupID}`)).map(({ payload }) => payload.text);
  same("the first that bob sees", texts[0], "long ago");
  await ann.sends(group(groupID), { text: "hello bob" });
  same("what is unread at bob's", await bob.unread(`GROUP${groupID}`), 1);
  await bob.does("/message/setMessageRead", { conversationID: `GROUP${groupID}` });
  same("what is unread once he has looked", await bob.unread(`GROUP${groupID}`), 0);
}

/** `AVChatRoom`: an audience, of which nobody is added, removed or promoted. */
async function withAnAudience({ ann, bob, cai }: Cast): Promise<void> {
  chapter("AVChatRoom: one speaks to an audience");
  const groupID = await create(ann, "AVChatRoom", []);
  await join(bob, groupID);
  await ann.mayNot(2661, "/member/addGroupMember", { groupID, userIDList: [cai.userID] });
  await ann.mayNot(2620, "/group/changeGroupOwner", { groupID, newOwnerID: bob.userID });
  await ann.mayNot(2682, "/member/setGroupMemberRole", { groupID, userID: bob.userID, role: "Admin" });
  await ann.sends(group(groupID), { text: "we are live" });
  same("what is unread at bob's", await bob.unread(`GROUP${groupID}`), 0);
  await ann.does("/group/dismissGroup", { groupID });
}

async function create(owner: TimPerson, type: string, members: TimPerson[]): Promise<string> {
  const memberList = members.map(({ userID }) => ({ userID }));
  const created = OfGroup.parse(
    await owner.does("/group/createGroup", { name: `${type} of ${owner.userID}`, type, memberList }),
  );
  const { groupID, type: shown, ownerID, memberCount } = created.group;
  same("the group", [shown, ownerID, memberCount], [type, owner.userID, members.length + 1]);
  note(`${owner.userID} makes group ${groupID}`);
  return groupID;
}

async function profile(who: TimPerson, groupID: string): Promise<z.infer<typeof Group>> {
  return OfGroup.parse(await who.does("/group/getGroupProfile", { groupID })).group;
}

async function join(who: TimPerson, groupID: string): Promise<string> {
  return Joined.parse(await who.does("/group/joinGroup", { groupID })).status;
}

async function apply(who: TimPerson, groupID: string): Promise<void> {
  const body = { groupID, applyMessage: `I am ${who.userID}` };
  same(
    "how an application begins",
    Joined.parse(await who.does("/group/joinGroup", body)).status,
    "WaitAdminApproval",
  );
}

/** Decides on the application which the newest notice tells of; once more is too late. */
async function decide(owner: TimPerson, handleAction: "Agree" | "Reject"): Promise<void> {
  const message = (await owner.newest("@TIM#SYSTEM")).findLast(
    ({ payload }) => Notice.parse(payload).operationType === 1,
  );
  await owner.does("/group/handleGroupApplication", { handleAction, handleMessage: "so be it", message });
  await owner.mayNot(10024, "/group/handleGroupApplication", { handleAction, message });
}

function group(groupID: string): Addressee {
  return { to: groupID, conversationType: "GROUP" };
}
