import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { deleteAccount } from "../../support/accounts/deletion.ts";
import { expectFriendCall } from "../../support/accounts/friends.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { countRowsInD1, getConversation, list, send } from "../../support/clients/chat.ts";
import { StrictConversation } from "../../support/clients/shapes.ts";

const MANY = 50;

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;
let ids = 0;

beforeAll(async () => {
  [ann, bob, cem] = await signedInUsers(3);
});

const freshId = () => `creation ${++ids}`;

function create(
  { token }: SignedIn,
  client_group_id: unknown,
  members: SignedIn[] = [],
  fields: object = {},
) {
  const member_ids = members.map(({ user }) => user.id);
  const body = { kind: "group", name: "Lunch", member_ids, client_group_id, ...fields };
  return call("POST", "/v1/conversations", { token, body });
}

async function created(who: SignedIn, id: unknown, members: SignedIn[] = [], status = 201) {
  const answer = await create(who, id, members);
  expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  return StrictConversation.parse(answer.body);
}

const on = ({ token }: SignedIn, method: string, path: string, body?: unknown) =>
  call(method, `/v1/conversations/${path}`, { token, ...(body !== undefined && { body }) });

describe("a group that is created again with its client group id", () => {
  test("is the same group, as its creator sees it then", async () => {
    const id = freshId();
    const group = await created(ann, id, [bob]);
    expect(await created(ann, id, [bob], 200)).toEqual(group);
    await send(bob, group.id, "hello");
    const before = await countRowsInD1();
    // The content of a repeat is not compared.
    const repeat = await create(ann, id, [cem], { name: "another name" });
    expect(repeat).toMatchObject({
      status: 200,
      body: { id: group.id, name: "Lunch", member_count: 2, last_seq: 1, unread_count: 1 },
    });
    expect(await countRowsInD1()).toEqual(before);
    expect((await list(bob)).items.filter((item) => item.id === group.id)).toHaveLength(1);
    expect((await list(cem)).items.filter((item) => item.id === group.id)).toEqual([]);
  });

  test("needs its members no longer", async () => {
    const id = freshId();
    const gone = await register();
    const group = await created(ann, id, [gone, cem]);
    expect((await deleteAccount(gone)).status).toBe(204);
    await expectFriendCall("PUT blocks", ann, cem);
    expect((await created(ann, id, [gone, cem], 200)).id).toBe(group.id);
    await expectFriendCall("DELETE blocks", ann, cem);
  });

  test("is told apart from others by its id, and by who creates it", async () => {
    const id = freshId();
    const groups = [
      await created(ann, id),
      await created(bob, id),
      await created(ann, `${id} `),
      await created(ann, id.toUpperCase()),
    ];
    const without = await create(ann, undefined);
    expect(without.status).toBe(201);
    groups.push(StrictConversation.parse(without.body));
    expect(new Set(groups.map((group) => group.id)).size).toBe(5);
  });

  test("is created once by concurrent calls", async () => {
    const id = freshId();
    const before = await countRowsInD1();
    const answers = await Promise.all(Array.from({ length: MANY }, () => create(ann, id, [bob, cem])));
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([...Array.from({ length: MANY - 1 }, () => 200), 201]);
    const [only = 0, ...others] = new Set(answers.map(({ body }) => StrictConversation.parse(body).id));
    expect(others).toEqual([]);
    const after = await countRowsInD1();
    expect(after).toEqual({
      ...before,
      conversations: before.conversations + 1,
      memberships: before.memberships + 3,
    });
    for (const who of [ann, bob, cem]) {
      expect((await list(who)).items.filter((item) => item.id === only)).toHaveLength(1);
    }
    expect(await getConversation(bob, only)).toMatchObject({ member_count: 3, owner_id: ann.user.id });
  });

  test("stays the creator's after they have handed it over", async () => {
    const id = freshId();
    const group = await created(ann, id, [bob]);
    expect((await on(ann, "POST", `${group.id}/owner`, { user_id: bob.user.id })).status).toBe(200);
    expect(await created(ann, id, [bob], 200)).toMatchObject({ id: group.id, role: "member" });
    expect((await created(bob, id, [ann])).id).not.toBe(group.id);
  });

  test.each(["left", "dissolved", "removed"] as const)("is a conflict once it is %s", async (how) => {
    const id = freshId();
    const group = await created(ann, id, [bob]);
    if (how === "dissolved") {
      expect((await on(ann, "DELETE", `${group.id}`)).status).toBe(204);
    } else {
      expect((await on(ann, "POST", `${group.id}/owner`, { user_id: bob.user.id })).status).toBe(200);
      const ended =
        how === "left"
          ? await on(ann, "POST", `${group.id}/leave`)
          : await on(bob, "DELETE", `${group.id}/members/${ann.user.id}`);
      expect(ended.status).toBe(204);
    }
    const before = await countRowsInD1();
    expectProblem(await create(ann, id, [bob]), 409, "conflict");
    expect(await countRowsInD1()).toEqual(before);
    if (how === "dissolved") return;
    expect((await on(bob, "POST", `${group.id}/members`, { user_ids: [ann.user.id] })).status).toBe(200);
    expect((await created(ann, id, [bob], 200)).id).toBe(group.id);
  });
});

describe("a creation with a client group id", () => {
  test("that is refused leaves the id unused", async () => {
    const id = freshId();
    const nobody = { token: "", expires_at: 0, user: { ...bob.user, id: ann.user.id } };
    const unknown = await create(ann, id, [], { member_ids: [1] });
    expectProblem(unknown, 404, "not_found");
    expectProblem(await create(ann, id, [], { name: "" }), 400, "validation_failed");
    expect((await created(ann, id, [nobody, cem])).member_count).toBe(2);
  });

  test("takes ids of up to 64 UTF-16 units of any script", async () => {
    for (const id of ["x".repeat(64), "😀".repeat(32), " ", "'; DROP TABLE conversations --"]) {
      const { id: group } = await created(ann, id);
      expect((await created(ann, id, [], 200)).id).toBe(group);
    }
  });

  test("keeps nothing of the id once the account is deleted", async () => {
    const dan = await register();
    const id = `secret ${freshId()}`;
    const group = await created(dan, id);
    expect((await on(dan, "DELETE", `${group.id}`)).status).toBe(204);
    expect((await deleteAccount(dan)).status).toBe(204);
    const found = env.DB.prepare("SELECT count(*) AS found FROM conversations WHERE client_group_id = ?");
    expect(await found.bind(id).first("found")).toBe(0);
  });
});
