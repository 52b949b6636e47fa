import { type CallOptions, PASSWORD } from "../../support/clients/api.ts";

/** The callers: without a token, with a forged one, with one of an ended session, and four users. */
export const ROLES = ["anonymous", "forged", "ended", "stranger", "member", "admin", "owner"] as const;
export type Role = (typeof ROLES)[number];

/**
 * A closed group of an owner, an admin and a member with messages of theirs. The stranger is in another
 * group.
 */
export interface Scene {
  id: number;
  /** messages: the owner's, the member's, and one each for calls that delete one */
  ownersSeq: number;
  membersSeq: number;
  revocable: Record<Role, number>;
  /** a poll of the owner */
  pollSeq: number;
  /** the same as `id`, also for calls to another conversation */
  groupId: number;
  /** the direct conversation of the owner and the member, with a message */
  directId: number;
  userId: number;
  /** plain members to act on; one each for calls that remove one */
  subjectId: number;
  removable: Record<Role, number>;
  /** a user in no group */
  outsiderId: number;
  /** another session of the member */
  membersSession: string;
  /** a message that the member has scheduled */
  scheduledId: string;
  /** a file that the member has uploaded */
  fileKey: string;
  /** an upload in parts of the member, of two bytes */
  uploadId: string;
}

/** The expected answer: a status, with the code of a problem. One call alone has a 400 that is none. */
export type Wanted = [200 | 201 | 202 | 204 | 400 | 426] | [number, string];

export interface Row {
  /** the registered method and path pattern */
  route: string;
  /** the parts of the path; default: the scene's conversation, and the owner's message */
  path?: (scene: Scene, role: Role) => Record<string, string | number>;
  query?: string;
  body?: (scene: Scene) => unknown;
  options?: CallOptions;
  /** the answer without a valid session; default: 401 */
  anyone?: Wanted;
  /** the answer without a token; default: as without a valid session */
  anonymous?: Wanted;
  stranger: Wanted;
  member: Wanted;
  /** default: as a member */
  admin?: Wanted;
  owner: Wanted;
}

const NOBODY: Wanted = [404, "not_found"];
const FORBIDDEN: Wanted = [403, "forbidden"];
const SELF: Wanted = [400, "validation_failed"];
/** The message is no poll. */
const NO_POLL: Wanted = [400, "validation_failed"];
const OK: Wanted = [200];
const MADE: Wanted = [201];
const DONE: Wanted = [204];

const anybody = (expected: Wanted) => ({
  anyone: expected,
  stranger: expected,
  member: expected,
  owner: expected,
});
const everyUser = (expected: Wanted) => ({ stranger: expected, member: expected, owner: expected });
const members = (expected: Wanted) => ({ stranger: NOBODY, member: expected, owner: expected });
/** For calls that nobody makes about themselves, and others about the owner. */
const others = (expected: Wanted) => ({ stranger: expected, member: expected, owner: SELF });
/** The calls of staff, which none of these users is: `test/features/moderation/staff.test.ts` has who may. */
const STAFF_CALLS = [
  "GET /v1/moderation/me",
  "GET /v1/moderation/reports",
  "GET /v1/moderation/reports/:id",
  "GET /v1/moderation/reports/:id/files/:key",
  "PATCH /v1/moderation/reports/:id",
  "GET /v1/moderation/users",
  "GET /v1/moderation/users/:ref",
  "PUT /v1/moderation/users/:ref/suspension",
  "DELETE /v1/moderation/users/:ref/suspension",
  "DELETE /v1/moderation/users/:ref/messages",
  "GET /v1/moderation/conversations/:cref/messages",
  "DELETE /v1/moderation/conversations/:cref/messages/:seq",
  "DELETE /v1/moderation/conversations/:cref",
  "GET /v1/moderation/audit",
  "GET /v1/moderation/metrics",
  "GET /v1/moderation/rules",
  "PUT /v1/moderation/rules",
  "POST /v1/moderation/rules/trial",
  "GET /v1/moderation/held",
  "PATCH /v1/moderation/held/:id",
];
const anything = ({ id, ownersSeq, userId }: Scene) => ({ id, seq: ownersSeq, ref: userId, cref: id });
const theThread = ({ id, ownersSeq }: Scene) => ({ id, root: ownersSeq });
const thePoll = ({ id, pollSeq }: Scene) => ({ id, seq: pollSeq });
const theOwner = ({ userId }: Scene) => ({ user_id: userId });
const admins = (expected: Wanted) => ({
  stranger: NOBODY,
  member: FORBIDDEN,
  admin: expected,
  owner: expected,
});
const ownerAlone = (expected: Wanted) => ({ stranger: NOBODY, member: FORBIDDEN, owner: expected });

