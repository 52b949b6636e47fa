import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { befriend } from "../support/accounts/friends.ts";
import { signedInUsers } from "../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../support/clients/api.ts";
import { createGroupOfKind } from "../support/objects/core.ts";
import { itemAt } from "../support/objects/room.ts";
import { act, success as ofFormpost } from "./formpost/client.ts";
import { failure, nameOf, success, tim } from "./tim/client.ts";
import { createSession, Session, signed, data as usersigData } from "./usersig/client.ts";

/** The parts of a group's profile that are for its members alone. */
const ANNOUNCEMENT = "door code 1234";
const FIELD = "custom secret";
const INTRODUCTION = "private talk";

let ann: SignedIn;
let bob: SignedIn;
let eve: SignedIn;

beforeAll(async () => {
  const all = await signedInUsers(3);
  [ann, bob, eve] = [itemAt(all, 0), itemAt(all, 1), itemAt(all, 2)];
  await befriend(ann, bob);
});

const patch = (id: number, body: object) =>
  call("PATCH", `/v1/conversations/${id}`, { token: ann.token, body });

/** Creates a group of Ann and Bob over v1, with texts for its members. */
async function v1Group(fields: object = {}): Promise<number> {
  const body = { kind: "group", name: "Divorce lawyers", member_ids: [bob.user.id], ...fields };
  const made = await call("POST", "/v1/conversations", { token: ann.token, body });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const { id } = z.object({ id: z.int() }).parse(made.body);
  await patch(id, { announcement: ANNOUNCEMENT, introduction: INTRODUCTION });
  const groupCustomField = [{ key: "a", value: FIELD }];
  success(await tim(ann, "/group/updateGroupProfile", { groupID: String(id), groupCustomField }));
  return id;
}

async function formpostGroup(): Promise<number> {
  const answer = await act(ann, "create_group_conversation", { members: [bob.user.id], name: "friends" });
  return z.object({ conversation_id: z.int() }).parse(ofFormpost(answer)).conversation_id;
}

async function usersigGroup(): Promise<number> {
  const body = { type: 2, name: "service", chat_user_id_list: [ann, bob].map(nameOf) };
  const { session } = usersigData(await createSession(signed(ann), body));
  return Number(Session.parse(session).session_id);
}

/** Each call about a group by which another user than a member could learn of it, with its parameters. */
const QUESTIONS: [path: string, fields: () => object][] = [
  ["/group/getGroupProfile", () => ({})],
  ["/group/searchGroupByID", () => ({})],
  ["/group/quitGroup", () => ({})],
  ["/group/dismissGroup", () => ({})],
  ["/group/updateGroupProfile", () => ({ name: "mine" })],
  ["/group/changeGroupOwner", () => ({ newOwnerID: nameOf(bob) })],
  ["/group/setMessageRemindType", () => ({ messageRemindType: "AcceptAndNotify" })],
  ["/member/getGroupMemberList", () => ({})],
  ["/member/getGroupMemberProfile", () => ({ userIDList: [nameOf(bob)] })],
  ["/member/getGroupOnlineMemberCount", () => ({})],
  ["/member/addGroupMember", () => ({ userIDList: [nameOf(eve)] })],
  ["/member/deleteGroupMember", () => ({ userIDList: [nameOf(bob)] })],
  ["/member/setGroupMemberMuteTime", () => ({ userID: nameOf(bob), muteTime: 5 })],
  ["/member/setGroupMemberRole", () => ({ userID: nameOf(bob), role: "Admin" })],
  ["/member/setGroupMemberNameCard", () => ({ nameCard: "x" })],
  ["/member/setGroupMemberCustomField", () => ({ memberCustomField: [{ key: "a", value: "b" }] })],
];

const UNKNOWN = 987_654_321;

/** Asserts that a stranger gets the answers of an unknown group, and of a closed one for joining. */
async function expectUnknown(id: number, who: SignedIn): Promise<void> {
  for (const [path, fields] of QUESTIONS) {
    const [asked, unknown] = await Promise.all(
      [id, UNKNOWN].map((group) => tim(who, path, { groupID: String(group), ...fields() })),
    );
    expect(asked?.body, path).toEqual(unknown?.body);
    expect(asked?.body, path).toMatchObject({ code: 10_010 });
  }
  const draft = { to: String(id), conversationType: "GROUP", payload: { text: "hello" } };
  const made = z.looseObject({ message: z.looseObject({ ID: z.string() }) });
  const { message } = made.parse({ message: success(await tim(who, "/message/createMessage", draft)).data });
  failure(await tim(who, "/message/sendMessage", { message }), 10_010);
  const path = `/v1/conversations/${id}`;
  for (const part of ["", "/messages", "/members", "/applications", "/receipts"])
    expectProblem(await call("GET", path + part, { token: who.token }), 404, "not_found");
}

