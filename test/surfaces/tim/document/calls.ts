/**
 * Every call of the API with the codes in its document, by the file with its fixtures. Each code has a
 * fixture, and each fixture is in this table.
 */
export const DOCUMENT: Record<string, Record<string, number[]>> = {
  users: {
    "/register": [0, 60_002, 70_398, 70_402],
    "/login": [0, 60_002, 70_050, 70_402],
    "/user/getMyProfile": [0, 70_001],
    "/user/getUserProfile": [0, 70_001, 70_402],
    "/user/updateMyProfile": [0, 2_721, 2_722, 70_001],
    "/user/getBlacklist": [0, 70_001],
    "/user/addToBlacklist": [0, 2_742, 70_001, 70_107, 70_402],
    "/user/removeFromBlacklist": [0, 2_742, 70_001, 70_107, 70_402],
  },
  drafts: {
    "/message/createMessage": [
      ...[0, 2_106, 2_108, 2_252, 2_253, 2_301, 2_351, 2_352, 2_402, 2_453],
      ...[10_015, 10_030, 20_022, 70_001, 70_107, 70_402, 80_002],
    ],
    "/message/sendMessage": [
      0, 2_453, 10_007, 10_010, 10_017, 10_030, 20_003, 20_007, 20_022, 70_001, 70_402,
    ],
    "/message/resendMessage": [0, 20_022, 70_001, 70_402],
  },
  messages: {
    "/message/revokeMessage": [0, 10_007, 10_030, 10_031, 20_016, 20_022, 20_023, 70_001, 70_402],
    "/message/getMessageList": [0, 2_500, 2_503, 70_001, 70_402],
    "/message/setMessageRead": [0, 2_500, 2_503, 70_001, 70_402],
  },
  conversations: {
    "/conversation/getConversationList": [0, 2_503, 70_001, 70_402],
    "/conversation/getConversationProfile": [0, 2_500, 2_503, 70_001, 70_402],
    "/conversation/deleteConversation": [0, 2_500, 2_503, 70_001, 70_402],
  },
  groups: {
    "/group/getGroupList": [0, 70_001],
    "/group/getGroupProfile": [0, 10_007, 10_010, 10_015, 70_001, 70_402],
    "/group/createGroup": [0, 2_600, 2_682, 10_015, 10_021, 10_025, 70_001, 70_107, 70_402],
    "/group/dismissGroup": [0, 2_622, 2_681, 10_007, 10_010, 70_001, 70_402],
    "/group/updateGroupProfile": [0, 10_007, 10_010, 70_001, 70_402],
    "/group/joinGroup": [0, 2_601, 10_007, 10_010, 10_014, 70_001, 70_402],
    "/group/quitGroup": [0, 2_623, 10_007, 10_010, 70_001, 70_402],
    "/group/searchGroupByID": [0, 10_010, 70_001, 70_402],
    "/group/changeGroupOwner": [0, 2_620, 2_621, 2_681, 10_007, 10_010, 70_001, 70_107, 70_402],
    "/group/setMessageRemindType": [0, 10_010, 70_001, 70_402],
  },
  applications: {
    "/group/handleGroupApplication": [
      0, 10_007, 10_010, 10_013, 10_014, 10_015, 10_024, 70_001, 70_107, 70_402,
    ],
  },
  members: {
    "/member/getGroupMemberList": [0, 10_007, 10_010, 10_015, 70_001, 70_402],
    "/member/getGroupMemberProfile": [0, 10_007, 10_010, 10_015, 70_001, 70_402],
    "/member/getGroupOnlineMemberCount": [0, 10_007, 10_010, 10_015, 70_001, 70_402],
    "/member/addGroupMember": [0, 2_661, 10_007, 10_010, 10_015, 70_001, 70_402],
    "/member/deleteGroupMember": [0, 10_007, 10_010, 10_015, 70_001, 70_107, 70_402],
    "/member/setGroupMemberMuteTime": [0, 2_685, 10_007, 10_010, 10_015, 70_001, 70_107, 70_402],
    "/member/setGroupMemberRole": [
      0, 2_681, 2_682, 2_683, 2_684, 10_007, 10_010, 10_015, 70_001, 70_107, 70_402,
    ],
    "/member/setGroupMemberNameCard": [0, 10_007, 10_010, 10_015, 70_001, 70_107, 70_402],
    "/member/setGroupMemberCustomField": [0, 10_007, 10_010, 10_015, 70_001, 70_107, 70_402],
  },
  friends: {
    "/friend/getFriendList": [0, 70_001],
    "/friend/getFriendProfile": [0, 70_001, 70_402],
    "/friend/checkFriend": [0, 70_001, 70_402],
    "/friend/addFriend": [0, 2_701, 20_007, 30_516, 70_001, 70_107, 70_402],
    "/friend/deleteFriend": [0, 70_001, 70_402],
    "/friend/updateFriend": [0, 2_700, 70_001, 70_107, 70_402],
    "/friend/getFriendApplicationList": [0, 70_001],
    "/friend/acceptFriendApplication": [0, 2_716, 70_001, 70_107, 70_402],
    "/friend/refuseFriendApplication": [0, 2_716, 70_001, 70_107, 70_402],
    "/friend/deleteFriendApplication": [0, 2_716, 70_001, 70_107, 70_402],
    "/friend/setFriendApplicationRead": [0, 70_001],
    "/friend/getFriendGroupList": [0, 70_001],
    "/friend/createFriendGroup": [0, 2_710, 30_011, 70_001, 70_402],
    "/friend/deleteFriendGroup": [0, 2_711, 70_001, 70_402],
    "/friend/renameFriendGroup": [0, 2_710, 2_711, 70_001, 70_402],
    "/friend/addToFriendGroup": [0, 2_711, 70_001, 70_402],
    "/friend/removeFromFriendGroup": [0, 2_711, 70_001, 70_402],
  },
  sent: {
    "/message/deleteMessage": [0, 10_030, 20_022, 70_001, 70_402],
    "/message/downloadMergerMessage": [0, 10_030, 20_022, 70_001, 70_402],
    "/message/modifyMessage": [0, 2_480, 2_481, 10_007, 10_030, 20_007, 20_022, 70_001, 70_402],
    "/message/addMessageReaction": [0, 10_030, 20_007, 20_022, 70_001, 70_402],
    "/message/removeMessageReaction": [0, 10_030, 20_007, 20_022, 70_001, 70_402],
    "/message/getMessageReactions": [0, 10_030, 20_022, 70_001, 70_402],
    "/message/getAllUserListOfMessageReaction": [0, 10_030, 20_022, 70_001, 70_402],
    "/message/getMessageReadReceiptList": [0, 10_030, 20_022, 70_001, 70_402],
    "/message/getGroupMessageReadMemberList": [0, 10_030, 20_022, 70_001, 70_402],
    "/message/sendMessageReadReceipt": [0, 10_030, 20_022, 70_001, 70_402],
    "/message/clearHistoryMessage": [0, 2_500, 2_503, 70_001, 70_402],
    "/message/getMessageListHopping": [0, 2_500, 2_503, 70_001, 70_402],
    "/message/setAllMessageRead": [0, 70_001, 70_402],
    "/message/searchCloudMessages": [0, 2_500, 2_503, 70_001, 70_402],
    "/message/translateText": [3_122, 70_001],
    "/message/convertVoiceToText": [3_122, 70_001],
    "/message/setMessageExtensions": [3_122, 70_001],
    "/message/getMessageExtensions": [3_122, 70_001],
    "/message/deleteMessageExtensions": [3_122, 70_001],
  },
  kept: {
    "/conversation/pinConversation": [0, 2_500, 2_503, 70_001, 70_402],
    "/conversation/getTotalUnreadMessageCount": [0, 70_001],
    "/conversation/markConversation": [0, 2_503, 70_001, 70_402],
    "/conversation/getConversationGroupList": [0, 70_001],
    "/conversation/createConversationGroup": [0, 2_503, 70_001, 70_402],
    "/conversation/addConversationsToGroup": [0, 2_503, 70_001, 70_402],
    "/conversation/deleteConversationsFromGroup": [0, 2_503, 70_001, 70_402],
    "/conversation/deleteConversationGroup": [0, 70_001, 70_402],
    "/conversation/renameConversationGroup": [0, 70_001, 70_402],
    "/group/initGroupAttributes": [0, 10_007, 10_010, 10_015, 10_056, 70_001, 70_402],
    "/group/setGroupAttributes": [0, 10_007, 10_010, 10_015, 10_056, 70_001, 70_402],
    "/group/deleteGroupAttributes": [0, 10_007, 10_010, 10_015, 10_056, 70_001, 70_402],
    "/group/getGroupAttributes": [0, 10_007, 10_010, 10_015, 70_001, 70_402],
    "/group/setGroupCounters": [0, 10_007, 10_010, 10_015, 70_001, 70_402],
    "/group/increaseGroupCounter": [0, 10_007, 10_010, 10_015, 70_001, 70_402],
    "/group/decreaseGroupCounter": [0, 10_007, 10_010, 10_015, 70_001, 70_402],
    "/group/getGroupCounters": [0, 10_007, 10_010, 10_015, 70_001, 70_402],
    "/group/pinGroupMessage": [0, 10_007, 10_010, 10_015, 10_030, 70_001, 70_402],
    "/group/getPinnedGroupMessageList": [0, 10_007, 10_010, 10_015, 70_001, 70_402],
    "/group/getGroupApplicationList": [0, 70_001],
    "/group/searchCloudGroups": [0, 70_001, 70_402],
    "/user/searchCloudUsers": [0, 70_001, 70_402],
    "/user/logout": [0, 70_001],
    "/user/getUserStatus": [0, 70_001, 70_402],
    "/user/subscribeUserStatus": [0, 70_001, 70_402],
    "/user/unsubscribeUserStatus": [0, 70_001, 70_402],
  },
};

/**
 * Every code of the API. The SDK also has 20012, for muted users in a direct conversation, where Parley has
 * no mutes.
 */
export const CODES = [
  ...[
    0, 70_001, 70_402, 70_107, 70_398, 70_050, 20_003, 20_007, 10_017, 10_007, 10_010, 10_015, 10_021, 10_025,
  ],
  ...[
    10_013, 10_014, 10_024, 20_016, 10_031, 20_022, 10_030, 20_023, 2_106, 2_108, 2_252, 2_253, 2_301, 2_351,
  ],
  ...[
    2_352, 2_402, 2_453, 2_500, 2_503, 2_600, 2_601, 2_620, 2_621, 2_622, 2_623, 2_661, 2_681, 2_682, 2_683,
  ],
  ...[2_684, 2_685, 2_721, 2_722, 2_742, 80_002, 60_002],
  ...[2_480, 2_481, 2_700, 2_701, 2_710, 2_711, 2_716, 3_122, 10_056, 30_011, 30_516],
];
