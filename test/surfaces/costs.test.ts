import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ServerScope } from "../../src/domain/server/server-key.ts";
import { makeServerKey } from "../support/accounts/server-keys.ts";
import { newSession } from "../support/accounts/sessions.ts";
import { signedInUsers } from "../support/accounts/users.ts";
import { app } from "../support/app.ts";
import type { SignedIn } from "../support/clients/api.ts";
import { type WireAnswer, wire } from "../support/clients/wire.ts";
import { itemAt } from "../support/objects/room.ts";
import { KEY } from "./appkey/client.ts";
import { RULE_KEY } from "./usersig/client.ts";

/** The bindings that count calls. */
const LIMITERS = [
  "ADDRESS_RATE",
  "USER_RATE",
  "BUCKET_RATE",
  "PAGE_RATE",
  "SEARCH_RATE",
  "WHOLE_RATE",
] as const;
type Limiter = (typeof LIMITERS)[number];

/**
 * Who may make a call, and what it costs: `light`, or a heavier cost of `weighs`. `address`: counted by the
 * client's address, `key`: for holders of the rule key, `backend`: with a server key, `anybody`: not
 * counted. `optional`: without a token the answer is the same, and counts by address.
 */
type Row =
  | ["user", "light" | "page" | "search" | "whole", "address"?, "optional"?]
  | ["backend", "light" | "page" | "whole"]
  | ["anybody", "address"]
  | ["anybody"]
  | ["key"];

const user = (...routes: string[]) => routes.map((route): [string, Row] => [route, ["user", "light"]]);
const page = (...routes: string[]) => routes.map((route): [string, Row] => [route, ["user", "page"]]);
const search = (...routes: string[]) => routes.map((route): [string, Row] => [route, ["user", "search"]]);
const whole = (...routes: string[]) => routes.map((route): [string, Row] => [route, ["user", "whole"]]);
const password = (...routes: string[]) =>
  routes.map((route): [string, Row] => [route, ["user", "light", "address"]]);
const guess = password;
const signIn = (...routes: string[]) => routes.map((route): [string, Row] => [route, ["anybody", "address"]]);
const anybody = (...routes: string[]) => routes.map((route): [string, Row] => [route, ["anybody"]]);
const key = (...routes: string[]) => routes.map((route): [string, Row] => [route, ["key"]]);

const backend = (...routes: string[]) => routes.map((route): [string, Row] => [route, ["backend", "light"]]);
const backendPage = (...routes: string[]) =>
  routes.map((route): [string, Row] => [route, ["backend", "page"]]);

const backendWhole = (...routes: string[]) =>
  routes.map((route): [string, Row] => [route, ["backend", "whole"]]);

const GROUP_MEMBERS = ["member", "groupMember", "group"];

