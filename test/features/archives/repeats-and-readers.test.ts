import { beforeAll, beforeEach, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { growAndMove, setSmallArchives, untilMoved } from "../../support/archives/moved.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  deleteMessage,
  expectAsked,
  getMessage,
  listedConversation,
  page,
  send,
} from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { aside, replies, reply } from "../../support/clients/threads.ts";
import { eventually } from "../../support/eventually.ts";
import { itemAt, range } from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { overrideTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: number;

beforeAll(() => {
  setSmallArchives();
  setNoRateLimits();
});

beforeEach(async () => {
  const users = await signedInUsers(2);
  [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
  ({ id } = await createGroup(ann, [bob]));
});

/** The conversation has no body of an archive in memory. */
const forget = () => evict(ConversationId.parse(id));

const TEXT = "the first quagga";
const draft = { kind: "text", client_msg_id: "first", body: { text: TEXT } };

test("a send of a moved message that is repeated is answered as the first time: HTTP, room and device", async () => {
  const first = await send(ann, id, draft);
  await growAndMove(ann, id);
  await forget();
  const path = `/v1/conversations/${id}/messages`;
  const again = await call("POST", path, { token: ann.token, body: draft });
  expect([again.status, again.body]).toEqual([200, first]);
  await forget();
  const room = await openRoom(id, ann.token);
  room.send({ type: "send", ...draft });
  expect(await room.next("ack")).toMatchObject({ seq: first.seq, client_msg_id: "first" });
  expect(room.of("error")).toEqual([]);
  await forget();
  const device = await openDevice(ann.token);
  device.send({ type: "send", conversation_id: id, ...draft });
  expect(await device.next("ack")).toMatchObject({ seq: first.seq, client_msg_id: "first" });
  expect(device.of("error")).toEqual([]);
});

test("sends keep their order where the first one waits for a moved message", async () => {
  const first = await send(ann, id, TEXT);
  await growAndMove(ann, id);
  await forget();
  const room = await openRoom(id, ann.token);
  room.send({ type: "send", ...draft, client_msg_id: "quotes", quote_seq: first.seq });
  room.send({ type: "send", ...draft, client_msg_id: "behind" });
  await eventually(() =>
    expect(room.acks.map(({ client_msg_id }) => client_msg_id)).toEqual(["quotes", "behind"]),
  );
});

test("a slow reader is brought up to date with moved messages, and stays connected", async () => {
  overrideTiming({ slowReader: { checkMs: 20 } });
  const slow = await openRoom(id, bob.token);
  const { seq: before } = await send(ann, id, TEXT);
  const sender = await openRoom(id, ann.token);
  const count = 200;
  for (const i of range(1, count)) {
    const body = { data: "x".repeat(30_000), description: "", extension: "" };
    sender.send({ type: "send", kind: "custom", client_msg_id: `${i}`, body });
    if (i % 30 === 0) {
      await sender.until(({ acks }) => acks.length >= i);
      sender.send("ping");
    }
  }
  await sender.until(({ acks }) => acks.length === count);
  expect(slow.messages.length).toBeLessThan(count);
  await untilMoved(id);
  while (slow.messages.length < count + 1) {
    slow.send("ping");
    const { length } = slow.messages;
    await slow.until(({ messages }) => messages.length > length);
  }
  expect(slow.seqs).toEqual(range(before, before + count));
  expect(slow.isOpen).toBe(true);
});

test("lists, sockets and devices show a moved message as the newest one of who has hidden those behind", async () => {
  const first = await send(ann, id, TEXT);
  await growAndMove(ann, id);
  const hidden = (await page(bob, id, "?after=0&limit=100")).items.filter(({ seq }) => seq > first.seq);
  for (const { seq } of hidden) {
    await forget();
    expect((await deleteMessage(bob, id, seq, "me")).status).toBe(204);
  }
  await eventually(async () =>
    expect((await listedConversation(bob, id)).last_message?.body).toEqual({ text: TEXT }),
  );
  await forget();
  const [room, device] = [await openRoom(id, bob.token), await openDevice(bob.token)];
  await expectAsked(bob, id, "PUT", "/preferences", { sticky: true });
  for (const socket of [room, device])
    await eventually(() => expect(JSON.stringify(socket.of("conversation"))).toContain(TEXT));
  expect([room.isOpen, device.isOpen]).toEqual([true, true]);
});

test("the answer to a thread whose root has moved, its pages and a revoke have the root", async () => {
  const root = await send(ann, id, TEXT);
  await growAndMove(ann, id);
  await forget();
  const device = await openDevice(ann.token);
  const [shown, hidden] = [await send(bob, id, reply(root.seq)), await send(bob, id, aside(root.seq))];
  await eventually(() => expect(device.seqs).toContain(shown.seq));
  await forget();
  expect((await replies(ann, id, root.seq)).items.map(({ seq }) => seq)).toEqual([shown.seq, hidden.seq]);
  await forget();
  expect((await deleteMessage(bob, id, shown.seq, "everyone")).status).toBe(204);
  await forget();
  const { body, thread_summary } = await getMessage(ann, id, root.seq);
  expect([body, thread_summary?.count]).toEqual([{ text: TEXT }, 1]);
});
