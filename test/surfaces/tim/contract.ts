import { z } from "zod";
import { freshName, PASSWORD } from "../../support/clients/api.ts";
import type { CallContext, ContractCall, SurfaceContract } from "../../support/surfaces/contract.ts";
import { furtherCalls } from "./calls/contract.ts";
import { type FurtherProps, furtherProps } from "./calls/props.ts";
import { Failure, nameOf } from "./client.ts";
import { type Props, props, TIMES, take } from "./props.ts";

let made: (Props & FurtherProps) | undefined;

/** The result of `prepare`. */
function own(): Props & FurtherProps {
  if (!made) throw new Error("nothing is prepared");
  return made;
}

function row(
  path: string,
  who: ContractCall["who"],
  required: string[],
  fields: ContractCall["fields"],
): ContractCall {
  return { method: "POST", place: "body", path, who, required, fields };
}

const USERS: ContractCall[] = [
  row("/register", "anybody", ["email", "username", "password"], () => ({
    ...{ email: "x@example.com", username: freshName(), password: PASSWORD },
  })),
  row("/login", "anybody", ["username", "password"], ({ member }) => ({
    ...{ username: nameOf(member), password: PASSWORD },
  })),
  row("/user/getMyProfile", "user", [], () => ({})),
  row("/user/getUserProfile", "user", ["user_id"], ({ member }) => ({ user_id: [nameOf(member)] })),
  row("/user/updateMyProfile", "user", [], () => ({
    ...{ nick: "x", avatar: "", gender: "Gender_Type_Male", selfSignature: "x", birthday: 20000229 },
    ...{ allowType: "AllowType_Type_NeedConfirm", location: "x", language: "x", messageSettings: 1 },
    ...{ adminForbidType: "x", level: 1, role: "1", profileCustomField: { x: 1 } },
  })),
  row("/user/getBlacklist", "user", [], () => ({})),
  ...["addToBlacklist", "removeFromBlacklist"].map((call) =>
    row(`/user/${call}`, "user", ["userIDList"], ({ bystander }) => ({ userIDList: [nameOf(bystander)] })),
  ),
];

const C2C = ({ peer }: CallContext) => ({ to: nameOf(peer), conversationType: "C2C" });
const conversation = ({ group }: CallContext) => ({ conversationID: `GROUP${group}` });

/** The possible fields of a payload. */
const PAYLOADS = [
  { text: "x", atUserList: [] },
  { data: "x", description: "x", extension: "x" },
  { index: "1", data: "x" },
  { file: { name: "a.txt", type: "text/plain", data: "aGVsbG8=" } },
];

const MESSAGES: ContractCall[] = [
  ...PAYLOADS.map((payload) =>
    row("/message/createMessage", "user", ["to", "conversationType", "payload"], (context) => ({
      ...{ ...C2C(context), priority: "High", payload, cloudCustomData: "x" },
    })),
  ),
  row("/message/sendMessage", "member", ["ID"], () => ({ ID: take(own().drafts) })),
  row("/message/resendMessage", "member", ["ID"], () => ({ ID: take(own().drafts) })),
  row("/message/revokeMessage", "member", ["ID"], () => ({ ID: take(own().sent) })),
  row("/message/getMessageList", "member", ["conversationID"], (context) => ({
    ...conversation(context),
    count: 15,
  })),
  row("/message/setMessageRead", "member", ["conversationID"], conversation),
  row("/conversation/getConversationList", "user", [], (context) => ({
    ...{ conversationID: [`GROUP${context.group}`], count: 1 },
  })),
  row("/conversation/getConversationProfile", "member", ["conversationID"], conversation),
  row("/conversation/deleteConversation", "member", ["conversationID"], (context) => ({
    ...{ ...conversation(context), clearHistoryMessage: false },
  })),
];

const group = (context: CallContext) => ({ groupID: String(context.group) });
const GIVEN = ["groupID"];

