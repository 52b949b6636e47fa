import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { UserWithRelation } from "../../../src/surfaces/v1/accounts/users.ts";
import { deleteAccount, deletedUser } from "../../support/accounts/deletion.ts";
import { befriend, expectFriendCall } from "../../support/accounts/friends.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { untilShownOnline } from "../../support/objects/room.ts";

const StrictUsers = z.strictObject({ items: z.array(UserWithRelation.strict()) });

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await signedInUsers(2);
});

const find = ({ token }: SignedIn, query: string) => call("GET", `/v1/users?${query}`, { token });

async function found(who: SignedIn, ids: (number | string)[]) {
  const answer = await find(who, `ids=${ids.join(",")}`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return StrictUsers.parse(answer.body).items;
}

const shown = ({ user }: SignedIn) => ({
  ...user,
  avatar: "",
  online: false,
  relation: "none",
  signature: "",
});

describe("users by their ids", () => {
  test("are answered once each, in the order asked for; unknown ids are left out", async () => {
    const [cem, dan] = await signedInUsers(2);
    const ids = [dan.user.id, 1, cem.user.id, dan.user.id, Number.MAX_SAFE_INTEGER, ann.user.id];
    expect(await found(ann, ids)).toEqual([shown(dan), shown(cem), shown(ann)]);
    expect(await found(ann, [1])).toEqual([]);
  });

  test("are found 100 at a time; a repeated id does not count", async () => {
    const many = await signedInUsers(100);
    const ids = many.map(({ user }) => user.id);
    expect((await found(ann, ids)).map(({ id }) => id)).toEqual(ids);
    expect((await found(ann, [...ids, ...ids])).length).toBe(100);
    expectProblem(await find(ann, `ids=${[...ids, bob.user.id].join(",")}`), 400, "validation_failed");
  });

  test("show a deleted user as past lists do", async () => {
    const gone = await register();
    await call("PATCH", "/v1/me", { token: gone.token, body: { signature: "Soon gone" } });
    await befriend(gone, ann);
    await expectFriendCall("PUT blocks", bob, gone);
    expect((await deleteAccount(gone)).status).toBe(204);
    const asDeleted = { ...deletedUser(gone), online: false, relation: "none", signature: "" };
    expect(await found(ann, [gone.user.id])).toEqual([asDeleted]);
    expect(await found(bob, [gone.user.id])).toEqual([asDeleted]);
    expectProblem(await call("GET", `/v1/users/${gone.user.id}`, { token: ann.token }), 404, "not_found");
  });

  test.each([
    ...["ids=", "ids=abc", "ids=1,", "ids=,1", "ids=1,,2", "ids=1;2", "ids=-1", "ids=0", "ids=1.5"],
    ...["ids=1e3", "ids=%201", "ids=99999999999999999", "ids=9999999999999999", "ids=1&ids=2", "ids=null"],
    ...[
      "",
      "ids=1&username=ann",
      "id=1",
      "username=%00",
      "username=a%00b",
      "username=a&username=b",
      "name=a",
    ],
  ])("refuse the query %j", async (query) => {
    expectProblem(await find(ann, query), 400, "validation_failed");
  });

  test("are shown online to their contacts alone", async () => {
    const [friend, stranger] = await signedInUsers(2);
    await befriend(friend, ann);
    const device = await openDevice(friend.token);
    await untilShownOnline(friend, true);
    expect(await found(ann, [friend.user.id])).toMatchObject([{ online: true, relation: "friends" }]);
    expect(await found(stranger, [friend.user.id])).toMatchObject([{ online: false, relation: "none" }]);
    await expectFriendCall("PUT blocks", friend, ann);
    expect(await found(ann, [friend.user.id])).toMatchObject([{ online: false, relation: "none" }]);
    device.close();
  });
});

describe("the relation of a user", () => {
  /** What each of two users is to the other, over the three calls that tell it. */
  async function relations(one: SignedIn, other: SignedIn) {
    const each = [one, other].map(async (viewer) => {
      const { user } = viewer === one ? other : one;
      const byId = await call("GET", `/v1/users/${user.id}`, { token: viewer.token });
      const [listed] = await found(viewer, [user.id]);
      const byName = StrictUsers.parse((await find(viewer, `username=${user.username}`)).body).items;
      expect(byId.body).toEqual(listed);
      expect(byName).toEqual([listed]);
      return listed?.relation;
    });
    return Promise.all(each);
  }

  test("is told to each of two users for themself", async () => {
    expect(await relations(ann, bob)).toEqual(["none", "none"]);
    await expectFriendCall("PUT friends", ann, bob);
    expect(await relations(ann, bob)).toEqual(["requested", "requested_by"]);
    await expectFriendCall("DELETE friends", bob, ann);
    expect(await relations(ann, bob)).toEqual(["none", "none"]);
    await befriend(bob, ann);
    expect(await relations(ann, bob)).toEqual(["friends", "friends"]);
    await expectFriendCall("DELETE friends", ann, bob);
    expect(await relations(ann, bob)).toEqual(["none", "none"]);
  });

  test("tells who blocks, and not who is blocked", async () => {
    const [cem, dan] = await signedInUsers(2);
    await befriend(cem, dan);
    await expectFriendCall("PUT blocks", cem, dan);
    expect(await relations(cem, dan)).toEqual(["blocked", "none"]);
    await expectFriendCall("PUT blocks", dan, cem);
    expect(await relations(cem, dan)).toEqual(["blocked", "blocked"]);
    await expectFriendCall("DELETE blocks", cem, dan);
    expect(await relations(cem, dan)).toEqual(["none", "blocked"]);
  });

  test("to oneself is none, and lists do not have it", async () => {
    expect(await found(ann, [ann.user.id])).toMatchObject([{ relation: "none" }]);
    const me = await call("GET", "/v1/me", { token: ann.token });
    expect(me.body).not.toHaveProperty("relation");
  });
});

describe("what a user says of themself", () => {
  test("is shown by the three calls that look up users, to friends and strangers, and by no list", async () => {
    const [cem, dan, eve] = await signedInUsers(3);
    await befriend(cem, dan);
    const signature = "Climbs at weekends\n攀岩";
    const { id, username } = cem.user;
    await call("PATCH", "/v1/me", { token: cem.token, body: { signature } });
    for (const viewer of [cem, dan, eve]) {
      expect((await call("GET", `/v1/users/${id}`, { token: viewer.token })).body).toMatchObject({
        signature,
      });
      expect(await found(viewer, [id])).toMatchObject([{ signature }]);
      expect((await find(viewer, `username=${username}`)).body).toMatchObject({ items: [{ signature }] });
    }
    const body = { kind: "group", name: "Hike", member_ids: [id] };
    const group = await call("POST", "/v1/conversations", { token: dan.token, body });
    const members = `/v1/conversations/${Object(group.body).id}/members`;
    for (const path of ["/v1/friends", members]) {
      const listed = JSON.stringify((await call("GET", path, { token: dan.token })).body);
      expect(listed).toContain(username);
      expect(listed).not.toContain("signature");
    }
  });

  test("is hidden across a block, in both directions, and comes back with its end", async () => {
    const [cem, dan] = await signedInUsers(2);
    for (const { token } of [cem, dan])
      await call("PATCH", "/v1/me", { token, body: { signature: "Only for friends" } });
    const shownTo = async (viewer: SignedIn, { user }: SignedIn) => {
      const byId = await call("GET", `/v1/users/${user.id}`, { token: viewer.token });
      const byName = StrictUsers.parse((await find(viewer, `username=${user.username}`)).body).items;
      return [UserWithRelation.parse(byId.body), ...(await found(viewer, [user.id])), ...byName].map(
        ({ signature }) => signature,
      );
    };
    const hidden = ["", "", ""];
    const open = hidden.map(() => "Only for friends");
    await expectFriendCall("PUT blocks", cem, dan);
    expect([await shownTo(cem, dan), await shownTo(dan, cem)]).toEqual([hidden, hidden]);
    expect(await shownTo(dan, dan)).toEqual(open);
    await expectFriendCall("DELETE blocks", cem, dan);
    expect([await shownTo(cem, dan), await shownTo(dan, cem)]).toEqual([open, open]);
  });
});
