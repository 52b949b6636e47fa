import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { UserId } from "../../../src/domain/ids.ts";
import { notificationEvents } from "../../support/accounts/notifications.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, call, type SignedIn } from "../../support/clients/api.ts";
import { eventsOf, untilFrame } from "../../support/clients/device-frames.ts";
import { openDevice, type TestSocket } from "../../support/clients/socket.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { conversationObject } from "../../support/objects/room.ts";
import { tim } from "../../surfaces/tim/client.ts";

let ann: SignedIn;
let bob: SignedIn;
let dan: SignedIn;
let id: number;
/** two devices of Dan, who has asked to join Ann's group */
let dans: [TestSocket, TestSocket];
let anns: TestSocket;

beforeEach(async () => {
  [ann, bob, dan] = await signedInUsers(3);
  id = await createGroupOfKind("group", ann, [bob], "approval");
  dans = [await openDevice(dan.token), await openDevice(dan.token)];
  anns = await openDevice(ann.token);
  await apply(dan);
});

function ask({ token }: SignedIn, method: string, path: string, body?: unknown): Promise<Answer> {
  return call(method, `/v1/conversations/${id}${path}`, { token, ...(body !== undefined && { body }) });
}

async function apply(who: SignedIn): Promise<void> {
  expect((await ask(who, "POST", "/join", { message: "please" })).body).toEqual({ state: "requested" });
}

/** Asserts that both devices of the applicant were told this once, and nobody else. */
async function expectTold(state: "accepted" | "rejected"): Promise<void> {
  for (const device of dans) {
    await untilFrame(device, { type: "join_request", conversation_id: id });
    expect(eventsOf(device, id, "join_request")).toEqual([{ type: "join_request", state }]);
  }
  expect(anns.of("join_request")).toEqual([]);
}

/** Every way in which an open join request ends. */
const ENDS: [string, "accepted" | "rejected", () => Promise<Answer>][] = [
  ["is accepted", "accepted", () => ask(ann, "POST", "/applications/1", { action: "accept" })],
  ["is rejected", "rejected", () => ask(ann, "POST", "/applications/1", { action: "reject" })],
  ["ends by a ban", "rejected", () => ask(ann, "PUT", `/bans/${dan.user.id}`, {})],
  ["ends as the group is dissolved", "rejected", () => ask(ann, "DELETE", "")],
];

test.each(ENDS)("the applicant's devices are told that the request %s", async (_, state, end) => {
  expect((await end()).status).toBe(204);
  await expectTold(state);
});

test("the applicant is told of the end of the group over another API", async () => {
  const [applied] = (await notificationEvents(ann, id)).slice(-1);
  expect(applied).toBe("applied");
  const groups = { groupID: String(id) };
  const removed = await tim(ann, "/group/dismissGroup", groups);
  expect(removed.body).toMatchObject({ code: 0 });
  await expectTold("rejected");
});

describe("a dissolved group", () => {
  test("leaves no open request, and notifies each applicant once", async () => {
    const [eve] = await signedInUsers(1);
    await apply(eve);
    expect((await ask(ann, "DELETE", "")).status).toBe(204);
    for (const who of [dan, eve]) expect(await notificationEvents(who, id)).toEqual(["rejected"]);
    expect(await notificationEvents(bob, id)).toEqual(["added", "dissolved"]);
  });

  test("leaves no open request either if it ends with the account of its only member", async () => {
    const alone = await createGroupOfKind("group", ann, [], "approval");
    expect(
      (await call("POST", `/v1/conversations/${alone}/join`, { token: dan.token, body: {} })).body,
    ).toEqual({
      state: "requested",
    });
    // D1 refuses this deletion, unless the group was handed over at the same moment.
    const deletion = { userId: UserId.parse(ann.user.id) };
    expect(await conversationObject(alone).removeDeleted(deletion)).toMatchObject({ ok: true });
    await untilFrame(dans[0], { type: "join_request", conversation_id: alone });
    expect(eventsOf(dans[0], alone, "join_request")).toEqual([{ type: "join_request", state: "rejected" }]);
    expect(await notificationEvents(dan, alone)).toEqual(["rejected"]);
  });

  test("tells nothing to those whose request was decided before", async () => {
    expect((await ask(ann, "POST", "/applications/1", { action: "reject" })).status).toBe(204);
    expect((await ask(ann, "DELETE", "")).status).toBe(204);
    await expectTold("rejected");
    expect(await notificationEvents(dan, id)).toEqual(["rejected"]);
  });
});

test("a notification that is delivered again tells nothing again", async () => {
  const inbox = env.INBOX.getByName(String(dan.user.id));
  const notification = {
    event: "rejected",
    group: { id, handle: null, name: "", policy: "group" },
    ...{ actorId: ann.user.id, message: "", createdAt: 0 },
  } as const;
  const batch = { conversationId: id, notifications: [{ id: 100, notification }] };
  for (let i = 0; i < 3; i++) await Reflect.apply(Reflect.get(inbox, "notify"), inbox, [batch]);
  await expectTold("rejected");
});
