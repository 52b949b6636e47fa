import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { CONVERSATION_CALLS } from "../../src/conversation/calls.ts";
import type { PolicyName } from "../../src/domain/conversations/group-kind.ts";
import { ConversationId, UserId } from "../../src/domain/ids.ts";
import { findConversationNames, findUserNames } from "../../src/storage/data/external-ids.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { notificationsOf } from "../support/accounts/notifications.ts";
import { makeServerKey } from "../support/accounts/server-keys.ts";
import { signedInUsers } from "../support/accounts/users.ts";
import { type Answer, call, expectProblem, type SignedIn } from "../support/clients/api.ts";
import { ask, page } from "../support/clients/chat.ts";
import { createGroupOfKind } from "../support/objects/core.ts";
import { itemAt } from "../support/objects/room.ts";
import { sampledCases } from "../support/sampled-cases.ts";
import { failure, nameOf, success, tim } from "./tim/client.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  const all = await signedInUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
});

/** A call by which a user could get into a group. */
interface Way {
  /** the kinds of group in which the call can succeed */
  kinds: PolicyName[];
  joinPolicy: "free" | "approval" | "closed";
  /** the user applies before the ban */
  applies?: true;
  /** lets the user in */
  go: (id: number, who: SignedIn) => Promise<Answer>;
  /** asserts that the call is refused for a banned user */
  refused: (answer: Answer, who: SignedIn) => void;
}

const WITH_BANS: PolicyName[] = ["group", "public", "chatroom", "community"];
const forbidden: Way["refused"] = (answer) =>
  expect(answer).toMatchObject({ status: 403, body: { code: "forbidden" } });
const notAllowed: Way["refused"] = (answer) => void failure(answer, 10_007, "banned");

