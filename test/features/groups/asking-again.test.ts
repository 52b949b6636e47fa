import { beforeAll, describe, expect, test } from "vitest";
import { notificationEvents } from "../../support/accounts/notifications.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { ask } from "../../support/clients/chat.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { tim } from "../../surfaces/tim/client.ts";

const DAY_MS = 24 * 60 * 60_000;

let ann: SignedIn;
let bob: SignedIn;
let dan: SignedIn;

beforeAll(async () => {
  [ann, bob, dan] = await signedInUsers(3, 30 * 24 * 60 * 60);
});

const apply = (id: number) => ask(dan, id, "POST", "/join", { message: "please" });

/** A group of Ann and Bob that has rejected Dan. */
async function rejecting(): Promise<number> {
  const id = await createGroupOfKind("group", ann, [bob], "approval");
  expect((await apply(id)).body).toEqual({ state: "requested" });
  expect((await ask(ann, id, "POST", "/applications/1", { action: "reject" })).status).toBe(204);
  return id;
}

describe("after a rejected application", () => {
  test("the user waits a day before the next one, over every API, and nobody is told meanwhile", async () => {
    freezeClock();
    const id = await rejecting();
    const told = await notificationEvents(ann, id);
    const refused = await apply(id);
    expectProblem(refused, 429, "rate_limited");
    expect(refused.headers.get("Retry-After")).toBe(String(DAY_MS / 1_000));
    const overTim = await tim(dan, "/group/joinGroup", { groupID: String(id), applyMessage: "please" });
    expect(overTim).toMatchObject({ status: 429, body: { code: 429 } });
    expect(await notificationEvents(ann, id)).toEqual(told);
    expect((await ask(ann, id, "GET", "/applications")).body).toMatchObject({ items: [] });
    advanceClock(DAY_MS - 1);
    expect((await apply(id)).headers.get("Retry-After")).toBe("1");
    advanceClock(1);
    expect((await apply(id)).body).toEqual({ state: "requested" });
    expect((await ask(ann, id, "GET", "/applications")).body).toMatchObject({ items: [{ id: 2 }] });
    expect((await notificationEvents(ann, id)).length).toBe(told.length + 1);
  });

  test("others apply, and so does the user elsewhere", async () => {
    const id = await rejecting();
    const [eve] = await signedInUsers(1);
    expect((await ask(eve, id, "POST", "/join", {})).body).toEqual({ state: "requested" });
    expect((await apply(await createGroupOfKind("group", ann, [], "approval"))).body).toEqual({
      state: "requested",
    });
  });

  test("an admin can still add the user, who may apply again once they have left", async () => {
    const id = await rejecting();
    expect((await ask(ann, id, "POST", "/members", { user_ids: [dan.user.id] })).status).toBe(200);
    expect((await ask(dan, id, "POST", "/leave")).status).toBe(204);
    expect((await apply(id)).body).toEqual({ state: "requested" });
  });

  test("the user joins at once if the group is free then", async () => {
    const id = await rejecting();
    await ask(ann, id, "PATCH", "", { join_policy: "free" });
    expect((await apply(id)).body).toEqual({ state: "joined" });
  });
});

describe("a muted member", () => {
  const setCard = (who: SignedIn, id: number, of: SignedIn) =>
    ask(who, id, "PATCH", `/members/${of.user.id}`, { name_card: "BUY CRYPTO" });

  test("does not change their own name card until the mute is over, over every API", async () => {
    freezeClock();
    const id = await createGroupOfKind("group", ann, [bob], "approval");
    await ask(ann, id, "PATCH", `/members/${bob.user.id}`, { muted_for_s: 60 });
    expectProblem(await setCard(bob, id, bob), 403, "forbidden");
    const card = { groupID: String(id), nameCard: "BUY CRYPTO" };
    for (const path of ["/member/setGroupMemberNameCard", "/group/setGroupMemberNameCard"]) {
      expect((await tim(bob, path, card)).body).toMatchObject({ code: 10_007 });
    }
    const members = await ask(ann, id, "GET", "/members");
    expect(JSON.stringify(members.body)).not.toContain("CRYPTO");
    // The owner can.
    expect((await setCard(ann, id, bob)).status).toBe(200);
    advanceClock(60_000);
    expect((await setCard(bob, id, bob)).status).toBe(200);
  });

  test("is one who was muted alone: while all are muted, members change their cards", async () => {
    const id = await createGroupOfKind("group", ann, [bob], "approval");
    await tim(ann, "/group/updateGroupProfile", { groupID: String(id), muteAllMembers: true });
    expect((await setCard(bob, id, bob)).status).toBe(200);
  });
});
