import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { deleteAccount } from "../../support/accounts/deletion.ts";
import { newSession } from "../../support/accounts/sessions.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import {
  call,
  expectProblem,
  freshName,
  PASSWORD,
  register,
  type SignedIn,
} from "../../support/clients/api.ts";
import { wire } from "../../support/clients/wire.ts";
import { advanceClock } from "../../support/clock.ts";
import { itemAt, range } from "../../support/objects/room.ts";
import { data, Failure, failure, nameOf, success, tim } from "./client.ts";
import { ask, exactly, play, refused, type Step, story } from "./story.ts";

const Userinfo = z.looseObject({ userID: z.string(), username: z.string() });
const Entered = z.strictObject({ token: z.string(), userinfo: Userinfo });

test("an unknown path and a wrong method are answered in this API's envelope", async () => {
  const paths = [
    "/user/x",
    "/user",
    "/message/x",
    "/conversation/x",
    "/group/x",
    "/member/x",
    "/groupMember",
  ];
  for (const path of paths) failure(await tim(undefined, path), 404, "", 404);
  const others = ["/user/x_y", "/message", "/conversation", "/message/", "/logins", "/users/x"];
  for (const path of others)
    expect(Failure.safeParse((await tim(undefined, path)).body).success, path).toBe(false);
});