const WAYS = {
  "v1 join of a free group": {
    ...{ kinds: WITH_BANS, joinPolicy: "free", refused: forbidden },
    go: (id, who) => ask(who, id, "POST", "/join", {}),
  },
  "v1 application": {
    ...{ kinds: ["group", "public"], joinPolicy: "approval", refused: forbidden },
    go: (id, who) => ask(who, id, "POST", "/join", { message: "please" }),
  },
  "v1 adding": {
    ...{ kinds: ["group", "community"], joinPolicy: "closed" },
    go: (id, who) => ask(ann, id, "POST", "/members", { user_ids: [bob.user.id, who.user.id] }),
    refused: (answer, { user }) => {
      forbidden(answer, bob);
      expect(answer.body).toMatchObject({ detail: expect.stringContaining(`User ${user.id} is banned`) });
    },
  },
  "v1 acceptance of an application from before the ban": {
    ...{ kinds: ["group", "public"], joinPolicy: "approval", applies: true },
    go: (id) => ask(ann, id, "POST", "/applications/1", { action: "accept" }),
    refused: (answer) => expect(answer).toMatchObject({ status: 409, body: { code: "conflict" } }),
  },
  "v1 invitation": {
    ...{ kinds: WITH_BANS, joinPolicy: "closed", refused: forbidden },
    go: async (id, { token }) => {
      const { body } = await ask(ann, id, "POST", "/invitations", {});
      return call("POST", `/v1/invitations/${z.object({ code: z.string() }).parse(body).code}`, { token });
    },
  },
  "v1 hand-over": {
    ...{ kinds: WITH_BANS, joinPolicy: "free" },
    go: (id, who) => ask(ann, id, "POST", "/owner", { user_id: who.user.id }),
    refused: (answer) => expect(answer).toMatchObject({ status: 404, body: { code: "not_found" } }),
  },
  "tim joinGroup of a free group": {
    ...{ kinds: WITH_BANS, joinPolicy: "free", refused: notAllowed },
    go: (id, who) => tim(who, "/group/joinGroup", { groupID: String(id) }),
  },
  "tim joinGroup with permission": {
    ...{ kinds: ["group", "public"], joinPolicy: "approval", refused: notAllowed },
    go: (id, who) => tim(who, "/group/joinGroup", { groupID: String(id), applyMessage: "please" }),
  },
  "tim addGroupMember": {
    ...{ kinds: ["group", "community"], joinPolicy: "closed" },
    go: (id, who) => tim(ann, "/member/addGroupMember", { groupID: String(id), userIDList: [nameOf(who)] }),
    refused: (answer, who) =>
      expect(success(answer).data).toMatchObject({
        ...{ successUserIDList: [], failureUserIDList: [nameOf(who)], existedUserIDList: [] },
        overLimitUserIDList: [],
      }),
  },
  "tim handleGroupApplication": {
    ...{ kinds: ["group", "public"], joinPolicy: "approval", applies: true },
    go: async (id, who) => {
      const notifications = await notificationsOf(ann, id);
      const asked = notifications.findLast(({ event }) => event === "applied")?.application;
      const application = {
        ...{ applicant: nameOf(who), groupID: String(id) },
        ...{ authentication: asked?.authentication, messageKey: asked?.id },
      };
      return tim(ann, "/group/handleGroupApplication", { handleAction: "Agree", application });
    },
    refused: (answer) => void failure(answer, 10_024),
  },
  "tim changeGroupOwner": {
    ...{ kinds: WITH_BANS, joinPolicy: "free" },
    go: (id, who) => tim(ann, "/group/changeGroupOwner", { groupID: String(id), newOwnerID: nameOf(who) }),
    refused: (answer) => void failure(answer, 10_007),
  },
  "backend PUT": {
    ...{ kinds: WITH_BANS, joinPolicy: "closed", refused: forbidden },
    go: async (id, { user }) => {
      const { text: token } = await makeServerKey(["conversations"]);
      const body = { kind: "group", members: [user.id] };
      return call("PUT", `/v1/server/conversations/${id}`, { token, body });
    },
  },
  "backend PATCH of members": {
    ...{ kinds: WITH_BANS, joinPolicy: "closed" },
    go: async (id, { user }) => {
      const { text: token } = await makeServerKey(["conversations"]);
      const body = { add: [{ ref: user.id }] };
      return call("PATCH", `/v1/server/conversations/${id}/members`, { token, body });
    },
    refused: ({ body }) =>
      expect(body).toMatchObject({ items: [{ result: "failed", problem: { code: "forbidden" } }] }),
  },
  "import of a member": {
    ...{ kinds: WITH_BANS, joinPolicy: "closed" },
    go: async (id, { user }) => {
      const { text: token } = await makeServerKey(["data"]);
      const member = await exportedNames(id, user.id);
      const body = JSON.stringify({ type: "member", member });
      return call("POST", "/v1/server/imports", { token, body });
    },
    refused: ({ body }) =>
      expect(body).toMatchObject({
        left_out: [{ type: "member", reason: expect.stringContaining("banned") }],
      }),
  },
} satisfies Record<string, Way>;

/** A member record of a user, by the names that an export has. */
async function exportedNames(id: number, userId: number): Promise<object> {
  const names = await findUserNames(openDatabase(env.DB), [UserId.parse(userId)]);
  const rooms = await findConversationNames(openDatabase(env.DB), [ConversationId.parse(id)]);
  return { conversation: [...rooms.values()][0], user: [...names.values()][0] };
}

const none = [] as const;

/**
 * The ways into an existing group by each method of a conversation object: a method without an entry does not
 * compile. Every API reaches a conversation by these methods alone. A new group has no bans.
 */
