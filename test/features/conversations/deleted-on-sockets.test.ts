import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { expectProblem, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  expectAsked,
  getConversation,
  openDirect,
  openForSelf,
  page as pageOf,
  send,
  sendAll,
} from "../../support/clients/chat.ts";
import { framesAbout, untilFrame } from "../../support/clients/device-frames.ts";
import {
  acceptSocket,
  DEVICE_PATH,
  openDevice,
  openRoom,
  type TestSocket,
  upgrade,
} from "../../support/clients/socket.ts";
import { refuseInbox } from "../../support/faults/injected-fault.ts";
import { conversationObject, createGroupId, range } from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";

const Placed = z.looseObject({ type: z.string(), seq: z.int().default(0) });

let ann: SignedIn;
let bob: SignedIn;
let id: number;

beforeEach(async () => {
  [ann, bob] = await signedInUsers(2);
  ({ id } = await openDirect(ann, bob));
});

async function deleteForSelf({ token }: SignedIn): Promise<void> {
  expect((await ask({ token }, id, "DELETE", "")).status).toBe(204);
}

/** The types of the frames about messages and deletions that a socket got. */
function shown(socket: TestSocket): string[] {
  return socket.frames.flatMap(({ type }) => (/^(messages?|deleted|reset)$/.test(type) ? [type] : []));
}

test("the sockets of a user hear that they have deleted a direct conversation, and those of the peer do not", async () => {
  await sendAll(bob, id, ["1", "2"]);
  const [first, second, room] = [
    await openDevice(ann.token),
    await openDevice(ann.token),
    await openRoom(id, ann.token),
  ];
  const peers = [await openDevice(bob.token), await openRoom(id, bob.token)];
  await deleteForSelf(ann);
  for (const socket of [first, second, room])
    await untilFrame(socket, { type: "deleted", conversation_id: id, seq: 2 });
  const back = await send(bob, id, "3");
  for (const socket of [first, second, room, ...peers]) {
    await untilFrame(socket, { type: "message", seq: back.seq });
    expect(shown(socket)).toEqual(peers.includes(socket) ? ["message"] : ["deleted", "message"]);
    socket.close();
  }
});

test("a conversation that leaves the list and keeps its history is told, too", async () => {
  await sendAll(bob, id, ["1", "2"]);
  const device = await openDevice(ann.token);
  const object = conversationObject(ConversationId.parse(id));
  expect((await object.deleteForMe({ userId: ann.user.id, keepsHistory: true })).ok).toBe(true);
  await untilFrame(device, { type: "deleted", conversation_id: id, seq: 2 });
  device.send({ type: "sync", conversation_id: id, after: 1, rev: 0 });
  await untilFrame(device, { type: "synced", conversation_id: id, last_seq: 2, has_more: false });
  expect(shown(device)).toEqual(["deleted", "message"]);
  device.close();
});

test("a socket that resumes from a message that its user has deleted since is told to begin anew", async () => {
  await sendAll(bob, id, ["1", "2", "3"]);
  await deleteForSelf(ann);
  await sendAll(bob, id, ["4", "5"]);
  const { last_seq } = await getConversation(ann, id);
  expect(last_seq).toBe(5);
  const types = async (after: number, query = "") => {
    const device = acceptSocket(await upgrade(`${DEVICE_PATH}${query}`, ann.token));
    await device.next("ready");
    device.send({ type: "sync", conversation_id: id, after, rev: 0 });
    await untilFrame(device, { type: "synced", conversation_id: id, last_seq, has_more: false });
    const room = await openRoom(id, ann.token, `?after=${after}&rev=0${query.replace("?", "&")}`);
    await untilFrame(room, { type: "synced", last_seq, has_more: false });
    const [ofDevice, ofRoom] = [shown(device), shown(room)];
    expect(ofRoom).toEqual(ofDevice);
    device.close();
    room.close();
    return ofDevice;
  };
  // What came later follows: a client that is told of each message misses none.
  expect(await types(2)).toEqual(["reset", "messages"]);
  expect(await types(3)).toEqual(["reset", "messages"]);
  expect(await types(2, "?changes=0")).toEqual(["messages"]);
  // These clients show nothing that is deleted.
  expect(await types(0)).toEqual(["messages"]);
  expect(await types(4)).toEqual(["message"]);
});

test("a repeated deletion is told again: an eviction may have lost what told of the first", async () => {
  await sendAll(bob, id, ["1", "2"]);
  const device = await openDevice(ann.token);
  {
    using _ = await refuseInbox(ann.user.id, Number.POSITIVE_INFINITY);
    await deleteForSelf(ann);
    await evict(ConversationId.parse(id));
  }
  await deleteForSelf(ann);
  await untilFrame(device, { type: "deleted", conversation_id: id, seq: 2 });
  device.close();
});

