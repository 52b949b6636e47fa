import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import {
  conversationOf,
  conversationPath,
  freshConversationId,
  patchMembers,
  putGroup,
} from "../../support/accounts/server-conversations.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { freshExternalId, putUser, userOf, userPath } from "../../support/accounts/server-users.ts";
import { call, expectProblem, register, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, expectAsked, getConversation, list, openDirect } from "../../support/clients/chat.ts";
import { inLists } from "../../surfaces/formpost/client.ts";
import { exportAll } from "../data/records.ts";

let token = "";
let ann: SignedIn;
let bob: SignedIn;
let eve: SignedIn;

beforeAll(async () => {
  token = (await makeServerKey(["conversations", "users"])).text;
  [ann, bob, eve] = [await register(), await register(), await register()];
});

const read = async (ref: number | string) =>
  conversationOf(await call("GET", conversationPath(ref), { token }), 200);
const put = (ref: number | string, body: object) => call("PUT", conversationPath(ref), { token, body });
const memberIds = async (who: SignedIn, id: number) => {
  const { body } = await expectAsked(who, id, "GET", "/members?limit=100");
  return (body as { items: { user: { id: number }; role: string }[] }).items.map(({ user, role }) => [
    user.id,
    role,
  ]);
};

test("a group is made with its users, is in their lists, and is as it was after the same again", async () => {
  const [ext, newcomer] = [freshConversationId(), freshExternalId()];
  const fields = {
    name: "Course 7",
    owner: ann.user.id,
    members: [bob.user.id, `ext:${newcomer}`, ann.user.id],
    metadata: { course: { number: 7, tags: ["x"] } },
  };
  const made = await putGroup(token, ext, fields);
  expect(made).toMatchObject({
    ...{ external_id: ext, kind: "group", name: "Course 7", owner_id: ann.user.id, member_count: 3 },
    ...{ join_policy: "closed", metadata: fields.metadata, history: "joined", leave: true },
  });
  const user = userOf(await call("GET", userPath(newcomer), { token }), 200);
  expect(await memberIds(bob, made.id)).toEqual([
    [ann.user.id, "owner"],
    [bob.user.id, "member"],
    [user.id, "member"],
  ]);
  for (const who of [ann, bob]) expect((await list(who)).items.map(({ id }) => id)).toContain(made.id);
  const shown = await getConversation(bob, made.id);
  expect(shown).toMatchObject({ metadata: fields.metadata, last_seq: 0 });
  expect(JSON.stringify(shown)).not.toContain(ext);
  // The order of the fields of metadata says nothing.
  const again = { ...fields, metadata: { course: { tags: ["x"], number: 7 } } };
  expect(await putGroup(token, ext, again, 200)).toEqual(made);
  expect(await putGroup(token, made.id, {}, 200)).toEqual(made);
  expect(await read(ext)).toEqual(made);
  expect(await getConversation(bob, made.id)).toMatchObject({ last_seq: 0 });
  const { body } = await call("GET", `/v1/server/conversations?external_id=${ext}`, { token });
  expect(body).toEqual({ items: [made], next_cursor: null });
});

test("a group without a name has the names of other members in lists, over each API, and none of its own", async () => {
  const dan = await register();
  const people = [ann, bob, eve, dan];
  const names = people.map(({ user }) => user.username);
  const { id, name } = await putGroup(token, freshConversationId(), {
    members: people.map(({ user }) => user.id),
  });
  expect(name).toBe("");
  const titles = async (who: SignedIn) => {
    const listed = (await list(who)).items.find((one) => one.id === id);
    const other = await inLists(who, id);
    return [(await getConversation(who, id)).name, listed?.name, other && "name" in other && other.name];
  };
  const thrice = (title: string) => [title, title, title];
  expect(await titles(ann)).toEqual(thrice(names.slice(1).join(", ")));
  expect(await titles(dan)).toEqual(thrice(names.slice(0, 3).join(", ")));
  const fay = await register();
  await putGroup(token, id, { members: [fay.user.id] }, 200);
  expect(await titles(ann)).toEqual(thrice(`${names.slice(1).join(", ")}, …`));
  // Nobody else is left.
  await patchMembers(token, id, { remove: [...people.slice(1), fay].map(({ user }) => user.id) });
  expect(await titles(ann)).toEqual(thrice(ann.user.username));
  const data = await makeServerKey(["data"]);
  const { records } = await exportAll(data.text, `/v1/server/conversations/${id}/export`);
  expect(records.find(({ type }) => type === "conversation")).toMatchObject({ conversation: { name: "" } });
  await expectAsked(ann, id, "PATCH", "", { name: "Walks" });
  expect(await titles(ann)).toEqual(thrice("Walks"));
});

