import { expect, test } from "vitest";
import { call, expectProblem, freshName, register } from "../../support/clients/api.ts";

const EMPTY_PROFILE = {
  metadata: {},
  policies: {
    profiles: "user",
    direct: "anyone",
    groups: "anyone",
    spaces: "anyone",
    bots: "anyone",
    lookup: "anyone",
    space_directory: false,
  },
  email: "",
  gender: "",
  birthday: "",
  location: "",
  language: "",
  signature: "",
  friend_policy: "approve",
  who_may_write: "everybody",
  who_may_add: "everybody",
};

test("a profile starts empty and shows its changes", async () => {
  const { token, user } = await register();
  const before = await call("GET", "/v1/me", { token });
  expect(before.status).toBe(200);
  expect(before.body).toEqual({ ...user, ...EMPTY_PROFILE, avatar: "", online: false });
  const change = {
    nickname: "Ann",
    avatar: "https://example.org/a.png",
    email: "ann@example.org",
    gender: "f",
    birthday: "2000-01-01",
    location: "上海",
    language: "zh",
    signature: "😀".repeat(500),
    friend_policy: "deny",
    who_may_write: "contacts",
    who_may_add: "nobody",
  };
  const changed = await call("PATCH", "/v1/me", { token, body: change });
  expect(changed.status).toBe(200);
  expect(changed.body).toEqual({
    id: user.id,
    username: user.username,
    online: false,
    metadata: {},
    policies: {
      profiles: "user",
      direct: "anyone",
      groups: "anyone",
      spaces: "anyone",
      bots: "anyone",
      lookup: "anyone",
      space_directory: false,
    },
    ...change,
  });
  expect((await call("GET", "/v1/me", { token })).body).toEqual(changed.body);
});

test("absent fields stay, empty ones are cleared, unknown ones are ignored", async () => {
  const { token, user } = await register(freshName(), { nickname: "Ann", email: "a@b.c" });
  const patch = (body: object) => call("PATCH", "/v1/me", { token, body });
  expect((await patch({})).body).toMatchObject({ nickname: "Ann", email: "a@b.c" });
  expect((await patch({ nickname: "" })).body).toMatchObject({ nickname: "", email: "a@b.c" });
  const sneaky = {
    id: 1,
    username: "root",
    online: true,
    password_hash: "x",
    passwordHash: "x",
    created_at: 1,
  };
  expect((await patch(sneaky)).body).toMatchObject({ id: user.id, username: user.username, online: false });
  expect((await patch({ ["__proto__"]: { nickname: "x" } })).body).toMatchObject({ nickname: "" });
});

const FIELDS = ["nickname", "avatar", "email", "gender", "birthday", "location", "language", "signature"];
const LIMITS: Record<string, number> = { nickname: 64, avatar: 2_048, signature: 500 };

test.each([...FIELDS, "friend_policy", "who_may_write", "who_may_add"])(
  "%s refuses other types and null",
  async (field) => {
    const { token } = await register();
    for (const value of [null, 1, true, [], {}, ["a"]]) {
      const answer = await call("PATCH", "/v1/me", { token, body: { nickname: "changed", [field]: value } });
      expectProblem(answer, 400, "validation_failed");
      expect(answer.body).toMatchObject({ errors: [{ path: `body.${field}` }] });
    }
    expect((await call("GET", "/v1/me", { token })).body).toMatchObject({ nickname: "" });
  },
);

test.each(FIELDS)("%s accepts its maximum of characters and not one more", async (field) => {
  const { token } = await register();
  const prefix = field === "avatar" ? "https://example.org/" : "";
  const longest = prefix + "x".repeat((LIMITS[field] ?? 128) - prefix.length);
  expect((await call("PATCH", "/v1/me", { token, body: { [field]: longest } })).status).toBe(200);
  expectProblem(
    await call("PATCH", "/v1/me", { token, body: { [field]: `${longest}x` } }),
    400,
    "validation_failed",
  );
  expect((await call("GET", "/v1/me", { token })).body).toMatchObject({ [field]: longest });
});

test.each([
  { avatar: "javascript:alert(1)" },
  { avatar: "data:text/html,x" },
  { avatar: "/files/x" },
  { avatar: "nonsense" },
  { friend_policy: "" },
  { friend_policy: "everybody" },
  { who_may_write: "" },
  { who_may_add: "all" },
])("%j is refused", async (body) => {
  const { token } = await register();
  expectProblem(await call("PATCH", "/v1/me", { token, body }), 400, "validation_failed");
});

test("other users see the public fields alone", async () => {
  const { token } = await register();
  const { user } = await register(freshName(), { nickname: "Bob", email: "bob@example.org" });
  const publicFields = { ...user, avatar: "", online: false, relation: "none", signature: "" };
  const byId = await call("GET", `/v1/users/${user.id}`, { token });
  expect(byId).toMatchObject({ status: 200 });
  expect(byId.body).toEqual(publicFields);
  const byName = await call("GET", `/v1/users?username=${encodeURIComponent(user.username)}`, { token });
  expect(byName).toMatchObject({ status: 200 });
  expect(byName.body).toEqual({ items: [publicFields] });
  expectProblem(await call("GET", "/v1/users/9007199254740991", { token }), 404, "not_found");
});

test("a user is found only by the exact name in NFC form", async () => {
  const tail = freshName("").slice(-8);
  const { token, user } = await register(`\u00e9${tail}`);
  const find = (name: string) => call("GET", `/v1/users?username=${encodeURIComponent(name)}`, { token });
  expect((await find(`e\u0301${tail}`)).body).toMatchObject({ items: [{ id: user.id }] });
  for (const name of ["", `\u00c9${tail}`, tail, "%", "_", "nobody", "x".repeat(5_000), "' OR 1=1 --"]) {
    expect(await find(name)).toMatchObject({ status: 200, body: { items: [] } });
  }
});

test.each([
  "0",
  "-1",
  "1.5",
  "1e5",
  "0x1",
  "abc",
  "%20",
  "%00",
  "%ff",
  "%",
  "%zz",
  "9007199254740993",
  "9".repeat(40),
  "100000%00",
  "١٢٣",
])("'%s' is refused as a user id", async (id) => {
  const { token } = await register();
  expectProblem(await call("GET", `/v1/users/${id}`, { token }), 400, "validation_failed");
});
