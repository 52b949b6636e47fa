import { beforeAll, describe, expect, test } from "vitest";
import { PolicyName } from "../../../src/domain/conversations/group-kind.ts";
import { isDiscoverable } from "../../../src/domain/conversations/group-policies.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { ask, openDirect } from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";

let ann: SignedIn;
let bob: SignedIn;
let dan: SignedIn;

beforeAll(async () => {
  [ann, bob, dan] = await signedInUsers(3);
});

const look = ({ token }: SignedIn, id: number) => call("GET", `/v1/groups/${id}`, { token });

/** A discoverable group of Ann and Bob, with texts for strangers and for members. */
async function discoverable(joinPolicy: "free" | "approval" | "closed" = "approval"): Promise<number> {
  const id = await createGroupOfKind("group", ann, [bob], joinPolicy);
  const texts = { name: "Hikers", introduction: "we walk", announcement: "door code 1234" };
  expect((await ask(ann, id, "PATCH", "", { ...texts, discoverable: true })).status).toBe(200);
  return id;
}

/** The answer for a group that does not exist. */
async function expectUnknown(answer: Answer): Promise<void> {
  expectProblem(answer, 404, "not_found");
  expect(answer.body).toEqual((await look(dan, 999_999)).body);
}

describe("a discoverable group", () => {
  test("shows a stranger its profile, without announcement and custom fields, and the way in", async () => {
    const id = await discoverable("approval");
    const { user } = ann;
    expect(await look(dan, id)).toMatchObject({ status: 200 });
    expect((await look(dan, id)).body).toEqual({
      ...{ id, name: "Hikers", avatar: "", introduction: "we walk" },
      ...{ member_count: 2, join_policy: "approval", state: "none" },
      owner: { id: user.id, username: user.username, nickname: "", avatar: "", online: false },
    });
  });

  test("says whether the caller has asked to join, and whether they are in it", async () => {
    const id = await discoverable("approval");
    expect((await ask(dan, id, "POST", "/join", { message: "me" })).body).toEqual({ state: "requested" });
    expect((await look(dan, id)).body).toMatchObject({ state: "requested", member_count: 2 });
    await ask(ann, id, "POST", "/applications/1", { action: "accept" });
    expect((await look(dan, id)).body).toMatchObject({ state: "member", member_count: 3 });
    await ask(dan, id, "POST", "/leave");
    expect((await look(dan, id)).body).toMatchObject({ state: "none", member_count: 2 });
  });

  test("can be closed: strangers see it and cannot join", async () => {
    const id = await discoverable("closed");
    expect((await look(dan, id)).body).toMatchObject({ join_policy: "closed", state: "none" });
    expectProblem(await ask(dan, id, "POST", "/join", {}), 404, "not_found");
  });

  test("shows a new owner at once, and nobody who is online to who may not see it", async () => {
    const id = await discoverable("free");
    expect((await ask(ann, id, "POST", "/owner", { user_id: bob.user.id })).status).toBe(200);
    const device = await openDevice(bob.token);
    expect((await look(dan, id)).body).toMatchObject({ owner: { id: bob.user.id, online: false } });
    device.close();
  });
});

describe("a group is as one that does not exist", () => {
  test("to strangers, unless it is discoverable", async () => {
    const id = await discoverable("free");
    await ask(ann, id, "PATCH", "", { discoverable: false });
    await expectUnknown(await look(dan, id));
    expect((await look(bob, id)).body).toMatchObject({ state: "member" });
  });

  test("to a user who asked to join, and to a former member, once it is not discoverable", async () => {
    const id = await discoverable("approval");
    await ask(dan, id, "POST", "/join", {});
    await ask(bob, id, "POST", "/leave");
    await ask(ann, id, "PATCH", "", { discoverable: false });
    await expectUnknown(await look(dan, id));
    await expectUnknown(await look(bob, id));
  });

  test("to a banned user, until the ban is lifted", async () => {
    const id = await discoverable("free");
    for (const { user } of [bob, dan]) await ask(ann, id, "PUT", `/bans/${user.id}`, {});
    await expectUnknown(await look(bob, id));
    await expectUnknown(await look(dan, id));
    await ask(ann, id, "DELETE", `/bans/${dan.user.id}`);
    expect((await look(dan, id)).body).toMatchObject({ state: "none", member_count: 1 });
  });

  test("once it is dissolved, and a direct conversation is no group", async () => {
    const id = await discoverable("free");
    expect((await ask(ann, id, "DELETE", "")).status).toBe(204);
    for (const who of [ann, bob, dan]) await expectUnknown(await look(who, id));
    const direct = await openDirect(ann, bob);
    for (const who of [ann, dan]) await expectUnknown(await look(who, direct.id));
  });
});

test.each(PolicyName.options)("of the kind %s strangers see what its policy lets them", async (policy) => {
  const id = await createGroupOfKind(policy, ann, [], "approval");
  const answer = await look(dan, id);
  if (isDiscoverable({ policy, discoverable: null })) expect(answer.body).toMatchObject({ state: "none" });
  else await expectUnknown(answer);
});