test("the same fifty times at once makes one group, and each of its users once", async () => {
  const [ext, members] = [freshConversationId(), [freshExternalId(), freshExternalId()]];
  const body = { kind: "group", name: "one", members: members.map((one) => `ext:${one}`), history: "all" };
  const answers = await Promise.all(Array.from({ length: 50 }, () => put(ext, body)));
  const ids = answers.map(({ status, body: answer }) => {
    expect([200, 201], JSON.stringify(answer)).toContain(status);
    return (answer as { id: number }).id;
  });
  expect(new Set(ids).size).toBe(1);
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  const users = "SELECT count(*) AS n FROM users WHERE external_id IN (?, ?)";
  expect(
    await env.DB.prepare(users)
      .bind(...members)
      .first("n"),
  ).toBe(2);
  expect(await read(ext)).toMatchObject({ member_count: 2, history: "all" });
});

test("a change adds who is missing, hands over, and tells members of what they are shown", async () => {
  const ext = freshConversationId();
  const { id } = await putGroup(token, ext, { name: "before", owner: ann.user.id });
  const changed = await putGroup(
    token,
    ext,
    { name: "after", owner: bob.user.id, members: [eve.user.id], metadata: { a: 1 }, leave: false },
    200,
  );
  expect(changed).toMatchObject({ name: "after", owner_id: bob.user.id, member_count: 3, leave: false });
  expect(await memberIds(ann, id)).toEqual([
    [ann.user.id, "member"],
    [bob.user.id, "owner"],
    [eve.user.id, "member"],
  ]);
  const { body } = await expectAsked(ann, id, "GET", "/messages");
  expect((body as { items: { body: object }[] }).items.map((message) => message.body)).toMatchObject([
    { event: "profile", changed: ["name"], name: "after" },
    { event: "joined", user_ids: expect.arrayContaining([bob.user.id, eve.user.id]) },
    { event: "owner", user_ids: [bob.user.id] },
  ]);
});

test("members are added, get roles and are removed, each for themself", async () => {
  const [ext, newcomer, nobody] = [freshConversationId(), freshExternalId(), freshExternalId()];
  const { id } = await putGroup(token, ext, { owner: ann.user.id, members: [bob.user.id] });
  await expectAsked(ann, id, "PUT", `/bans/${eve.user.id}`, {});
  const items = await patchMembers(token, ext, {
    add: [
      { ref: `ext:${newcomer}`, role: "admin" },
      ...[{ ref: bob.user.id }, { ref: eve.user.id }, { ref: 999_999_999 }],
      { ref: ann.user.id, role: "member" },
    ],
    remove: [`ext:${nobody}`, ann.user.id, eve.user.id],
  });
  const user = userOf(await call("GET", userPath(newcomer), { token }), 200);
  expect(items.map(({ ref, id: of, result, problem }) => [ref, of, result, problem?.code])).toEqual([
    [`ext:${newcomer}`, user.id, "added", undefined],
    [bob.user.id, bob.user.id, "unchanged", undefined],
    [eve.user.id, eve.user.id, "failed", "forbidden"],
    [999_999_999, null, "failed", "not_found"],
    [ann.user.id, ann.user.id, "failed", "conflict"],
    [`ext:${nobody}`, null, "failed", "not_found"],
    [ann.user.id, ann.user.id, "failed", "conflict"],
    [eve.user.id, eve.user.id, "unchanged", undefined],
  ]);
  expectProblem(await call("GET", userPath(nobody), { token }), 404, "not_found");
  const change = { add: [{ ref: `ext:${newcomer}`, role: "member" }], remove: [bob.user.id] };
  const results = (await patchMembers(token, ext, change)).map(({ result }) => result);
  expect(results).toEqual(["changed", "removed"]);
  expect(await memberIds(ann, id)).toEqual([
    [ann.user.id, "owner"],
    [user.id, "member"],
  ]);
  expectProblem(await call("GET", `/v1/conversations/${id}`, { token: bob.token }), 404, "not_found");
  expect((await patchMembers(token, ext, change)).map(({ result }) => result)).toEqual([
    "unchanged",
    "unchanged",
  ]);
});

