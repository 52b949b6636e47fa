import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { befriend } from "../../support/accounts/friends.ts";
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
import { openDirect } from "../../support/clients/chat.ts";
import { wire } from "../../support/clients/wire.ts";
import { advanceClock } from "../../support/clock.ts";
import { itemAt, range } from "../../support/objects/room.ts";
import { data, Failure, failure, nameOf, success, tim } from "./client.ts";

const Userinfo = z.looseObject({ userID: z.string(), username: z.string() });
const Entered = z.strictObject({ token: z.string(), userinfo: Userinfo });
const Own = z.strictObject({ userinfo: Userinfo });
const Profiles = z.array(Own);
const Names = z.array(z.string());

async function two(): Promise<[SignedIn, SignedIn]> {
  const both = await signedInUsers(2);
  return [itemAt(both, 0), itemAt(both, 1)];
}

const me = async (user: SignedIn) => (await data(Own, user, "/user/getMyProfile")).userinfo;

const change = (user: SignedIn, fields: object) => tim(user, "/user/updateMyProfile", fields);

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
  /** Sets an address, which only registration and v1 can. */
  const address = (user: SignedIn, email: string) =>
    change(user, { nick: "x" }).then(() => setEmail(user, email));
  const setEmail = ({ token }: SignedIn, email: string) =>
    call("PATCH", "/v1/me", { token, body: { email } });

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
    await address(one, email);
    expect(await entered(email)).toBe(nameOf(one));
    // A user without a password does not count.
    const [bare] = await two();
    await address(bare, email);
    expect(await entered(email)).toBe(nameOf(one));
    await address(other, email);
    expect(await entered(email)).toBe(nameOf(one));
    await address(other, nameOf(one));
    expect(await entered(nameOf(one)), "the username goes first").toBe(nameOf(one));
    await address(other, "");
    expect(await entered(email)).toBe(nameOf(one));
    // A username of a user who cannot sign in with a password blocks no address.
    await env.DB.prepare("UPDATE users SET username = ? WHERE id = ?").bind(email, bare.user.id).run();
    expect(await entered(email)).toBe(nameOf(one));
  });

  test("who sets another's address keeps nobody out, and does not learn whether somebody has it", async () => {
    const [victim, other] = [await register(), await register()];
    const [taken, free] = [`${freshName()}@example.com`, `${freshName()}@example.com`];
    await address(victim, taken);
    // The other user has another password, as everybody has their own.
    const own = "a password of my own";
    const changed = await call("POST", "/v1/me/password", {
      token: other.token,
      body: { current: PASSWORD, next: own },
    });
    expect(changed.status).toBe(204);
    const answers = [];
    for (const email of [free, taken, free, taken]) {
      await address(other, email);
      answers.push(Entered.parse(success(await enter(email, own)).data).userinfo.username);
      failure(await enter(email, "neither of the two"), 70_050);
    }
    expect(new Set(answers)).toEqual(new Set([nameOf(other)]));
    expect(await entered(taken)).toBe(nameOf(victim));
  });

  test("a former token opens no further guesses at another account of the same address", async () => {
    const [victim, attacker] = [await register(), await register()];
    const email = `${freshName()}@example.com`;
    await address(victim, email);
    await address(attacker, email);
    for (const [i, token] of [attacker.token, (await newSession(attacker)).token].entries()) {
      const headers = { token, "CF-Connecting-IP": `100.64.9.${i}` };
      const guess = (password: string) =>
        wire({ method: "POST", path: "/login", body: { username: email, password }, headers });
      // The device is the attacker's: with its token no other account is compared.
      const own = Entered.parse(success(await guess(PASSWORD)).data);
      expect(own.userinfo.username).toBe(nameOf(attacker));
    }
    const next = "a password of the attacker";
    const changed = await call("POST", "/v1/me/password", {
      token: attacker.token,
      body: { current: PASSWORD, next },
    });
    expect(changed.status).toBe(204);
    const headers = { token: attacker.token, "CF-Connecting-IP": "100.64.9.9" };
    const body = { username: email, password: PASSWORD };
    failure(await wire({ method: "POST", path: "/login", body, headers }), 70_050);
  });

  test("an address that is set over usersig counts as any other change", async () => {
    const one = await register();
    const email = (i: number) => `${one.user.username}-${i}@example.com`;
    const set = (i: number) =>
      wire({
        method: "POST",
        path: "/chat/change-chat-user-info/",
        headers: { Authorization: one.token },
        body: { email: email(i) },
      });
    for (const i of range(1, 5)) expect((await set(i)).body).toMatchObject({ code: 200 });
    expect((await set(6)).status).toBe(429);
    expect((await setEmail(one, email(7))).status).toBe(429);
    expect((await call("GET", "/v1/me", { token: one.token })).body).toMatchObject({ email: email(5) });
  });

  test("a user sets an address five times a day, and other changes go on", async () => {
    const one = await register();
    const email = (i: number) => `${one.user.username}-${i}@example.com`;
    for (const i of range(1, 5)) expect((await setEmail(one, email(i))).status).toBe(200);
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
    await address(one, email);
    const deleted = await call("DELETE", "/v1/me", { token: one.token, body: { password: PASSWORD } });
    expect(deleted.status).toBe(204);
    failure(await enter(email), 70_050);
    failure(await tim(one, "/user/getMyProfile"), 70_001);
  });

  test("ten wrong passwords lock a name or address, on this API and on every other", async () => {
    const one = await register();
    const email = `${freshName()}@example.com`;
    await address(one, email);
    for (const name of [email, freshName("nobody")]) {
      const answers = await Promise.all(range(1, 30).map(() => enter(name, "wrong password")));
      const codes = answers.map(({ body }) => Failure.parse(body).code);
      expect(codes.filter((code) => code === 70_050)).toHaveLength(10);
      expect(codes.filter((code) => code === 429)).toHaveLength(20);
      const locked = await enter(name);
      failure(locked, 429, "", 429);
      expect(Number(locked.headers.get("Retry-After"))).toBeGreaterThan(0);
    }
    // Address and name count together.
    const body = { username: nameOf(one), password: PASSWORD };
    expectProblem(await call("POST", "/v1/login", { body }), 429, "locked");
  });

  const EIGHT = "🌧☂".repeat(4);
  test.each([
    ["password", "1234567"],
    ["password", "🌧".repeat(7)],
    ["password", "x".repeat(129)],
    ["username", "a"],
    ["username", "a/b"],
    ["username", "x".repeat(33)],
    ["email", "x".repeat(129)],
    ["email", 7],
  ])("registration with %s %j is refused", async (field, value) => {
    const fields = { username: freshName(), password: EIGHT, email: "a@example.com", [field]: value };
    failure(await tim(undefined, "/register", fields), 70_402, field);
    const name = encodeURIComponent(String(fields.username));
    const [{ token }] = await two();
    expect((await call("GET", `/v1/users?username=${name}`, { token })).body).toEqual({ items: [] });
  });

  test("a password has 8 to 128 characters, of any number of bytes", async () => {
    for (const password of [EIGHT, "🌧☂".repeat(64)]) {
      const username = freshName();
      success(await tim(undefined, "/register", { username, password, email: "a@example.com" }));
      success(await enter(username, password));
    }
  });

  test("a name is registered once, however many ask at once", async () => {
    const username = freshName();
    const body = { username, password: PASSWORD, email: "a@example.com" };
    const answers = await Promise.all(range(1, 20).map(() => tim(undefined, "/register", body)));
    const codes = answers.map(({ body }) => z.looseObject({ code: z.int() }).parse(body).code);
    expect(codes.toSorted((a, b) => a - b)).toEqual([0, ...range(1, 19).map(() => 70_398)]);
  });
});

