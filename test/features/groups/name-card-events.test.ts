import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { ask, expectAsked, insertUsers, send } from "../../support/clients/chat.ts";
import { eventsOf, untilFrame } from "../../support/clients/device-frames.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { createGroupId } from "../../support/objects/room.ts";
import { timing } from "../../support/timing.ts";
import { data, tim } from "../../surfaces/tim/client.ts";
import { signed } from "../../surfaces/usersig/client.ts";
import { connect } from "../../surfaces/usersig/socket.ts";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;

beforeEach(async () => {
  [ann, bob, cid, dan] = await signedInUsers(4);
});

const List = z.array(
  z.looseObject({ conversationID: z.string(), lastMessage: z.looseObject({ nameCard: z.string() }) }),
);

/** Sets a name card. */
function name(id: number, who: SignedIn, card: string, by = who) {
  return ask(by, id, "PATCH", `/members/${who.user.id}`, { name_card: card });
}

/** The event of another name card, as `eventsOf` has it. */
function renamed({ user }: SignedIn) {
  return { type: "member", event: "name_card", user_ids: [user.id] };
}

/** The `member` events of each socket up to a rename of the group, which is told to all after them. */
async function memberEvents(id: number, ...sockets: TestSocket[]): Promise<object[][]> {
  await expectAsked(ann, id, "PATCH", "", { name: "later" });
  const rename = { type: "member", event: "profile" };
  for (const socket of sockets) await untilFrame(socket, { conversation_id: id, ...rename });
  return sockets.map((socket) => eventsOf(socket, id, "member").slice(0, -1));
}

test("another name card is told to each device and room socket of members, whoever and whichever API sets it", async () => {
  const id = await createGroupId(ann, bob, cid);
  const sockets = [
    await openDevice(ann.token),
    await openDevice(bob.token),
    await openDevice(bob.token),
    await openRoom(id, bob.token),
    await openRoom(id, cid.token),
  ];
  const stranger = await openDevice(dan.token);
  expect((await name(id, bob, "Goalkeeper")).body).toMatchObject({ name_card: "Goalkeeper" });
  await name(id, bob, "Goalkeeper");
  await name(id, cid, "Left wing", ann);
  await tim(cid, "/group/setGroupMemberNameCard", { groupID: String(id), nameCard: "Right wing" });
  await name(id, bob, "");
  const told = await memberEvents(id, ...sockets);
  for (const events of told.slice(3)) expect(events).toEqual([bob, cid, cid, bob].map(renamed));
  // Of two quick changes of one card, a device may be told of the last alone.
  for (const events of told.slice(0, 3)) {
    expect(events).toEqual(expect.arrayContaining([renamed(bob), renamed(cid)]));
    expect(events.length).toBeLessThanOrEqual(4);
    expect(events.at(-1)).toEqual(renamed(bob));
  }
  expect(eventsOf(stranger, id, "member")).toEqual([]);
});

test("the same name card again tells nothing, nor does a refused one; a role beside it is told too", async () => {
  const id = await createGroupId(ann, bob, cid);
  const sockets = [await openDevice(cid.token), await openRoom(id, bob.token)];
  expect((await name(id, bob, "")).status).toBe(200);
  expect((await name(id, ann, "Boss", bob)).status).toBe(403);
  expect((await name(id, bob, "x".repeat(101))).status).toBe(400);
  expect((await name(id, bob, "x", dan)).status).toBe(404);
  const body = { name_card: "Captain", role: "admin" };
  await expectAsked(ann, id, "PATCH", `/members/${bob.user.id}`, body);
  await expectAsked(ann, id, "PATCH", `/members/${bob.user.id}`, body);
  const role = { type: "member", event: "role", user_ids: [bob.user.id] };
  for (const events of await memberEvents(id, ...sockets)) expect(events).toEqual([role, renamed(bob)]);
});

test("in a group of more than 64 members room sockets alone hear of it", async () => {
  const id = await createGroupId(ann, bob, cid);
  const others = await insertUsers(timing.largeGroup.aboveMembers);
  await expectAsked(ann, id, "POST", "/members", { user_ids: others.map(({ user }) => user.id) });
  const [device, room] = [await openDevice(cid.token), await openRoom(id, cid.token)];
  await name(id, bob, "Goalkeeper");
  expect(await memberEvents(id, device, room)).toEqual([[], [renamed(bob)]]);
});

test("a socket of usersig gets no frame, as its document has none", async () => {
  const id = await createGroupId(ann, bob);
  const [socket, device] = [await connect(signed(ann)), await openDevice(ann.token)];
  await name(id, bob, "Goalkeeper");
  await untilFrame(device, { conversation_id: id, ...renamed(bob) });
  await send(bob, id, "hello");
  await socket.next("MESSAGE_RECEIVED");
  expect(socket.frames.map(({ type }) => type)).toEqual(["SDK_READY", "MESSAGE_RECEIVED"]);
});

test("a list shows the present name card of who has sent the newest message", async () => {
  const id = await createGroupId(ann, bob);
  await name(id, ann, "before");
  await send(ann, id, "hi");
  const shown = async () => {
    const listed = await data(List, bob, "/conversation/getConversationList", {});
    return listed.find(({ conversationID }) => conversationID === `GROUP${id}`)?.lastMessage.nameCard;
  };
  expect(await shown()).toBe("before");
  await name(id, ann, "after");
  expect(await shown()).toBe("after");
});
