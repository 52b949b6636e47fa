import { runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { befriend } from "../../support/accounts/friends.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, login, PASSWORD, register, type SignedIn } from "../../support/clients/api.ts";
import {
  countRowsInD1,
  getConversation,
  listedConversation,
  openDirect,
  send,
} from "../../support/clients/chat.ts";
import { mergedDraft, reference } from "../../support/clients/forwards.ts";
import type { StrictMessage } from "../../support/clients/shapes.ts";
import { wire } from "../../support/clients/wire.ts";
import { HeldCalls, intercept, loseCall } from "../../support/faults/calls.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import {
  conversationObject,
  createGroupId,
  expectDeleted,
  inboxObject,
  itemAt,
  loseConversation,
  postText,
  range,
  textFrame,
} from "../../support/objects/room.ts";
import { type FixtureValues, playFixture, readFixtures } from "../../support/surfaces/fixtures.ts";
import {
  act,
  ask,
  bodies,
  createFixtureValues,
  failure,
  friends,
  group,
  inLists,
  list,
  NOBODY,
  open,
  query,
  success,
  v1,
  type Wired,
} from "./client.ts";

/** Every action of the document, with the highest code of its table. */
const DOCUMENT = Object.entries({
  ...{ get_private_conversations: 1, get_group_conversations: 1 },
  ...{ get_sticky_private_conversations: 1, get_sticked_group_conversations: 1 },
  ...{ get_or_create_private_conversation: 3, create_group_conversation: 3 },
  ...{ set_validation: 3, secondary_validate: 2, set_sticky_conversation: 3 },
  ...{ set_silent_conversation: 3, set_read_message: 3 },
  ...{ query_all_records: 3, query_by_sender: 3, query_by_content: 3, query_by_type: 4 },
});

async function two(): Promise<[SignedIn, SignedIn]> {
  const people = await friends(2);
  return [itemAt(people, 0), itemAt(people, 1)];
}

/** Three users; the first is a friend of the others. */
async function three(): Promise<[SignedIn, SignedIn, SignedIn]> {
  const people = await friends(3);
  return [itemAt(people, 0), itemAt(people, 1), itemAt(people, 2)];
}

const FIXTURES = readFixtures(import.meta.glob("./fixtures/*.json", { eager: true }));

describe("the document", () => {
  let values: FixtureValues;
  beforeAll(async () => {
    values = await createFixtureValues();
  });

  test("each action and each of its codes has a fixture", () => {
    const expected = DOCUMENT.flatMap(([action, highest]) =>
      Array.from({ length: highest + 1 }, (_, code) => `POST /user/${action}/ ${code}`),
    );
    expect(new Set(FIXTURES.map(([, { call, code }]) => `${call} ${code}`))).toEqual(new Set(expected));
  });

  test.each(FIXTURES)("%s", (_, fixture) => playFixture(fixture, values));
});

