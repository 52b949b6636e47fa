/** The kinds of group as clients name them; `v1`: a group created over v1. */
export const KINDS = ["Private", "Public", "ChatRoom", "Community", "AVChatRoom", "v1"] as const;
export type Kind = (typeof KINDS)[number];
/** The roles of callers; an outsider has none. */
export const ROLES = ["owner", "admin", "member", "outsider"] as const;
export type GroupRole = (typeof ROLES)[number];
/** The expected code for each role, in this order; null: the kind lacks the role. */
type Row = [owner: number, admin: number | null, member: number, outsider: number];

export const YES = 0;
/** not a member, or not allowed */
const NO = 10_007;

/** Actions on a group, in the order of the test. */
export const ACTIONS = [
  "list members",
  "set one's own card",
  "edit the profile",
  "mute a member",
  "mute an admin",
  "mute all",
  "make an admin",
  "unmake an admin",
  "add somebody",
  "remove a member",
  "remove an admin",
] as const;
/** Final actions: the owner performs each in a group of its own. */
export const ENDINGS = ["hand it over", "dismiss", "quit"] as const;
export type Action = (typeof ACTIONS)[number] | (typeof ENDINGS)[number];

/** Expected codes in kinds with admins. */
const ALL: Row = [YES, YES, YES, NO];
const RUNNERS: Row = [YES, YES, NO, NO];
const NOBODY: Row = [NO, NO, NO, NO];
/** The owner only; others get the code for "not the owner". */
const OWNER: Row = [YES, 2_681, 2_681, NO];
/** The owner only: on admins. */
const OVER_ADMINS: Row = [YES, NO, NO, NO];
const QUIT: Row = [NO, YES, YES, 2_623];

/** Expected codes in kinds without admins. */
const bare = (owner: number, member: number, outsider = NO): Row => [owner, null, member, outsider];

/** The expected code of each action for each role: the document's table of rights. */
export const TABLE: Record<Action, Record<Kind, Row | null>> = {
  "list members": {
    ...{ Private: bare(YES, YES), Public: ALL, ChatRoom: ALL, Community: ALL },
    ...{ AVChatRoom: bare(YES, YES), v1: ALL },
  },
  "set one's own card": {
    ...{ Private: bare(YES, YES), Public: ALL, ChatRoom: ALL, Community: ALL },
    ...{ AVChatRoom: bare(YES, YES), v1: ALL },
  },
  "edit the profile": {
    ...{ Private: bare(YES, YES), Public: RUNNERS, ChatRoom: RUNNERS, Community: RUNNERS },
    ...{ AVChatRoom: bare(YES, NO), v1: RUNNERS },
  },
  "mute a member": {
    ...{ Private: bare(NO, NO), Public: RUNNERS, ChatRoom: RUNNERS, Community: RUNNERS },
    ...{ AVChatRoom: bare(YES, NO), v1: RUNNERS },
  },
  "mute an admin": {
    ...{ Private: null, Public: OVER_ADMINS, ChatRoom: OVER_ADMINS, Community: OVER_ADMINS },
    ...{ AVChatRoom: null, v1: OVER_ADMINS },
  },
  "mute all": {
    ...{ Private: bare(NO, NO), Public: RUNNERS, ChatRoom: RUNNERS, Community: RUNNERS },
    ...{ AVChatRoom: bare(YES, NO), v1: RUNNERS },
  },
  "make an admin": {
    ...{ Private: bare(2_682, 2_682), Public: OWNER, ChatRoom: OWNER, Community: OWNER },
    ...{ AVChatRoom: bare(2_682, 2_682), v1: OWNER },
  },
  "unmake an admin": {
    ...{ Private: null, Public: OWNER, ChatRoom: OWNER, Community: OWNER },
    ...{ AVChatRoom: null, v1: OWNER },
  },
  "add somebody": {
    ...{ Private: bare(YES, YES), Public: NOBODY, ChatRoom: NOBODY, Community: ALL },
    ...{ AVChatRoom: bare(2_661, 2_661), v1: RUNNERS },
  },
  "remove a member": {
    ...{ Private: bare(YES, NO), Public: RUNNERS, ChatRoom: RUNNERS, Community: RUNNERS },
    ...{ AVChatRoom: bare(NO, NO), v1: RUNNERS },
  },
  "remove an admin": {
    ...{ Private: null, Public: OVER_ADMINS, ChatRoom: OVER_ADMINS, Community: OVER_ADMINS },
    ...{ AVChatRoom: null, v1: OVER_ADMINS },
  },
  "hand it over": {
    ...{ Private: bare(YES, 2_681), Public: OWNER, ChatRoom: OWNER, Community: OWNER },
    ...{ AVChatRoom: bare(2_620, 2_620), v1: OWNER },
  },
  dismiss: {
    ...{ Private: bare(2_622, 2_622), Public: OWNER, ChatRoom: OWNER, Community: OWNER },
    ...{ AVChatRoom: bare(YES, 2_681), v1: OWNER },
  },
  quit: {
    ...{ Private: bare(YES, YES, 2_623), Public: QUIT, ChatRoom: QUIT, Community: QUIT },
    ...{ AVChatRoom: bare(NO, YES, 2_623), v1: QUIT },
  },
};

export const withAdmins = (kind: Kind): boolean => kind !== "Private" && kind !== "AVChatRoom";
