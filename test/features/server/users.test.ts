import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { ServerUserPage, ServerUserResults } from "../../../src/surfaces/v1/server/users.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { freshExternalId, putUser, signedIn, userOf, userPath } from "../../support/accounts/server-users.ts";
import { newSession } from "../../support/accounts/sessions.ts";
import { call, expectProblem, freshName, register } from "../../support/clients/api.ts";
import { createGroup } from "../../support/clients/chat.ts";

let token = "";

beforeAll(async () => {
  token = (await makeServerKey(["users"])).text;
});

const put = (ref: number | string, body: object) => call("PUT", userPath(ref), { token, body });
const get = (ref: number | string) => call("GET", userPath(ref), { token });

test("a PUT makes a user, changes the given fields alone, and changes nothing when it is repeated", async () => {
  const id = freshExternalId();
  const fields = {
    nickname: "Ben",
    email: "ben@example.org",
    metadata: { plan: "pro", a: [1, { b: null }] },
  };
  const made = await putUser(token, id, fields);
  expect(made).toMatchObject({
    external_id: id,
    ...fields,
    bot: false,
    state: "active",
    has_password: false,
  });
  expect(made.suspension).toBeNull();
  expect(made.last_seen_on).toBeNull();
  expect(made.username).toMatch(/^user_[0-9a-f]{16}$/);
  const stored = () => env.DB.prepare("SELECT * FROM users WHERE id = ?").bind(made.id).first();
  const before = await stored();
  const again = { ...fields, metadata: { a: [1, { b: null }], plan: "pro" } };
  expect(await putUser(token, id, again, 200)).toEqual(made);
  expect(await putUser(token, id, {}, 200)).toEqual(made);
  expect(await stored()).toEqual(before);
  const changed = await putUser(token, made.id, { nickname: "Benny", bot: true, metadata: {} }, 200);
  expect(changed).toEqual({ ...made, nickname: "Benny", bot: true, metadata: {} });
  expect(userOf(await get(id), 200)).toEqual(changed);
  expect(userOf(await get(made.id), 200)).toEqual(changed);
});

test("a new name shows in the conversations of the user", async () => {
  const owner = await register();
  const made = await putUser(token, freshExternalId());
  const { id } = await createGroup(owner, [{ user: made }]);
  const renamed = await putUser(token, made.id, { nickname: "Cleo", username: freshName("cleo") }, 200);
  const { body } = await call("GET", `/v1/conversations/${id}/members`, { token: owner.token });
  const shown = { id: made.id, username: renamed.username, nickname: "Cleo" };
  expect(body).toMatchObject({
    items: expect.arrayContaining([expect.objectContaining({ user: expect.objectContaining(shown) })]),
  });
});

test("a username that is taken, was taken or looks like another one is a conflict", async () => {
  const name = freshName("paypal");
  const first = await putUser(token, freshExternalId(), { username: name });
  const other = await putUser(token, freshExternalId());
  for (const username of [name, name.replace("paypal", "paypaI"), "deleted-100000"]) {
    expectProblem(await put(freshExternalId(), { username }), 409, "conflict");
    expectProblem(await put(other.id, { username }), 409, "conflict");
  }
  expect(userOf(await get(other.id), 200)).toEqual(other);
  // The user may have another spelling of their own name.
  const upper = await putUser(token, first.id, { username: name.toUpperCase() }, 200);
  expect(upper.username).toBe(name.toUpperCase());
  const gone = await putUser(token, first.id, { username: freshName() }, 200);
  expect(gone.id).toBe(first.id);
  for (const username of [name, name.toUpperCase()])
    expectProblem(await put(other.id, { username }), 409, "conflict");
});

test("twenty concurrent PUTs of one external id make one user", async () => {
  const id = freshExternalId();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      put(id, i % 2 ? { nickname: "Ben" } : { username: `ben-${id.slice(0, 20)}` }),
    ),
  );
  const statuses = answers.map(({ status }) => status).toSorted();
  expect(statuses).toEqual([...Array.from({ length: 19 }, () => 200), 201]);
  const ids = answers.map(({ body }) => z.object({ id: z.int() }).parse(body).id);
  expect(new Set(ids).size).toBe(1);
  expect(userOf(await get(id), 200)).toMatchObject({ nickname: "Ben", username: `ben-${id.slice(0, 20)}` });
});