describe("profiles", () => {
  const LONGEST = {
    ...{ nick: 64, selfSignature: 500, birthday: 128, location: 128, language: 128, messageSettings: 128 },
    ...{ adminForbidType: 128, level: 128, role: 128 },
  };
  test.each(Object.entries(LONGEST))(
    "%s has at most %d characters, and may be a number",
    async (field, max) => {
      const [ann] = await two();
      const longest = "🌧".repeat(max);
      expect(Profiles.parse(success(await change(ann, { [field]: longest })).data)).toMatchObject([
        { userinfo: { [field]: longest } },
      ]);
      failure(await change(ann, { [field]: `${longest}x` }), 2_721, field);
      for (const value of [true, null, [], {}])
        failure(await change(ann, { nick: "x", [field]: value }), 2_721);
      expect(await me(ann)).toMatchObject({ [field]: longest });
      success(await change(ann, { [field]: 19_900_101 }));
      expect(await me(ann)).toMatchObject({ [field]: "19900101" });
      success(await change(ann, { [field]: "" }));
      expect(await me(ann)).toMatchObject({ [field]: "" });
    },
  );

  test.each([
    ["gender", "male"],
    ["gender", 1],
    ["allowType", "AllowType"],
    ["avatar", "rain.png"],
    ["avatar", "javascript:alert(1)"],
    ["profileCustomField", "x"],
    ["profileCustomField", []],
    ["profileCustomField", { x: "x".repeat(8 * 1024) }],
  ])("%s is not %j", async (field, value) => {
    const [ann] = await two();
    const before = await me(ann);
    failure(await change(ann, { nick: "Ann", [field]: value }), 2_721, field);
    expect(await me(ann)).toEqual(before);
  });

  test("an unknown field is not stored in a profile, and a wrong body is not taken for a wrong field", async () => {
    const [ann] = await two();
    for (const fields of [{}, { email: "x@example.com" }, { userID: "x", passwordHash: "x", id: 1 }])
      failure(await change(ann, fields), 2_722);
    failure(await tim(ann, "/user/updateMyProfile", "{"), 70_402, "body");
    expect(await me(ann)).toMatchObject({ userID: nameOf(ann), email: "" });
  });

  test("other APIs show the same, and v1 shows no more than before", async () => {
    const [ann] = await two();
    const before = await call("GET", "/v1/me", { token: ann.token });
    const fields = {
      nick: "Ann",
      gender: "Gender_Type_Female",
      allowType: "AllowType_Type_DenyAny",
      level: 3,
      role: "admin",
    };
    success(await change(ann, fields));
    const after = await call("GET", "/v1/me", { token: ann.token });
    expect(after.body).toEqual({
      ...Object(before.body),
      ...{ nickname: "Ann", gender: "Gender_Type_Female", friend_policy: "deny" },
    });
    const body = { friend_policy: "allow", gender: "女", signature: "早起" };
    expect((await call("PATCH", "/v1/me", { token: ann.token, body })).status).toBe(200);
    expect(await me(ann)).toMatchObject({
      ...{ allowType: "AllowType_Type_AllowAny", gender: "Gender_Type_Unknown", selfSignature: "早起" },
      ...{ level: "3", role: "admin" },
    });
    for (const extra of ["level", "customFields", "message_settings"]) {
      const answer = await call("PATCH", "/v1/me", { token: ann.token, body: { [extra]: "x" } });
      expect(answer.body).not.toHaveProperty(extra);
    }
    expect(await me(ann)).toMatchObject({ level: "3", profileCustomField: {} });
  });

  test("a change returns its time in seconds", async () => {
    const [ann] = await two();
    expect(await me(ann)).toMatchObject({ lastUpdatedTime: 0 });
    const before = Math.floor(Date.now() / 1_000);
    success(await change(ann, { profileCustomField: { x: [1, { y: null }] } }));
    const { lastUpdatedTime, profileCustomField } = await me(ann);
    expect(profileCustomField).toEqual({ x: [1, { y: null }] });
    expect(lastUpdatedTime).toBeGreaterThanOrEqual(before);
    expect(lastUpdatedTime).toBeLessThanOrEqual(Math.ceil(Date.now() / 1_000));
  });

  test("a hundred profiles come at once in the requested order, each once, and an address is shown to its user only", async () => {
    const users = await signedInUsers(100);
    const ann = itemAt(users, 0);
    await call("PATCH", "/v1/me", { token: ann.token, body: { email: "ann@example.com" } });
    const names = users.map(nameOf);
    const ask = (user_id: unknown, caller = ann) => tim(caller, "/user/getUserProfile", { user_id });
    const displayed = Profiles.parse(success(await ask(names.toReversed())).data);
    expect(displayed.map(({ userinfo }) => userinfo.userID)).toEqual(names.toReversed());
    expect(displayed.filter(({ userinfo }) => "email" in userinfo)).toMatchObject([
      { userinfo: { email: "ann@example.com" } },
    ]);
    failure(await ask([...names, "one more"]), 70_402, "user_id");
    failure(await ask([]), 70_402, "user_id");
    failure(await ask([""]), 70_402, "user_id");
    failure(await ask([["x"]]), 70_402, "user_id");
    const few = [itemAt(names, 3), "nobody/at all", itemAt(names, 3), itemAt(names, 1), 12_345];
    expect(Profiles.parse(success(await ask(few)).data).map(({ userinfo }) => userinfo.userID)).toEqual([
      ...[itemAt(names, 3), itemAt(names, 1)],
    ]);
    const byOther = Profiles.parse(success(await ask([nameOf(ann)], itemAt(users, 1))).data);
    expect(byOther[0]?.userinfo).not.toHaveProperty("email");
    const other = await tim(ann, "/user/getUserProfile", { userIDList: [itemAt(names, 1)] });
    expect(Profiles.parse(success(other).data)).toHaveLength(1);
  });

  test("a birthday is shown to all, except of users that a service provisioned", async () => {
    const [own, made] = [await register(), itemAt(await signedInUsers(1), 0)];
    for (const user of [own, made]) success(await change(user, { birthday: 20_000_229 }));
    const displayed = async (caller: SignedIn) =>
      Profiles.parse(
        success(await tim(caller, "/user/getUserProfile", { user_id: [own, made].map(nameOf) })).data,
      ).map(({ userinfo }) => userinfo.birthday);
    expect(await displayed(own)).toEqual(["20000229", ""]);
    expect(await displayed(made)).toEqual(["20000229", "20000229"]);
  });

  test("a deleted account leaves nothing of its profile", async () => {
    const leaver = await register();
    const fields = {
      ...{
        nick: "secret",
        selfSignature: "secret",
        birthday: "secret",
        location: "secret",
        language: "secret",
      },
      ...{ messageSettings: "secret", adminForbidType: "secret", level: "secret", role: "secret" },
      ...{ avatar: "https://files.example/secret.png", profileCustomField: { secret: "secret" } },
    };
    success(await change(leaver, fields));
    const body = { password: PASSWORD };
    expect((await call("DELETE", "/v1/me", { token: leaver.token, body })).status).toBe(204);
    const left = await env.DB.prepare("SELECT * FROM users WHERE id = ?").bind(leaver.user.id).first();
    expect(JSON.stringify(left)).not.toContain("secret");
    expect(left).toMatchObject({ details: "{}", updated_at: 0 });
    const [ann] = await two();
    expect(success(await tim(ann, "/user/getUserProfile", { user_id: [nameOf(leaver)] })).data).toEqual([]);
  });
});