/** Every route of every API. A route without a row fails a test. */
const ROUTES = new Map<string, Row>([
  // appkey
  ...user("POST /conversation", "POST /message", "DELETE /message"),
  ...page("GET /message"),
  // formpost
  ...page(
    "POST /user/get_private_conversations",
    "POST /user/get_group_conversations",
    "POST /user/get_sticky_private_conversations",
    "POST /user/get_sticked_group_conversations",
    "POST /user/get_sticky_group_conversations",
  ),
  ...user(
    "POST /user/get_or_create_private_conversation",
    "POST /user/create_group_conversation",
    "POST /user/set_validation",
    "POST /user/set_sticky_conversation",
    "POST /user/set_silent_conversation",
    "POST /user/set_read_message",
  ),
  ...password("POST /user/secondary_validate"),
  ...whole(
    "POST /user/query_all_records",
    "POST /user/query_by_sender",
    "POST /user/query_by_content",
    "POST /user/query_by_type",
  ),
  // kook
  ...["/api/v3/user-chat", "/api/user-chat"].flatMap((path) => [
    ...page(`GET ${path}/list`, `POST ${path}/list`, `GET ${path}/index`),
    ...user(`GET ${path}/view`, `POST ${path}/view`, `POST ${path}/create`, `POST ${path}/delete`),
    ...user(`POST ${path}/create-msg`, `POST ${path}/update-msg`, `POST ${path}/delete-msg`),
    ...page(`GET ${path}/msg-list`, `POST ${path}/msg-list`),
  ]),
  ...["/api/v3", "/api"].flatMap((path) => [
    ...["list", "view", "reaction-list"].flatMap((call) =>
      page(`GET ${path}/direct-message/${call}`, `POST ${path}/direct-message/${call}`),
    ),
    ...["create", "update", "delete", "add-reaction", "delete-reaction"].flatMap((call) =>
      user(`POST ${path}/direct-message/${call}`),
    ),
    ...page(`GET ${path}/user/me`, `GET ${path}/user/view`, `GET ${path}/user/get-online-status`),
    ...user(`POST ${path}/user/online`, `POST ${path}/user/offline`, `POST ${path}/uset-chat/delete`),
    ...page(`POST ${path}/asset/create`, `GET ${path}/gateway/index`, `GET ${path}/gateway`),
    ...user(`GET ${path}/guild/list`),
  ]),
  // telegram
  ...user(
    "GET /:bot{bot[^/]+}/:method",
    "POST /:bot{bot[^/]+}/:method",
    "GET /file/:bot{bot[^/]+}/:key/:name",
  ),
  // tim
  ...signIn("POST /register", "POST /login"),
  ...user(
    "POST /user/getMyProfile",
    "POST /user/getUserProfile",
    "POST /user/updateMyProfile",
    "POST /user/addToBlacklist",
    "POST /user/removeFromBlacklist",
    "POST /message/createMessage",
    "POST /message/sendMessage",
    "POST /message/resendMessage",
    "POST /message/revokeMessage",
    "POST /message/setMessageRead",
    "POST /conversation/getConversationProfile",
    "POST /conversation/deleteConversation",
    "POST /group/setMessageRemindType",
    "POST /group/getGroupProfile",
    "POST /group/searchGroupByID",
    "POST /group/createGroup",
    "POST /group/dismissGroup",
    "POST /group/quitGroup",
    "POST /group/updateGroupProfile",
    "POST /group/joinGroup",
    "POST /group/changeGroupOwner",
    "POST /group/handleGroupApplication",
  ),
  ...page(
    "POST /user/getBlacklist",
    "POST /message/getMessageList",
    "POST /conversation/getConversationList",
    "POST /group/getGroupList",
    "GET /tim/socket",
  ),
  ...user(
    ...["deleteConversationGroup", "pinConversation", "renameConversationGroup"].map(
      (call) => `POST /conversation/${call}`,
    ),
  ),
  ...user(
    ...[
      "acceptFriendApplication",
      "addFriend",
      "addToFriendGroup",
      "createFriendGroup",
      "deleteFriendApplication",
      "deleteFriendGroup",
      "refuseFriendApplication",
      "removeFromFriendGroup",
      "renameFriendGroup",
      "setFriendApplicationRead",
      "updateFriend",
    ].map((call) => `POST /friend/${call}`),
  ),
  ...user(
    ...[
      "decreaseGroupCounter",
      "deleteGroupAttributes",
      "getGroupAttributes",
      "getGroupCounters",
      "increaseGroupCounter",
      "initGroupAttributes",
      "pinGroupMessage",
      "setGroupAttributes",
      "setGroupCounters",
    ].map((call) => `POST /group/${call}`),
  ),
  ...user(
    ...[
      "addMessageReaction",
      "clearHistoryMessage",
      "convertVoiceToText",
      "deleteMessageExtensions",
      "downloadMergerMessage",
      "getMessageExtensions",
      "modifyMessage",
      "removeMessageReaction",
      "setMessageExtensions",
      "translateText",
    ].map((call) => `POST /message/${call}`),
  ),
  ...user(...["logout", "unsubscribeUserStatus"].map((call) => `POST /user/${call}`)),
  ...page(
    ...[
      "addConversationsToGroup",
      "createConversationGroup",
      "deleteConversationsFromGroup",
      "getConversationGroupList",
      "getTotalUnreadMessageCount",
      "markConversation",
    ].map((call) => `POST /conversation/${call}`),
  ),
  ...page(
    ...[
      "checkFriend",
      "deleteFriend",
      "getFriendApplicationList",
      "getFriendGroupList",
      "getFriendList",
      "getFriendProfile",
    ].map((call) => `POST /friend/${call}`),
  ),
  ...page(...["getGroupApplicationList", "getPinnedGroupMessageList"].map((call) => `POST /group/${call}`)),
  ...page(
    ...[
      "deleteMessage",
      "getAllUserListOfMessageReaction",
      "getGroupMessageReadMemberList",
      "getMessageListHopping",
      "getMessageReactions",
      "getMessageReadReceiptList",
      "sendMessageReadReceipt",
      "setAllMessageRead",
    ].map((call) => `POST /message/${call}`),
  ),
  ...page(...["getUserStatus", "subscribeUserStatus"].map((call) => `POST /user/${call}`)),
  ...search(...["searchCloudGroups"].map((call) => `POST /group/${call}`)),
  ...search(...["searchCloudMessages"].map((call) => `POST /message/${call}`)),
  ...search(...["searchCloudUsers"].map((call) => `POST /user/${call}`)),
  ...GROUP_MEMBERS.flatMap((area) => [
    ...page(`POST /${area}/getGroupMemberList`, `POST /${area}/getGroupOnlineMemberCount`),
    ...user(
      `POST /${area}/getGroupMemberProfile`,
      `POST /${area}/addGroupMember`,
      `POST /${area}/deleteGroupMember`,
      `POST /${area}/setGroupMemberMuteTime`,
      `POST /${area}/setGroupMemberRole`,
      `POST /${area}/setGroupMemberNameCard`,
      `POST /${area}/setGroupMemberCustomField`,
    ),
  ]),
  // usersig
  ...key(
    "POST /chat/create-chat-user",
    "GET /chat/chat-user-info",
    "POST /chat/change-chat-user-info",
    "POST /chat/get-user-sig",
  ),
  ...user("POST /chat/create-session", "POST /chat/single-chat-mark-as-read"),
  ...page("GET /chat/session-info", "GET /chat/chat-log-info", "POST /file/upload-chat-file"),
  ...page("GET /ws/chat/:user_id/:user_sig"),
  // v1
  ...anybody("GET /healthz", "GET /openapi.json", "GET /asyncapi.json", "GET /files/:key/:name"),
  // A hook has a rate of its own; a URL that no hook has is counted as a refused call.
  ...signIn("POST /hooks/:id/:secret"),
  ...anybody("POST /hooks/:id/:secret/:shape"),
  ...anybody("GET /v1/login", "GET /sign-in", "GET /admin"),
  ...signIn("POST /v1/register", "POST /v1/login", "POST /v1/token"),
  ...password("POST /v1/me/password", "DELETE /v1/me"),
  // A code that lets nobody in is counted as a refused call.
  ...guess("POST /v1/invitations/:code"),
  ["GET /v1/invitations/:code", ["user", "light", "address", "optional"]],
  ...whole("POST /v1/me/repair", "GET /v1/me/export"),
  ...search("GET /v1/conversations/:id/messages/search", "GET /v1/messages/search"),
  ...search("GET /v1/saved", "GET /v1/mentions", "GET /v1/threads"),
  ...page(
    "GET /v1/push",
    "GET /v1/conversations/:id/changes",
    "GET /v1/conversations/:id/pins",
    "GET /v1/conversations/:id/attachments",
    "GET /v1/conversations/:id/messages/:seq/edits",
    "GET /v1/conversations/:id/messages/:seq/votes",
    "GET /v1/sessions",
    "GET /v1/users",
    "GET /v1/people",
    "GET /v1/me/unread",
    "GET /v1/me/join-requests",
    "GET /v1/friends",
    "GET /v1/friends/requests",
    "GET /v1/blocks",
    "GET /v1/requests",
    "GET /v1/requests/:conversation_id",
    "GET /v1/conversations",
    "GET /v1/conversations/:id/members",
    "GET /v1/conversations/:id/applications",
    "GET /v1/conversations/:id/bans",
    "GET /v1/conversations/:id/invitations",
    "GET /v1/conversations/:id/messages",
    "GET /v1/conversations/:id/threads",
    "GET /v1/conversations/:id/threads/:root/messages",
    "GET /v1/conversations/:id/messages/:seq/reactions/:key",
    "GET /v1/conversations/:id/receipts",
    "GET /v1/conversations/:id/commands",
    "GET /v1/scheduled",
    "GET /v1/held",
    "GET /v1/conversations/:id/socket",
    "GET /v1/socket",
    "POST /v1/files",
    "POST /v1/files/uploads",
    "PUT /v1/files/uploads/:id/parts/:part",
    "POST /v1/files/uploads/:id/complete",
  ),
  ...user("POST /v1/reports"),
  ...page(
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
  ),
  ...backend("GET /v1/server/keys", "POST /v1/server/keys", "DELETE /v1/server/keys/:id"),
  ...backend(
    ...(["GET /v1/server/hooks", "POST /v1/server/hooks", "GET /v1/server/hooks/:id"] as const),
    ...(["PATCH /v1/server/hooks/:id", "DELETE /v1/server/hooks/:id"] as const),
    ...(["POST /v1/server/hooks/:id/test", "POST /v1/server/hooks/:id/rotate"] as const),
    ...(["GET /v1/server/hooks/:id/deliveries", "POST /v1/server/hooks/:id/replay"] as const),
  ),
  ...backend("GET /v1/server/users/:ref", "PUT /v1/server/users/:ref"),
  ...backend(
    "DELETE /v1/server/users/:ref",
    "POST /v1/server/users/:ref/tokens",
    "DELETE /v1/server/users/:ref/sessions",
    "PUT /v1/server/users/:ref/suspension",
    "DELETE /v1/server/users/:ref/suspension",
  ),
  ...backendPage("GET /v1/server/users", "POST /v1/server/users"),
  ...backendPage("POST /v1/server/imports", "PUT /v1/server/imports/files/:sha256"),
  ...backendWhole("GET /v1/server/export", "GET /v1/server/conversations/:cref/export"),
  ...backendWhole("GET /v1/server/users/:ref/export"),
  ...backend("GET /v1/server/metrics"),
  ...backend("POST /v1/server/backup/read", "POST /v1/server/backup/write"),
  ...backend("GET /v1/server/backup/files/:key", "PUT /v1/server/backup/files/:key"),
  ...backend("GET /v1/server/conversations/:cref", "POST /v1/server/conversations/:cref/messages"),
  ...backendPage(
    "GET /v1/server/conversations",
    "GET /v1/server/conversations/:cref/messages",
    "PUT /v1/server/conversations/:cref",
    "PATCH /v1/server/conversations/:cref/members",
  ),
  ...user(
    "POST /v1/logout",
    "DELETE /v1/sessions/:id",
    "GET /v1/me",
    "PATCH /v1/me",
    "DELETE /v1/me/join-requests/:conversation_id",
    "GET /v1/users/:id",
    "PUT /v1/friends/:user_id",
    "DELETE /v1/friends/:user_id",
    "PUT /v1/requests/:conversation_id",
    "PUT /v1/blocks/:user_id",
    "DELETE /v1/blocks/:user_id",
    "POST /v1/conversations",
    "GET /v1/conversations/:id",
    "GET /v1/groups/:id",
    "PATCH /v1/conversations/:id",
    "DELETE /v1/conversations/:id",
    "PUT /v1/conversations/:id/preferences",
    "PUT /v1/push/:device_id",
    "DELETE /v1/push/:device_id",
    "GET /v1/push/key",
    "PUT /v1/conversations/:id/push-level",
    "PUT /v1/me/quiet-hours",
    "DELETE /v1/me/quiet-hours",
    "PUT /v1/conversations/:id/draft",
    "DELETE /v1/conversations/:id/draft",
    "POST /v1/conversations/:id/members",
    "PATCH /v1/conversations/:id/members/:user_id",
    "DELETE /v1/conversations/:id/members/:user_id",
    "POST /v1/conversations/:id/messages/:seq/taps",
    ...(["POST /v1/bots/me/taps/:tap_id", "POST /v1/bots", "GET /v1/bots", "PATCH /v1/bots/:id"] as const),
    ...(["POST /v1/bots/:id/token", "DELETE /v1/bots/:id"] as const),
    ...(["PUT /v1/bots/me/commands", "GET /v1/bots/me/commands"] as const),
    "POST /v1/conversations/:id/join",
    "POST /v1/conversations/:id/leave",
    "GET /v1/conversations/:id/hooks",
    "POST /v1/conversations/:id/hooks",
    "POST /v1/conversations/:id/hooks/:hook/rotate",
    "DELETE /v1/conversations/:id/hooks/:hook",
    "POST /v1/conversations/:id/invitations",
    "DELETE /v1/conversations/:id/invitations/:code",
    "POST /v1/conversations/:id/owner",
    "POST /v1/conversations/:id/applications/:application_id",
    "POST /v1/conversations/:id/messages",
    "GET /v1/conversations/:id/messages/:seq",
    "DELETE /v1/conversations/:id/messages/:seq",
    "PUT /v1/conversations/:id/messages/:seq/pin",
    "DELETE /v1/conversations/:id/messages/:seq/pin",
    "PATCH /v1/conversations/:id/messages/:seq",
    "PUT /v1/conversations/:id/messages/:seq/reactions/:key",
    "DELETE /v1/conversations/:id/messages/:seq/reactions/:key",
    "PUT /v1/conversations/:id/messages/:seq/votes",
    "POST /v1/conversations/:id/messages/:seq/close",
    "PUT /v1/conversations/:id/read",
    "GET /v1/files/uploads/:id",
    "DELETE /v1/files/uploads/:id",
    "GET /v1/scheduled/:id",
    "PATCH /v1/scheduled/:id",
    "DELETE /v1/scheduled/:id",
    "PUT /v1/conversations/:id/messages/:seq/saved",
    "DELETE /v1/conversations/:id/messages/:seq/saved",
    "PUT /v1/conversations/:id/threads/:root/follow",
    "DELETE /v1/conversations/:id/threads/:root/follow",
    "PUT /v1/conversations/:id/threads/:root/read",
    "DELETE /v1/files/:key",
    "PUT /v1/conversations/:id/bans/:user_id",
    "DELETE /v1/conversations/:id/bans/:user_id",
  ),
]);

