import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { EVENT, TYPES } from "../src/index.ts";
import type { Conversation } from "../src/types.ts";
import { User } from "./support/user.ts";

/** The folder of the SDK itself: tests of what runs on this library bring it along. */
const SDK = dirname(createRequire(import.meta.url).resolve("@tencentcloud/chat/package.json"));
/** The SDK's types, without comments. */
const SOURCE = readFileSync(join(SDK, "index.d.ts"), "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");

/** The fields of an interface of the SDK, with their types. */
function fieldsOf(name: string): [field: string, type: string][] {
  const [, body = ""] = new RegExp(`interface ${name} \\{([^}]*)\\}`).exec(SOURCE) ?? [];
  const fields = [...body.matchAll(/(\w+): ([^;]+);/g)].map(([, field = "", type = ""]) => [field, type]);
  if (fields.length === 0) throw new Error(`the SDK has no ${name}`);
  return fields.map(([field = "", type = ""]) => [field, type]);
}

/** Fields that the SDK's types spell in another way than the SDK does. */
const MISSPELT: Record<string, string> = { lastUpdatedNumber: "lastUpdatedTime" };
/** Numbers that the SDK's types call texts. */
const NUMBERS = ["createTime"];
/** Types that are interfaces, too. */
const INTERFACES = ["Profile", "Group", "UserInfo"];

/** What an object lacks, or has otherwise than an interface of the SDK says: lines with where it is. */
function faults(name: string, value: unknown, place = name): string[] {
  if (typeof value !== "object" || value === null) return [`${place} is ${JSON.stringify(value)}`];
  const there = new Map(Object.entries(value));
  return fieldsOf(name).flatMap(([spelt, type]) => {
    const field = MISSPELT[spelt] ?? spelt;
    const found: unknown = there.get(field);
    const at = `${place}.${field}`;
    if (found === undefined) return isElsewhere(field, there) ? [] : [`${at} is not there`];
    if (INTERFACES.includes(type)) return faults(type, found, at);
    const wanted = NUMBERS.includes(field) ? "number" : type;
    const isSo =
      wanted.startsWith("Array<") === Array.isArray(found) || wanted === "any" ? isOf(wanted, found) : false;
    return isSo ? [] : [`${at} is ${JSON.stringify(found)}, and no ${wanted}`];
  });
}

/** A conversation has a user or a group, and that of notifications neither. */
function isElsewhere(field: string, there: Map<string, unknown>): boolean {
  const isProfile = field === "groupProfile" || field === "userProfile";
  return (
    isProfile &&
    (there.has("groupProfile") || there.has("userProfile") || there.get("type") === TYPES.CONV_SYSTEM)
  );
}

function isOf(type: string, value: unknown): boolean {
  if (type === "any") return value !== null;
  if (type === "Array<string>")
    return Array.isArray(value) && value.every((item) => typeof item === "string");
  if (type.startsWith("Array<")) return Array.isArray(value);
  // Constants are texts, or numbers.
  if (type.startsWith("TencentCloudChat")) return typeof value === "string" || typeof value === "number";
  return typeof value === type;
}

/** Where an answer has objects of the SDK: `*` is each of a list, of which there has to be one. */
function at(value: unknown, path: string): unknown[] {
  const [first = "", ...rest] = path.split(".").filter(Boolean);
  if (first === "") return [value];
  const inner: unknown[] = first === "*" ? Object.values(Object(value)) : [Reflect.get(Object(value), first)];
  return inner.flatMap((one) => at(one, rest.join(".")));
}