test("500 users are added by one call, and 501 by none", async () => {
  const users = await registerUsers(499);
  const ext = freshConversationId();
  await putGroup(token, ext, { owner: ann.user.id });
  const add = [{ ref: `ext:${freshExternalId()}` }, ...users.map(({ user }) => ({ ref: user.id }))];
  const results = await patchMembers(token, ext, { add });
  expect(new Set(results.map(({ result }) => result))).toEqual(new Set(["added"]));
  expect(await read(ext)).toMatchObject({ member_count: 501 });
  const remove = [...users.map(({ user }) => user.id), bob.user.id, ann.user.id];
  const path = conversationPath(ext, "/members");
  expectProblem(await call("PATCH", path, { token, body: { remove } }), 400, "validation_failed");
  const half = { add: add.slice(0, 300), remove: remove.slice(0, 300) };
  expectProblem(await call("PATCH", path, { token, body: half }), 400, "validation_failed");
  const members = [...users.map(({ user }) => user.id), bob.user.id, ann.user.id];
  expectProblem(await put(freshConversationId(), { kind: "group", members }), 400, "validation_failed");
});

test("what is no group, or no input for one, changes nothing", async () => {
  const { id: direct } = await openDirect(ann, bob);
  const ext = freshConversationId();
  const good = { kind: "group", owner: ann.user.id };
  expectProblem(await put(direct, good), 400, "validation_failed");
  expectProblem(await put(999_999_999, good), 404, "not_found");
  const member = { add: [{ ref: eve.user.id }] };
  const path = conversationPath(direct, "/members");
  expectProblem(await call("PATCH", path, { token, body: member }), 400, "validation_failed");
  let deep: object = {};
  for (let level = 0; level < 40; level++) deep = { deep };
  for (const [wrong, at] of [
    [{ kind: "channel" }, "body.kind"],
    [{ owner: undefined }, "body.owner"],
    [{ owner: "bob" }, "body.owner"],
    [{ members: [1.5] }, "body.members.0"],
    [{ members: ["ext:"] }, "body.members.0"],
    [{ metadata: { text: "x".repeat(4_096) } }, "body.metadata"],
    [{ metadata: [] }, "body.metadata"],
    [{ metadata: { deep } }, "body.deep.deep.deep"],
    [{ history: "none" }, "body.history"],
    [{ leave: "no" }, "body.leave"],
  ] as const) {
    const refused = await put(ext, { ...good, ...wrong });
    expectProblem(refused, 400, "validation_failed");
    expect(JSON.stringify(refused.body)).toContain(`"${at}`);
  }
  // A direct conversation is never made here.
  expectProblem(await put(ext, { kind: "direct" }), 404, "not_found");
  expectProblem(await put(ext, { ...good, members: [999_999_999] }), 404, "not_found");
  expectProblem(await call("GET", conversationPath(ext), { token }), 404, "not_found");
  for (const path of ["ext:", "x", "0", `ext:${"x".repeat(129)}`])
    expectProblem(
      await call("GET", `/v1/server/conversations/${encodeURIComponent(path)}`, { token }),
      400,
      "validation_failed",
    );
});

test("a group of users is changed by its id, and a dissolved one no more", async () => {
  const { id } = await createGroup(ann, [bob]);
  const shown = await putGroup(token, id, { name: "named by the backend" }, 200);
  expect(shown).toMatchObject({ external_id: null, name: "named by the backend" });
  const ext = freshConversationId();
  const { id: own } = await putGroup(token, ext, { owner: ann.user.id, leave: false });
  await expectAsked(ann, own, "DELETE", "");
  expectProblem(await put(ext, { kind: "group", name: "again" }), 409, "conflict");
  const path = conversationPath(ext, "/members");
  const body = { add: [{ ref: bob.user.id }] };
  expectProblem(await call("PATCH", path, { token, body }), 409, "conflict");
  expect(await read(ext)).toMatchObject({ id: own, dissolved_at: expect.any(Number), member_count: 0 });
});

test("suspended users become members, and deleted ones do not", async () => {
  const [suspended, deleted] = [freshExternalId(), freshExternalId()];
  const { id } = await putUser(token, suspended);
  expect((await call("PUT", userPath(suspended, "/suspension"), { token })).status).toBe(204);
  const gone = await putUser(token, deleted);
  expect((await call("DELETE", userPath(deleted), { token })).status).toBe(202);
  const ext = freshConversationId();
  const group = await putGroup(token, ext, { owner: ann.user.id, members: [`ext:${suspended}`] });
  expect(await memberIds(ann, group.id)).toContainEqual([id, "member"]);
  expectProblem(await put(ext, { kind: "group", members: [gone.id] }), 404, "not_found");
  const [result] = await patchMembers(token, ext, { add: [{ ref: gone.id }] });
  expect(result).toMatchObject({ result: "failed", id: null });
});
