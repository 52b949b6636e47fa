import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  BotPolicy,
  DirectPolicy,
  GroupPolicy,
  LookupPolicy,
  ProfilePolicy,
} from "../../src/domain/server/policies.ts";
import { expectFriendCall } from "../support/accounts/friends.ts";
import { makeServerKey } from "../support/accounts/server-keys.ts";
import { signedInUsers } from "../support/accounts/users.ts";
import { type Answer, call, freshName, register, type SignedIn } from "../support/clients/api.ts";
import { createGroup } from "../support/clients/chat.ts";
import type { WireAnswer } from "../support/clients/wire.ts";
import { itemAt } from "../support/objects/room.ts";
import { setPolicy } from "../support/settings.ts";
import { appkey, failure as appkeyFailure, TIME } from "./appkey/client.ts";
import { act, failure as formpostFailure } from "./formpost/client.ts";
import { kook, failure as kookFailure } from "./kook/client.ts";
import { nameOf, tim, failure as timFailure } from "./tim/client.ts";
import {
  change,
  createSession,
  info,
  RULE_KEY,
  signed,
  failure as usersigFailure,
} from "./usersig/client.ts";

type Said = Answer | WireAnswer;

/** A call by which a user could do what a policy is about. */
interface Way {
  go: (who: SignedIn, other: SignedIn) => Promise<Said>;
  /** asserts that the policy, or that the other user is a stranger, is why it is refused */
  refused: (answer: Said) => void;
  /** the team's own call: no policy holds */
  byServer?: true;
}

let key = "";

const forbidden = (answer: Said) =>
  expect({ status: answer.status, body: answer.body }).toMatchObject({
    ...{ status: 403, body: { code: "forbidden", detail: expect.stringMatching(/^.{20,}\.$/) } },
  });
const asUser = ({ user }: SignedIn) => ({ token: key, headers: { "Parley-User": String(user.id) } });
const direct = ({ user }: SignedIn) => ({ kind: "direct", user_id: user.id });
const group = (...others: SignedIn[]) => ({
  ...{ kind: "group", name: "a group", member_ids: others.map(({ user }) => user.id) },
});

/** Sends a first text over TIM. */
async function timSend(who: SignedIn, other: SignedIn): Promise<WireAnswer> {
  const request = { to: nameOf(other), conversationType: "C2C", payload: { text: "hello" } };
  const made = await tim(who, "/message/createMessage", request);
  const { data } = z.object({ data: z.object({ ID: z.string() }) }).parse(made.body);
  return tim(who, "/message/sendMessage", { ID: data.ID });
}

/** Every way to begin a direct conversation. */
const DIRECT: Record<string, Way> = {
  v1: {
    go: ({ token }, other) => call("POST", "/v1/conversations", { token, body: direct(other) }),
    refused: forbidden,
  },
  "v1, acting": {
    go: (who, other) => call("POST", "/v1/conversations", { ...asUser(who), body: direct(other) }),
    ...{ refused: forbidden, byServer: true },
  },
  appkey: {
    go: (who, { user }) => appkey(who, "POST", "/conversation", { passiveuser: user.id, time: TIME }),
    refused: appkeyFailure,
  },
  kook: {
    go: (who, { user }) => kook(who, "POST create", { target_id: String(user.id) }),
    refused: (answer) => kookFailure(answer, 40_300),
  },
  tim: { go: timSend, refused: (answer) => void timFailure(answer, 10_007) },
  usersig: {
    go: (who, other) =>
      createSession(signed(who), {
        ...{ name: "two", type: 1, chat_user_id_list: [nameOf(who), nameOf(other)] },
      }),
    refused: (answer) => void usersigFailure(answer, 403),
  },
  formpost: {
    go: (who, { user }) => act(who, "get_or_create_private_conversation", { friend: user.id }),
    refused: (answer) => expect(answer).toMatchObject({ status: 400, body: { info: expect.any(String) } }),
  },
};

/** Every way to create a group. */
const GROUPS: Record<string, Way> = {
  v1: {
    go: ({ token }, other) => call("POST", "/v1/conversations", { token, body: group(other) }),
    refused: forbidden,
  },
  "v1, acting": {
    go: (who, other) => call("POST", "/v1/conversations", { ...asUser(who), body: group(other) }),
    ...{ refused: forbidden, byServer: true },
  },
  tim: {
    go: (who, other) =>
      tim(who, "/group/createGroup", {
        ...{ name: "a group", type: "Public", memberList: [{ userID: nameOf(other) }] },
      }),
    refused: (answer) => void timFailure(answer, 10_007),
  },
  usersig: {
    go: (who, other) =>
      createSession(signed(who), {
        ...{ name: "some", type: 2, chat_user_id_list: [nameOf(who), nameOf(other)] },
      }),
    refused: (answer) => void usersigFailure(answer, 403),
  },
  formpost: {
    go: (who, { user }) => act(who, "create_group_conversation", { name: "some", members: [user.id] }),
    refused: (answer) => formpostFailure(answer, -2),
  },
};

