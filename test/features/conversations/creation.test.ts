import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../../support/app.ts";
import {
  call,
  expectProblem,
  freshName,
  register,
  request,
  type SignedIn,
} from "../../support/clients/api.ts";
import {
  countRowsInD1,
  createGroup,
  getConversation,
  insertUsers,
  list,
  send,
} from "../../support/clients/chat.ts";
import { asLastMessage, StrictConversation } from "../../support/clients/shapes.ts";

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;

beforeAll(async () => {
  [ann, bob, cem] = await Promise.all([register(freshName(), { nickname: "Ann" }), register(), register()]);
});

const create = (caller: SignedIn, body: object) =>
  call("POST", "/v1/conversations", { token: caller.token, body });

/** Expects the creation to be refused with this status and code, and to leave D1 as it was. */
async function expectRefused(body: object, status: number, code: string): Promise<void> {
  const before = await countRowsInD1();
  expectProblem(await create(ann, body), status, code);
  expect(await countRowsInD1()).toEqual(before);
}

const COMMON = {
  id: expect.any(Number),
  avatar: "",
  last_message: null,
  last_seq: 0,
  read_seq: 0,
  unread_count: 0,
  threads_unread: 0,
  sticky: false,
  silent: false,
  muted_until: 0,
  archived: false,
  validation: false,
  metadata: {},
  disabled: false,
  updated_at: expect.any(Number),
};

describe("a direct conversation", () => {
  test("is the same conversation whichever of the two opens it, and is in the list of who has opened it", async () => {
    const [dan, eve] = await Promise.all([register(freshName(), { nickname: "Dan" }), register()]);
    const before = Date.now();
    const opened = await create(dan, { kind: "direct", user_id: eve.user.id });
    const { id } = StrictConversation.parse(opened.body);
    expect(opened.status).toBe(201);
    const expected = (name: string, { user }: SignedIn) => ({
      ...COMMON,
      id,
      kind: "direct",
      name,
      peer: { ...user, avatar: "", online: false },
      member_count: 2,
    });
    const forDan = expected(eve.user.username, eve);
    expect(opened.body).toEqual(forDan);
    expect(StrictConversation.parse(opened.body).updated_at).toBeGreaterThanOrEqual(before - 1);
    const forEve = expected("Dan", dan);
    expect(await list(eve)).toEqual({ items: [], next_cursor: null });
    await create(eve, { kind: "direct", user_id: dan.user.id });
    expect(await list(eve)).toEqual({ items: [forEve], next_cursor: null });
    expect(await list(dan)).toEqual({ items: [forDan], next_cursor: null });

    const repeated = await create(dan, { kind: "direct", user_id: eve.user.id });
    expect(repeated).toMatchObject({ status: 200, body: forDan });
    const fromEve = await create(eve, { kind: "direct", user_id: dan.user.id });
    expect(fromEve).toMatchObject({ status: 200, body: forEve });
    expect(await getConversation(eve, id)).toEqual(forEve);
    expect(await list(eve)).toEqual({ items: [forEve], next_cursor: null });
  });

  test("is not opened with the caller's own id", async () => {
    await expectRefused({ kind: "direct", user_id: ann.user.id }, 400, "validation_failed");
  });

  test("is not opened with a user who does not exist", async () => {
    for (const user_id of [1, ann.user.id + 1_000, Number.MAX_SAFE_INTEGER]) {
      await expectRefused({ kind: "direct", user_id }, 404, "not_found");
    }
  });
});

