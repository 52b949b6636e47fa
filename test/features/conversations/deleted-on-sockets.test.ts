import { beforeEach, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  expectAsked,
  getConversation,
  openDirect,
  openForSelf,
  send,
  sendAll,
} from "../../support/clients/chat.ts";
import { untilFrame } from "../../support/clients/device-frames.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { refuseInbox } from "../../support/faults/injected-fault.ts";
import { conversationObject } from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";

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