/** Every way to change how oneself is shown. */
const PROFILES: Record<string, Way> = {
  "v1 nickname": {
    go: ({ token }) => call("PATCH", "/v1/me", { token, body: { nickname: freshName("N") } }),
    refused: forbidden,
  },
  "v1 avatar": {
    go: ({ token }) => {
      const avatar = `https://pictures.test/${freshName("a")}`;
      return call("PATCH", "/v1/me", { token, body: { avatar, signature: "hello" } });
    },
    refused: forbidden,
  },
  "v1, acting": {
    go: (who) => call("PATCH", "/v1/me", { ...asUser(who), body: { nickname: freshName("N") } }),
    ...{ refused: forbidden, byServer: true },
  },
  tim: {
    go: (who) => tim(who, "/user/updateMyProfile", { nick: freshName("N") }),
    refused: (answer) => void timFailure(answer, 10_007),
  },
  ...Object.fromEntries(
    ["nickname", "name", "username", "avatar"].map((field): [string, Way] => [
      `usersig ${field}`,
      {
        go: (who) => change({ [field]: freshName("N") }, { sig: who.token }),
        refused: (answer) => void usersigFailure(answer, 403),
      },
    ]),
  ),
  "usersig, by the rule key": {
    go: (who) => change({ user_id: nameOf(who), token: RULE_KEY, nickname: freshName("N") }),
    ...{ refused: (answer) => void usersigFailure(answer, 403), byServer: true },
  },
};

const notFound = (answer: Said) => expect(answer).toMatchObject({ status: 404, body: { code: "not_found" } });

/** Every way to look somebody up, or to name somebody whom one is then shown. `off`: as `off` refuses it. */
const LOOKUPS: Record<string, Way & { off?: Way["refused"] }> = {
  "v1 user": {
    go: ({ token }, { user }) => call("GET", `/v1/users/${user.id}`, { token }),
    ...{ refused: notFound, off: forbidden },
  },
  "v1 ids": {
    go: ({ token }, { user }) => call("GET", `/v1/users?ids=${user.id}`, { token }),
    ...{ refused: (answer) => expect(answer).toMatchObject({ body: { items: [] } }), off: forbidden },
  },
  "v1 username": {
    go: ({ token }, { user }) => call("GET", `/v1/users?username=${user.username}`, { token }),
    ...{ refused: (answer) => expect(answer).toMatchObject({ body: { items: [] } }), off: forbidden },
  },
  "v1, acting": {
    go: (who, { user }) => call("GET", `/v1/users?ids=${user.id}`, asUser(who)),
    ...{ refused: forbidden, byServer: true },
  },
  tim: {
    go: (who, other) => tim(who, "/user/getUserProfile", { user_id: [nameOf(other)] }),
    refused: (answer) => expect(answer).toMatchObject({ body: { code: 0, data: [] } }),
    off: (answer) => void timFailure(answer, 10_007),
  },
  usersig: {
    go: (who, other) => info(nameOf(other), { sig: who.token }),
    refused: (answer) => void usersigFailure(answer, 404),
    off: (answer) => void usersigFailure(answer, 403),
  },
  "usersig, by the rule key": {
    go: (_, other) => info(nameOf(other), { token: RULE_KEY }),
    ...{ refused: (answer) => void usersigFailure(answer, 404), byServer: true },
  },
};

/** Every way to name somebody whom one is then shown, or comes to share a conversation with. */
const NAMED: Record<string, Way> = {
  "v1 friend request": {
    go: ({ token }, { user }) => call("PUT", `/v1/friends/${user.id}`, { token }),
    refused: notFound,
  },
  "v1 block": {
    go: ({ token }, { user }) => call("PUT", `/v1/blocks/${user.id}`, { token }),
    refused: notFound,
  },
  "v1 ban": {
    go: ({ token, user: { id } }, { user }) =>
      call("PUT", `/v1/conversations/${own.get(id)}/bans/${user.id}`, { token, body: {} }),
    refused: notFound,
  },
  "v1 member": {
    go: ({ token, user: { id } }, { user }) =>
      call("POST", `/v1/conversations/${own.get(id)}/members`, { token, body: { user_ids: [user.id] } }),
    refused: notFound,
  },
  "v1 group": {
    go: ({ token }, other) => call("POST", "/v1/conversations", { token, body: group(other) }),
    refused: notFound,
  },
  "tim block": {
    go: (who, other) => tim(who, "/user/addToBlacklist", { userIDList: [nameOf(other)] }),
    refused: (answer) => void timFailure(answer, 70_107),
  },
  "tim group": {
    go: (who, other) =>
      tim(who, "/group/createGroup", {
        ...{ name: "a group", type: "Public", memberList: [{ userID: nameOf(other) }] },
      }),
    refused: (answer) => void timFailure(answer, 70_107),
  },
  "usersig group": {
    go: (who, other) =>
      createSession(signed(who), {
        ...{ name: "some", type: 2, chat_user_id_list: [nameOf(who), nameOf(other)] },
      }),
    refused: (answer) => void usersigFailure(answer, 404),
  },
};

