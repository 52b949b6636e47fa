import { beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import {
  expectAsked,
  getConversation,
  getMessage,
  listedConversation,
  send,
} from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { withoutOwnPart } from "../../support/clients/shapes.ts";
import {
  acceptSocket,
  openDevice,
  openRoom,
  roomPath,
  type TestSocket,
  upgrade,
} from "../../support/clients/socket.ts";
import { createGroupId, range } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

beforeAll(() => setTiming({ deviceFeed: { holdMs: 1 } }));

beforeEach(async () => {
  [ann, bob] = await registerUsers(2);
  id = await createGroupId(ann, bob);
});

const Changed = z.object({ items: z.array(z.unknown()) });
const changesOf = (socket: TestSocket) => socket.of("changed").flatMap((frame) => Changed.parse(frame).items);

test("an edit comes to every socket once, as HTTP shows it, and makes nothing unread", async () => {
  await send(ann, id, "one");
  const before = await getConversation(bob, id);
  const room = await openRoom(id, bob.token);
  const device = await openDevice(bob.token);
  const old = acceptSocket(await upgrade(roomPath(id, "?changes=0"), bob.token));
  await edit(ann, id, 1, { body: "uno" });
  for (const socket of [room, device]) await socket.next("changed");
  await send(ann, id, "two");
  for (const socket of [room, device, old]) await socket.until(() => socket.seqs.includes(2));
  const edited = await getMessage(bob, id, 1);
  expect(edited).toMatchObject({ version: 2, edited_at: expect.any(Number), rev: 1 });
  for (const socket of [room, device]) expect(changesOf(socket)).toEqual([withoutOwnPart(edited)]);
  expect(changesOf(old)).toEqual([]);
  expect((await getConversation(bob, id)).unread_count).toBe(before.unread_count + 1);
});

test("who was away is told the present state once, however often it was edited", async () => {
  await send(ann, id, "text 1");
  for (const version of range(1, 5)) {
    await edit(ann, id, 1, { body: `text ${version + 1}`, base_version: version });
  }
  const room = await openRoom(id, bob.token, "?after=1&rev=0");
  const device = await openDevice(bob.token);
  device.send({ type: "sync", conversation_id: id, after: 1, rev: 0 });
  const edited = await getMessage(bob, id, 1);
  for (const socket of [room, device]) {
    await socket.next("synced");
    expect(changesOf(socket)).toEqual([withoutOwnPart(edited)]);
  }
  expect(edited).toMatchObject({ body: { text: "text 6" }, version: 6, rev: 5 });
});

test("an edit of an old message moves nothing in the list", async () => {
  await send(ann, id, "one");
  await send(ann, id, "two");
  await expectAsked(bob, id, "PUT", "/read", { seq: 1 });
  const before = await listedConversation(bob, id);
  await edit(ann, id, 1, { body: "uno" });
  expect(await listedConversation(bob, id)).toEqual(before);
});
