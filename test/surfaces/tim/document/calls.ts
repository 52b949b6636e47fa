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
];