/** A group that a user owns, by the user. */
const own = new Map<number, number>();

/** Who share nothing, share a group, are friends. */
const RELATIONS = ["stranger", "member", "friend"] as const;
type Relation = (typeof RELATIONS)[number];

const pairs: Record<Relation, [SignedIn, SignedIn][]> = { stranger: [], member: [], friend: [] };

/** Two users of this relation, whom no other test has had. */
function pairOf(relation: Relation): [SignedIn, SignedIn] {
  const pair = pairs[relation].pop();
  if (!pair) throw new Error("there are not so many pairs");
  return pair;
}

const COUNT = 100;

beforeAll(async () => {
  key = (await makeServerKey(["act"])).text;
  for (const relation of RELATIONS) {
    const users = await signedInUsers(COUNT * 2);
    pairs[relation] = Array.from({ length: COUNT }, (_, i) => [
      itemAt(users, 2 * i),
      itemAt(users, 2 * i + 1),
    ]);
  }
  const friends = pairs.friend.flatMap(([{ user: one }, { user: other }]) => [
    [one.id, other.id],
    [other.id, one.id],
  ]);
  await env.DB.prepare(
    "INSERT INTO friends (user_id, friend_id, created_at) SELECT value ->> 0, value ->> 1, 0 FROM json_each(?)",
  )
    .bind(JSON.stringify(friends))
    .run();
  // All members are in one group, and the first of each pair is so with the second.
  const members = pairs.member.flat();
  await createGroup(itemAt(members, 0), members.slice(1));
});

let restore = () => {};
afterEach(() => restore());

const ok = (answer: Said) => {
  expect([200, 201, 204], JSON.stringify(answer.body)).toContain(answer.status);
  const body = z.looseObject({ code: z.union([z.int(), z.string()]).optional() }).safeParse(answer.body);
  // Of the six APIs some write a failure with the status 200.
  expect([undefined, 0, 200], JSON.stringify(answer.body)).toContain(body.data?.code);
  expect(JSON.stringify(answer.body ?? {})).not.toMatch(/"(items|data)":\[\]/);
};

const MAY: Record<z.infer<typeof DirectPolicy>, readonly Relation[]> = {
  ...{ anyone: RELATIONS, shared: ["member", "friend"], friends: ["friend"], server: [] },
};

describe.each(Object.entries(DIRECT))("a direct conversation over %s", (name, way) => {
  test.each(DirectPolicy.options)("with DIRECT=%s", async (policy) => {
    restore = setPolicy("DIRECT", policy);
    for (const relation of RELATIONS) {
      const [who, other] = pairOf(relation);
      const isAllowed = way.byServer === true || MAY[policy].includes(relation);
      // This API has direct conversations with friends alone, whatever the policy.
      const may = isAllowed && (name !== "formpost" || relation === "friend");
      (may ? ok : way.refused)(await way.go(who, other));
      if (may) continue;
      const { results } = await env.DB.prepare("SELECT id FROM conversations WHERE low_user_id = ?")
        .bind(Math.min(who.user.id, other.user.id))
        .all();
      expect(results).toEqual([]);
    }
  });
});

test("a direct conversation that is there is found, and written to, whatever DIRECT says", async () => {
  const [who, other] = pairOf("friend");
  ok(await itemAt(Object.values(DIRECT), 0).go(who, other));
  restore = setPolicy("DIRECT", "server");
  for (const { go } of Object.values(DIRECT)) {
    ok(await go(who, other));
    ok(await go(other, who));
  }
});

describe.each(Object.entries(GROUPS))("a group over %s", (_, way) => {
  test.each(GroupPolicy.options)("with GROUPS=%s", async (policy) => {
    restore = setPolicy("GROUPS", policy);
    const [who, other] = pairOf("friend");
    (policy === "anyone" || way.byServer ? ok : way.refused)(await way.go(who, other));
  });
});

