import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { z } from "zod";
import { call, expectProblem, freshName, PASSWORD, register, type SignedIn } from "../support/clients/api.ts";
import { createGroup } from "../support/clients/chat.ts";
import { wire } from "../support/clients/wire.ts";
import * as timClient from "./tim/client.ts";
import * as usersigClient from "./usersig/client.ts";

const { tim } = timClient;
const { RULE_KEY, shownUser, usersig } = usersigClient;

const OPEN = { USERSIG_PROVISIONING: "open" } as const;
const PROVISION = "/chat/create-chat-user/";
const HIDDEN = "a\u202eb";

const registerOverTim = (username: string) =>
  tim(undefined, "/register", { username, password: PASSWORD, email: "a@b.example" });

/** Creates a group of the caller alone, over each API that creates groups. */
const GROUPS: [string, (caller: SignedIn, name: string) => Promise<{ status: number; body: unknown }>][] = [
  [
    "v1",
    ({ token }, name) =>
      call("POST", "/v1/conversations", { token, body: { kind: "group", name, member_ids: [] } }),
  ],
  ["tim", (caller, name) => tim(caller, "/group/createGroup", { name })],
  [
    "formpost",
    ({ token }, name) =>
      wire({ method: "POST", path: "/user/create_group_conversation/", body: { token, members: [], name } }),
  ],
  [
    "usersig",
    ({ token, user }, name) =>
      usersig("POST", "/chat/create-session/", {
        sig: token,
        body: { name, type: 2, chat_user_id_list: [user.username] },
      }),
  ],
];

test("every API that registers users compares the name with those of all others", async () => {
  const name = freshName("boss");
  await register(name);
  const alike = name.toUpperCase();
  timClient.failure(await registerOverTim(alike), 70_398, "looks like");
  const body = { user_id: alike };
  usersigClient.failure(await usersig("POST", PROVISION, { body, settings: OPEN }), 400, "looks like");
});

const EVERYBODY = [
  "all",
  "ALL",
  "a11",
  "_all_",
  "everyone",
  "EverybOdy",
  "here",
  "channel",
  "所有人",
  "全體成員",
  "аll",
];

test.each(EVERYBODY)("no API registers %s, or a name that looks like it, as a username", async (name) => {
  const answer = await call("POST", "/v1/register", { body: { username: name, password: PASSWORD } });
  expectProblem(answer, 400, "validation_failed");
  timClient.failure(await registerOverTim(name), 70_402);
  const body = { user_id: name, token: RULE_KEY };
  usersigClient.failure(await usersig("POST", PROVISION, { body }), 400, "everybody");
});

test.each([...EVERYBODY, "@所有人", "all !", "Ａｌｌ"])(
  "nobody takes the nickname or name card %s",
  async (name) => {
    const someone = await register();
    const { token, user } = someone;
    expectProblem(
      await call("PATCH", "/v1/me", { token, body: { nickname: name } }),
      400,
      "validation_failed",
    );
    const group = await createGroup(someone, []);
    const path = `/v1/conversations/${group.id}/members/${user.id}`;
    expectProblem(await call("PATCH", path, { token, body: { name_card: name } }), 400, "validation_failed");
  },
);

test.each(["allan", "all for one", "Hereford", "全", "channels"])(
  "%s is a name like others",
  async (nickname) => {
    const { token } = await register();
    expect((await call("PATCH", "/v1/me", { token, body: { nickname } })).status).toBe(200);
  },
);

test("a holder of the rule key creates ids that look alike, and nobody else takes a name like them", async () => {
  const id = freshName("user1l");
  const alike = id.replace("user1l", "User11");
  for (const user_id of [id, alike]) {
    const created = await usersig("POST", PROVISION, { body: { user_id, token: RULE_KEY } });
    expect(shownUser(created).user_id).toBe(user_id);
  }
  const third = id.replace("user1l", "userll");
  const answer = await call("POST", "/v1/register", { body: { username: third, password: PASSWORD } });
  expect(answer).toMatchObject({ status: 409, body: { code: "conflict" } });
});

test.each([" ", "\u200b", "\u202eboss", "boss ", "boss\u00a0", "a\ufeffb", ".", "..", "\u0301"])(
  "the id %j is refused for a user of a service",
  async (user_id) => {
    const answer = await usersig("POST", PROVISION, { body: { user_id, token: RULE_KEY } });
    usersigClient.failure(answer, 400, "user_id");
  },
);

test.each(["name", "nickname", "username"])(
  "the %s of a chat user has no hidden characters",
  async (field) => {
    const body = { user_id: freshName("chat"), token: RULE_KEY };
    usersigClient.failure(
      await usersig("POST", PROVISION, { body: { ...body, [field]: HIDDEN } }),
      400,
      field,
    );
    shownUser(await usersig("POST", PROVISION, { body }));
    const change = { body: { ...body, [field]: HIDDEN } };
    usersigClient.failure(await usersig("POST", "/chat/change-chat-user-info/", change), 400, field);
  },
);

test("an id from before, with a character that is refused now, is still found and changed", async () => {
  const user_id = `${freshName("old")}\u200b`;
  await env.DB.prepare("INSERT INTO users (username, created_at) VALUES (?, 0)").bind(user_id).run();
  const body = { user_id, token: RULE_KEY, nickname: "Old" };
  const changed = shownUser(await usersig("POST", "/chat/change-chat-user-info/", { body }));
  expect(changed).toMatchObject({ user_id, nickname: "Old" });
});

test.each(GROUPS)("a group's name has no hidden characters over %s", async (_, create) => {
  const caller = await register();
  const refused = await create(caller, HIDDEN);
  const list = await call("GET", "/v1/conversations", { token: caller.token });
  expect(list.body).toMatchObject({ items: [] });
  const { status, body } = refused;
  expect({ status, body: JSON.stringify(body) }).toMatchObject({ body: expect.stringContaining("U+202E") });
  const created = await create(caller, "Ann ❤️ 👩‍👩‍👧");
  expect(created.status, JSON.stringify(created.body)).toBeLessThan(300);
  const after = await call("GET", "/v1/conversations", { token: caller.token });
  expect(after.body).toMatchObject({ items: [{ name: "Ann ❤️ 👩‍👩‍👧" }] });
});

test("a common password opens no account over tim", async () => {
  const body = { username: freshName(), password: "12345678", email: "a@b.example" };
  timClient.failure(await tim(undefined, "/register", body), 70_402, "password: is one of the most common");
});

test("a nickname and a name card over tim have no hidden characters", async () => {
  const caller = await register();
  const { data } = timClient.success(await tim(caller, "/group/createGroup", { name: "Friends" }));
  const { groupID } = z.object({ group: z.object({ groupID: z.string() }) }).parse(data).group;
  for (const [path, body] of [
    ["/user/updateMyProfile", { nick: HIDDEN }],
    ["/user/updateMyProfile", { nick: "deleted-100000" }],
    ["/group/updateGroupProfile", { groupID, name: HIDDEN }],
    ["/group/setGroupMemberNameCard", { groupID, nameCard: HIDDEN }],
  ] as const) {
    const { body: answer } = await tim(caller, path, body);
    expect(timClient.Failure.parse(answer).msg).toContain("must not");
  }
});