/** For what the member alone has. */
const membersOwn = (expected: Wanted) => ({
  stranger: NOBODY,
  member: expected,
  admin: NOBODY,
  owner: NOBODY,
});

const ofUpload = (expected: Wanted) => ({
  path: ({ uploadId }: Scene) => ({ id: uploadId, part: 1 }),
  ...membersOwn(expected),
});

const IN = "/v1/conversations/:id";
const text = () => ({ kind: "text", body: { text: "hello" } });
const later = () => ({ ...text(), send_at: Date.now() + 86_400_000 });

/** The permissions of v1. Every route has a row; `authorization.test.ts` walks them in this order. */
export const WHO_MAY: Row[] = [
  { route: "GET /healthz", ...anybody(OK) },
  { route: "GET /openapi.json", ...anybody(OK) },
  { route: "GET /asyncapi.json", ...anybody(OK) },
  { route: "POST /v1/register", body: () => ({}), ...anybody([400, "validation_failed"]) },
  { route: "GET /v1/login", ...anybody(OK) },
  { route: "POST /v1/login", body: () => ({}), ...anybody([400, "validation_failed"]) },

  // Its failures are those of RFC 6749.
  { route: "POST /v1/token", body: () => ({}), ...anybody([400]) },

  { route: "GET /v1/me", ...everyUser(OK) },
  { route: "PATCH /v1/me", body: () => ({}), ...everyUser(OK) },
  { route: "POST /v1/me/password", body: () => ({}), ...everyUser([400, "validation_failed"]) },
  {
    route: "POST /v1/me/password",
    body: () => ({ current: "not the password", next: "not the password" }),
    ...everyUser(FORBIDDEN),
  },
  { route: "DELETE /v1/me", body: () => ({}), ...everyUser([400, "validation_failed"]) },
  { route: "DELETE /v1/me", body: () => ({ password: "not the password" }), ...everyUser(FORBIDDEN) },
  { route: "POST /v1/me/repair", ...everyUser(OK) },
  { route: "GET /v1/me/export", ...everyUser(OK) },
  { route: "GET /v1/me/unread", ...everyUser(OK) },
  { route: "GET /v1/me/join-requests", ...everyUser(OK) },
  {
    route: "DELETE /v1/me/join-requests/:conversation_id",
    path: ({ groupId }) => ({ conversation_id: groupId }),
    ...{ stranger: DONE, member: [409, "conflict"], owner: [409, "conflict"] },
  },
  {
    route: "POST /v1/reports",
    body: ({ id, ownersSeq }) => ({ message: { conversation_id: id, seq: ownersSeq }, reason: "spam" }),
    ...{ stranger: NOBODY, member: MADE, owner: SELF },
  },
  ...STAFF_CALLS.map((route) => ({ route, path: anything, ...everyUser(FORBIDDEN) })),
  { route: "GET /v1/sessions", ...everyUser(OK) },
  { route: "GET /v1/users/:id", path: ({ userId }) => ({ id: userId }), ...everyUser(OK) },
  { route: "GET /v1/users", query: "?username=x", ...everyUser(OK) },
  { route: "GET /v1/users", query: "?ids=1,2", ...everyUser(OK) },

  { route: "GET /v1/friends", ...everyUser(OK) },
  { route: "GET /v1/friends/requests", ...everyUser(OK) },
  { route: "GET /v1/friends/requests", query: "?direction=outgoing", ...everyUser(OK) },
  { route: "PUT /v1/friends/:user_id", path: theOwner, ...others(OK) },
  { route: "DELETE /v1/friends/:user_id", path: theOwner, ...others(DONE) },
  { route: "GET /v1/blocks", ...everyUser(OK) },
  { route: "PUT /v1/blocks/:user_id", path: theOwner, ...others(DONE) },
  { route: "DELETE /v1/blocks/:user_id", path: theOwner, ...others(DONE) },
  { route: "GET /v1/requests", ...everyUser(OK) },
  {
    route: "GET /v1/requests/:conversation_id",
    path: ({ id }) => ({ conversation_id: id }),
    ...everyUser(NOBODY),
  },
  {
    route: "PUT /v1/requests/:conversation_id",
    path: ({ id }) => ({ conversation_id: id }),
    body: () => ({ answer: "ignore" }),
    ...everyUser(NOBODY),
  },
  { route: "PUT /v1/friends/:user_id", path: () => ({ user_id: 1 }), ...everyUser(NOBODY) },
  { route: "PUT /v1/blocks/:user_id", path: () => ({ user_id: 1 }), ...everyUser(NOBODY) },

  { route: "GET /v1/conversations", ...everyUser(OK) },
  {
    route: "POST /v1/conversations",
    body: () => ({ kind: "group", name: "x", member_ids: [] }),
    ...everyUser(MADE),
  },
  // Each of these users owns a group by now.
  { route: "DELETE /v1/me", body: () => ({ password: PASSWORD }), ...everyUser([409, "conflict"]) },
  { route: `GET ${IN}`, ...members(OK) },
  // The group is not discoverable.
  { route: "GET /v1/groups/:id", ...members(OK) },
  { route: `PUT ${IN}/preferences`, body: () => ({ silent: true }), ...members(OK) },
  { route: "GET /v1/push", ...everyUser(OK) },
  { route: "GET /v1/push/key", ...everyUser(OK) },
  {
    route: "PUT /v1/push/:device_id",
    path: () => ({ device_id: "phone" }),
    body: () => ({ kind: "expo", token: "ExponentPushToken[x]" }),
    ...everyUser(OK),
  },
  { route: "DELETE /v1/push/:device_id", path: () => ({ device_id: "phone" }), ...everyUser(DONE) },
  {
    route: "PUT /v1/me/quiet-hours",
    body: () => ({ from: "22:00", to: "07:00", time_zone: "Europe/Berlin" }),
    ...everyUser(DONE),
  },
  { route: "DELETE /v1/me/quiet-hours", ...everyUser(DONE) },
  { route: `PUT ${IN}/push-level`, body: () => ({ level: "all" }), ...members(DONE) },
  { route: `PUT ${IN}/draft`, body: () => ({ text: "hello" }), ...members(OK) },
  { route: `DELETE ${IN}/draft`, ...members(DONE) },
  { route: `POST ${IN}/messages`, body: text, ...members(MADE) },
  {
    route: `POST ${IN}/messages`,
    body: ({ ownersSeq }) => ({ ...text(), quote_seq: ownersSeq }),
    ...members(MADE),
  },
  { route: `POST ${IN}/messages`, body: () => ({ ...text(), quote_seq: 9_999 }), ...members(NOBODY) },
  { route: `POST ${IN}/messages`, body: () => ({ ...text(), mentions: [1] }), ...members(NOBODY) },
  {
    route: `POST ${IN}/messages`,
    body: ({ ownersSeq, groupId }) => ({ forward: { conversation_id: groupId, seq: ownersSeq } }),
    ...members(MADE),
  },
  {
    route: `POST ${IN}/messages`,
    body: ({ directId }) => ({ forward: { conversation_id: directId, seq: 1 } }),
    ...{ stranger: NOBODY, member: MADE, admin: NOBODY, owner: MADE },
  },
  {
    route: `POST ${IN}/messages`,
    body: ({ directId }) => ({
      kind: "merged",
      body: { title: "x", items: [{ conversation_id: directId, seq: 1 }] },
    }),
    ...{ stranger: NOBODY, member: MADE, admin: NOBODY, owner: MADE },
  },
  { route: `POST ${IN}/messages`, body: later, ...members([202]) },
  {
    route: `POST ${IN}/messages`,
    body: () => ({ ...later(), quote_seq: 9_999 }),
    ...members(NOBODY),
  },
  { route: "GET /v1/scheduled", ...everyUser(OK) },
  { route: "GET /v1/held", ...everyUser(OK) },
  { route: "GET /v1/scheduled/:id", path: ({ scheduledId }) => ({ id: scheduledId }), ...membersOwn(OK) },
  {
    route: "PATCH /v1/scheduled/:id",
    path: ({ scheduledId }) => ({ id: scheduledId }),
    body: () => ({ mentions: [] }),
    ...membersOwn(OK),
  },
  {
    route: "DELETE /v1/scheduled/:id",
    path: ({ scheduledId }) => ({ id: scheduledId }),
    ...membersOwn(DONE),
  },
  { route: `GET ${IN}/messages`, ...members(OK) },
  { route: `GET ${IN}/messages/search`, query: "?q=hello", ...members(OK) },
  {
    route: `GET ${IN}/messages/search`,
    ...members([400, "validation_failed"]),
    stranger: [400, "validation_failed"],
  },
  { route: `GET ${IN}/changes`, ...members(OK) },
  { route: `GET ${IN}/pins`, ...members(OK) },
  { route: `GET ${IN}/attachments`, query: "?type=file", ...members(OK) },
  { route: `PUT ${IN}/messages/:seq/pin`, stranger: NOBODY, member: FORBIDDEN, admin: DONE, owner: DONE },
  { route: `DELETE ${IN}/messages/:seq/pin`, stranger: NOBODY, member: FORBIDDEN, admin: DONE, owner: DONE },
  { route: "GET /v1/people", ...everyUser(OK) },
  { route: "GET /v1/messages/search", query: "?q=hello", ...everyUser(OK) },
  {
    route: "GET /v1/messages/search",
    query: "?q=hello&before=1-2",
    ...everyUser([400, "validation_failed"]),
  },
  { route: `PUT ${IN}/messages/:seq/votes`, path: thePoll, body: () => ({ options: [0] }), ...members(OK) },
  { route: `PUT ${IN}/messages/:seq/votes`, body: () => ({ options: [0] }), ...members(NO_POLL) },
  { route: `GET ${IN}/messages/:seq/votes`, path: thePoll, query: "?option=0", ...members(OK) },
  { route: `POST ${IN}/messages/:seq/close`, path: thePoll, ...admins(OK) },
  { route: `GET ${IN}/messages/:seq`, ...members(OK) },
  { route: `GET ${IN}/messages/:seq`, path: ({ id }) => ({ id, seq: 9_999 }), ...members(NOBODY) },
  { route: `PUT ${IN}/messages/:seq/saved`, body: () => ({ note: "x" }), ...members(OK) },
  {
    route: `PUT ${IN}/messages/:seq/saved`,
    path: ({ id }) => ({ id, seq: 9_999 }),
    body: () => ({}),
    ...members(NOBODY),
  },
  // Who has saved nothing there learns nothing.
  { route: `DELETE ${IN}/messages/:seq/saved`, ...everyUser(DONE) },
  { route: "GET /v1/saved", ...everyUser(OK) },
  { route: "GET /v1/mentions", ...everyUser(OK) },
  { route: "GET /v1/threads", ...everyUser(OK) },
  {
    route: `POST ${IN}/messages`,
    body: ({ ownersSeq }) => ({ ...text(), thread: { root: ownersSeq } }),
    ...members(MADE),
  },
  { route: `POST ${IN}/messages`, body: () => ({ ...text(), thread: { root: 9_999 } }), ...members(NOBODY) },
  { route: `GET ${IN}/threads`, ...members(OK) },
  { route: `GET ${IN}/threads/:root/messages`, path: theThread, ...members(OK) },
  { route: `GET ${IN}/threads/:root/messages`, path: ({ id }) => ({ id, root: 9_999 }), ...members(NOBODY) },
  { route: `PUT ${IN}/threads/:root/follow`, path: theThread, ...members(OK) },
  { route: `PUT ${IN}/threads/:root/read`, path: theThread, body: () => ({ seq: 1 }), ...members(OK) },
  { route: `DELETE ${IN}/threads/:root/follow`, path: theThread, ...members(DONE) },
  { route: `PATCH ${IN}`, body: () => ({ threads: "on" }), ...admins(OK) },
  { route: `PATCH ${IN}`, body: () => ({ link_previews: true }), ...admins(OK) },
  {
    route: `PATCH ${IN}/messages/:seq`,
    body: () => ({ body: { text: "edited" }, base_version: 1 }),
    ...{ stranger: NOBODY, member: FORBIDDEN, owner: OK },
  },
  {
    route: `PATCH ${IN}/messages/:seq`,
    path: ({ id, revocable }, role) => ({ id, seq: revocable[role] }),
    body: () => ({ body: { text: "edited" }, base_version: 1 }),
    ...members(OK),
    admin: FORBIDDEN,
  },
  { route: `GET ${IN}/messages/:seq/edits`, ...members(OK) },
  // The message has no buttons, and nobody here is a bot: `test/features/bots/` has who may.
  { route: `POST ${IN}/messages/:seq/taps`, body: () => ({ data: "yes" }), ...members(NOBODY) },
  { route: `GET ${IN}/commands`, ...members(OK) },
  { route: "GET /v1/bots/me/commands", ...everyUser(OK) },
  { route: "PUT /v1/bots/me/commands", body: () => ({ commands: [] }), ...everyUser(FORBIDDEN) },
  { route: "GET /v1/bots", ...everyUser(OK) },
  { route: "POST /v1/bots", body: () => ({ nickname: "x" }), ...everyUser(MADE) },
  ...["PATCH", "DELETE"].map((method) => ({
    route: `${method} /v1/bots/:id`,
    path: ({ userId }: Scene) => ({ id: userId }),
    ...(method === "PATCH" && { body: () => ({ nickname: "x" }) }),
    ...everyUser(NOBODY),
  })),
  { route: "POST /v1/bots/:id/token", path: ({ userId }) => ({ id: userId }), ...everyUser(NOBODY) },
  {
    route: "POST /v1/bots/me/taps/:tap_id",
    path: () => ({ tap_id: `tap_${"0".repeat(28)}` }),
    body: () => ({}),
    ...everyUser(NOBODY),
  },
  { route: `PUT ${IN}/read`, body: () => ({ seq: 1 }), ...members(OK) },
  { route: `PUT ${IN}/read`, body: () => ({ seq: 9_999 }), ...members(NOBODY) },
  { route: `GET ${IN}/receipts`, ...members(OK) },
  ...["PUT", "GET", "DELETE"].map((method) => ({
    route: `${method} ${IN}/messages/:seq/reactions/:key`,
    path: ({ id, ownersSeq }: Scene) => ({ id, seq: ownersSeq, key: ":yes:" }),
    ...members(OK),
  })),
  ...["PUT", "GET", "DELETE"].map((method) => ({
    route: `${method} ${IN}/messages/:seq/reactions/:key`,
    path: ({ id }: Scene) => ({ id, seq: 9_999, key: ":yes:" }),
    ...members(NOBODY),
  })),
  {
    route: `DELETE ${IN}/messages/:seq`,
    query: "?for=everyone",
    ...{ stranger: NOBODY, member: FORBIDDEN, admin: DONE, owner: DONE },
  },
  {
    route: `DELETE ${IN}/messages/:seq`,
    path: ({ id, revocable }, role) => ({ id, seq: revocable[role] }),
    query: "?for=everyone",
    ...members(DONE),
  },
  {
    route: `DELETE ${IN}/messages/:seq`,
    path: ({ id, membersSeq }) => ({ id, seq: membersSeq }),
    query: "?for=me",
    ...members(DONE),
  },
  { route: `PATCH ${IN}`, body: () => ({ announcement: "x" }), ...admins(OK) },
  { route: `GET ${IN}/members`, ...members(OK) },
  { route: `POST ${IN}/members`, body: ({ outsiderId }) => ({ user_ids: [outsiderId] }), ...admins(OK) },
  {
    route: `PATCH ${IN}/members/:user_id`,
    path: ({ id, subjectId }) => ({ id, user_id: subjectId }),
    body: () => ({ muted_for_s: 0 }),
    ...admins(OK),
  },
  {
    route: `PATCH ${IN}/members/:user_id`,
    path: ({ id, subjectId }) => ({ id, user_id: subjectId }),
    body: () => ({ name_card: "x" }),
    ...admins(OK),
  },
  {
    route: `PATCH ${IN}/members/:user_id`,
    path: ({ id, userId }) => ({ id, user_id: userId }),
    body: () => ({ muted_for_s: 60 }),
    ...members(FORBIDDEN),
  },
  {
    route: `PATCH ${IN}/members/:user_id`,
    path: ({ id, subjectId }) => ({ id, user_id: subjectId }),
    body: () => ({ role: "admin" }),
    ...ownerAlone(OK),
  },
  {
    route: `DELETE ${IN}/members/:user_id`,
    path: ({ id, removable }, role) => ({ id, user_id: removable[role] }),
    ...admins(DONE),
  },
  {
    route: `DELETE ${IN}/members/:user_id`,
    path: ({ id, outsiderId }) => ({ id, user_id: outsiderId + 1_000 }),
    ...admins(NOBODY),
  },
  { route: `GET ${IN}/bans`, ...admins(OK) },
  {
    route: `PUT ${IN}/bans/:user_id`,
    path: ({ id, outsiderId }) => ({ id, user_id: outsiderId }),
    body: () => ({ reason: "x" }),
    ...admins(DONE),
  },
  {
    route: `PUT ${IN}/bans/:user_id`,
    path: ({ id, userId }) => ({ id, user_id: userId }),
    body: () => ({}),
    ...members(FORBIDDEN),
  },
  {
    route: `DELETE ${IN}/bans/:user_id`,
    path: ({ id, outsiderId }) => ({ id, user_id: outsiderId }),
    ...admins(DONE),
  },
  { route: `GET ${IN}/hooks`, ...admins(OK) },
  { route: `POST ${IN}/hooks`, body: () => ({ name: "Builds" }), ...admins(MADE) },
  {
    route: `POST ${IN}/hooks/:hook/rotate`,
    path: ({ id }) => ({ id, hook: `1-${"0".repeat(16)}` }),
    ...admins(NOBODY),
  },
  {
    route: `DELETE ${IN}/hooks/:hook`,
    path: ({ id }) => ({ id, hook: `1-${"0".repeat(16)}` }),
    ...admins(DONE),
  },
  { route: `GET ${IN}/invitations`, ...admins(OK) },
  { route: `POST ${IN}/invitations`, body: () => ({}), ...admins(MADE) },
  {
    route: `DELETE ${IN}/invitations/:code`,
    path: ({ id }) => ({ id, code: `1-${"0".repeat(32)}` }),
    ...admins(DONE),
  },
  // Who has no valid code learns nothing, in the group or not.
  {
    route: "GET /v1/invitations/:code",
    path: () => ({ code: `1-${"0".repeat(32)}` }),
    ...everyUser(NOBODY),
    anonymous: NOBODY,
  },
  {
    route: "POST /v1/invitations/:code",
    path: () => ({ code: `1-${"0".repeat(32)}` }),
    ...everyUser(NOBODY),
  },
  { route: `POST ${IN}/join`, body: () => ({}), ...members(OK) },
  { route: `GET ${IN}/applications`, ...admins(OK) },
  {
    route: `POST ${IN}/applications/:application_id`,
    path: ({ id }) => ({ id, application_id: 9_999 }),
    body: () => ({ action: "accept" }),
    ...admins(NOBODY),
  },
  {
    route: `POST ${IN}/owner`,
    body: ({ outsiderId }) => ({ user_id: outsiderId + 1_000 }),
    ...ownerAlone(NOBODY),
  },
  // Successful upgrades are in the test, as their answer is a socket.
  { route: `GET ${IN}/socket`, ...everyUser([426, "upgrade_required"]) },
  { route: "GET /v1/socket", ...everyUser([426, "upgrade_required"]) },

  { route: `POST ${IN}/leave`, ...members(DONE), owner: [409, "conflict"] },
  {
    route: "POST /v1/files",
    query: "?name=x.txt",
    body: () => "{}",
    ...everyUser(MADE),
  },
  {
    route: "DELETE /v1/files/:key",
    path: () => ({ key: "0".repeat(32) }),
    ...everyUser(NOBODY),
  },
  {
    route: "GET /files/:key/:name",
    path: ({ fileKey }) => ({ key: fileKey, name: "x.txt" }),
    ...anybody(OK),
  },
  {
    route: "GET /files/:key/:name",
    path: () => ({ key: "0".repeat(32), name: "x.txt" }),
    ...anybody(NOBODY),
  },
  {
    route: "DELETE /v1/files/:key",
    path: ({ fileKey }) => ({ key: fileKey }),
    ...{ stranger: NOBODY, member: DONE, admin: NOBODY, owner: NOBODY },
  },

  {
    route: "POST /v1/files/uploads",
    body: () => ({ client_upload_id: "x", size: 2 }),
    ...everyUser(MADE),
  },
  { route: "GET /v1/files/uploads/:id", ...ofUpload(OK) },
  { route: "PUT /v1/files/uploads/:id/parts/:part", body: () => "{}", ...ofUpload(OK) },
  { route: "POST /v1/files/uploads/:id/complete", ...ofUpload(OK) },
  { route: "DELETE /v1/files/uploads/:id", ...ofUpload([409, "conflict"]) },

  {
    route: `DELETE ${IN}`,
    path: ({ directId }) => ({ id: directId }),
    ...{ stranger: NOBODY, member: DONE, admin: NOBODY, owner: DONE },
  },
  // Calls that end the group and sessions come last.
  { route: `DELETE ${IN}`, stranger: NOBODY, member: NOBODY, admin: NOBODY, owner: DONE },
  {
    route: "DELETE /v1/sessions/:id",
    path: ({ membersSession }) => ({ id: membersSession }),
    ...{ stranger: NOBODY, member: DONE, admin: NOBODY, owner: NOBODY },
  },
  { route: "POST /v1/logout", ...everyUser(DONE) },
];