test.each(BotPolicy.options)("a bot with BOTS=%s", async (policy) => {
  restore = setPolicy("BOTS", policy);
  const maker = await register();
  const body = { nickname: "Helper" };
  const made = await call("POST", "/v1/bots", { token: maker.token, body });
  if (policy === "server") forbidden(made);
  else expect(made.status).toBe(201);
  // The team's backend makes them.
  const { text: token } = await makeServerKey(["users"]);
  const path = `/v1/server/users/ext:${freshName()}`;
  ok(await call("PUT", path, { token, body: { ...body, bot: true } }));
});

test("the group of a creation that is repeated is found with GROUPS=server", async () => {
  const [who, other] = pairOf("friend");
  const body = { ...group(other), client_group_id: crypto.randomUUID() };
  const made = await call("POST", "/v1/conversations", { token: who.token, body });
  restore = setPolicy("GROUPS", "server");
  const again = await call("POST", "/v1/conversations", { token: who.token, body });
  expect(again).toMatchObject({
    status: 200,
    body: { id: z.looseObject({ id: z.int() }).parse(made.body).id },
  });
});

describe.each(Object.entries(PROFILES))("a profile over %s", (_, way) => {
  test.each(ProfilePolicy.options)("with PROFILES=%s", async (policy) => {
    restore = setPolicy("PROFILES", policy);
    const [who, other] = pairOf("stranger");
    const before = await env.DB.prepare("SELECT * FROM users WHERE id = ?").bind(who.user.id).first();
    const may = policy === "user" || way.byServer === true;
    (may ? ok : way.refused)(await way.go(who, other));
    const after = await env.DB.prepare("SELECT * FROM users WHERE id = ?").bind(who.user.id).first();
    if (may) expect(after).not.toEqual(before);
    else expect(after).toEqual(before);
  });
});

test("GET /v1/me tells apps what the user may do", async () => {
  const [{ token }] = pairOf("stranger");
  const policies = async (as: string) =>
    z.object({ policies: z.unknown() }).parse((await call("GET", "/v1/me", { token: as })).body).policies;
  const open = {
    profiles: "user",
    direct: "anyone",
    groups: "anyone",
    spaces: "anyone",
    bots: "anyone",
    lookup: "anyone",
    space_directory: false,
  };
  expect(await policies(token)).toEqual(open);
  const restored = [
    setPolicy("PROFILES", "server"),
    setPolicy("DIRECT", "shared"),
    setPolicy("GROUPS", "server"),
    setPolicy("BOTS", "server"),
    setPolicy("LOOKUP", "off"),
  ];
  restore = () => restored.forEach((one) => void one());
  const closed = {
    profiles: "server",
    direct: "shared",
    groups: "server",
    spaces: "server",
    bots: "server",
    lookup: "off",
    space_directory: false,
  };
  expect(await policies(token)).toEqual(closed);
  expect(await policies((await register()).token)).toEqual({ ...closed, profiles: "user" });
});

test("with PROFILES=server a user changes the rest of the profile, and one with a password all of it", async () => {
  const [who] = pairOf("stranger");
  restore = setPolicy("PROFILES", "server");
  // A form sends all fields: what is not changed is not refused.
  const body = { signature: "hello", email: "a@b.test", nickname: "", avatar: "" };
  ok(await call("PATCH", "/v1/me", { token: who.token, body }));
  const { token } = await register();
  ok(await call("PATCH", "/v1/me", { token, body: { nickname: "Ann" } }));
});

describe.each(Object.entries(LOOKUPS))("a look-up over %s", (_, way) => {
  test.each(LookupPolicy.options)("with LOOKUP=%s", async (policy) => {
    restore = setPolicy("LOOKUP", policy);
    for (const relation of RELATIONS) {
      const [who, other] = pairOf(relation);
      const answer = await way.go(who, other);
      if (policy === "anyone" || way.byServer) ok(answer);
      else if (policy === "off") (way.off ?? way.refused)(answer);
      else (relation === "stranger" ? way.refused : ok)(answer);
    }
  });
});

describe.each(Object.entries(NAMED))("a %s", (_, way) => {
  test.each(["shared", "off"])("with LOOKUP=%s", async (policy) => {
    for (const relation of ["stranger", "member"] as const) {
      const [who, other] = pairOf(relation);
      own.set(who.user.id, (await createGroup(who)).id);
      restore = setPolicy("LOOKUP", policy);
      const answer = await way.go(who, other);
      restore();
      (relation === "member" ? ok : way.refused)(answer);
    }
  });
});

test("who was asked for friendship may accept and is shown the other, with LOOKUP=shared", async () => {
  const [who, other] = pairOf("stranger");
  await expectFriendCall("PUT friends", who, other);
  restore = setPolicy("LOOKUP", "shared");
  ok(await call("GET", `/v1/users/${who.user.id}`, { token: other.token }));
  await expectFriendCall("PUT friends", other, who);
});
