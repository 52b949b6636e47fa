import { freshName } from "../../../support/clients/api.ts";
import type { CallContext, ContractCall } from "../../../support/surfaces/contract.ts";
import { nameOf } from "../client.ts";
import { take } from "../props.ts";
import type { FurtherProps } from "./props.ts";

type Row = (
  path: string,
  who: ContractCall["who"],
  required: string[],
  fields: ContractCall["fields"],
) => ContractCall;

/** The rows of the calls that the document only names, and of the SDK's further ones. */
export function furtherCalls(row: Row, own: () => FurtherProps): ContractCall[] {
  const nothing = () => ({});
  const message = () => ({ ID: own().changed });
  const messageList = () => ({ messageList: [own().changed] });
  const conversation = ({ group }: CallContext) => ({ conversationID: `GROUP${group}` });
  const conversations = ({ group }: CallContext) => ({ conversationIDList: [`GROUP${group}`] });
  const bystanders = ({ bystander }: CallContext) => ({ userIDList: [nameOf(bystander)] });
  const group = ({ group: id }: CallContext) => ({ groupID: String(id) });
  const friend = (path: string, required: string[], fields: ContractCall["fields"]) =>
    row(`/friend/${path}`, "user", required, fields);
  const sent = (path: string, required: string[], fields: ContractCall["fields"]) =>
    row(`/message/${path}`, "member", required, fields);
  const inGroup = (path: string, more: object) =>
    row(`/group/${path}`, "member", ["groupID", ...Object.keys(more)], (context) => ({
      ...{ ...group(context), ...more },
    }));
  const inCommunity = (path: string, required: string[], more: () => object) =>
    row(`/group/${path}`, "member", ["groupID", ...required], () => ({
      ...{ groupID: own().community, ...more() },
    }));
  const reaction = { reactionID: "👍" };
  return [
    ...["getFriendList", "getFriendApplicationList", "setFriendApplicationRead", "getFriendGroupList"].map(
      (path) => friend(path, [], nothing),
    ),
    ...["getFriendProfile", "checkFriend", "deleteFriend"].map((path) =>
      friend(path, ["userIDList"], bystanders),
    ),
    friend("addFriend", ["to"], ({ bystander }) => ({ to: nameOf(bystander), wording: "x", remark: "x" })),
    row("/friend/updateFriend", "member", ["userID"], ({ peer }) => ({ userID: nameOf(peer), remark: "x" })),
    ...["acceptFriendApplication", "refuseFriendApplication"].map((path) =>
      row(`/friend/${path}`, "member", ["userID"], () => ({ userID: take(own().asking) })),
    ),
    row("/friend/deleteFriendApplication", "member", ["userID", "type"], () => ({
      ...{ userID: take(own().asking), type: "Pendency_Type_ComeIn" },
    })),
    friend("createFriendGroup", ["name"], () => ({ name: freshName("g"), userIDList: [] })),
    ...["addToFriendGroup", "removeFromFriendGroup"].map((path) =>
      row(`/friend/${path}`, "member", ["name"], ({ peer }) => ({
        ...{ name: own().friendGroup, userIDList: [nameOf(peer)] },
      })),
    ),
    row("/friend/deleteFriendGroup", "member", ["name"], () => ({ name: take(own().friendGroups) })),
    row("/friend/renameFriendGroup", "member", ["oldName", "newName"], () => ({
      ...{ oldName: take(own().friendGroups), newName: freshName("g") },
    })),
    sent("deleteMessage", ["messageList"], () => ({ messageList: [take(own().hidden)] })),
    sent("downloadMergerMessage", ["ID"], message),
    sent("modifyMessage", ["ID", "payload"], () => ({
      ...{ ID: own().changed, payload: { text: freshName("x") } },
    })),
    ...["addMessageReaction", "removeMessageReaction", "getAllUserListOfMessageReaction"].map((path) =>
      sent(path, ["ID", "reactionID"], () => ({ ...message(), ...reaction })),
    ),
    ...["getMessageReactions", "getMessageReadReceiptList", "sendMessageReadReceipt"].map((path) =>
      sent(path, ["messageList"], messageList),
    ),
    sent("getGroupMessageReadMemberList", ["ID"], () => ({ ...message(), filter: 0 })),
    sent("clearHistoryMessage", ["conversationID"], () => ({ conversationID: own().cleared })),
    sent("getMessageListHopping", ["conversationID"], (context) => ({
      ...{ ...conversation(context), sequence: 1, direction: 0, count: 15 },
    })),
    row("/message/setAllMessageRead", "user", [], () => ({ scope: "readAllMessage" })),
    row("/message/searchCloudMessages", "user", ["keywordList"], () => ({ keywordList: ["x"], count: 1 })),
    row("/conversation/pinConversation", "member", ["conversationID"], (context) => ({
      ...{ ...conversation(context), isPinned: true },
    })),
    row("/conversation/getTotalUnreadMessageCount", "user", [], nothing),
    row(
      "/conversation/markConversation",
      "user",
      ["conversationIDList", "markType", "enableMark"],
      (context) => ({
        ...{ ...conversations(context), markType: 1, enableMark: true },
      }),
    ),
    row("/conversation/getConversationGroupList", "user", [], nothing),
    ...["createConversationGroup", "addConversationsToGroup", "deleteConversationsFromGroup"].map((path) =>
      row(`/conversation/${path}`, "user", ["groupName", "conversationIDList"], (context) => ({
        ...{ ...conversations(context), groupName: "x" },
      })),
    ),
    row("/conversation/deleteConversationGroup", "member", ["groupName"], () => ({
      groupName: take(own().conversationGroups),
    })),
    row("/conversation/renameConversationGroup", "member", ["oldName", "newName"], () => ({
      ...{ oldName: take(own().conversationGroups), newName: take(own().newNames) },
    })),
    ...["initGroupAttributes", "setGroupAttributes"].map((path) =>
      inGroup(path, { groupAttributes: { x: "x" } }),
    ),
    ...["deleteGroupAttributes", "getGroupAttributes", "getGroupCounters"].map((path) => inGroup(path, {})),
    inGroup("setGroupCounters", { counters: { x: 1 } }),
    ...["increaseGroupCounter", "decreaseGroupCounter"].map((path) => inGroup(path, { key: "x", value: 1 })),
    row("/group/pinGroupMessage", "member", ["groupID", "ID", "isPinned"], (context) => ({
      ...{ ...group(context), ID: own().inGroup, isPinned: true },
    })),
    inGroup("getPinnedGroupMessageList", {}),
    row("/group/getJoinedCommunityList", "user", [], nothing),
    inCommunity("createTopicInCommunity", ["topicName"], () => ({ topicName: "x" })),
    inCommunity("updateTopicProfile", ["topicID"], () => ({ topicID: own().topic, topicName: "x" })),
    inCommunity("getTopicList", [], () => ({})),
    inCommunity("deleteTopicFromCommunity", [], () => ({ topicIDList: [] })),
    row("/group/getGroupApplicationList", "user", [], nothing),
    row("/group/searchCloudGroups", "user", ["keywordList"], () => ({ keywordList: ["x"] })),
    row("/user/searchCloudUsers", "user", ["keywordList"], () => ({ keywordList: ["x"] })),
    ...["getUserStatus", "subscribeUserStatus"].map((path) =>
      row(`/user/${path}`, "user", ["userIDList"], bystanders),
    ),
    row("/user/unsubscribeUserStatus", "user", [], bystanders),
  ];
}