describe("the blacklist", () => {
  const add = (user: SignedIn, others: SignedIn[]) =>
    tim(user, "/user/addToBlacklist", { userIDList: others.map(nameOf) });
  const lift = (user: SignedIn, others: SignedIn[]) =>
    tim(user, "/user/removeFromBlacklist", { userIDList: others.map(nameOf) });
  const list = (user: SignedIn) => data(Names, user, "/user/getBlacklist");
  const write = ({ token }: SignedIn, id: number) =>
    call("POST", `/v1/conversations/${id}/messages`, {
      token,
      body: { kind: "text", body: { text: "hello" } },
    });

  test("a block holds at once in every conversation, open or not, and on every API", async () => {
    const users = await signedInUsers(6);
    const [ann, ...others] = users;
    if (!ann) throw new Error("there are six");
    const ids = await Promise.all(others.slice(0, 4).map(async (other) => (await openDirect(ann, other)).id));
    await befriend(ann, itemAt(others, 0));
    expect((await write(ann, itemAt(ids, 0))).status).toBe(201);
    expect(success(await add(ann, others)).data).toEqual(others.map(nameOf));
    for (const [i, id] of ids.entries()) {
      expectProblem(await write(ann, id), 403, "blocked");
      expectProblem(await write(itemAt(others, i), id), 403, "blocked");
    }
    const { id } = await openDirect(ann, itemAt(others, 4));
    expectProblem(await write(ann, id), 403, "blocked");
    expect((await call("GET", "/v1/friends", { token: ann.token })).body).toMatchObject({ items: [] });
    expect(await list(itemAt(others, 0)), "a block is its maker's").toEqual([]);
    expect(success(await lift(ann, others.slice(1))).data).toEqual([nameOf(itemAt(others, 0))]);
    expect((await write(itemAt(others, 1), itemAt(ids, 1))).status).toBe(201);
    expectProblem(await write(ann, itemAt(ids, 0)), 403, "blocked");
    expect((await call("GET", "/v1/blocks", { token: ann.token })).body).toMatchObject({
      items: [{ username: nameOf(itemAt(others, 0)) }],
    });
  });

  test("users are blocked all or none, and blocking again changes nothing", async () => {
    const [ann, bob] = await two();
    const unknown = { ...bob, user: { ...bob.user, username: freshName("nobody") } };
    failure(await add(ann, [bob, unknown]), 70_107, nameOf(unknown));
    failure(await add(ann, [bob, ann]), 2_742, "userIDList");
    failure(await tim(ann, "/user/addToBlacklist", { userIDList: [nameOf(bob), 1.5] }), 70_402);
    expect(await list(ann)).toEqual([]);
    expect(success(await add(ann, [bob, bob])).data).toEqual([nameOf(bob)]);
    expect(success(await add(ann, [bob])).data).toEqual([nameOf(bob)]);
    failure(await lift(ann, [bob, unknown]), 70_107, nameOf(unknown));
    expect(await list(ann)).toEqual([nameOf(bob)]);
    expect(success(await lift(ann, [bob])).data).toEqual([]);
    expect(success(await lift(ann, [bob])).data).toEqual([]);
    const byDocument = await tim(ann, "/user/addToBlacklist", { user_id: [nameOf(bob)] });
    expect(success(byDocument).data).toEqual([nameOf(bob)]);
  });

  test("a hundred are blocked at once and listed whole, and fifty concurrent calls lose none", async () => {
    const users = await signedInUsers(151);
    const ann = itemAt(users, 0);
    expect(success(await add(ann, users.slice(1, 101))).data).toHaveLength(100);
    failure(await add(ann, users.slice(1, 102)), 70_402, "userIDList");
    await Promise.all(users.slice(101).map(async (other) => success(await add(ann, [other]))));
    expect(await list(ann)).toEqual(users.slice(1).map(nameOf));
  });

  test("a user who deletes their account is on no list", async () => {
    const [ann, bob, deleted] = [...(await two()), await register()];
    if (!ann || !bob || !deleted) throw new Error("there are three");
    success(await add(ann, [bob, deleted]));
    const body = { password: PASSWORD };
    expect((await call("DELETE", "/v1/me", { token: deleted.token, body })).status).toBe(204);
    expect(await list(ann)).toEqual([nameOf(bob)]);
  });
});
