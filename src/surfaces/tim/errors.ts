import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { PolicyName } from "../../domain/conversations/group-kind.ts";
import type {
  ErrorCode,
  Failure,
  FileFlaw,
  MediaKind,
  Missing,
  Refusal,
  TakenBy,
} from "../../domain/errors.ts";

/** The SDK's code for an ability that the server does not have. */
export const UNSUPPORTED = 3_122;

const BAD_PARAMETER = 70_402;
const FAULT = 60_002;

/** How a failure is written. */
interface WireFailure {
  code: number;
  /** 200 if absent */
  status?: ContentfulStatusCode;
}

/** How each failure is written, unless a table below has a code for it. */
const WIRE_FAILURES: Record<ErrorCode, WireFailure> = {
  validation_failed: { code: BAD_PARAMETER },
  unauthenticated: { code: 70_001 },
  forbidden: { code: 10_007 },
  suspended: { code: 10_007 },
  refused: { code: 80_001 },
  held: { code: 80_001 },
  muted: { code: 10_017 },
  // The SDK has no slow mode: its clients show a member who waits as one who is muted.
  slow_mode: { code: 10_017 },
  blocked: { code: 20_007 },
  not_found: { code: 2_500 },
  no_such_path: { code: 404, status: 404 },
  method_not_allowed: { code: 405, status: 405 },
  not_forwardable: { code: 2_453 },
  conflict: { code: BAD_PARAMETER },
  group_full: { code: 10_014 },
  full: { code: FAULT, status: 507 },
  already_handled: { code: 10_024 },
  too_late: { code: 10_031 },
  reset: { code: BAD_PARAMETER },
  upgrade_required: { code: 426, status: 426 },
  too_large: { code: 413, status: 413 },
  range_not_satisfiable: { code: 416, status: 416 },
  rate_limited: { code: 429, status: 429 },
  quota: { code: 429, status: 429 },
  locked: { code: 429, status: 429 },
  internal: { code: FAULT, status: 500 },
  unavailable: { code: FAULT, status: 503 },
};

/**
 * The reasons for which tables have codes: the group kind or rule that refuses, what is missing, or a code of
 * the core.
 */
type Reason = PolicyName | Refusal | Missing | TakenBy | ErrorCode;
type Table = { [Key in Reason]?: number } & {
  /** by the name of an invalid parameter; `""`: the parameters together */
  bad?: Record<string, number>;
  /** for a value that is only too large */
  excess?: number;
  /** for files, by the kind of message that they cannot be */
  files?: { [Flaw in FileFlaw]: Partial<Record<MediaKind, number>> };
  /** codes that differ in groups */
  grouped?: { [Key in Reason]?: number };
  /** sentences that replace those of the core, which name users and conversations by numbers */
  says?: { [Key in Reason]?: string };
};

/** The codes of an unknown user or conversation, also in lists of outcomes. */
export const UNKNOWN_CODES = { user: 70_107, conversation: 2_500 };

/** The codes of all calls: unknown ids, and invalid ids and enumerations. */
const COMMON_CODES: Table = {
  ...UNKNOWN_CODES,
  membership: 2_500,
  member: 70_107,
  message: 20_022,
  grouped: { message: 10_030 },
  says: {
    member: "A user whom you name is not a member.",
    blocked: "There is a block between you and this user, or one of these users.",
  },
  bad: { conversationType: 2_106, conversationID: 2_503, conversationIDList: 2_503 },
};

/** The codes of all calls below a path. */
const GROUP_CODES: Table = {
  ...{ conversation: 10_010, membership: 10_007, member: 10_007 },
  bad: { groupID: 10_015, topicID: 10_015, topicIDList: 10_015 },
};
const PATH_CODES: Record<string, Table> = {
  group: GROUP_CODES,
  member: GROUP_CODES,
  groupMember: GROUP_CODES,
};

/** The codes of calls that send: the only user that they name is the recipient. */
const SEND_CODES: Table = {
  ...{ user: 20_003, conversation: 10_010, membership: 10_007 },
  ...{ excess: 80_002, bad: { group: 10_015 } },
  says: {
    message: "There is no such message of yours that could be sent, or you cannot see what it forwards.",
  },
};

