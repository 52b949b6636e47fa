import { beforeAll, expect, test } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { registerUsers } from "../../../support/clients/api.ts";
import { ask } from "../../../support/clients/chat.ts";
import { openRoom } from "../../../support/clients/socket.ts";
import {
  createGroupId,
  postText,
  range,
  sessionOf,
  signInAgain,
  textFrame,
} from "../../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let annsTablet: SignedIn;

beforeAll(async () => {
  [ann, bob] = await registerUsers(2);
  annsTablet = await signInAgain(ann);
});

const room = () => createGroupId(ann, bob);

/** Three sockets: Ann's phone, Ann's tablet, Bob. */
async function sockets(id: ConversationId) {
  return {
    phone: await openRoom(id, ann.token),
    tablet: await openRoom(id, annsTablet.token),
    bobs: await openRoom(id, bob.token),
  };
}

test("the ready frame has the user, the session, and the conversation's and user's positions", async () => {
  const id = await room();
  await postText(id, ann, "one");
  await postText(id, ann, "two");
  const socket = await openRoom(id, bob.token);
  expect(socket.frames).toEqual([
    {
      type: "ready",
      user_id: bob.user.id,
      session_id: sessionOf(bob),
      conversation_id: id,
      last_seq: 2,
      read_seq: 0,
      rev: 0,
    },
  ]);
  expect((await openRoom(id, ann.token)).frames).toMatchObject([{ last_seq: 2, read_seq: 2 }]);
});

test("a send is acknowledged to its socket and pushed to all others, the sender's other devices included", async () => {
  const { phone, tablet, bobs } = await sockets(await room());
  phone.send(textFrame("hello", "c1"));
  const ack = await phone.next("ack");
  const [onTablet, atBob] = [await tablet.next("message"), await bobs.next("message")];
  expect(ack).toMatchObject({ client_msg_id: "c1", seq: 1, created_at: expect.any(Number) });
  expect(onTablet).toEqual(atBob);
  await phone.untilProcessed();
  await tablet.untilProcessed();
  expect(phone.messages).toEqual([]);
  expect(tablet.acks).toEqual([]);
});

test("a send over HTTP reaches every socket, the sender's included", async () => {
  const id = await room();
  const { phone, tablet, bobs } = await sockets(id);
  await postText(id, ann, "over HTTP");
  for (const socket of [phone, tablet, bobs]) {
    expect(await socket.next("message")).toMatchObject({ message: { seq: 1, body: { text: "over HTTP" } } });
  }
});

test("a send without a client_msg_id is acknowledged", async () => {
  const { phone } = await sockets(await room());
  phone.send(textFrame("anonymous"));
  expect(await phone.next("ack")).not.toHaveProperty("client_msg_id");
});

test("a repeated client_msg_id is acknowledged with the first seq and delivered once", async () => {
  const { phone, tablet, bobs } = await sockets(await room());
  phone.send(textFrame("once", "same"));
  const first = await phone.next("ack");
  phone.send(textFrame("twice?", "same"));
  tablet.send(textFrame("thrice?", "same"));
  expect(await phone.next("ack")).toEqual(first);
  expect(await tablet.next("ack")).toEqual(first);
  bobs.send(textFrame("his own", "same"));
  expect(await bobs.next("ack")).toMatchObject({ seq: 2 });
  expect(bobs.seqs).toEqual([1]);
});

test("100 sends in one frame are stored in order and acknowledged in one frame", async () => {
  const { phone, bobs } = await sockets(await room());
  const items = range(1, 100).map((i) => ({ ...textFrame(`${i}`, `c${i}`), type: undefined }));
  phone.send({ type: "sends", items });
  await phone.until(({ acks }) => acks.length === 100);
  await bobs.until(({ messages }) => messages.length === 100);
  expect(phone.acks.map((ack) => [ack.client_msg_id, ack.seq])).toEqual(
    range(1, 100).map((i) => [`c${i}`, i]),
  );
  expect(bobs.messages.map((message) => message.body)).toEqual(range(1, 100).map((i) => ({ text: `${i}` })));
  expect(phone.of("acks").length).toBe(1);
});

test("the ack of a message comes after all messages with a lower seq", async () => {
  const { phone, bobs } = await sockets(await room());
  const count = 60;
  for (const i of range(1, count)) {
    phone.send(textFrame(`p${i}`, `p${i}`));
    bobs.send(textFrame(`b${i}`, `b${i}`));
  }
  for (const socket of [phone, bobs]) {
    await socket.until(({ acks, messages }) => acks.length === count && messages.length === count);
    let received = 0;
    for (const frame of socket.frames) {
      if (frame.type !== "ack" && frame.type !== "acks") {
        received += frame.type === "message" ? 1 : Array.isArray(frame.items) ? frame.items.length : 0;
        continue;
      }
      const before = socket.messages.slice(0, received).map(({ seq }) => seq);
      const acks = frame.type === "ack" ? [frame] : frame.items;
      for (const { seq } of Array.isArray(acks) ? acks : []) {
        const others = socket.messages.filter((message) => message.seq < seq);
        expect(others.every((message) => before.includes(message.seq))).toBe(true);
      }
    }
  }
});

test("200 sends by sockets and HTTP have one gapless order, the same for every socket", async () => {
  const id = await room();
  const { phone, tablet, bobs } = await sockets(id);
  const watcher = await openRoom(id, bob.token);
  const calls: Promise<number>[] = [];
  for (const i of range(1, 50)) {
    phone.send(textFrame(`phone ${i}`, `phone ${i}`));
    tablet.send({ type: "sends", items: [textFrame(`tablet ${i}`, `tablet ${i}`)] });
    bobs.send(textFrame(`bob ${i}`, `bob ${i}`));
    calls.push(postText(id, ann, `http ${i}`));
  }
  await watcher.until(({ messages }) => messages.length === 200);
  expect(watcher.seqs).toEqual(range(1, 200));
  expect((await Promise.all(calls)).length).toBe(200 / 4);
  const order = new Map(watcher.messages.map((message) => [message.seq, message]));
  for (const socket of [phone, tablet, bobs]) {
    await socket.until(({ acks, messages }) => acks.length + messages.length === 200);
    expect(socket.seqs).toEqual([...socket.seqs].sort((a, b) => a - b));
    expect(socket.acks.map(({ seq }) => seq)).toEqual(
      socket.acks.map(({ seq }) => seq).sort((a, b) => a - b),
    );
    for (const message of socket.messages) expect(message).toEqual(order.get(message.seq));
    for (const { seq, client_msg_id, created_at } of socket.acks) {
      expect(order.get(seq)).toMatchObject({ client_msg_id, created_at });
    }
  }
  const times = watcher.messages.map(({ created_at }) => Number(created_at));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const page = await ask(bob, id, "GET", "/messages?limit=100");
  expect(page.body).toMatchObject({ items: range(101, 200).map((seq) => order.get(seq)), has_more: true });
});