test("two concurrent PUTs of one username for two external ids make one user", async () => {
  const username = freshName();
  const answers = await Promise.all(
    [freshExternalId(), freshExternalId()].map((id) => put(id, { username })),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
});

test("an id that nobody has is not found, and a user with a password is their own", async () => {
  expectProblem(await put(999_999_999, {}), 404, "not_found");
  expectProblem(await get(freshExternalId()), 404, "not_found");
  const { user } = await register();
  expectProblem(await put(user.id, { nickname: "Mallory" }), 403, "forbidden");
  expect(userOf(await get(user.id), 200)).toMatchObject({
    has_password: true,
    external_id: null,
    nickname: "",
  });
});

test("an external id of any script is one letter by letter", async () => {
  const id = `${freshExternalId()}/Müller ü 李% ?#`;
  const made = await putUser(token, id);
  expect(made.external_id).toBe(id);
  expect(userOf(await get(id), 200).id).toBe(made.id);
  const decomposed = await putUser(token, id.normalize("NFD"));
  expect(decomposed.id).not.toBe(made.id);
});

test("bad input is refused by name, and makes no user", async () => {
  const id = freshExternalId();
  for (const [body, path] of [
    [{ metadata: { x: "y".repeat(4_096) } }, "body.metadata"],
    [{ metadata: [] }, "body.metadata"],
    [{ metadata: null }, "body.metadata"],
    [{ username: "a/b" }, "body.username"],
    [{ nickname: "x".repeat(65) }, "body.nickname"],
    [{ avatar: "javascript:x" }, "body.avatar"],
    [{ bot: "yes" }, "body.bot"],
  ] as const) {
    const refused = await put(id, body);
    expectProblem(refused, 400, "validation_failed");
    expect(JSON.stringify(refused.body)).toContain(`"${path}"`);
  }
  for (const ref of ["ext:", `ext:${"x".repeat(129)}`, "ext:a%00b", "ann", "-1", "1.5", "0"])
    expectProblem(
      await call("PUT", `/v1/server/users/${ref}`, { token, body: {} }),
      400,
      "validation_failed",
    );
  expectProblem(await get(id), 404, "not_found");
});

test("a list makes and changes users, each for itself", async () => {
  const ids = Array.from({ length: 100 }, freshExternalId);
  const taken = freshName();
  await putUser(token, ids[0] ?? "", { nickname: "as it is" });
  await putUser(token, ids[1] ?? "", { username: taken });
  const items = ids.map((external_id, i) => ({
    external_id,
    ...(i === 0 && { nickname: "as it is" }),
    ...(i === 1 && { nickname: "new" }),
    ...(i === 2 && { username: taken }),
  }));
  const send = async () => {
    const { status, body } = await call("POST", "/v1/server/users", { token, body: { items } });
    expect(status, JSON.stringify(body)).toBe(200);
    return ServerUserResults.parse(body).items;
  };
  const done = await send();
  expect(done.map(({ external_id }) => external_id)).toEqual(ids);
  expect(done.map(({ result }) => result)).toEqual(
    ids.map((_, i) => ["unchanged", "updated", "failed"][i] ?? "created"),
  );
  expect(done[2]).toMatchObject({ id: null, problem: { code: "conflict", status: 409 } });
  expect((await send()).filter(({ result }) => result !== "unchanged")).toHaveLength(1);
});

test("a list with an input that is not valid changes nobody", async () => {
  const good = freshExternalId();
  const many = Array.from({ length: 101 }, () => ({ external_id: freshExternalId() }));
  for (const [items, path] of [
    [many, "body.items"],
    [[], "body.items"],
    [[{ external_id: good }, { external_id: "a\u0007" }], "body.items.1.external_id"],
    [
      [{ external_id: good }, { external_id: "b", metadata: { x: "y".repeat(4_096) } }],
      "body.items.1.metadata",
    ],
    [[{ external_id: good }, { external_id: good }], "body.items.1.external_id"],
  ] as const) {
    const refused = await call("POST", "/v1/server/users", { token, body: { items } });
    expectProblem(refused, 400, "validation_failed");
    expect(JSON.stringify(refused.body)).toContain(`"${path}"`);
  }
  expectProblem(await get(good), 404, "not_found");
});

test("the list of users goes on where a page ended", async () => {
  const made = [];
  for (let i = 0; i < 5; i++) made.push((await putUser(token, freshExternalId())).id);
  const seen: number[] = [];
  let cursor: string | null = null;
  do {
    const query = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await call("GET", `/v1/server/users?limit=100&state=active${query}`, { token });
    const page = ServerUserPage.parse(body);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.next_cursor;
  } while (cursor !== null);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toEqual(expect.arrayContaining(made));
  expectProblem(await call("GET", "/v1/server/users?cursor=x", { token }), 400, "validation_failed");
  expectProblem(await call("GET", "/v1/server/users?state=x", { token }), 400, "validation_failed");
});

test("metadata and external id are for keys, and the metadata for the user: no other user sees them", async () => {
  const metadata = { secret: "for few" };
  const id = freshExternalId();
  const made = await putUser(token, id, { metadata });
  const [ben, ann] = [(await newSession(signedIn(made))).token, await register()];
  expect((await call("GET", "/v1/me", { token: ben })).body).toMatchObject({ id: made.id, metadata });
  const patched = await call("PATCH", "/v1/me", { token: ben, body: { location: "Munich" } });
  expect(patched.body).toMatchObject({ metadata });
  await createGroup(ann, [{ user: made }]);
  for (const [path, who] of [
    [`/v1/users/${made.id}`, ann.token],
    [`/v1/users?ids=${made.id}`, ann.token],
    [`/v1/users?username=${made.username}`, ann.token],
    ["/v1/people", ann.token],
    ["/v1/conversations", ann.token],
    ["/v1/me", ben],
  ] as const) {
    const { status, body } = await call("GET", path, { token: who });
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain(id);
    if (who !== ben) expect(JSON.stringify(body)).not.toContain(metadata.secret);
  }
});

test("a deleted account loses external id and metadata, and its external id makes a new user", async () => {
  const id = freshExternalId();
  const made = await putUser(token, id, { metadata: { a: 1 }, bot: true, email: "ben@example.org" });
  const ben = (await newSession(signedIn(made))).token;
  expect((await call("DELETE", "/v1/me", { token: ben, body: {} })).status).toBe(204);
  expectProblem(await get(id), 404, "not_found");
  expectProblem(await put(made.id, {}), 404, "not_found");
  const gone = userOf(await get(made.id), 200);
  expect(gone).toMatchObject({
    state: "deactivated",
    external_id: null,
    metadata: {},
    bot: false,
    email: "",
  });
  expect((await putUser(token, id)).id).not.toBe(made.id);
  expectProblem(await put(id, { username: made.username }), 409, "conflict");
});