const SAYS_NO_USER = { user: "There is no such user." };
/** The codes of calls about one friend. */
const FRIEND_CODES: Table = {
  ...{ user: 70_107, friendship: 2_700, application: 2_716 },
  says: {
    ...{ ...SAYS_NO_USER, friendship: "This user is not your friend." },
    application: "There is no such request for friendship.",
  },
};
/** The codes of calls about messages that were sent. */
const MESSAGE_CODES: Table = {
  ...{ conversation: 20_022, membership: 20_022, message: 20_022, ...{ too_late: 20_016 } },
  grouped: { message: 10_030, too_late: 10_031 },
};
/** The codes of calls about a group of friends. */
const FRIEND_GROUP_CODES: Table = { conflict: 2_710, not_found: 2_711 };

/** The codes of calls about a group of conversations, for which the SDK has none of their own. */
const CONVERSATION_GROUP_CODES: Table = { conflict: 70_402, not_found: 70_402, forbidden: 70_402 };

/** The codes of a call, by its name. */
const CALL_CODES: Record<string, Table> = {
  revokeMessage: {
    ...{ conversation: 20_022, message: 20_022, too_late: 20_016, already_handled: 20_023 },
    grouped: { message: 10_030, too_late: 10_031 },
  },
  register: { conflict: 70_398 },
  login: { unauthenticated: 70_050 },
  createGroup: { caller: 10_025, other: 10_021, kind: 2_682, bad: { type: 2_600 } },
  dismissGroup: { kind: 2_622, rank: 2_681 },
  quitGroup: { membership: 2_623, conflict: 10_007 },
  joinGroup: { kind: 2_601, rank: 10_007 },
  changeGroupOwner: { kind: 2_620, rank: 2_681, self: 2_621 },
  createMessage: {
    excess: 80_002,
    says: { message: "payload.message: there is no such message, or you cannot see it." },
    bad: { group: 10_015 },
    files: {
      empty: { image: 2_108, audio: 2_108, video: 2_108, file: 2_108 },
      size: { image: 2_253, audio: 2_301, video: 2_351, file: 2_402 },
      type: { image: 2_252, video: 2_352 },
    },
  },
  sendMessage: SEND_CODES,
  resendMessage: SEND_CODES,
  addGroupMember: { livestream: 2_661 },
  setGroupMemberRole: { kind: 2_682, rank: 2_681, self: 2_684, bad: { role: 2_683 } },
  setGroupMemberMuteTime: { self: 2_685 },
  updateMyProfile: { validation_failed: 2_721, bad: { "": 2_722 } },
  deleteMessage: MESSAGE_CODES,
  downloadMergerMessage: MESSAGE_CODES,
  modifyMessage: { ...MESSAGE_CODES, conflict: 2_480, livestream: 2_481, excess: 80_002 },
  addMessageReaction: MESSAGE_CODES,
  removeMessageReaction: MESSAGE_CODES,
  getMessageReactions: MESSAGE_CODES,
  getAllUserListOfMessageReaction: MESSAGE_CODES,
  getMessageReadReceiptList: MESSAGE_CODES,
  getGroupMessageReadMemberList: MESSAGE_CODES,
  sendMessageReadReceipt: MESSAGE_CODES,
  pinGroupMessage: { message: 10_030 },
  initGroupAttributes: { conflict: 10_056 },
  setGroupAttributes: { conflict: 10_056 },
  deleteGroupAttributes: { conflict: 10_056 },
  createConversationGroup: CONVERSATION_GROUP_CODES,
  addConversationsToGroup: CONVERSATION_GROUP_CODES,
  deleteConversationGroup: CONVERSATION_GROUP_CODES,
  renameConversationGroup: CONVERSATION_GROUP_CODES,
  addFriend: {
    ...{ conflict: 2_701, forbidden: 30_516 },
    says: { ...SAYS_NO_USER, forbidden: "This user does not want to be asked for friendship." },
  },
  updateFriend: FRIEND_CODES,
  acceptFriendApplication: FRIEND_CODES,
  refuseFriendApplication: FRIEND_CODES,
  deleteFriendApplication: FRIEND_CODES,
  createFriendGroup: { ...FRIEND_GROUP_CODES, forbidden: 30_011 },
  deleteFriendGroup: FRIEND_GROUP_CODES,
  renameFriendGroup: FRIEND_GROUP_CODES,
  addToFriendGroup: FRIEND_GROUP_CODES,
  removeFromFriendGroup: FRIEND_GROUP_CODES,
  handleGroupApplication: {
    ...{ conflict: 10_013, application: 70_402 },
    bad: { "application.groupID": 10_015, "message.payload.groupProfile.groupID": 10_015 },
  },
  addToBlacklist: { bad: { "path.user_id": 2_742 } },
  removeFromBlacklist: { bad: { "path.user_id": 2_742 } },
};