const GROUPS: ContractCall[] = [
  row("/group/getGroupList", "user", [], () => ({})),
  row("/group/getGroupProfile", "user", GIVEN, () => ({ groupID: own().open })),
  row("/group/searchGroupByID", "user", GIVEN, () => ({ groupID: own().open })),
  row("/group/createGroup", "user", ["name"], ({ bystander }) => ({
    ...{
      name: "x",
      type: "Public",
      groupID: freshName("g"),
      introduction: "x",
      notification: "x",
      avatar: "",
    },
    ...{ maxMemberNum: 10, joinOption: "FreeAccess", groupCustomField: [{ key: "x", value: "x" }] },
    memberList: [{ userID: nameOf(bystander), role: "Admin", memberCustomField: [{ key: "x", value: "x" }] }],
  })),
  row("/group/dismissGroup", "member", GIVEN, () => ({ groupID: take(own().own) })),
  row("/group/quitGroup", "member", GIVEN, () => ({ groupID: take(own().peers) })),
  row("/group/updateGroupProfile", "member", GIVEN, (context) => ({
    ...{
      ...group(context),
      name: "x",
      avatar: "",
      introduction: "x",
      notification: "x",
      muteAllMembers: false,
    },
    ...{ joinOption: "DisableApply", groupCustomField: [{ key: "x", value: "x" }] },
  })),
  row("/group/joinGroup", "user", GIVEN, () => ({ groupID: own().open, applyMessage: "x" })),
  row("/group/changeGroupOwner", "member", ["groupID", "newOwnerID"], ({ peer }) => ({
    ...{ groupID: take(own().own), newOwnerID: nameOf(peer) },
  })),
  row("/group/handleGroupApplication", "member", ["handleAction", "application"], () => ({
    ...{ handleAction: "Reject", handleMessage: "x", application: take(own().applications) },
  })),
  row("/group/setMessageRemindType", "member", ["groupID", "messageRemindType"], (context) => ({
    ...{ ...group(context), messageRemindType: "AcceptNotNotify" },
  })),
];

const someone = (context: CallContext) => ({ ...group(context), userID: nameOf(context.peer) });
const FIELD = [{ key: "x", value: "x" }];

const MEMBERS: ContractCall[] = [
  row("/member/getGroupMemberList", "member", GIVEN, (context) => ({
    ...group(context),
    count: 15,
    offset: 0,
  })),
  row("/member/getGroupMemberProfile", "member", ["groupID", "userIDList"], (context) => ({
    ...{ ...group(context), userIDList: [nameOf(context.peer)] },
  })),
  row("/member/getGroupOnlineMemberCount", "member", GIVEN, group),
  row("/member/addGroupMember", "member", ["groupID", "userIDList"], (context) => ({
    ...{ ...group(context), userIDList: [nameOf(context.bystander)] },
  })),
  row("/member/deleteGroupMember", "member", ["groupID", "userIDList"], ({ peer }) => ({
    ...{ groupID: take(own().own), userIDList: [nameOf(peer)], reason: "x" },
  })),
  row("/member/setGroupMemberMuteTime", "member", ["groupID", "userID", "muteTime"], (context) => ({
    ...{ ...someone(context), muteTime: 1 },
  })),
  row("/member/setGroupMemberRole", "member", ["groupID", "userID", "role"], (context) => ({
    ...{ ...someone(context), role: "Member" },
  })),
  row("/member/setGroupMemberNameCard", "member", ["groupID", "nameCard"], (context) => ({
    ...{ ...someone(context), nameCard: "x" },
  })),
  row("/member/setGroupMemberCustomField", "member", ["groupID", "memberCustomField"], (context) => ({
    ...{ ...someone(context), memberCustomField: FIELD },
  })),
];

export const tim: SurfaceContract = {
  name: "tim",
  calls: [...USERS, ...MESSAGES, ...GROUPS, ...MEMBERS, ...furtherCalls(row, own)],
  prepare: async (context) => {
    made = { ...(await props(context)), ...(await furtherProps(context, TIMES)) };
  },
  headers: (token) => (token === undefined ? {} : { token }),
  isSuccess: ({ status, body }) =>
    status === 200 && z.looseObject({ code: z.literal(0) }).safeParse(body).success,
  isFailure: ({ body }) => Failure.safeParse(body).success,
  isUnauthenticated: ({ status, body }) => status === 200 && Failure.safeParse(body).data?.code === 70_001,
};