describe("accounts", () => {
  const enter = (username: string, password = PASSWORD) => tim(undefined, "/login", { username, password });
  const entered = async (username: string) =>
    Entered.parse(success(await enter(username)).data).userinfo.username;
  const setEmail = ({ token }: SignedIn, email: string) =>
    call("PATCH", "/v1/me", { token, body: { email } });
  const changePassword = async ({ token }: SignedIn, next: string) =>
    expect((await call("POST", "/v1/me/password", { token, body: { current: PASSWORD, next } })).status).toBe(
      204,
    );

  test("a registered user is signed in on every API, and signs in again by name or address", async () => {
    const username = freshName("rain");
    const email = `${username}@example.com`;
    const { token, userinfo } = await data(Entered, undefined, "/register", {
      ...{ username, password: PASSWORD, email },
    });
    expect(userinfo).toMatchObject({ userID: username, username, email });
    expect((await call("GET", "/v1/me", { token })).body).toMatchObject({ username, email });
    for (const name of [username, email]) expect(await entered(name)).toBe(username);
    expectProblem(
      await call("POST", "/v1/login", { body: { username: email, password: PASSWORD } }),
      401,
      "unauthenticated",
    );
  });

  test("an address that others set, too, signs in who set it first, and never equals a username", async () => {
    const [one, other] = [await register(), await register()];
    const email = `${freshName()}@example.com`;
    await setEmail(one, email);
    expect(await entered(email)).toBe(nameOf(one));
    // A user without a password does not count.
    const bare = itemAt(await signedInUsers(1), 0);
    await setEmail(bare, email);
    expect(await entered(email)).toBe(nameOf(one));
    await setEmail(other, email);
    expect(await entered(email)).toBe(nameOf(one));
    await setEmail(other, nameOf(one));
    expect(await entered(nameOf(one)), "the username goes first").toBe(nameOf(one));
    await setEmail(other, "");
    expect(await entered(email)).toBe(nameOf(one));
    // A username of a user who cannot sign in with a password blocks no address.
    await env.DB.prepare("UPDATE users SET username = ? WHERE id = ?").bind(email, bare.user.id).run();
    expect(await entered(email)).toBe(nameOf(one));
  });

  test("who sets another's address keeps nobody out, and does not learn whether somebody has it", async () => {
    const [victim, other] = [await register(), await register()];
    const [taken, free] = [`${freshName()}@example.com`, `${freshName()}@example.com`];
    await setEmail(victim, taken);
    // The other user has another password, as everybody has their own.
    const own = "a password of my own";
    await changePassword(other, own);
    const answers = [];
    for (const email of [free, taken, free, taken]) {
      await setEmail(other, email);
      answers.push(Entered.parse(success(await enter(email, own)).data).userinfo.username);
      failure(await enter(email, "neither of the two"), 70_050);
    }
    expect(new Set(answers)).toEqual(new Set([nameOf(other)]));
    expect(await entered(taken)).toBe(nameOf(victim));
  });

  test("a former token opens no further guesses at another account of the same address", async () => {
    const [victim, attacker] = [await register(), await register()];
    const email = `${freshName()}@example.com`;
    await setEmail(victim, email);
    await setEmail(attacker, email);
    for (const [i, token] of [attacker.token, (await newSession(attacker)).token].entries()) {
      const headers = { token, "CF-Connecting-IP": `100.64.9.${i}` };
      const guess = (password: string) =>
        wire({ method: "POST", path: "/login", body: { username: email, password }, headers });
      // The device is the attacker's: with its token no other account is compared.
      const own = Entered.parse(success(await guess(PASSWORD)).data);
      expect(own.userinfo.username).toBe(nameOf(attacker));
    }
    await changePassword(attacker, "a password of the attacker");
    const headers = { token: attacker.token, "CF-Connecting-IP": "100.64.9.9" };
    const body = { username: email, password: PASSWORD };
    failure(await wire({ method: "POST", path: "/login", body, headers }), 70_050);
  });

  test("a user sets an address five times a day, and other changes go on", async () => {
    const one = await register();
    const email = (i: number) => `${one.user.username}-${i}@example.com`;
    // Over usersig an address counts as any other change.
    const headers = { Authorization: one.token };
    const overUsersig = (i: number) =>
      wire({ method: "POST", path: "/chat/change-chat-user-info/", headers, body: { email: email(i) } });
    expect((await overUsersig(1)).body).toMatchObject({ code: 200 });
    for (const i of range(2, 5)) expect((await setEmail(one, email(i))).status).toBe(200);
    expect((await overUsersig(6)).status).toBe(429);
    const refused = await setEmail(one, email(6));
    expectProblem(refused, 429, "rate_limited");
    expect(refused.headers.get("Retry-After")).toBe(String(24 * 60 * 60));
    // The same address is no change.
    expect((await setEmail(one, email(5))).status).toBe(200);
    expect((await call("PATCH", "/v1/me", { token: one.token, body: { nickname: "x" } })).status).toBe(200);
    expect((await call("GET", "/v1/me", { token: one.token })).body).toMatchObject({ email: email(5) });
    advanceClock(24 * 60 * 60_000 + 1);
    const later = await newSession(one, Date.now() + 60_000);
    expect((await setEmail(later, email(7))).status).toBe(200);
  });

  test("a deleted account frees its address", async () => {
    const one = await register();
    const email = `${freshName()}@example.com`;
    await setEmail(one, email);
    expect((await deleteAccount(one)).status).toBe(204);
    failure(await enter(email), 70_050);
  });

  test("ten wrong passwords lock an address, and with it the name, on this API and on every other", async () => {
    const one = await register();
    const email = `${freshName()}@example.com`;
    await setEmail(one, email);
    const answers = await Promise.all(range(1, 15).map(() => enter(email, "wrong password")));
    const codes = answers.map(({ body }) => Failure.parse(body).code);
    expect(codes.filter((code) => code === 70_050)).toHaveLength(10);
    const locked = await enter(email);
    failure(locked, 429, "", 429);
    expect(Number(locked.headers.get("Retry-After"))).toBeGreaterThan(0);
    const body = { username: nameOf(one), password: PASSWORD };
    expectProblem(await call("POST", "/v1/login", { body }), 429, "locked");
  });

  test("registration takes names, passwords of 8 to 128 characters, and e-mail addresses", async () => {
    const EIGHT = "🌧☂".repeat(4);
    const good = (more: object) => ({ username: freshName(), password: EIGHT, email: "a@b", ...more });
    const bad = (answer: string, wrong: Record<string, unknown[]>) =>
      refused("nobody", "/register", good({}), answer, wrong);
    await play([
      ...bad("70402 password", { password: ["1234567", "🌧".repeat(7), "x".repeat(129)] }),
      ...bad("70402 username", { username: ["a", "a/b", "x".repeat(33)] }),
      ...bad("70402 email", { email: ["x".repeat(129), 7] }),
      ...bad("70402 email: must be an e-mail address", {
        email: ["", " ", "notmail", "@", "a@", "@b", "a b@c", "a@b@c"],
      }),
      ...["李@例子.测试", "a.b+c@example.com"].map((email) => ask("nobody", "/register", good({ email }))),
    ]);
    const longest = good({ password: "🌧☂".repeat(64) });
    success(await tim(undefined, "/register", longest));
    success(await enter(longest.username, "🌧☂".repeat(64)));
  });
});