/** This API's names of the core's fields. */
const NAMES: Record<string, string> = {
  ...{ direct: "to", group: "to" },
  ...{ "path.user_id": "userIDList", "body.max_members": "maxMemberNum", before: "nextReqMessageID" },
  ...{ "body.password": "password", "query.cursor": "nextCursor", customData: "cloudCustomData" },
  ...{ "path.seq": "message" },
  ...{ "body.forward": "payload.message", mentions: "payload.atUserList", "file.url": "payload.file.url" },
};

/** The core's name of a message that is merged. */
const MERGED_ITEM = /^body\.body\.items\.(?=\d+$)/;

/** The paths of errors about a whole body or query, for which no table counts. */
const WHOLE_INPUT = ["body", "query"];

/**
 * The answer to a failure in this API's envelope: `{"code":70402,"msg":"password: …","data":{}}`.
 * @param shown the answer's `data`
 */
export function refuse(c: Context, failure: Failure, shown: object = {}): Response {
  const { detail, data } = failure;
  const tableCode = documentCode(c.req.path, failure);
  const { code, status = 200 } = tableCode === undefined ? WIRE_FAILURES[failure.code] : { code: tableCode };
  if (data?.retryAfter) c.header("Retry-After", String(data.retryAfter));
  const messages = data?.errors?.map(({ path, message }) => {
    const name =
      path === "body" && data.excess
        ? "payload"
        : (NAMES[path] ?? path.replace(MERGED_ITEM, "payload.messageList."));
    return name === "" ? message : `${name}: ${message}`;
  });
  const msg = messages?.join("; ") ?? sentenceOf(c.req.path, failure) ?? detail;
  return c.json({ code, msg, data: shown }, status);
}

/** The same as one of several outcomes in an answer. */
export function outcomeOf(path: string, failure: Failure): { code: number; message: string } {
  const code = documentCode(path, failure) ?? WIRE_FAILURES[failure.code].code;
  return { code, message: sentenceOf(path, failure) ?? failure.detail };
}

/** The same on a socket, where no call has a code of its own. `status`: that of the failure over HTTP. */
export function frameFailure(failure: Failure): { code: number; status: number; msg: string } {
  const { code, status = 200 } = WIRE_FAILURES[failure.code];
  return { code, status, msg: failure.detail };
}

/** The tables of a path: the call's table first, then its path's, then the one of all calls. */
function tablesOf(path: string): Table[] {
  const [, area = "", call = area] = path.split("/");
  return [CALL_CODES[call], PATH_CODES[area], COMMON_CODES].flatMap((table) => table ?? []);
}

/** The sentence of this API for a failure; undefined: the core's is used. */
function sentenceOf(path: string, { code, data }: Failure): string | undefined {
  const sentences = tablesOf(path).map(({ says }) => says?.[data?.missing ?? code]);
  return sentences.find((sentence) => sentence !== undefined);
}

/** The document's code for a failure. */
function documentCode(path: string, { code, data }: Failure): number | undefined {
  const parameter = data?.errors?.[0]?.path;
  if (parameter !== undefined && WHOLE_INPUT.includes(parameter) && !data?.excess) return undefined;
  for (const table of tablesOf(path)) {
    const tableCode =
      (data?.file && table.files?.[data.file.flaw][data.file.kind]) ??
      (data?.excess && table.excess) ??
      (data?.in === "group" ? table.grouped?.[data.missing ?? code] : undefined) ??
      (data?.policy && table[data.policy]) ??
      (data?.refusal && table[data.refusal]) ??
      (data?.missing && table[data.missing]) ??
      (data?.takenBy && table[data.takenBy]) ??
      (parameter === undefined || data?.absent ? undefined : badCode(table, parameter)) ??
      table[code];
    if (tableCode !== undefined) return tableCode;
  }
  return undefined;
}

/** The code of an invalid parameter. An invalid item of a list counts as the list. */
function badCode({ bad }: Table, parameter: string): number | undefined {
  return bad?.[parameter] ?? bad?.[parameter.replace(/\.\d+$/, "")];
}