describe("the format of calls", () => {
  const path = "/user/set_silent_conversation/";
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    wire({ method: "POST", path, headers, body });
  let ann: SignedIn;
  let id: number;
  beforeAll(async () => {
    ann = itemAt(await signedInUsers(1), 0);
    id = await group(ann, []);
  });

  test("fields come as JSON of any content type or in both kinds of form, ids as digits, flags as JSON", async () => {
    const fields = { token: ann.token, conversation: String(id), silent: "True" };
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    const types = [
      "text/plain;charset=UTF-8",
      "multipart/form-data; boundary=x",
      "application/x-www-form-urlencoded",
    ];
    for (const type of types) success(await post(` ${JSON.stringify(fields)}`, { "Content-Type": type }));
    success(await post(JSON.stringify(fields)));
    success(await post(new URLSearchParams(fields)));
    success(await post(form));
    expect(await inLists(ann, id)).toMatchObject({ silent: true });
    success(await post({ ...fields, conversation: id, silent: false }));
    expect(await inLists(ann, id)).toMatchObject({ silent: false });
  });

  test.each(["true", "TRUE", "1", 1, 0, "", null, [], undefined])("%j is no flag", async (silent) => {
    const answer = await post({ token: ann.token, conversation: id, silent });
    failure(answer, -2);
    expect(JSON.stringify(answer.body)).toContain("silent");
  });

  test("the token of the body overrides those of the headers", async () => {
    const fields = { conversation: id, silent: "False" };
    for (const headers of [
      { Authorization: ann.token },
      { Authorization: `Bearer ${ann.token}` },
      { Authorization: `bearer  ${ann.token}`, token: "not looked at" },
      { token: ann.token },
    ]) {
      success(await post(fields, Object.fromEntries(Object.entries(headers))));
    }
    const Authorization = ann.token;
    success(await post({ token: ann.token, ...fields }, { Authorization: "none", token: "none" }));
    success(await post({ token: "", ...fields }, { Authorization }));
    failure(await post({ token: "none", ...fields }, { Authorization }), 1);
    failure(await post({ token: 7, ...fields }, { Authorization }), 1);
    failure(
      await post(`token=a&token=${ann.token}`, { "Content-Type": "application/x-www-form-urlencoded" }),
      1,
    );
    failure(await wire({ method: "POST", path: `${path}?token=${ann.token}`, body: fields }), 1);
  });

  test("an unknown call is answered in the envelope", async () => {
    const headers = { token: ann.token };
    failure(await wire({ method: "GET", path, headers }), -3, 405);
    failure(await wire({ method: "POST", path: "/user/no_such_action/", headers }), -1, 404);
    failure(await wire({ method: "GET", path: "/user/_" }), -1, 404);
    failure(await post("x".repeat(300_000), headers), -2);
    failure(await post("{", headers), -2);
    failure(await post("[]", headers), -2);
    failure(
      await post(`conversation=${id}&silent=%ff`, {
        ...headers,
        "Content-Type": "application/x-www-form-urlencoded",
      }),
      -2,
    );
    const other = await wire({ method: "POST", path: "/user/nothing/", headers });
    // A path without an underscore belongs to another API.
    expect(other).toMatchObject({ status: 404, body: { code: 404, msg: expect.any(String), data: {} } });
  });

  test("a form of very many fields is parsed in linear time, whoever sends it", async () => {
    const types = { "Content-Type": "application/x-www-form-urlencoded" };
    const started = Date.now();
    failure(await post("a&".repeat(131_000), types), 1);
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  test("text that is not UTF-8 is refused in a multipart form too", async () => {
    const parts = [
      ["token", ann.token],
      ["conversation", String(id)],
      ["silent", "True"],
      ["note", "\u00ff"],
    ].map(([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
    const bytes = Uint8Array.from(`${parts.join("")}--x--\r\n`, (char) => char.charCodeAt(0));
    failure(await post(bytes, { "Content-Type": "multipart/form-data; boundary=x" }), -2);
    expect(await inLists(ann, id)).toMatchObject({ silent: false });
  });

  test("a path works with and without its trailing slash, and one list has two names", async () => {
    const body = { token: ann.token };
    for (const name of ["get_sticked_group_conversations", "get_sticky_group_conversations"]) {
      for (const path of [`/user/${name}`, `/user/${name}/`])
        success(await wire({ method: "POST", path, body }));
    }
  });
});

describe("a private conversation", () => {
  test("is shared by all APIs, and exists once, however many calls open it at once", async () => {
    const [ann, bob] = await two();
    const opened = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? open(ann, bob) : open(bob, ann))),
    );
    expect(new Set(opened).size).toBe(1);
    expect((await openDirect(ann, bob)).id).toBe(opened[0]);
    for (const who of [ann, bob]) expect(await list(who, "private")).toHaveLength(1);
  });

  test("requires friendship for ever if it was created here", async () => {
    const [ann, bob] = await two();
    const id = await open(ann, bob);
    await postText(id, ann, "friends");
    await v1(ann, "DELETE", `/friends/${bob.user.id}`);
    failure(await act(ann, "get_or_create_private_conversation", { friend: bob.user.id }), 3);
    expect(await list(ann, "private")).toMatchObject([{ id, disabled: true }]);
    const refused = { token: bob.token, body: textFrame("no friends") };
    expectProblem(await call("POST", `/v1/conversations/${id}/messages`, refused), 403, "forbidden");
    await befriend(bob, ann);
    await postText(id, bob, "again");
    expect(await list(ann, "private")).toMatchObject([{ id, disabled: false }]);
    expect(await bodies(ann, id)).toEqual(["friends", "again"]);
  });

  test("needs no friendship if another API opened it, and is disabled by a block or a deleted account", async () => {
    const people = await signedInUsers(2);
    const [ann, bob] = [itemAt(people, 0), itemAt(people, 1)];
    const { id } = await openDirect(ann, bob);
    failure(await act(ann, "get_or_create_private_conversation", { friend: bob.user.id }), 3);
    await befriend(ann, bob);
    expect(await open(ann, bob)).toBe(id);
    await v1(bob, "DELETE", `/friends/${ann.user.id}`);
    await postText(id, ann, "no friend");
    expect(await inLists(ann, id)).toMatchObject({ disabled: false });
    await v1(bob, "PUT", `/blocks/${ann.user.id}`);
    expect(await inLists(ann, id)).toMatchObject({ disabled: true });
    expect(await inLists(bob, id)).toMatchObject({ disabled: true });
    await v1(bob, "DELETE", `/blocks/${ann.user.id}`);
    expect(await inLists(ann, id)).toMatchObject({ disabled: false });
    const cas = await register();
    const { id: other } = await openDirect(ann, cas);
    await v1(cas, "DELETE", "/me", { password: PASSWORD });
    await expect
      .poll(() => inLists(ann, other))
      .toMatchObject({ disabled: true, friend_name: `deleted-${cas.user.id}` });
  });

  test("needs an existing other user", async () => {
    const [ann] = await two();
    for (const friend of [ann.user.id, NOBODY, 0, -1, String(NOBODY)])
      failure(await act(ann, "get_or_create_private_conversation", { friend }), 2);
    for (const friend of ["x", 1.5, null, true, [ann.user.id], "", undefined])
      failure(await act(ann, "get_or_create_private_conversation", { friend }), -2);
  });

  test("is returned with the silent flag that its opener set", async () => {
    const [ann, bob] = await two();
    const id = await open(ann, bob);
    success(await act(ann, "set_silent_conversation", { conversation: id, silent: "True" }));
    const opened = (who: SignedIn, friend: SignedIn) =>
      act(who, "get_or_create_private_conversation", { friend: friend.user.id });
    expect(success(await opened(ann, bob))).toEqual({
      code: 0,
      info: "Succeed",
      conversation_id: id,
      silent: true,
    });
    expect(success(await opened(bob, ann))).toMatchObject({ silent: false });
  });
});

describe("a group", () => {
  test("takes its members in every form of list, and ignores repeated ones and the creator", async () => {
    const [ann, bob, cas] = await three();
    const ids = [bob.user.id, cas.user.id];
    const form = (...entries: [string, unknown][]) => {
      const all = new URLSearchParams([
        ["token", ann.token],
        ["name", "一起"],
      ]);
      for (const [name, value] of entries) all.append(name, String(value));
      return all;
    };
    const bracketed = new FormData();
    for (const [name, value] of form(["members[]", ids[0]], ["members[]", ids[1]]))
      bracketed.append(name, value);
    const path = "/user/create_group_conversation/";
    for (const body of [
      { token: ann.token, name: "一起", members: [...ids.map(String), ...ids, ann.user.id] },
      form(["members", ids[0]], ["members", ids[1]]),
      form(["members", JSON.stringify(ids)]),
      form(["members", ids.join(",")]),
      form(["members[]", ids.join(" , ")]),
      { token: ann.token, name: "一起", members: ids.join(",") },
      bracketed,
    ]) {
      const { conversation_id } = z
        .looseObject({ conversation_id: ConversationId })
        .parse(success(await wire({ method: "POST", path, body })));
      expect(await getConversation(cas, conversation_id)).toMatchObject({ member_count: 3, name: "一起" });
    }
    const alone = await group(ann, []);
    expect(await getConversation(ann, alone)).toMatchObject({ member_count: 1, role: "owner" });
    const one = await wire({ method: "POST", path, body: form(["members", bob.user.id]) });
    expect(success(one)).toMatchObject({ code: 0 });
  });

  test.each([
    ["somebody unknown", (ids: number[]) => ({ members: [...ids, NOBODY] }), 2],
    ["nobody's id", (ids: number[]) => ({ members: [...ids, 0] }), 2],
    ["a stranger", (ids: number[], stranger: number) => ({ members: [...ids, stranger] }), 3],
    [
      "a stranger and somebody unknown",
      (_: number[], stranger: number) => ({ members: [stranger, NOBODY] }),
      2,
    ],
    ["no list", () => ({ members: "everybody" }), -2],
    ["an object", () => ({ members: "{}" }), -2],
    ["a gap between commas", (ids: number[]) => ({ members: `${ids.join(",")},,1` }), -2],
    ["a text between commas", (ids: number[]) => ({ members: `${ids.join(",")},x` }), -2],
    ["an unknown id between commas", (ids: number[]) => ({ members: `${ids.join(",")},${NOBODY}` }), 2],
    ["nothing", () => ({ members: undefined }), -2],
    ["a list of lists", (ids: number[]) => ({ members: [ids] }), -2],
    ["too many", () => ({ members: range(1, 1_001) }), -2],
    ["a long name", (members: number[]) => ({ members, name: "名".repeat(101) }), -2],
    ["no name", (members: number[]) => ({ members, name: undefined }), -2],
    ["an empty name", (members: number[]) => ({ members, name: "" }), -2],
  ])("%s: nothing is created", async (_, fields, code) => {
    const [ann, bob] = await two();
    const stranger = itemAt(await signedInUsers(1), 0);
    const before = await countRowsInD1();
    const asked = { name: "a group", ...fields([bob.user.id], stranger.user.id) };
    const answer = await act(ann, "create_group_conversation", asked);
    failure(answer, code);
    if (code === -2) expect(JSON.stringify(answer.body)).toMatch(/members|name/);
    const after = await countRowsInD1();
    expect(after).toEqual(before);
  });

  test("is not created with a user whose friendship ends at that moment", async () => {
    const [ann, bob] = await two();
    const before = await countRowsInD1();
    let hasEnded = false;
    using _ending = interceptD1(async (query, work) => {
      if (query === "BATCH" && !hasEnded) {
        hasEnded = true;
        await v1(ann, "DELETE", `/friends/${bob.user.id}`);
      }
      return work();
    });
    failure(await act(ann, "create_group_conversation", { name: "a group", members: [bob.user.id] }), 3);
    expect(hasEnded).toBe(true);
    expect(await countRowsInD1()).toEqual(before);
  });

  test("names the first unknown user of very many members", async () => {
    const [ann] = await two();
    const members = Array.from({ length: 20_000 }, () => "nobody");
    const answer = await act(ann, "create_group_conversation", { name: "a group", members });
    failure(answer, -2);
    const text = JSON.stringify(answer.body);
    expect(text).toContain("members.0: must be an integer; members.1");
    expect(text.length).toBeLessThan(10_000);
  });

  test("has a name of a hundred characters at most", async () => {
    const name = "名😀".repeat(50);
    const [ann] = await two();
    expect(await inLists(ann, await group(ann, [], name))).toMatchObject({ name });
  });
});

describe("the lists", () => {
  test("sort by the newest message, each conversation in the list of its flag", async () => {
    const [ann, bob, cas] = await three();
    const [first, second] = [await open(ann, bob), await open(ann, cas)];
    const [plain, other] = [await group(ann, [bob.user.id]), await group(ann, [])];
    const ids = async (which: Parameters<typeof list>[1]) => (await list(ann, which)).map(({ id }) => id);
    await postText(first, bob, "newest");
    await postText(plain, bob, "newest");
    expect(await ids("private")).toEqual([first, second]);
    await expect.poll(() => ids("group")).toEqual([plain, other]);
    await postText(second, ann, "now this");
    expect(await ids("private")).toEqual([second, first]);
    for (const conversation of [second, plain])
      success(await act(ann, "set_sticky_conversation", { conversation, sticky: true }));
    expect([await ids("private"), await ids("stickyPrivate")]).toEqual([[first], [second]]);
    expect([await ids("group"), await ids("stickyGroup")]).toEqual([[other], [plain]]);
    expect(await list(bob, "stickyGroup"), "a flag is one's own").toEqual([]);
    success(await act(ann, "set_sticky_conversation", { conversaion: second, sticky: "False" }));
    success(await act(ann, "set_sticky_conversation", { conversaion: second, sticky: "False" }));
    expect([await ids("private"), await ids("stickyPrivate")]).toEqual([[second, first], []]);
    await v1(ann, "DELETE", `/conversations/${second}`);
    expect(await ids("private"), "deleted for oneself").toEqual([first]);
    await postText(second, cas, "something new");
    expect(await ids("private")).toEqual([second, first]);
  });

  test("are complete, however long", async () => {
    const ann = itemAt(await signedInUsers(1), 0);
    const newest = await createGroupId(ann);
    const ids = range(newest + 1, newest + 501);
    const rows = JSON.stringify(ids);
    await env.DB.batch([
      env.DB.prepare(
        "INSERT INTO conversations (id, kind, created_at) SELECT value, 'group', 0 FROM json_each(?)",
      ).bind(rows),
      env.DB.prepare(
        `INSERT INTO memberships (conversation_id, user_id, role, state, joined_at)
         SELECT value, ?, 'owner', 'active', 0 FROM json_each(?)`,
      ).bind(ann.user.id, rows),
    ]);
    await runInDurableObject(inboxObject(ann.user.id), (_, { storage }) => {
      storage.sql.exec(
        `INSERT INTO conversations (conversation_id, ver, state, visible_from, last_seq, last_n, read_seq, read_n,
           member_count, kind, updated_at, counted_at, active_at, changed_at)
         SELECT value, 1, 'active', 0, 0, 0, 0, 0, 1, 'group', 0, 0, 0, 0 FROM json_each(?)`,
        rows,
      );
    });
    expect((await list(ann, "group")).map(({ id }) => id)).toEqual([newest, ...ids.toReversed()]);
  });

  test("agree after twenty concurrent changes of flags", async () => {
    const ann = itemAt(await signedInUsers(1), 0);
    const id = await group(ann, []);
    const set = (i: number) => act(ann, "set_sticky_conversation", { conversaion: id, sticky: i % 3 === 0 });
    for (const answer of await Promise.all(range(1, 20).map(set))) success(answer);
    const { sticky } = await getConversation(ann, id);
    expect(await inLists(ann, id)).toMatchObject({ sticked: sticky });
    expect(await listedConversation(ann, id)).toMatchObject({ sticky });
  });
});

describe("a former member", () => {
  let owner: SignedIn;
  let left: SignedIn;
  let removed: SignedIn;
  let stranger: SignedIn;

  beforeAll(async () => {
    const people = await signedInUsers(4);
    [owner, left, removed, stranger] = [
      itemAt(people, 0),
      itemAt(people, 1),
      itemAt(people, 2),
      itemAt(people, 3),
    ];
  });

  /**
   * A group with a message of each member, of whom two are former by now, and a later message of the owner.
   */
  async function forsaken(): Promise<ConversationId> {
    const id = await createGroupId(owner, left, removed);
    await postText(id, owner, "all are here");
    await postText(id, left, "I leave");
    await v1(left, "POST", `/conversations/${id}/leave`);
    await postText(id, owner, "he has left");
    await v1(owner, "DELETE", `/conversations/${id}/members/${removed.user.id}`);
    await postText(id, owner, "alone");
    return id;
  }

  test("reads the messages from before and no more, and keeps a disabled entry with flags that can be set", async () => {
    const id = await forsaken();
    expect(await bodies(left, id)).toEqual(["all are here", "I leave"]);
    expect(await bodies(left, id, { limit: 1 })).toEqual(["I leave"]);
    expect(await bodies(left, id, { content: "A" })).toEqual(["all are here", "I leave"]);
    expect(await bodies(left, id, { content: "A", limit: 100 })).toEqual(["all are here", "I leave"]);
    expect(await bodies(left, id, { sender: owner.user.id })).toEqual(["all are here"]);
    expect(await bodies(left, id, { before: 1_000 })).toEqual(["all are here", "I leave"]);
    expect(await bodies(removed, id)).toEqual(["all are here", "I leave", "he has left"]);
    for (const who of [left, removed]) {
      expect(await inLists(who, id)).toMatchObject({ disabled: true, sticked: false });
      success(await act(who, "set_sticky_conversation", { conversaion: id, sticky: "True" }));
      success(await act(who, "set_silent_conversation", { conversation: id, silent: "True" }));
      success(await act(who, "set_validation", { conversation: id, valid: "True" }));
      const flags = { sticked: true, silent: true, validation: true };
      expect(await list(who, "stickyGroup")).toMatchObject([{ id, disabled: true, ...flags }]);
      success(await act(who, "set_sticky_conversation", { conversaion: id, sticky: "False" }));
      failure(await act(who, "set_read_message", { conversation: id, msg_id: 1 }), 2);
      expectProblem(await call("GET", `/v1/conversations/${id}`, who), 404, "not_found");
      expect(await call("GET", "/v1/conversations", who)).toMatchObject({ body: { items: [] } });
    }
    expect(await inLists(owner, id)).toMatchObject({ disabled: false });
    failure(await ask(stranger, id), 3);
    failure(await act(stranger, "set_silent_conversation", { conversation: id, silent: "True" }), 3);
    expect(await list(stranger, "group")).toEqual([]);
  });

  test("loses messages that are revoked later", async () => {
    const id = await forsaken();
    await expectDeleted(id, owner, 1, "everyone");
    expect(await bodies(left, id)).toEqual(["I leave"]);
  });

  test("keeps the group's name of their time", async () => {
    const id = await forsaken();
    const change = { name: "a secret", avatar: "https://files.example/secret.png" };
    await v1(owner, "PATCH", `/conversations/${id}`, change);
    for (const who of [left, removed])
      expect(await inLists(who, id)).toMatchObject({ name: "a group", avatar: "" });
    expect(await inLists(owner, id)).toMatchObject(change);
    await v1(owner, "POST", `/conversations/${id}/members`, { user_ids: [left.user.id] });
    expect(await inLists(left, id)).toMatchObject(change);
    await v1(left, "POST", `/conversations/${id}/leave`);
    await v1(owner, "PATCH", `/conversations/${id}`, { name: "another" });
    expect(await inLists(left, id)).toMatchObject(change);
    expect(await inLists(removed, id)).toMatchObject({ name: "a group" });
  });

  test("is shown as former as soon as either their inbox or D1 knows", async () => {
    const id = await createGroupId(owner, left, removed);
    using _ = intercept(({ id: to, method, args, work }) => {
      const hears = to === removed.user.id && method === "applyUpdate";
      const asks = method === "snapshot";
      if (hears || (asks && JSON.stringify(args).includes(String(removed.user.id)))) throw new Error("lost");
      return work();
    });
    await v1(owner, "DELETE", `/conversations/${id}/members/${removed.user.id}`);
    expect(await inLists(removed, id)).toMatchObject({ disabled: true });
  });

  test("learns nothing of members who came or left later", async () => {
    const people = await signedInUsers(4);
    const [ann, bob, cas, dan] = [itemAt(people, 0), itemAt(people, 1), itemAt(people, 2), itemAt(people, 3)];
    const id = await createGroupId(ann, bob, cas);
    await send(ann, id, { ...textFrame("all of you"), mentions: "all" });
    await v1(bob, "POST", `/conversations/${id}/leave`);
    await v1(ann, "POST", `/conversations/${id}/members`, { user_ids: [dan.user.id] });
    await v1(cas, "POST", `/conversations/${id}/leave`);
    const meant = async (who: SignedIn) => (await query(who, id))[0]?.mentioned_members.toSorted();
    const ids = (...those: SignedIn[]) => those.map(({ user }) => user.id).sort();
    expect(await meant(bob)).toEqual(ids(ann, bob, cas));
    expect(await meant(cas)).toEqual(ids(ann, cas, dan));
    expect(await meant(ann)).toEqual(ids(ann, dan));
  });

  test("can be added again, and starts with an empty history", async () => {
    const id = await forsaken();
    await v1(owner, "POST", `/conversations/${id}/members`, { user_ids: [left.user.id] });
    expect(await bodies(left, id)).toEqual([]);
    await postText(id, owner, "welcome back");
    expect(await bodies(left, id)).toEqual(["welcome back"]);
    expect(await inLists(left, id)).toMatchObject({ disabled: false });
  });

  test("of a dissolved group keeps its history", async () => {
    const id = await forsaken();
    await v1(owner, "DELETE", `/conversations/${id}`);
    expect(await bodies(owner, id)).toEqual(["all are here", "I leave", "he has left", "alone"]);
    expect(await bodies(owner, id, { content: "alone" })).toEqual(["alone"]);
    expect(await bodies(left, id)).toEqual(["all are here", "I leave"]);
    for (const who of [owner, left]) {
      expect(await inLists(who, id)).toMatchObject({ disabled: true });
      success(await act(who, "set_silent_conversation", { conversation: id, silent: "True" }));
      expect(await inLists(who, id)).toMatchObject({ silent: true });
    }
    failure(await act(owner, "set_read_message", { conversation: id, msg_id: 1 }), 2);
    failure(await ask(stranger, id), 3);
    expectProblem(await call("GET", `/v1/conversations/${id}`, owner), 404, "not_found");
  });

  test("was never a member if only their join request or message is known", async () => {
    const [ann, bob, cas] = await three();
    const [from, to] = [await createGroupId(ann, cas), await createGroupId(ann, bob)];
    const seq = await postText(from, cas, "passed on");
    const body = { kind: "merged", body: { title: "old", items: [{ conversation_id: from, seq }] } };
    await v1(ann, "POST", `/conversations/${to}/messages`, body);
    failure(await ask(cas, to), 3);
    failure(await act(cas, "set_validation", { conversation: to, valid: "True" }), 3);
    expect((await list(cas, "group")).map(({ id }) => id)).toEqual([from]);
  });
});

describe("the second check", () => {
  test("checks the caller's own password, and ten wrong ones lock the check for the session", async () => {
    const ann = await register();
    const check = (password: unknown) => act(ann, "secondary_validate", { password });
    expect(success(await check(PASSWORD))).toEqual({ code: 0, info: "Succeed", Valid: true });
    for (const password of [undefined, null, 7, ["x"]]) failure(await check(password), -2);
    for (const guess of range(1, 10)) failure(await check(`guess ${guess}`), 2);
    const locked = await check(PASSWORD);
    failure(locked, -5, 429);
    expect(Number(locked.headers.get("Retry-After"))).toBeGreaterThan(0);
    const body = { username: ann.user.username, password: PASSWORD };
    expect((await call("POST", "/v1/login", { body })).status).toBe(200);
    const without = itemAt(await signedInUsers(1), 0);
    failure(await act(without, "secondary_validate", { password: "" }), 2);
  });
});

describe("the read position", () => {
  test("moves forward only, to any existing message", async () => {
    const [ann, bob] = await two();
    const id = await open(ann, bob);
    for (const n of range(1, 4)) await postText(id, bob, String(n));
    await expectDeleted(id, bob, 3, "everyone");
    const set = (msg_id: unknown) => act(ann, "set_read_message", { conversation: id, msg_id });
    const unread = async () => (await listedConversation(ann, id)).unread_count;
    for (const msg_id of [5, 0, -1, 1e15]) failure(await set(msg_id), 3);
    for (const msg_id of ["", "x", 1.5, null, undefined, {}]) failure(await set(msg_id), -2);
    // Nobody has a revoked message unread.
    expect(await unread()).toBe(3);
    expect(success(await set(3))).toEqual({ code: 0, info: "Succeed", "Set Read Messages": true });
    expect(await unread()).toBe(1);
    success(await set("1"));
    success(await set(3));
    expect(await unread()).toBe(1);
    for (const conversation of [NOBODY, 0, -1])
      failure(await act(ann, "set_read_message", { conversation, msg_id: 1 }), 2);
    const stranger = itemAt(await signedInUsers(1), 0);
    failure(await act(stranger, "set_read_message", { conversation: id, msg_id: 1 }), 2);
  });
});

describe("queries", () => {
  test("show the caption of a medium, else its file name, and find both", async () => {
    const [ann, bob] = await two();
    const id = await open(ann, bob);
    const body = { url: "https://files.example/a", name: "menu.pdf" };
    const said = [
      { kind: "file", body: { ...body, caption: "Eat here" } },
      { kind: "image", body: { ...body, caption: "" } },
      { kind: "audio", body: { ...body, caption: "Hear here", waveform: [1, 2] } },
    ];
    for (const what of said) await send(ann, id, what);
    expect((await query(bob, id)).map(({ msg_body }) => msg_body)).toEqual([
      "Eat here",
      "menu.pdf",
      "Hear here",
    ]);
    const found = async (content: string) => (await query(bob, id, { content })).map(({ msg_id }) => msg_id);
    expect(await found("HERE")).toEqual([1, 3]);
    expect(await found("menu")).toEqual([1, 2, 3]);
  });

  test("return each kind of message as the document has it, whichever API sent it", async () => {
    const [ann, bob] = await two();
    const id = await open(ann, bob);
    const url = "https://files.example/a";
    const first = await send(bob, id, "first");
    const sent: [object, Partial<Wired>][] = [
      [textFrame("again"), { msg_body: "again", quote_with: -1 }],
      [
        { ...textFrame("quoting"), quote_seq: 1 },
        { msg_body: "quoting", quote_with: 1 },
      ],
      [{ ...textFrame("you"), mentions: [bob.user.id] }, { mentioned_members: [bob.user.id] }],
      [
        { kind: "image", body: { url } },
        { msg_body: "", is_image: true, image_url: url },
      ],
      [
        { kind: "file", body: { url, name: "a.pdf" } },
        { msg_body: "a.pdf", is_file: true, file_url: url },
      ],
      [
        { kind: "audio", body: { url, name: "a.ogg" } },
        { msg_body: "a.ogg", is_audio: true, file_url: url },
      ],
      [
        { kind: "video", body: { url } },
        { msg_body: "", is_video: true, file_url: url },
      ],
      [{ kind: "location", body: { latitude: 1, longitude: 2, address: "here" } }, { msg_body: "" }],
      [{ kind: "face", body: { index: "1", data: "smile" } }, { msg_body: "" }],
      [{ kind: "custom", body: { data: "{}", description: "a thing", extension: "" } }, { msg_body: "" }],
    ];
    const messages: StrictMessage[] = [];
    for (const [what] of sent) messages.push(await send(ann, id, what));
    const plain = {
      ...{ conversation_id: id, sender_id: ann.user.id, sender_name: ann.user.username, sender_avatar: "" },
      ...{ is_image: false, image_url: "", is_file: false, file_url: "", is_audio: false, is_video: false },
      ...{ quote_with: -1, mentioned_members: [], is_transmit: false, transmit_with: [] },
    };
    const expected = sent.map(([what, fields], i) => ({
      ...{
        ...plain,
        msg_id: i + 2,
        msg_body: z.object({ body: z.looseObject({ text: z.string().default("") }) }).parse(what).body.text,
      },
      ...{ create_time: new Date(messages[i]?.created_at ?? 0).toISOString(), ...fields },
    }));
    const all = await query(bob, id);
    expect(all.slice(1)).toEqual(expected);
    expect(all[0]).toMatchObject({ msg_id: first.seq, sender_name: bob.user.username });
    for (const [type, i] of [
      ["image", 3],
      ["file", 4],
      ["audio", 5],
      ["video", 6],
    ] as const)
      expect(await query(ann, id, { type })).toEqual([expected[i]]);
  });

  test("show the items of a forward: the one with its first sender and time, or all that it holds", async () => {
    const [ann, bob, cas] = await three();
    const [there, here] = [await open(ann, cas), await open(ann, bob)];
    const said = await send(cas, there, "said elsewhere");
    const image = await send(ann, there, {
      kind: "image",
      body: { url: "https://files.example/a", name: "a" },
    });
    const passedOn = await send(ann, here, { forward: reference(said) });
    const twice = await send(bob, here, { forward: reference(passedOn) });
    const held = await send(ann, here, mergedDraft([said, image, passedOn], "of old"));
    const nested = await send(ann, here, mergedDraft([held], "older"));
    await send(ann, here, { forward: reference(nested) });
    const [first, picture] = await query(ann, there);
    const all = await query(bob, here);
    const origin = { ...first, sender_name: cas.user.username };
    expect(all[0]).toMatchObject({ msg_body: "said elsewhere", sender_id: ann.user.id, is_transmit: true });
    expect(all[0]?.transmit_with).toEqual([origin]);
    expect(all[1]).toMatchObject({ msg_id: twice.seq, sender_id: bob.user.id, transmit_with: [origin] });
    const snapshot = { ...all[0], is_transmit: false, transmit_with: [] };
    expect(all[2]).toMatchObject({ msg_body: "of old", is_transmit: true });
    expect(all[2]?.transmit_with).toEqual([first, picture, snapshot]);
    expect(all[3]?.transmit_with).toEqual([all[2]]);
    expect(all[4]).toMatchObject({ msg_body: "older", is_transmit: true, transmit_with: [all[3]] });
    await expectDeleted(there, cas, said.seq, "everyone");
    expect(await query(bob, here), "forwards made before stay").toEqual(all);
  });

  test("do not name a quoted message to a reader who has hidden it", async () => {
    const [ann, bob] = await two();
    const id = await open(ann, bob);
    await send(ann, id, "hidden from Bob");
    await send(ann, id, { ...textFrame("you see?"), quote_seq: 1 });
    await expectDeleted(id, bob, 1, "me");
    expect((await query(ann, id)).map(({ quote_with }) => quote_with)).toEqual([-1, 1]);
    expect((await query(bob, id)).map(({ quote_with }) => quote_with)).toEqual([-1]);
  });

  test("leave out revoked, hidden and system messages, and a mention of all names all members", async () => {
    const [ann, bob, cas] = await three();
    const id = await createGroupId(ann, bob, cas);
    const everybody = [ann, bob, cas].map(({ user }) => user.id).sort();
    await send(ann, id, { ...textFrame("all of you"), mentions: "all" });
    for (const words of ["revoked", "hidden from Bob", "stays"]) await postText(id, ann, words);
    await v1(ann, "PATCH", `/conversations/${id}`, { name: "a tip" });
    await expectDeleted(id, ann, 2, "everyone");
    await expectDeleted(id, bob, 3, "me");
    const left = ["all of you", "stays"];
    for (const fields of [{}, { sender: ann.user.id }, { content: "" }, { limit: 100 }])
      expect(await bodies(bob, id, fields)).toEqual(left);
    expect(await bodies(ann, id)).toEqual(["all of you", "hidden from Bob", "stays"]);
    expect(await bodies(bob, id, { content: "revoked" })).toEqual([]);
    expect((await query(bob, id))[0]?.mentioned_members.toSorted()).toEqual(everybody);
    await v1(bob, "POST", `/conversations/${id}/leave`);
    expect((await query(bob, id))[0]?.mentioned_members.toSorted()).toEqual(everybody);
  });

  test("find any part of a text, in any script and letter case", async () => {
    const [ann, bob] = await two();
    const id = await open(ann, bob);
    const texts = ["今天吃了吗？", "HELLO World", "ＨＥＬＬＯ", "Straße 100%", "_a\\b_", "ΟΔΟΣ"];
    for (const words of texts) await postText(id, ann, words);
    await send(ann, id, { kind: "file", body: { url: "https://files.example/a", name: "Hello.pdf" } });
    const found = (content: string) => bodies(bob, id, { content });
    expect(await found("吃了")).toEqual(["今天吃了吗？"]);
    expect(await found("hello")).toEqual(["HELLO World", "ＨＥＬＬＯ", "Hello.pdf"]);
    expect(await found("o w")).toEqual(["HELLO World"]);
    expect(await found("%")).toEqual(["Straße 100%"]);
    expect(await found("_")).toEqual(["_a\\b_"]);
    expect(await found("οδος")).toEqual(["ΟΔΟΣ"]);
    expect(await found("nowhere")).toEqual([]);
    expect(await found(""), "all texts").toEqual(texts);
    failure(await ask(bob, id, { content: "x".repeat(8_001) }), -2);
  });

  test("find nothing for an unknown user or type", async () => {
    const [ann, bob] = await two();
    const id = await open(ann, bob);
    await postText(id, ann, "hello");
    for (const sender of [NOBODY, bob.user.id, 0, -1, String(NOBODY)])
      expect(await query(ann, id, { sender })).toEqual([]);
    for (const sender of ["x", null, 1.5, [ann.user.id]]) failure(await ask(ann, id, { sender }), -2);
    for (const type of ["text", "", "Image", "images", "location"]) failure(await ask(ann, id, { type }), 4);
    for (const type of [null, 1, ["image"]]) failure(await ask(ann, id, { type }), -2);
    const fields = { content: "x", sender: 1, type: "image" };
    for (const [name, value] of [...Object.entries(fields), ["all", 1]])
      for (const nowhere of [NOBODY, 0, -7]) failure(await ask(ann, nowhere, { [String(name)]: value }), 2);
    const stranger = itemAt(await signedInUsers(1), 0);
    failure(await ask(stranger, id), 3);
    failure(await ask(stranger, NOBODY), 2);
  });
});

describe("streaming a long history", () => {
  /** Just more than two pages of the stream. */
  const SENT = 1_001;
  let ann: SignedIn;
  let bob: SignedIn;
  let id: ConversationId;

  beforeAll(async () => {
    [ann, bob] = await two();
    id = await open(ann, bob);
    await postText(id, ann, "1");
    await fill(id, ann, bob);
  });

  /** Stores all messages but the first. Each hundredth is the second user's. */
  async function fill(where: ConversationId, one: SignedIn, two: SignedIn): Promise<void> {
    await runInDurableObject(conversationObject(where), (_, { storage }) => {
      storage.sql.exec(
        `INSERT INTO messages (seq, n, sender_id, kind, body, created_at)
         SELECT value, value, iif(value % 100 = 0, ?1, ?2), 'text', json_object('text', value || ''), ?3
         FROM json_each(?4)`,
        ...[two.user.id, one.user.id, Date.now(), JSON.stringify(range(2, SENT))],
      );
    });
    await loseConversation(where);
  }

  const numbers = async (fields: object = {}) => (await bodies(ann, id, fields)).map(Number);

  test("returns all of it in order, each message once", async () => {
    expect(await numbers()).toEqual(range(1, SENT));
    expect(await numbers({ sender: bob.user.id })).toEqual(range(1, 10).map((n) => 100 * n));
    expect(await numbers({ content: "0" })).toEqual(range(1, SENT).filter((n) => String(n).includes("0")));
    expect(await numbers({ content: "1001" })).toEqual([1_001]);
    expect(await numbers({ type: "image" })).toEqual([]);
  });

  test.each([
    [{ limit: 1 }, [SENT]],
    [{ limit: "100" }, range(SENT - 99, SENT)],
    [{ limit: 101 }, range(SENT - 99, SENT)],
    [{ limit: Number.MAX_SAFE_INTEGER, before: 102 }, range(2, 101)],
    [{ limit: 3, before: 1 }, []],
    [{ limit: 3, before: 0 }, []],
    [{ limit: 3, before: 2 }, [1]],
    [{ limit: 3, before: 4 }, [1, 2, 3]],
    [{ limit: 3, before: "5" }, [2, 3, 4]],
    [{ limit: 2, before: 5_000 }, [SENT - 1, SENT]],
    [{ limit: 2, before: Number.MAX_SAFE_INTEGER }, [SENT - 1, SENT]],
    [{ before: 4 }, [1, 2, 3]],
    [{ before: 502 }, range(1, 501)],
    [{ before: 501 }, range(1, 500)],
    [{ before: 9_999 }, range(1, SENT)],
    [{ before: 301, limit: 2, content: "00" }, [200, 300]],
    [{ before: 301, content: "00" }, [100, 200, 300]],
  ])("%j returns so much of it", async (fields, expected) => {
    expect(await numbers(fields)).toEqual(expected);
  });

  test.each([
    ...[{ limit: 0 }, { limit: -1 }, { limit: "x" }, { limit: 1.5 }, { limit: null }, { limit: "" }],
    ...[{ before: -1 }, { before: "x" }, { before: 1.5 }, { before: [1] }, { before: "99999999999999999" }],
  ])("%j is refused", async (fields) => {
    const answer = await ask(ann, id, fields);
    failure(answer, -2);
    expect(JSON.stringify(answer.body)).toContain(Object.keys(fields)[0]);
  });

  test("includes a message present when its page is read, and none sent after the call", async () => {
    let calls = 0;
    using held = new HeldCalls(({ method }) => method === "history" && ++calls === 3);
    const reading = query(ann, id);
    await held.arrived();
    await expectDeleted(id, ann, SENT, "everyone");
    await postText(id, bob, "meanwhile");
    held.release();
    expect((await reading).map(({ msg_id }) => msg_id)).toEqual(range(1, SENT - 1));
  });

  test("breaks off at a failing page, so that no client takes a part for the whole", async () => {
    using broken = loseCall(2, "call", ({ method }) => method === "history");
    const body = JSON.stringify({ token: ann.token, conversation: id });
    const request = new Request("https://parley.test/user/query_all_records/", { method: "POST", body });
    const response = await exports.default.fetch(request);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect(broken.isHit).toBe(true);
  });

  test("breaks off when the caller's session ends", async () => {
    const session = await login((await register()).user.username);
    const other = await v1(session, "POST", "/conversations", {
      kind: "group",
      name: "long",
      member_ids: [],
    });
    const { id: own } = z.looseObject({ id: ConversationId }).parse(other);
    await postText(own, session, "1");
    await fill(own, session, session);
    let calls = 0;
    using held = new HeldCalls(({ method }) => method === "history" && ++calls === 3);
    const reading = ask(session, own);
    const broken = expect(reading).rejects.toThrow();
    await held.arrived();
    expect((await call("POST", "/v1/logout", { token: session.token })).status).toBe(204);
    held.release();
    await broken;
  });

  test("answers a fault where the stream cannot start", async () => {
    using broken = loseCall(1, "call", ({ method }) => method === "history");
    failure(await ask(ann, id), -4, 500);
    expect(broken.isHit).toBe(true);
  });
});