const CHANGE = "/user/updateMyProfile";
const changes = (fields: object, shown: object) => ask("ann", CHANGE, fields, [{ userinfo: shown }]);
const me = (userinfo: object) => ask("ann", "/user/getMyProfile", {}, { userinfo });

describe("profiles", () => {
  const LONGEST = {
    ...{ nick: 64, selfSignature: 500, birthday: 128, location: 128, language: 128, messageSettings: 128 },
    ...{ adminForbidType: 128, level: 128, role: 128 },
  };
  story("have fields of so many characters, which may be numbers, and are emptied by an empty text", [
    ...Object.entries(LONGEST).flatMap(([field, max]): Step[] => {
      const longest = "🌧".repeat(max);
      return [
        changes({ [field]: longest }, { [field]: longest }),
        ...refused("ann", CHANGE, {}, `2721 ${field}`, { [field]: [`${longest}x`, true, null, [], {}] }),
        me({ [field]: longest }),
        changes({ [field]: 19_900_101 }, { [field]: "19900101" }),
        changes({ [field]: "" }, { [field]: "" }),
      ];
    }),
    changes({ allowType: "AllowType_Type_DenyAny" }, { allowType: "AllowType_Type_DenyAny" }),
    changes({ allowType: "" }, { allowType: "AllowType_Type_NeedConfirm" }),
  ]);

  const CUSTOM = { x: [1, { y: null }] };
  const before = Math.floor(Date.now() / 1_000);
  story("have no other values, no unknown field, and the time of their last change in seconds", [
    me({ lastUpdatedTime: 0 }),
    ...Object.entries({
      ...{ gender: ["male", 1], allowType: ["AllowType"], avatar: ["rain.png", "javascript:alert(1)"] },
      profileCustomField: ["x", [], { x: "x".repeat(8 * 1024) }],
    }).flatMap(([field, values]) =>
      refused("ann", CHANGE, { nick: "Ann" }, `2721 ${field}`, { [field]: values }),
    ),
    ...[{}, { email: "x@example.com" }, { userID: "x", passwordHash: "x", id: 1 }].map((fields) =>
      ask("ann", CHANGE, fields, 2_722),
    ),
    ask("ann", CHANGE, "{", "70402 body"),
    me({ userID: "{ann}", nick: "", email: "", lastUpdatedTime: 0 }),
    changes({ profileCustomField: CUSTOM }, { profileCustomField: CUSTOM }),
    me({ profileCustomField: CUSTOM, lastUpdatedTime: expect.toSatisfy((time: number) => time >= before) }),
  ]);

  const friend = { allowType: "AllowType_Type_DenyAny", level: 3, role: "admin" };
  story("are those of other APIs, and v1 shows and takes no more than before", [
    changes({ nick: "Ann", gender: "Gender_Type_Female", ...friend }, { level: "3" }),
    ask("ann", "GET /v1/me", {}, { nickname: "Ann", gender: "Gender_Type_Female", friend_policy: "deny" }),
    ask("ann", "GET /v1/me", {}, expect.not.objectContaining({ level: "3" })),
    ask("ann", "PATCH /v1/me", {
      friend_policy: "allow",
      gender: "女",
      signature: "早起",
      level: "x",
      customFields: "x",
    }),
    me({
      ...{ allowType: "AllowType_Type_AllowAny", gender: "Gender_Type_Unknown", selfSignature: "早起" },
      ...{ level: "3", role: "admin", profileCustomField: {} },
    }),
  ]);

  const found = (who: string, user_id: unknown[], profiles: object[]) =>
    ask(
      who,
      "/user/getUserProfile",
      { user_id },
      profiles.map((userinfo) => ({ userinfo })),
    );
  const NAMES = range(1, 101).map((i) => `nobody-${i}`);
  story("come in the requested order, each once, and an address is shown to its user only", [
    ask("ann", "PATCH /v1/me", { email: "ann@example.com" }),
    found(
      "ann",
      ["{cid}", "{ann}", "nobody/at all", "{cid}", "{bob}", 12_345],
      [...[{ userID: "{cid}" }, { userID: "{ann}", email: "ann@example.com" }, { userID: "{bob}" }]],
    ),
    ask("bob", "/user/getUserProfile", { user_id: ["{ann}"] }, [
      { userinfo: expect.not.objectContaining({ email: "ann@example.com" }) },
    ]),
    ask("ann", "/user/getUserProfile", { userIDList: ["{bob}"] }, [{ userinfo: { userID: "{bob}" } }]),
    found("ann", NAMES.slice(1), []),
    ...refused("ann", "/user/getUserProfile", {}, "70402 user_id", { user_id: [NAMES, [], [""], [["x"]]] }),
  ]);

  test("a birthday is shown to all, except of users that a service provisioned", async () => {
    const people = new Map([
      ["ann", await register()],
      ["bob", itemAt(await signedInUsers(1), 0)],
    ]);
    await play(
      [
        ...["ann", "bob"].map((who) => ask(who, CHANGE, { birthday: 20_000_229 })),
        found("ann", ["{ann}", "{bob}"], [{ birthday: "20000229" }, { birthday: "" }]),
        found("bob", ["{ann}", "{bob}"], [{ birthday: "20000229" }, { birthday: "20000229" }]),
      ],
      people,
    );
  });

  test("of a deleted account leave nothing, and are on no list", async () => {
    const [ann, [bob]] = [await register(), await signedInUsers(1)];
    if (!bob) throw new Error("there is one");
    const names = new Map([
      ["ann", ann],
      ["bob", bob],
    ]);
    const words = Object.fromEntries(Object.keys(LONGEST).map((field) => [field, "secret"]));
    const avatar = "https://files.example/secret.png";
    await play(
      [
        ask("ann", CHANGE, { ...words, avatar, profileCustomField: { secret: "secret" } }),
        ask("bob", "/user/addToBlacklist", { userIDList: ["{ann}"] }),
      ],
      names,
    );
    expect((await deleteAccount(ann)).status).toBe(204);
    const left = await env.DB.prepare("SELECT * FROM users WHERE id = ?").bind(ann.user.id).first();
    expect(JSON.stringify(left)).not.toContain("secret");
    expect(left).toMatchObject({ details: "{}", updated_at: 0 });
    await play([found("bob", ["{ann}"], []), ask("bob", "/user/getBlacklist", {}, exactly([]))], names);
  });
});