describe("a group that was not made to be found", () => {
  test.each([["free"], ["approval"], ["closed"]])(
    "is to strangers like one that does not exist, on every API, with the join policy %s",
    async (join_policy) => {
      await expectUnknown(await v1Group({ join_policy }), eve);
    },
  );

  test("is so too where it was made over formpost or usersig, and nobody can apply there", async () => {
    for (const id of [await formpostGroup(), await usersigGroup()]) {
      await expectUnknown(id, eve);
      failure(await tim(eve, "/group/joinGroup", { groupID: String(id) }), 10_010);
      const path = `/v1/conversations/${id}`;
      expectProblem(await call("POST", `${path}/join`, { token: eve.token, body: {} }), 404, "not_found");
      const requests = await call("GET", `${path}/applications`, { token: ann.token });
      expect(requests.body).toEqual({ items: [], next_cursor: null });
      expect((await call("GET", path, { token: bob.token })).body).toMatchObject({
        join_policy: "closed",
        discoverable: false,
      });
    }
  });

  test("shows no more than that it exists where it is a private one of tim, whose document has codes for it", async () => {
    const id = await createGroupOfKind("private", ann, [bob]);
    const groupID = String(id);
    failure(await tim(eve, "/group/searchGroupByID", { groupID }), 10_010);
    failure(await tim(eve, "/group/getGroupProfile", { groupID }), 10_007);
    failure(await tim(eve, "/group/joinGroup", { groupID }), 2_601);
    expectProblem(await call("GET", `/v1/conversations/${id}`, { token: eve.token }), 404, "not_found");
  });

  test("says nothing of itself to who applies by its number", async () => {
    const id = await v1Group();
    const answer = await tim(eve, "/group/joinGroup", { groupID: String(id), applyMessage: "hello" });
    expect(success(answer).data).toEqual({ status: "WaitAdminApproval" });
    const again = await call("POST", `/v1/conversations/${id}/join`, { token: eve.token, body: {} });
    expect(again.body).toEqual({ state: "requested" });
    await expectUnknown(id, eve);
  });

  test("is found by its members, who see all of its profile", async () => {
    const found = await tim(bob, "/group/searchGroupByID", { groupID: String(await v1Group()) });
    expect(success(found).data).toMatchObject({ group: { notification: ANNOUNCEMENT } });
  });

  test("cannot be joined by its number while it is closed", async () => {
    const id = await v1Group({ join_policy: "closed" });
    failure(await tim(eve, "/group/joinGroup", { groupID: String(id) }), 10_010);
  });

  test("is known to who was in it, as one that they are not in", async () => {
    const id = await v1Group();
    await call("POST", `/v1/conversations/${id}/leave`, { token: bob.token });
    const groupID = String(id);
    failure(await tim(bob, "/group/getGroupProfile", { groupID }), 10_007);
    failure(await tim(bob, "/group/quitGroup", { groupID }), 2_623);
    failure(await tim(bob, "/group/searchGroupByID", { groupID }), 10_010);
  });
});

describe("a discoverable group", () => {
  test("shows strangers its name, introduction and owner, but neither announcement nor custom fields", async () => {
    const id = await v1Group({ discoverable: true });
    for (const path of ["/group/getGroupProfile", "/group/searchGroupByID"]) {
      const { data } = success(await tim(eve, path, { groupID: String(id) }));
      expect(data).toMatchObject({
        group: {
          ...{ name: "Divorce lawyers", introduction: INTRODUCTION, ownerID: nameOf(ann), memberCount: 2 },
          ...{ notification: "", groupCustomField: [] },
        },
      });
      expect(JSON.stringify(data)).not.toContain(ANNOUNCEMENT);
      expect(JSON.stringify(data)).not.toContain(FIELD);
    }
    const { data } = success(await tim(bob, "/group/getGroupProfile", { groupID: String(id) }));
    expect(data).toMatchObject({
      group: { notification: ANNOUNCEMENT, groupCustomField: [{ key: "a", value: FIELD }] },
    });
    // v1 shows groups to their members only.
    expectProblem(await call("GET", `/v1/conversations/${id}`, { token: eve.token }), 404, "not_found");
  });

  test.each([["public"], ["chatroom"], ["community"], ["livestream"]] as const)(
    "of the kind %s shows no more, and can be hidden by its owner",
    async (kind) => {
      const id = await createGroupOfKind(kind, ann, []);
      expect((await patch(id, { announcement: ANNOUNCEMENT })).body).toMatchObject({ discoverable: true });
      const search = () => tim(eve, "/group/searchGroupByID", { groupID: String(id) });
      expect(success(await search()).data).toMatchObject({ group: { notification: "" } });
      expect((await patch(id, { discoverable: false })).body).toMatchObject({ discoverable: false });
      await expectUnknown(id, eve);
      await patch(id, { discoverable: true });
      success(await search());
    },
  );

  test("is found also while it is closed, and then refuses who wants to join", async () => {
    const id = await v1Group({ discoverable: true, join_policy: "closed" });
    success(await tim(eve, "/group/searchGroupByID", { groupID: String(id) }));
    failure(await tim(eve, "/group/joinGroup", { groupID: String(id) }), 10_007);
  });

  test("becomes one by its owner and admins, and no private group of tim does", async () => {
    const id = await v1Group();
    const as = (who: SignedIn, group: number, discoverable: unknown) =>
      call("PATCH", `/v1/conversations/${group}`, { token: who.token, body: { discoverable } });
    expectProblem(await as(bob, id, true), 403, "forbidden");
    expectProblem(await as(eve, id, true), 404, "not_found");
    expectProblem(await as(ann, id, "yes"), 400, "validation_failed");
    expect((await as(ann, id, true)).body).toMatchObject({ discoverable: true });
    const kept = await createGroupOfKind("private", ann, [bob]);
    expectProblem(await as(ann, kept, true), 403, "forbidden");
    expect((await as(ann, kept, false)).body).toMatchObject({ discoverable: false });
    failure(await tim(eve, "/group/searchGroupByID", { groupID: String(kept) }), 10_010);
  });
});