const PARAMETERS: Record<string, string> = { ":user_id": "999999999", ":key": "0".repeat(32), ":name": "x" };

let ann: SignedIn;
let hosts = 0;

beforeAll(async () => {
  ann = itemAt(await signedInUsers(1), 0);
  // The calls of bots cost what those of people cost.
  await env.DB.prepare("UPDATE users SET bot = 1 WHERE id = ?").bind(ann.user.id).run();
});

/** Makes a call with limiters that admit everything. @returns the answer, and the limiters that counted it */
async function counted(route: string, token?: string, query = "") {
  const used: Limiter[] = [];
  const limiter = (name: Limiter): RateLimit => ({
    limit: async () => {
      used.push(name);
      return { success: true };
    },
  });
  const settings = Object.fromEntries(LIMITERS.map((name) => [name, limiter(name)]));
  const [method = "", pattern = ""] = route.split(" ");
  const path = pattern
    .replace(/:bot\{[^}]*\}/, `bot${token ?? "x"}`)
    .replace(":user_id/:user_sig", `${ann.user.username}/${token ?? "x"}`)
    .replace(/:\w+/g, (name) => PARAMETERS[name] ?? "999999999");
  const isSocket = /socket|\/ws\/|gateway$/.test(path);
  const answer = await wire({
    method,
    path: `${path}${query}`,
    headers: {
      "CF-Connecting-IP": `198.51.100.${hosts++ % 250}`,
      ...(isSocket && { Upgrade: "websocket" }),
      ...(token !== undefined && credentialsFor(path, token)),
    },
    // An input that no call accepts, or needs: who may comes before that. Ann has no password, so without one
    // she would delete her account.
    ...(method !== "GET" && { body: { chat_code: "x", password: 0 } }),
    settings,
  });
  return { answer, used };
}