test("a device hears of a deletion before the messages that came since", async () => {
  await sendAll(bob, id, ["1", "2"]);
  const device = await openDevice(ann.token);
  {
    using _ = await refuseInbox(ann.user.id, Number.POSITIVE_INFINITY);
    await deleteForSelf(ann);
    await send(bob, id, "3");
  }
  await send(bob, id, "4");
  await untilFrame(device, { type: "message", seq: 4 });
  await untilFrame(device, { type: "deleted", conversation_id: id, seq: 2 });
  expect(shown(device)[0]).toBe("deleted");
  device.close();
});

test("a deleted conversation says that it is in no list, until a message comes or it is opened again", async () => {
  await sendAll(bob, id, ["1"]);
  const device = await openDevice(ann.token);
  expect(await getConversation(ann, id)).not.toHaveProperty("deleted");
  await deleteForSelf(ann);
  expect(await getConversation(ann, id)).toMatchObject({
    deleted: true,
    last_message: null,
    unread_count: 0,
  });
  expect(await getConversation(bob, id)).not.toHaveProperty("deleted");
  // A frame about its other fields says so, too.
  await expectAsked(ann, id, "PUT", "/preferences", { sticky: true });
  await untilFrame(device, { type: "conversation", conversation: { id, sticky: true, deleted: true } });
  await send(bob, id, "2");
  expect(await getConversation(ann, id)).not.toHaveProperty("deleted");
  await deleteForSelf(ann);
  expect(await openForSelf(ann, bob)).not.toHaveProperty("deleted");
  device.close();
});

test("the changes of what a user has deleted are a reset, for a client that says what it has", async () => {
  await sendAll(bob, id, ["1", "2"]);
  await deleteForSelf(ann);
  await sendAll(bob, id, ["3"]);
  const changes = (who: SignedIn, query: string) => ask(who, id, "GET", `/changes?after_rev=0${query}`);
  for (const after of [1, 2]) expectProblem(await changes(ann, `&after=${after}`), 410, "reset");
  for (const query of ["", "&after=0", "&after=3"]) expect((await changes(ann, query)).status).toBe(200);
  expect((await changes(bob, "&after=2")).status).toBe(200);
});

test("whatever comes at once with many deletions, each socket shows in the end what the server has", async () => {
  const sockets = [await openDevice(ann.token), await openDevice(ann.token), await openRoom(id, ann.token)];
  for (const _ of range(1, 3)) {
    const work = range(1, 36).map((i) => {
      if (i % 5 === 0) return send(bob, id, `text ${i}`);
      if (i % 7 === 0) return send(ann, id, `own ${i}`);
      return deleteForSelf(ann);
    });
    await Promise.all(work);
  }
  const last = await send(bob, id, "the last");
  const page = await pageOf(ann, id, "?limit=100");
  const conversation = await getConversation(ann, id);
  expect(conversation).toMatchObject({ last_seq: last.seq });
  for (const socket of sockets) {
    await untilFrame(socket, { type: "message", seq: last.seq });
    const held = new Set<number>();
    for (const frame of framesAbout(socket, id)) {
      const { type, seq } = Placed.parse(frame);
      if (type === "message") held.add(seq);
      if (type === "deleted") for (const one of held) if (one <= seq) held.delete(one);
    }
    expect([...held]).toEqual(page.items.map(({ seq }) => seq));
    socket.close();
  }
});

test("deleting a group for oneself is told, and leaves the other members and the membership alone", async () => {
  const group = await createGroupId(bob, ann);
  await sendAll(bob, group, ["1", "2"]);
  const [device, room, peer] = [
    await openDevice(ann.token),
    await openRoom(group, ann.token),
    await openDevice(bob.token),
  ];
  const { last_seq } = await getConversation(ann, group);
  const object = conversationObject(group);
  expect((await object.deleteForMe({ userId: ann.user.id })).ok).toBe(true);
  for (const socket of [device, room])
    await untilFrame(socket, { type: "deleted", conversation_id: group, seq: last_seq });
  await send(bob, group, "3");
  for (const socket of [device, room, peer]) {
    await untilFrame(socket, { type: "message", seq: last_seq + 1 });
    expect(shown(socket)).toEqual(socket === peer ? ["message"] : ["deleted", "message"]);
    socket.close();
  }
  expect(await getConversation(ann, group)).toMatchObject({ unread_count: 1 });
});
