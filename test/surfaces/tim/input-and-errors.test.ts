import { ask, drafts, group, says, story } from "./story.ts";

const CREATE = "/message/createMessage";
const C2C = { to: "{bob}", conversationType: "C2C" };

story("the names of constants count as their values", [
  drafts(
    "ann",
    "draft",
    {
      ...{ to: "{bob}", conversationType: "TIM.TYPES.CONV_C2C" },
      ...{ priority: "TIM.TYPES.MSG_PRIORITY_HIGH", type: "TIM.TYPES.MSG_TEXT" },
    },
    { text: "x" },
    { conversationType: "C2C", priority: "High", type: "TIMTextElem" },
  ),
  ask("ann", "/message/sendMessage", { ID: "{draft}", conversationType: "TIM.TYPES.CONV_C2C" }),
  group("g", "ann", [], {
    ...{ type: "TIM.TYPES.GRP_PUBLIC", joinOption: "TencentCloudChat.TYPES.JOIN_OPTIONS_FREE_ACCESS" },
    memberList: [{ userID: "{bob}", role: "TIM.TYPES.GRP_MBR_ROLE_ADMIN" }],
  }),
  ask(
    "bob",
    "/group/getGroupProfile",
    { groupID: "{g}" },
    {
      group: { type: "Public", joinOption: "FreeAccess", selfInfo: { role: "Admin" } },
    },
  ),
  ask(
    "ann",
    "/group/setMessageRemindType",
    { groupID: "{g}", messageRemindType: "TIM.TYPES.MSG_REMIND_DISCARD" },
    { group: { selfInfo: { messageRemindType: "Discard" } } },
  ),
  ask(
    "ann",
    "/user/updateMyProfile",
    { gender: "TIM.TYPES.GENDER_MALE", allowType: "TIM.TYPES.ALLOW_TYPE_DENY_ANY" },
    [{ userinfo: { gender: "Gender_Type_Male", allowType: "AllowType_Type_DenyAny" } }],
  ),
  ask("ann", CREATE, { ...C2C, conversationType: "TIM.TYPES.X", payload: { text: "x" } }, 2_106),
]);

const creates = (payload: unknown, answer: string, more: object = {}) =>
  ask("ann", CREATE, { ...C2C, payload, ...more }, answer);

story("the message of a failure names the parameters of the document, and says what is wrong in words", [
  creates({ text: "x" }, "80002 cloudCustomData: ", { cloudCustomData: "x".repeat(40_000) }),
  creates({ data: "x".repeat(33_000) }, "80002 payload: "),
  creates(undefined, "70402 payload: must be there"),
  creates({ text: 1 }, "70402 payload.text: must be a string"),
  creates({ text: "" }, "70402 payload.text: must have a visible character"),
  creates({ text: "x", atUserList: "x" }, "70402 payload.atUserList: must be an array"),
  creates({ text: "x", atUserList: ["no one"] }, "70107 payload.atUserList: there is no user no one"),
  ask("ann", "/user/getUserProfile", {}, "70402 user_id: must be there"),
  ask("ann", "/user/addToBlacklist", {}, "70402 userIDList: must be there"),
  ask("ann", "/group/createGroup", {}, "70402 name: must be there"),
  ask("ann", "/group/joinGroup", { groupID: {} }, "10015 groupID: must be a string"),
]);

story("the message of a failure has no numbers of users and conversations, which mean nothing here", [
  ...[group("others", "bob", ["cid"]), says("bob", "GROUP{others}", "secret"), group("g", "ann", ["cid"])],
  creates({ message: "{secret}" }, "20022 payload.message: there is no such message, or you cannot see it."),
  ask(
    "ann",
    "/member/setGroupMemberMuteTime",
    { groupID: "{g}", userID: "{bob}", muteTime: 1 },
    "10007 A user whom you name is not a member.",
  ),
  drafts("ann", "naming", { ...C2C, to: "{cid}" }, { text: "x", atUserList: ["{bob}"] }),
  ask("ann", "/message/sendMessage", { ID: "{naming}" }, "70107 A user whom you name is not a member."),
  drafts("ann", "blocked", C2C, { text: "x" }),
  ask("bob", "/user/addToBlacklist", { userIDList: ["{ann}"] }),
  ask("ann", "/message/sendMessage", { ID: "{blocked}" }, "20007 There is a block between you and this user"),
]);