function credentialsFor(path: string, token: string): Record<string, string> {
  const isKook = path.startsWith("/api/");
  return {
    Authorization: `${isKook ? "Bot" : "Bearer"} ${token}`,
    token,
    "X-APP-Key": KEY,
    "X-APP-Session": token,
  };
}

/** The API's own code of an answer. */
function codeOf({ body }: WireAnswer): unknown {
  return z.looseObject({ code: z.unknown() }).safeParse(body).data?.code;
}

test("every route has a row, and every row a route", () => {
  const routes = app.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path}`);
  expect([...ROUTES.keys()].toSorted()).toEqual([...new Set(routes)].toSorted());
});

const COUNTERS: Record<string, Limiter[]> = {
  light: ["USER_RATE"],
  page: ["USER_RATE", "PAGE_RATE"],
  search: ["USER_RATE", "SEARCH_RATE"],
  whole: ["USER_RATE", "WHOLE_RATE"],
};

const rows = [...ROUTES];

describe("calls of users", () => {
  test.each(rows.filter(([, [who]]) => who === "user"))("%s: %j", async (route, row) => {
    const [, cost = "", address, optional] = row;
    const anonymous = await counted(route);
    if (optional) expect(anonymous.used).toEqual(["ADDRESS_RATE"]);
    expect(anonymous.used.filter((name) => name !== "ADDRESS_RATE")).toEqual([]);
    const { token } = await newSession(ann);
    const query = route.includes("chat-log-info") ? "?session_id=1" : "";
    const { answer, used } = await counted(route, token, query);
    const expected = [
      ...(COUNTERS[cost] ?? []),
      // The upgrade of KOOK's gateway is no call: it has no bucket.
      ...(route.includes("/api/") && !route.endsWith("/gateway") ? (["BUCKET_RATE"] as const) : []),
      ...(address ? (["ADDRESS_RATE"] as const) : []),
    ];
    expect(used.toSorted()).toEqual(expected.toSorted());
    if (answer.status !== 101 && !optional) expect(answer.body).not.toEqual(anonymous.answer.body);
  });
});

test("message requests with previews count as a search, too", async () => {
  const { token } = await newSession(ann);
  const { answer, used } = await counted("GET /v1/requests", token, "?previews=true");
  expect([answer.status, used.toSorted()]).toEqual([200, ["PAGE_RATE", "SEARCH_RATE", "USER_RATE"]]);
});

describe("calls of backends", () => {
  test.each(rows.filter(([, [who]]) => who === "backend"))("%s: %j", async (route, [, cost = ""]) => {
    expect((await counted(route)).used).toEqual([]);
    const { text } = await makeServerKey(ServerScope.options);
    const { answer, used } = await counted(route, text);
    expect(used.toSorted()).toEqual(COUNTERS[cost]?.toSorted());
    expect([401, 403]).not.toContain(answer.status);
    // Guesses are counted by address.
    expect((await counted(route, `${text.slice(0, -4)}0000`)).used).toEqual(["ADDRESS_RATE"]);
  });
});

describe("calls of anybody", () => {
  test.each(rows.filter(([, [who]]) => who === "anybody"))("%s: %j", async (route, [, address]) => {
    const { used } = await counted(route);
    const isFile = route.includes("/files/");
    // A file that is not found counts as a refused call.
    expect(used).toEqual(address || isFile ? ["ADDRESS_RATE"] : []);
  });
});

describe("calls of a service", () => {
  test.each(rows.filter(([, [who]]) => who === "key"))(
    "%s takes the rule key, and counts a wrong one",
    async (route) => {
      const body = (token: string) => ({ user_id: ann.user.username, token });
      const [method = "", path = ""] = route.split(" ");
      const ask = async (token: string) => {
        const used: string[] = [];
        const counter: RateLimit = {
          limit: async ({ key: counted }) => {
            used.push(counted);
            return { success: true };
          },
        };
        const answer = await wire({
          method,
          path: method === "GET" ? `${path}?${new URLSearchParams(body(token))}` : path,
          ...(method !== "GET" && { body: body(token) }),
          headers: { "CF-Connecting-IP": "198.51.100.251" },
          settings: { ...env, ADDRESS_RATE: counter },
        });
        return { used, code: codeOf(answer), text: JSON.stringify(answer.body) };
      };
      const wrong = await ask(`${RULE_KEY}x`);
      expect(wrong).toMatchObject({ used: ["refused key 198.51.100.251"], code: 403 });
      expect(wrong.text).toContain("rule key");
      const right = await ask(RULE_KEY);
      expect(right.used).toEqual([]);
      expect(right.text).not.toContain("rule key");
    },
  );
});

test.each(["/chat/session-info?total=", "/chat/chat-log-info?session_id=1&total="])(
  "GET %s, without pages, is a whole list",
  async (path) => {
    const { token } = await newSession(ann);
    const { used } = await counted(`GET ${path.split("?")[0]}`, token, `?${path.split("?")[1]}`);
    expect(used).toEqual(["USER_RATE", "WHOLE_RATE"]);
  },
);