const METHODS: Record<keyof typeof CONVERSATION_CALLS, readonly (keyof typeof WAYS)[]> = {
  add: ["v1 adding"],
  addEach: ["tim addGroupMember"],
  join: [
    ...(["v1 join of a free group", "v1 application"] as const),
    ...(["tim joinGroup of a free group", "tim joinGroup with permission"] as const),
  ],
  decideJoinRequest: ["v1 acceptance of an application from before the ban", "tim handleGroupApplication"],
  acceptInvitation: ["v1 invitation"],
  handOver: ["v1 hand-over", "tim changeGroupOwner"],
  ...{ init: none, send: none, page: none, pageWithContext: none, readablePage: none, history: none },
  ...{ react: none, unreact: none, reactors: none },
  ...{ threads: none, threadPage: none, followThread: none, unfollowThread: none, readThread: none },
  ...{ visibleMessages: none, messagesInContext: none, mentionPage: none },
  ...{
    message: none,
    search: none,
    attachments: none,
    messages: none,
    revoke: none,
    revokeWithin: none,
    hide: none,
  },
  ...{
    deleteForMe: none,
    read: none,
    markUnread: none,
    setIgnoreUnread: none,
    sendFromDevice: none,
    ...{
      openForRelay: none,
      pageForRelay: none,
      sendForRelay: none,
      readForRelay: none,
      describeForRelay: none,
      unregisterForRelay: none,
    },
    typing: none,
  },
  ...{ replay: none, snapshot: none, receipts: none },
  ...{ outline: none, createInvitation: none, invitations: none, withdrawInvitation: none },
  ...{ lookAtInvitation: none },
  ...{ createIncomingHook: none, incomingHooks: none, rotateIncomingHook: none, deleteIncomingHook: none },
  ...{
    requireHook: none,
    postToHook: none,
    hookMessage: none,
    editHookMessage: none,
    revokeHookMessage: none,
    tap: none,
    bots: none,
    passingMessage: none,
    showStream: none,
    showOnline: none,
  },
  ...{ describe: none, announceDirectPermission: none, confirmDirectPermission: none, members: none },
  ...{
    membersByIds: none,
    searchMembers: none,
    edit: none,
    joinRequests: none,
    leave: none,
    removeAmong: none,
    remove: none,
    ban: none,
  },
  ...{ liftBan: none, bans: none, changeMember: none, dissolve: none, pushConversation: none },
  ...{ removeDeleted: none, takeProfile: none, coverHook: none, kick: none, openSessions: none },
  ...{
    withdrawJoinRequest: none,
    checkDraft: none,
    changes: none,
    pin: none,
    unpin: none,
    pins: none,
    editMessage: none,
    formerVersions: none,
  },
  ...{ attributes: none, changeAttributes: none, counters: none, setCounters: none, addToCounter: none },
  ...{ vote: none, closePoll: none, voters: none },
  ...{
    putGroup: ["backend PUT"],
    changeMembers: ["backend PATCH of members"],
    overview: none,
    configure: none,
    checkRetention: none,
  },
  ...{ allMessages: none, notify: none },
  // Who follows a channel is in its space.
  ...{ spaceChanged: none, follow: none, followAll: none, unfollow: none },
  ...{ revokeByStaff: none, revokeSince: none, dissolveByStaff: none },
  importMembers: ["import of a member"],
  ...{ exportPage: none, ownMessages: none, importMessages: none, importReads: none, importProfile: none },
};

test("every way is by a method of the conversation object", () => {
  expect(new Set(Object.values(METHODS).flat())).toEqual(new Set(Object.keys(WAYS)));
});

const Members = z.object({ items: z.array(z.object({ user: z.object({ id: z.int() }) })) });

const rows = Object.entries<Way>(WAYS).flatMap(([name, way], i) =>
  sampledCases(way.kinds, 1, i).map((kind): [string, PolicyName, Way] => [name, kind, way]),
);

describe("a ban holds for", () => {
  test.each(rows)("%s, in a group of the kind %s", async (_, kind, way) => {
    const who = itemAt(await signedInUsers(1), 0);
    const id = await createGroupOfKind(kind, ann, way.applies ? [] : [who, bob], way.joinPolicy);
    if (way.applies) expect((await ask(who, id, "POST", "/join", {})).body).toEqual({ state: "requested" });
    expect((await ask(ann, id, "PUT", `/bans/${who.user.id}`)).status).toBe(204);
    const tips = (await page(ann, id)).items.length;
    way.refused(await way.go(id, who), who);
    const { items } = Members.parse((await ask(ann, id, "GET", "/members")).body);
    expect(items.map(({ user }) => user.id)).not.toContain(who.user.id);
    expectProblem(await ask(who, id, "GET", ""), 404, "not_found");
    expect((await page(ann, id)).items.length).toBe(tips);
    expect((await ask(ann, id, "GET", "/applications")).body).toMatchObject({ items: [] });
  });
});
