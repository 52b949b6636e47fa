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
  /** a space of the owner, which the admin and the member are in */
  spaceId: number;
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
  admin: Wanted;
  owner: Wanted;
}

const NOBODY: Wanted = [404, "not_found"];
const FORBIDDEN: Wanted = [403, "forbidden"];
const INVALID: Wanted = [400, "validation_failed"];
const CONFLICT: Wanted = [409, "conflict"];
const OK: Wanted = [200];
const MADE: Wanted = [201];
const DONE: Wanted = [204];

type Rights = Pick<Row, "anyone" | "stranger" | "member" | "admin" | "owner">;

const row = (route: string, rights: Rights, more: Omit<Row, "route" | keyof Rights> = {}): Row => ({
  ...{ route, ...rights, ...more },
});
const each = (stranger: Wanted, member: Wanted, admin: Wanted, owner: Wanted): Rights => ({
  ...{ stranger, member, admin, owner },
});
const everyUser = (expected: Wanted) => each(expected, expected, expected, expected);
const anybody = (expected: Wanted) => ({ anyone: expected, ...everyUser(expected) });
const members = (expected: Wanted) => each(NOBODY, expected, expected, expected);
const admins = (expected: Wanted) => each(NOBODY, FORBIDDEN, expected, expected);
const ownerAlone = (expected: Wanted) => each(NOBODY, FORBIDDEN, FORBIDDEN, expected);
/** For what the member alone has. */
const membersOwn = (expected: Wanted) => each(NOBODY, expected, NOBODY, NOBODY);
/** For calls that nobody makes about themselves, and others about the owner. */
const others = (expected: Wanted) => each(expected, expected, expected, INVALID);

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
const noMessage = ({ id }: Scene) => ({ id, seq: 9_999 });
const revocable = ({ id, revocable: seqs }: Scene, role: Role) => ({ id, seq: seqs[role] });
const theThread = ({ id, ownersSeq }: Scene) => ({ id, root: ownersSeq });
const thePoll = ({ id, pollSeq }: Scene) => ({ id, seq: pollSeq });
const theOwner = ({ userId }: Scene) => ({ user_id: userId });
const theOwnerThere = ({ id, userId }: Scene) => ({ id, user_id: userId });
const theSubject = ({ id, subjectId }: Scene) => ({ id, user_id: subjectId });
const theOutsider = ({ id, outsiderId }: Scene) => ({ id, user_id: outsiderId });
const theConversation = ({ id }: Scene) => ({ conversation_id: id });
const theUpload = ({ uploadId }: Scene) => ({ id: uploadId, part: 1 });
const scheduled = ({ scheduledId }: Scene) => ({ id: scheduledId });
const device = () => ({ device_id: "phone" });
const noHook = ({ id }: Scene) => ({ id, hook: `1-${"0".repeat(16)}` });
const theSpace = ({ spaceId }: Scene) => ({ id: spaceId });
const noRole = ({ spaceId, userId }: Scene) => ({ id: spaceId, role_id: 9_999, user_id: userId });
const anyTarget = ({ id, userId }: Scene) => ({ id, role_id: 0, user_id: userId });
const noInvitation = () => ({ code: `1-${"0".repeat(32)}` });

const IN = "/v1/conversations/:id";
const SPACE = "/v1/spaces/:id";
const ofSpace = { path: theSpace };
const text = () => ({ kind: "text", body: { text: "hello" } });
const later = () => ({ ...text(), send_at: Date.now() + 86_400_000 });