test("each object of an answer and an event has all fields of the SDK's type", async () => {
  const [ann, bob] = [await User.ready("ann"), await User.ready("bob")];
  const { chat } = ann;
  const userIDList = [bob.userID];
  await bob.chat.addFriend({ to: ann.userID, wording: "it is me", type: TYPES.SNS_ADD_TYPE_BOTH });
  type Applications = { friendApplicationList: unknown[] };
  const asked = await ann.until<Applications>(
    EVENT.FRIEND_APPLICATION_LIST_UPDATED,
    ({ friendApplicationList }) => friendApplicationList.length > 0,
  );
  const applications = await chat.getFriendApplicationList();
  await chat.acceptFriendApplication({ userID: bob.userID, type: TYPES.SNS_APPLICATION_AGREE_AND_ADD });
  const isSome = (list: unknown[]) => list.length > 0;
  const friends = await ann.until(EVENT.FRIEND_LIST_UPDATED, isSome);
  const group = await chat.createGroup({
    ...{ name: "lunch", type: TYPES.GRP_PUBLIC, memberList: [{ userID: bob.userID }] },
  });
  const groupID = String(Object(group.data.group).groupID);
  const conversationID = `GROUP${groupID}`;
  const direct = await ann.say(bob.userID, "one");
  const received = await bob.message(({ ID }) => ID === direct.ID);
  const one = await ann.say(groupID, "two needles", "GROUP");
  await bob.message(({ ID }) => ID === one.ID);
  const to = { to: groupID, conversationType: TYPES.CONV_GROUP };
  const quoting = chat.createQuoteMessage(chat.createTextMessage({ ...to, payload: { text: "yes" } }), one);
  await chat.sendMessage(quoting);
  const merged = chat.createMergerMessage({
    ...{ ...to, payload: { messageList: [one], title: "t", abstractList: [], compatibleText: "" } },
  });
  await chat.sendMessage(merged);
  const groups = await bob.until(EVENT.GROUP_LIST_UPDATED, isSome);
  // Until the server has been asked, a group of which a message has come has no profile.
  const conversations = await ann.until<Conversation[]>(EVENT.CONVERSATION_LIST_UPDATED, (list) =>
    list.some(({ groupProfile }) => groupProfile),
  );
  await chat.pinGroupMessage({ groupID, message: one, isPinned: true });
  await chat.revokeMessage(direct);
  await bob.message(() => true, EVENT.MESSAGE_REVOKED);
  await bob.chat.updateMyProfile({ nick: "Bobby" });
  await ann.until(EVENT.PROFILE_UPDATED, () => true);
  await chat.updateMyProfile({ nick: "Annie" });

  /** Who makes a call, or hears an event, and the SDK's types at places of the data. */
  const ANSWERS: [about: string, data: unknown, places: Record<string, string>][] = [
    ["getMyProfile", (await chat.getMyProfile()).data, { "": "Profile" }],
    ["updateMyProfile", (await chat.updateMyProfile({ location: "x" })).data, { "": "Profile" }],
    ["getUserProfile", (await chat.getUserProfile({ userIDList })).data, { "*": "Profile" }],
    [
      "searchCloudUsers",
      (await chat.searchCloudUsers({ keywordList: [bob.userID] })).data,
      { "searchResultList.*": "Profile" },
    ],
    ["getFriendList", (await chat.getFriendList()).data, { "*": "Friend" }],
    ["getFriendProfile", (await chat.getFriendProfile({ userIDList })).data, { "friendList.*": "Friend" }],
    ["updateFriend", (await chat.updateFriend({ userID: bob.userID, remark: "B" })).data, { "": "Friend" }],
    ["getFriendApplicationList", applications.data, { "friendApplicationList.*": "FriendApplication" }],
    [
      "createFriendGroup",
      (await chat.createFriendGroup({ name: "work", userIDList })).data,
      { friendGroup: "FriendGroup" },
    ],
    ["getFriendGroupList", (await chat.getFriendGroupList()).data, { "*": "FriendGroup" }],
    ["createGroup", group.data, { group: "Group" }],
    ["getGroupList", (await chat.getGroupList()).data, { "groupList.*": "Group" }],
    ["getGroupProfile", (await chat.getGroupProfile({ groupID })).data, { group: "Group" }],
    [
      "getGroupMemberList",
      (await chat.getGroupMemberList({ groupID })).data,
      { "memberList.*": "GroupMember" },
    ],
    [
      "getGroupMemberProfile",
      (await chat.getGroupMemberProfile({ groupID, userIDList })).data,
      { "memberList.*": "GroupMember" },
    ],
    ["createTextMessage", chat.createTextMessage({ ...to, payload: { text: "x" } }), { "": "Message" }],
    ["createQuoteMessage, sent", quoting, { "": "Message", quoteInfo: "" }],
    ["revokeMessage", direct, { "": "Message" }],
    [
      "getMessageList",
      (await chat.getMessageList({ conversationID })).data,
      { "messageList.*": "Message", "messageList.2.payload.messageList.*": "SimplifiedMessage" },
    ],
    [
      "getMessageListHopping",
      (await chat.getMessageListHopping({ conversationID, sequence: one.sequence, direction: 0 })).data,
      { "messageList.*": "Message" },
    ],
    [
      "searchCloudMessages",
      (await chat.searchCloudMessages({ keywordList: ["needles"] })).data,
      { "searchResultList.*.messageList.*": "Message" },
    ],
    [
      "getPinnedGroupMessageList",
      (await bob.chat.getPinnedGroupMessageList({ groupID })).data,
      { "messageList.*": "Message" },
    ],
    [
      "getConversationList",
      (await chat.getConversationList()).data,
      { "conversationList.*": "Conversation" },
    ],
    [
      "getConversationProfile",
      (await bob.chat.getConversationProfile(`C2C${ann.userID}`)).data,
      { conversation: "Conversation" },
    ],
    ["MESSAGE_RECEIVED", [received, ...bob.messages()], { "*": "Message" }],
    ["MESSAGE_REVOKED", bob.messages(EVENT.MESSAGE_REVOKED), { "*": "Message" }],
    ["CONVERSATION_LIST_UPDATED", conversations, { "*": "Conversation" }],
    ["GROUP_LIST_UPDATED", groups, { "*": "Group" }],
    ["FRIEND_LIST_UPDATED", friends, { "*": "Friend" }],
    ["FRIEND_APPLICATION_LIST_UPDATED", asked, { "friendApplicationList.*": "FriendApplication" }],
    // Of others there are names and pictures alone.
    ["PROFILE_UPDATED", bob.heard(EVENT.PROFILE_UPDATED).at(0), { "*": "Profile" }],
  ];
  const wrong = ANSWERS.flatMap(([about, data, places]) =>
    Object.entries(places).flatMap(([path, name]) => {
      const found = at(data, path);
      if (found.length === 0) return [`${about}: nothing at ${path}`];
      return found.flatMap((one) => (name ? faults(name, one, `${about} ${path}`) : []));
    }),
  );
  expect(wrong).toEqual([]);
});