describe("a group", () => {
  test("lists each member once, and its creator is the owner", async () => {
    const [dan, eve] = await Promise.all([register(), register()]);
    const member_ids = [eve.user.id, dan.user.id, eve.user.id, eve.user.id];
    const created = await create(dan, { kind: "group", name: "Lunch", member_ids });
    expect(created.status).toBe(201);
    const { id } = StrictConversation.parse(created.body);
    const expected = {
      ...COMMON,
      id,
      kind: "group",
      name: "Lunch",
      introduction: "",
      announcement: "",
      join_policy: "approval",
      discoverable: false,
      threads: "on",
      link_previews: true,
      slow_mode_s: 0,
      history: "joined",
      leave: true,
      may_write: "members",
      policies: {
        ...{ unread: "pushed", typing: true, receipts: "names", presence: "each" },
        ...{ member_list: "all", mention_all: "members" },
      },
      owner_id: dan.user.id,
      role: "owner",
      member_count: 2,
    };
    expect(created.body).toEqual(expected);
    expect(await list(dan)).toEqual({ items: [expected], next_cursor: null });
    expect(await list(eve)).toEqual({ items: [{ ...expected, role: "member" }], next_cursor: null });
    expect(await getConversation(eve, id)).toEqual({ ...expected, role: "member", online_count: 0 });
    const rows = env.DB.prepare(
      "SELECT user_id, role, state, version FROM memberships WHERE conversation_id = ? ORDER BY user_id",
    );
    expect((await rows.bind(id).all()).results).toEqual(
      [
        { user_id: dan.user.id, role: "owner", state: "active", version: 0 },
        { user_id: eve.user.id, role: "member", state: "active", version: 0 },
      ].sort((a, b) => a.user_id - b.user_id),
    );
  });

  test("may have its owner alone, and each creation makes a new group", async () => {
    const first = await createGroup(ann, [], "same name");
    const second = await createGroup(ann, [ann], "same name");
    expect(first).toMatchObject({ member_count: 1, role: "owner" });
    expect(second).toMatchObject({ member_count: 1, role: "owner" });
    expect(second.id).not.toBe(first.id);
    expect((await send(ann, first.id, "to myself")).seq).toBe(1);
  });

  test("is not created with a member who does not exist", async () => {
    const member_ids = [bob.user.id, 1, cem.user.id];
    await expectRefused({ kind: "group", name: "x", member_ids }, 404, "not_found");
    await expectRefused(
      { kind: "group", name: "x", member_ids: [Number.MAX_SAFE_INTEGER] },
      404,
      "not_found",
    );
  });

  test("has at most MAX_GROUP_MEMBERS members, the owner included", async () => {
    const createWithLimitOfTwo = async (members: SignedIn[]) => {
      const member_ids = members.map(({ user }) => user.id);
      const options = { token: ann.token, body: { kind: "group", name: "x", member_ids } };
      const context = createExecutionContext();
      const bindings = { ...env, MAX_GROUP_MEMBERS: "2" };
      const response = await app.fetch(request("POST", "/v1/conversations", options), bindings, context);
      await waitOnExecutionContext(context);
      return response.status;
    };
    expect(await createWithLimitOfTwo([bob])).toBe(201);
    expect(await createWithLimitOfTwo([bob, bob, ann])).toBe(201);
    const before = await countRowsInD1();
    expect(await createWithLimitOfTwo([bob, cem])).toBe(400);
    expect(await countRowsInD1()).toEqual(before);
  });

  test.each(["a", " a", "午饭", "😀".repeat(100), "e\u0301".repeat(50), "<b>'\"\\"])(
    "accepts the name %j",
    async (name) => {
      const { id } = await createGroup(ann, [], name);
      expect((await getConversation(ann, id)).name).toBe(name.normalize("NFC"));
    },
  );

  test.each(["", "x".repeat(101), "😀".repeat(101), "x".repeat(60_000)])(
    "refuses an invalid name (%#)",
    async (name) => {
      await expectRefused({ kind: "group", name, member_ids: [] }, 400, "validation_failed");
    },
  );

  test.each(["free", "approval", "closed"])("accepts the join policy %s", async (join_policy) => {
    const answer = await create(ann, { kind: "group", name: "x", member_ids: [], join_policy });
    expect(answer).toMatchObject({ status: 201, body: { join_policy } });
  });
});

test("a conversation shows its newest message to each member", async () => {
  const { id } = await createGroup(ann, [bob]);
  const sent = await send(ann, id, "hello");
  const expected = { last_message: asLastMessage(sent), last_seq: 1, updated_at: sent.created_at };
  expect(await getConversation(ann, id)).toMatchObject({ ...expected, read_seq: 1, unread_count: 0 });
  expect(await getConversation(bob, id)).toMatchObject({ ...expected, read_seq: 0, unread_count: 1 });
});

test("a group has at most 1,000 members", async () => {
  const ids = (await insertUsers(1_000)).map(({ user }) => user.id);
  const group = (member_ids: number[]) => ({ kind: "group", name: "x", member_ids });
  await expectRefused(group(ids), 400, "validation_failed");
  await expectRefused(group([...ids.slice(1), bob.user.id]), 400, "validation_failed");
  const created = await create(ann, group(ids.slice(1)));
  expect(created).toMatchObject({ status: 201, body: { member_count: 1_000 } });
  const { id } = StrictConversation.parse(created.body);
  const mentioning = { kind: "text", body: { text: "x" }, mentions: ids.slice(900) };
  expect(await send(ann, id, mentioning)).toMatchObject({ seq: 1 });
});