/** The permissions of v1. Every route has a row; `authorization.test.ts` walks them in this order. */
export const WHO_MAY: Row[] = [
  row("GET /healthz", anybody(OK)),
  row("GET /openapi.json", anybody(OK)),
  row("GET /asyncapi.json", anybody(OK)),
  row("POST /v1/register", anybody(INVALID), { body: () => ({}) }),
  row("GET /v1/login", anybody(OK)),
  row("POST /v1/login", anybody(INVALID), { body: () => ({}) }),
  // Its failures are those of RFC 6749.
  row("POST /v1/token", anybody([400]), { body: () => ({}) }),
  row("GET /v1/me", everyUser(OK)),
  row("PATCH /v1/me", everyUser(OK), { body: () => ({}) }),
  row("POST /v1/me/password", everyUser(INVALID), { body: () => ({}) }),
  row("POST /v1/me/password", everyUser(FORBIDDEN), {
    body: () => ({ current: "not the password", next: "not the password" }),
  }),
  row("DELETE /v1/me", everyUser(INVALID), { body: () => ({}) }),
  row("DELETE /v1/me", everyUser(FORBIDDEN), { body: () => ({ password: "not the password" }) }),
  row("POST /v1/me/repair", everyUser(OK)),
  row("GET /v1/me/export", everyUser(OK)),
  row("GET /v1/me/unread", everyUser(OK)),
  row("GET /v1/me/join-requests", everyUser(OK)),
  row("DELETE /v1/me/join-requests/:conversation_id", each(DONE, CONFLICT, CONFLICT, CONFLICT), {
    path: ({ groupId }) => ({ conversation_id: groupId }),
  }),
  row("POST /v1/reports", each(NOBODY, MADE, MADE, INVALID), {
    body: ({ id, ownersSeq }) => ({ message: { conversation_id: id, seq: ownersSeq }, reason: "spam" }),
  }),
  ...STAFF_CALLS.map((route) => row(route, everyUser(FORBIDDEN), { path: anything })),
  row("GET /v1/sessions", everyUser(OK)),
  row("GET /v1/users/:id", everyUser(OK), { path: ({ userId }) => ({ id: userId }) }),
  row("GET /v1/users", everyUser(OK), { query: "?username=x" }),
  row("GET /v1/users", everyUser(OK), { query: "?ids=1,2" }),
  row("GET /v1/friends", everyUser(OK)),
  row("GET /v1/friends/requests", everyUser(OK)),
  row("GET /v1/friends/requests", everyUser(OK), { query: "?direction=outgoing" }),
  row("PUT /v1/friends/:user_id", others(OK), { path: theOwner }),
  row("DELETE /v1/friends/:user_id", others(DONE), { path: theOwner }),
  row("GET /v1/blocks", everyUser(OK)),
  row("PUT /v1/blocks/:user_id", others(DONE), { path: theOwner }),
  row("DELETE /v1/blocks/:user_id", others(DONE), { path: theOwner }),
  row("GET /v1/requests", everyUser(OK)),
  row("GET /v1/requests/:conversation_id", everyUser(NOBODY), { path: theConversation }),
  row("PUT /v1/requests/:conversation_id", everyUser(NOBODY), {
    path: theConversation,
    body: () => ({ answer: "ignore" }),
  }),
  row("PUT /v1/friends/:user_id", everyUser(NOBODY), { path: () => ({ user_id: 1 }) }),
  row("PUT /v1/blocks/:user_id", everyUser(NOBODY), { path: () => ({ user_id: 1 }) }),
  row("GET /v1/conversations", everyUser(OK)),
  row("POST /v1/conversations", everyUser(MADE), {
    body: () => ({ kind: "group", name: "x", member_ids: [] }),
  }),
  // Each of these users owns a group by now.
  row("DELETE /v1/me", everyUser(CONFLICT), { body: () => ({ password: PASSWORD }) }),
  row(`GET ${IN}`, members(OK)),
  // The group is not discoverable.
  row("GET /v1/groups/:id", members(OK)),
  row(`PUT ${IN}/preferences`, members(OK), { body: () => ({ silent: true }) }),
  row("GET /v1/push", everyUser(OK)),
  row("GET /v1/push/key", everyUser(OK)),
  row("PUT /v1/push/:device_id", everyUser(OK), {
    path: device,
    body: () => ({ kind: "expo", token: "ExponentPushToken[x]" }),
  }),
  row("DELETE /v1/push/:device_id", everyUser(DONE), { path: device }),
  row("PUT /v1/me/quiet-hours", everyUser(DONE), {
    body: () => ({ from: "22:00", to: "07:00", time_zone: "Europe/Berlin" }),
  }),
  row("DELETE /v1/me/quiet-hours", everyUser(DONE)),
  row(`PUT ${IN}/push-level`, members(DONE), { body: () => ({ level: "all" }) }),
  row(`PUT ${IN}/draft`, members(OK), { body: () => ({ text: "hello" }) }),
  row(`DELETE ${IN}/draft`, members(DONE)),
  row(`POST ${IN}/messages`, members(MADE), { body: text }),
  row(`POST ${IN}/messages`, members(MADE), {
    body: ({ ownersSeq }) => ({ ...text(), quote_seq: ownersSeq }),
  }),
  row(`POST ${IN}/messages`, everyUser(NOBODY), { body: () => ({ ...text(), quote_seq: 9_999 }) }),
  row(`POST ${IN}/messages`, everyUser(NOBODY), { body: () => ({ ...text(), mentions: [1] }) }),
  row(`POST ${IN}/messages`, members(MADE), {
    body: ({ ownersSeq, groupId }) => ({ forward: { conversation_id: groupId, seq: ownersSeq } }),
  }),
  row(`POST ${IN}/messages`, each(NOBODY, MADE, NOBODY, MADE), {
    body: ({ directId }) => ({ forward: { conversation_id: directId, seq: 1 } }),
  }),
  row(`POST ${IN}/messages`, each(NOBODY, MADE, NOBODY, MADE), {
    body: ({ directId }) => ({
      kind: "merged",
      body: { title: "x", items: [{ conversation_id: directId, seq: 1 }] },
    }),
  }),
  row(`POST ${IN}/messages`, members([202]), { body: later }),
  row(`POST ${IN}/messages`, everyUser(NOBODY), { body: () => ({ ...later(), quote_seq: 9_999 }) }),
  row("GET /v1/scheduled", everyUser(OK)),
  row("GET /v1/held", everyUser(OK)),
  row("DELETE /v1/held/:id", everyUser(DONE), { path: anything }),
  row("GET /v1/scheduled/:id", membersOwn(OK), { path: scheduled }),
  row("PATCH /v1/scheduled/:id", membersOwn(OK), { path: scheduled, body: () => ({ mentions: [] }) }),
  row("DELETE /v1/scheduled/:id", membersOwn(DONE), { path: scheduled }),
  row(`GET ${IN}/messages`, members(OK)),
  row(`GET ${IN}/messages/search`, members(OK), { query: "?q=hello" }),
  row(`GET ${IN}/messages/search`, everyUser(INVALID)),
  row(`GET ${IN}/changes`, members(OK)),
  row(`GET ${IN}/pins`, members(OK)),
  row(`GET ${IN}/attachments`, members(OK), { query: "?type=file" }),
  row(`PUT ${IN}/messages/:seq/pin`, admins(DONE)),
  row(`DELETE ${IN}/messages/:seq/pin`, admins(DONE)),
  row("GET /v1/people", everyUser(OK)),
  row("GET /v1/messages/search", everyUser(OK), { query: "?q=hello" }),
  row("GET /v1/messages/search", everyUser(INVALID), { query: "?q=hello&before=1-2" }),
  row(`PUT ${IN}/messages/:seq/votes`, members(OK), { path: thePoll, body: () => ({ options: [0] }) }),
  // The message is no poll.
  row(`PUT ${IN}/messages/:seq/votes`, members(INVALID), { body: () => ({ options: [0] }) }),
  row(`GET ${IN}/messages/:seq/votes`, members(OK), { path: thePoll, query: "?option=0" }),
  row(`POST ${IN}/messages/:seq/close`, admins(OK), { path: thePoll }),
  row(`GET ${IN}/messages/:seq`, members(OK)),
  row(`GET ${IN}/messages/:seq`, everyUser(NOBODY), { path: noMessage }),
  row(`PUT ${IN}/messages/:seq/saved`, members(OK), { body: () => ({ note: "x" }) }),
  row(`PUT ${IN}/messages/:seq/saved`, everyUser(NOBODY), { path: noMessage, body: () => ({}) }),
  // Who has saved nothing there learns nothing.
  row(`DELETE ${IN}/messages/:seq/saved`, everyUser(DONE)),
  row("GET /v1/saved", everyUser(OK)),
  row("GET /v1/mentions", everyUser(OK)),
  row("GET /v1/threads", everyUser(OK)),
  row(`POST ${IN}/messages`, members(MADE), {
    body: ({ ownersSeq }) => ({ ...text(), thread: { root: ownersSeq } }),
  }),
  row(`POST ${IN}/messages`, everyUser(NOBODY), { body: () => ({ ...text(), thread: { root: 9_999 } }) }),
  row(`GET ${IN}/threads`, members(OK)),
  row(`GET ${IN}/threads/:root/messages`, members(OK), { path: theThread }),
  row(`GET ${IN}/threads/:root/messages`, everyUser(NOBODY), { path: ({ id }) => ({ id, root: 9_999 }) }),
  row(`PUT ${IN}/threads/:root/follow`, members(OK), { path: theThread }),
  row(`PUT ${IN}/threads/:root/read`, members(OK), { path: theThread, body: () => ({ seq: 1 }) }),
  row(`DELETE ${IN}/threads/:root/follow`, members(DONE), { path: theThread }),
  row(`PATCH ${IN}`, admins(OK), { body: () => ({ threads: "on" }) }),
  row(`PATCH ${IN}`, admins(OK), { body: () => ({ link_previews: true }) }),
  row(`PATCH ${IN}/messages/:seq`, ownerAlone(OK), {
    body: () => ({ body: { text: "edited" }, base_version: 1 }),
  }),
  row(`PATCH ${IN}/messages/:seq`, each(NOBODY, OK, FORBIDDEN, OK), {
    path: revocable,
    body: () => ({ body: { text: "edited" }, base_version: 1 }),
  }),
  row(`GET ${IN}/messages/:seq/edits`, members(OK)),
  // The message has no buttons, and nobody here is a bot: `test/features/bots/` has who may.
  row(`POST ${IN}/messages/:seq/taps`, everyUser(NOBODY), { body: () => ({ data: "yes" }) }),
  row(`GET ${IN}/commands`, members(OK)),
  row("GET /v1/bots/me/commands", everyUser(OK)),
  row("PUT /v1/bots/me/commands", everyUser(FORBIDDEN), { body: () => ({ commands: [] }) }),
  row("GET /v1/bots", everyUser(OK)),
  row("POST /v1/bots", everyUser(MADE), { body: () => ({ nickname: "x" }) }),
  row("PATCH /v1/bots/:id", everyUser(NOBODY), {
    path: ({ userId }) => ({ id: userId }),
    body: () => ({ nickname: "x" }),
  }),
  row("DELETE /v1/bots/:id", everyUser(NOBODY), { path: ({ userId }) => ({ id: userId }) }),
  row("POST /v1/bots/:id/token", everyUser(NOBODY), { path: ({ userId }) => ({ id: userId }) }),
  row("POST /v1/bots/me/taps/:tap_id", everyUser(NOBODY), {
    path: () => ({ tap_id: `tap_${"0".repeat(28)}` }),
    body: () => ({}),
  }),
  row(`PUT ${IN}/read`, members(OK), { body: () => ({ seq: 1 }) }),
  row(`PUT ${IN}/read`, everyUser(NOBODY), { body: () => ({ seq: 9_999 }) }),
  row(`GET ${IN}/receipts`, members(OK)),
  row(`PUT ${IN}/messages/:seq/reactions/:key`, members(OK), {
    path: ({ id, ownersSeq }) => ({ id, seq: ownersSeq, key: ":yes:" }),
  }),
  row(`GET ${IN}/messages/:seq/reactions/:key`, members(OK), {
    path: ({ id, ownersSeq }) => ({ id, seq: ownersSeq, key: ":yes:" }),
  }),
  row(`DELETE ${IN}/messages/:seq/reactions/:key`, members(OK), {
    path: ({ id, ownersSeq }) => ({ id, seq: ownersSeq, key: ":yes:" }),
  }),
  row(`PUT ${IN}/messages/:seq/reactions/:key`, everyUser(NOBODY), {
    path: ({ id }) => ({ id, seq: 9_999, key: ":yes:" }),
  }),
  row(`GET ${IN}/messages/:seq/reactions/:key`, everyUser(NOBODY), {
    path: ({ id }) => ({ id, seq: 9_999, key: ":yes:" }),
  }),
  row(`DELETE ${IN}/messages/:seq/reactions/:key`, everyUser(NOBODY), {
    path: ({ id }) => ({ id, seq: 9_999, key: ":yes:" }),
  }),
  row(`DELETE ${IN}/messages/:seq`, admins(DONE), { query: "?for=everyone" }),
  row(`DELETE ${IN}/messages/:seq`, members(DONE), { path: revocable, query: "?for=everyone" }),
  row(`DELETE ${IN}/messages/:seq`, members(DONE), {
    path: ({ id, membersSeq }) => ({ id, seq: membersSeq }),
    query: "?for=me",
  }),
  row(`PATCH ${IN}`, admins(OK), { body: () => ({ announcement: "x" }) }),
  row(`GET ${IN}/members`, members(OK)),
  row(`POST ${IN}/members`, admins(OK), { body: ({ outsiderId }) => ({ user_ids: [outsiderId] }) }),
  row(`DELETE ${IN}/members`, admins(OK), { body: ({ outsiderId }) => ({ user_ids: [outsiderId] }) }),
  row(`PATCH ${IN}/members/:user_id`, admins(OK), { path: theSubject, body: () => ({ muted_for_s: 0 }) }),
  row(`PATCH ${IN}/members/:user_id`, admins(OK), { path: theSubject, body: () => ({ name_card: "x" }) }),
  row(`PATCH ${IN}/members/:user_id`, members(FORBIDDEN), {
    path: theOwnerThere,
    body: () => ({ muted_for_s: 60 }),
  }),
  row(`PATCH ${IN}/members/:user_id`, ownerAlone(OK), { path: theSubject, body: () => ({ role: "admin" }) }),
  row(`DELETE ${IN}/members/:user_id`, admins(DONE), {
    path: ({ id, removable }, role) => ({ id, user_id: removable[role] }),
  }),
  row(`DELETE ${IN}/members/:user_id`, admins(NOBODY), {
    path: ({ id, outsiderId }) => ({ id, user_id: outsiderId + 1_000 }),
  }),
  row(`GET ${IN}/bans`, admins(OK)),
  row(`PUT ${IN}/bans/:user_id`, admins(DONE), { path: theOutsider, body: () => ({ reason: "x" }) }),
  row(`PUT ${IN}/bans/:user_id`, members(FORBIDDEN), { path: theOwnerThere, body: () => ({}) }),
  row(`DELETE ${IN}/bans/:user_id`, admins(DONE), { path: theOutsider }),
  row(`GET ${IN}/hooks`, admins(OK)),
  row(`POST ${IN}/hooks`, admins(MADE), { body: () => ({ name: "Builds" }) }),
  row(`POST ${IN}/hooks/:hook/rotate`, admins(NOBODY), { path: noHook }),
  row(`DELETE ${IN}/hooks/:hook`, admins(DONE), { path: noHook }),
  row(`GET ${IN}/invitations`, admins(OK)),
  row(`POST ${IN}/invitations`, admins(MADE), { body: () => ({}) }),
  row(`DELETE ${IN}/invitations/:code`, admins(DONE), {
    path: ({ id }) => ({ id, code: `1-${"0".repeat(32)}` }),
  }),
  // Who has no valid code learns nothing, in the group or not.
  row("GET /v1/invitations/:code", everyUser(NOBODY), { path: noInvitation, anonymous: NOBODY }),
  row("POST /v1/invitations/:code", everyUser(NOBODY), { path: noInvitation }),
  row(`POST ${IN}/join`, members(OK), { body: () => ({}) }),
  row(`GET ${IN}/applications`, admins(OK)),
  row(`POST ${IN}/applications/:application_id`, admins(NOBODY), {
    path: ({ id }) => ({ id, application_id: 9_999 }),
    body: () => ({ action: "accept" }),
  }),
  row(`POST ${IN}/owner`, ownerAlone(NOBODY), {
    body: ({ outsiderId }) => ({ user_id: outsiderId + 1_000 }),
  }),
  // Successful upgrades are in the test, as their answer is a socket.
  row(`GET ${IN}/socket`, everyUser([426, "upgrade_required"])),
  row("GET /v1/socket", everyUser([426, "upgrade_required"])),
  row(`POST ${IN}/leave`, each(NOBODY, DONE, DONE, CONFLICT)),
  row("GET /v1/spaces", everyUser(OK)),
  row("POST /v1/spaces", everyUser(MADE), { body: () => ({ name: "Garden club" }) }),
  row(`GET ${SPACE}`, members(OK), ofSpace),
  row(`PATCH ${SPACE}`, ownerAlone(OK), { ...ofSpace, body: () => ({ description: "Soil" }) }),
  row(`GET ${SPACE}/members`, members(OK), ofSpace),
  row(`DELETE ${SPACE}/members/:user_id`, ownerAlone(NOBODY), {
    path: ({ spaceId, outsiderId }) => ({ id: spaceId, user_id: outsiderId }),
  }),
  row(`PATCH ${SPACE}/members/:user_id`, ownerAlone(NOBODY), {
    path: ({ spaceId, outsiderId }) => ({ id: spaceId, user_id: outsiderId }),
    body: () => ({ muted_for_s: 60 }),
  }),
  row(`GET ${SPACE}/roles`, members(OK), ofSpace),
  row(`POST ${SPACE}/roles`, ownerAlone(MADE), { ...ofSpace, body: () => ({ name: "Gardeners" }) }),
  row(`PUT ${SPACE}/roles/order`, ownerAlone(CONFLICT), { ...ofSpace, body: () => ({ role_ids: [] }) }),
  row(`PATCH ${SPACE}/roles/:role_id`, ownerAlone(OK), {
    path: ({ spaceId }) => ({ id: spaceId, role_id: 0 }),
    body: () => ({ permissions: ["read", "write", "threads", "reactions", "files", "invite"] }),
  }),
  row(`DELETE ${SPACE}/roles/:role_id`, ownerAlone(DONE), { path: noRole }),
  row(`PUT ${SPACE}/members/:user_id/roles/:role_id`, everyUser(NOBODY), { path: noRole }),
  row(`DELETE ${SPACE}/members/:user_id/roles/:role_id`, everyUser(NOBODY), { path: noRole }),
  row(`GET ${SPACE}/bans`, ownerAlone(OK), ofSpace),
  row(`PUT ${SPACE}/bans/:user_id`, ownerAlone(NOBODY), {
    path: ({ spaceId }) => ({ id: spaceId, user_id: 999_999_999 }),
  }),
  row(`DELETE ${SPACE}/bans/:user_id`, ownerAlone(DONE), {
    path: ({ spaceId }) => ({ id: spaceId, user_id: 999_999_999 }),
  }),
  row(`POST ${SPACE}/categories`, ownerAlone(MADE), { ...ofSpace, body: () => ({ name: "Outside" }) }),
  row(`PATCH ${SPACE}/categories/:category_id`, ownerAlone(NOBODY), {
    path: ({ spaceId }) => ({ id: spaceId, category_id: 999_999 }),
    body: () => ({ name: "Outside" }),
  }),
  row(`DELETE ${SPACE}/categories/:category_id`, ownerAlone(DONE), {
    path: ({ spaceId }) => ({ id: spaceId, category_id: 999_999 }),
  }),
  row(`PUT ${SPACE}/order`, ownerAlone(CONFLICT), {
    ...ofSpace,
    body: () => ({ categories: [], channel_ids: [] }),
  }),
  row(`GET ${SPACE}/channels`, members(OK), ofSpace),
  row(`PUT ${SPACE}/read`, members(DONE), ofSpace),
  row(`PUT ${SPACE}/preferences`, members(OK), { ...ofSpace, body: () => ({ muted_until: 0 }) }),
  row("PUT /v1/spaces/order", everyUser(DONE), { body: () => ({ space_ids: [] }) }),
  row(`GET ${SPACE}/messages/search`, members(OK), { ...ofSpace, query: "?q=x" }),
  row(`POST ${SPACE}/channels`, ownerAlone(MADE), { ...ofSpace, body: () => ({ name: "seeds" }) }),
  row(`GET ${SPACE}/invitations`, members(OK), ofSpace),
  row(`POST ${SPACE}/invitations`, members(MADE), { ...ofSpace, body: () => ({}) }),
  row(`DELETE ${SPACE}/invitations/:code`, members(DONE), {
    path: ({ spaceId }) => ({ id: spaceId, code: `S-${"0".repeat(32)}` }),
  }),
  // The group is no channel of a space.
  row(`PUT ${IN}/follow`, everyUser(NOBODY)),
  row(`DELETE ${IN}/follow`, everyUser(NOBODY)),
  row(`GET ${IN}/permissions`, everyUser(NOBODY)),
  row(`GET ${IN}/overrides`, everyUser(NOBODY)),
  row(`GET ${IN}/readers`, everyUser(NOBODY)),
  row(`GET ${SPACE}/audit`, ownerAlone(OK), ofSpace),
  row(`POST ${SPACE}/owner`, ownerAlone(NOBODY), { ...ofSpace, body: () => ({ user_id: 999_999_999 }) }),
  // The server has no directory.
  row("GET /v1/spaces/directory", everyUser(NOBODY)),
  row(`POST ${SPACE}/join`, everyUser(NOBODY), ofSpace),
  ...["roles/:role_id", "users/:user_id"].flatMap((path) => [
    row(`PUT ${IN}/overrides/${path}`, everyUser(NOBODY), { path: anyTarget, body: () => ({}) }),
    row(`DELETE ${IN}/overrides/${path}`, everyUser(NOBODY), { path: anyTarget }),
  ]),
  row(`POST ${SPACE}/leave`, each(NOBODY, DONE, DONE, CONFLICT), ofSpace),
  row(`DELETE ${SPACE}`, each(NOBODY, NOBODY, NOBODY, DONE), ofSpace),
  row("POST /v1/files", everyUser(MADE), { query: "?name=x.txt", body: () => "{}" }),
  row("DELETE /v1/files/:key", everyUser(NOBODY), { path: () => ({ key: "0".repeat(32) }) }),
  row("GET /files/:key/:name", anybody(OK), { path: ({ fileKey }) => ({ key: fileKey, name: "x.txt" }) }),
  row("GET /files/:key/:name", anybody(NOBODY), { path: () => ({ key: "0".repeat(32), name: "x.txt" }) }),
  row("DELETE /v1/files/:key", membersOwn(DONE), { path: ({ fileKey }) => ({ key: fileKey }) }),
  row("POST /v1/files/uploads", everyUser(MADE), { body: () => ({ client_upload_id: "x", size: 2 }) }),
  row("GET /v1/files/uploads/:id", membersOwn(OK), { path: theUpload }),
  row("PUT /v1/files/uploads/:id/parts/:part", membersOwn(OK), { path: theUpload, body: () => "{}" }),
  row("POST /v1/files/uploads/:id/complete", membersOwn(OK), { path: theUpload }),
  row("DELETE /v1/files/uploads/:id", membersOwn(CONFLICT), { path: theUpload }),
  row(`DELETE ${IN}`, each(NOBODY, DONE, NOBODY, DONE), { path: ({ directId }) => ({ id: directId }) }),
  // Calls that end the group and sessions come last.
  row(`DELETE ${IN}`, each(NOBODY, NOBODY, NOBODY, DONE)),
  row("DELETE /v1/sessions/:id", membersOwn(DONE), {
    path: ({ membersSession }) => ({ id: membersSession }),
  }),
  row("POST /v1/logout", everyUser(DONE)),
];