const blocks = (call: string, userIDList: unknown[], answer: string[] | number | string) =>
  ask("ann", `/user/${call}Blacklist`, { userIDList }, Array.isArray(answer) ? exactly(answer) : answer);
story("users are blocked all or none, and blocking again changes nothing", [
  blocks("addTo", ["{bob}", "nobody-at-all"], "70107 nobody-at-all"),
  blocks("addTo", ["{bob}", "{ann}"], "2742 userIDList"),
  blocks("addTo", ["{bob}", 1.5], 70_402),
  blocks(
    "addTo",
    range(1, 101).map(() => "{bob}"),
    "70402 userIDList",
  ),
  ask("ann", "/user/getBlacklist", {}, exactly([])),
  ...[blocks("addTo", ["{bob}", "{bob}"], ["{bob}"]), blocks("addTo", ["{bob}"], ["{bob}"])],
  ask("bob", "/user/getBlacklist", {}, exactly([])),
  // A block holds on every API.
  ask("bob", "POST /v1/conversations", { kind: "direct", user_id: "{ann.id}" }, { id: "{direct}" }),
  ask("bob", "POST /v1/conversations/{direct}/messages", { kind: "text", body: { text: "hm" } }, 403),
  blocks("removeFrom", ["{bob}", "nobody-at-all"], "70107 nobody-at-all"),
  ask("ann", "/user/getBlacklist", {}, exactly(["{bob}"])),
  ...[blocks("removeFrom", ["{bob}"], []), blocks("removeFrom", ["{bob}"], [])],
  ask("ann", "/user/addToBlacklist", { user_id: ["{bob}"] }, exactly(["{bob}"])),
]);
