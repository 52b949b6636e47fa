import { evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { registerUsers } from "../../../support/clients/api.ts";
import { openDirect, page } from "../../../support/clients/chat.ts";
import { Device } from "../../../support/clients/device.ts";
import { displayedMessage } from "../../../support/clients/displayed.ts";
import { openDevice } from "../../../support/clients/socket.ts";
import { nextTurn } from "../../../support/event-loop.ts";
import {
  createGroupId,
  expectDeleted,
  inboxObject,
  itemAt,
  postText,
  range,
} from "../../../support/objects/room.ts";

const ROUNDS = 12;
/** A slower client may receive messages twice that were pushed before its sync. */
const QUICK_MS = 450;

test("a device that syncs during a stream of messages gets each once, in order", async () => {
  const [ann, bob] = await registerUsers(2);
  const id = await createGroupId(ann, bob);
  let isOver = false;
  const sending = (async () => {
    while (!isOver) {
      await postText(id, bob, "another");
      // Calls within one process never let the runtime look for timers that are due.
      await nextTurn();
    }
  })();
  let last = 0;
  for (const _ of range(1, ROUNDS)) {
    const opened = performance.now();
    const socket = await openDevice(ann.token);
    socket.send({ type: "sync", conversation_id: id, after: last, rev: 0 });
    let pages = 0;
    await socket.until(({ frames }) => {
      // The stream may be a page ahead.
      const synced = frames.filter(({ type }) => type === "synced");
      for (const { last_seq: after, has_more } of synced.slice(pages))
        if (has_more) socket.send({ type: "sync", conversation_id: id, after, rev: 0 });
      pages = synced.length;
      return synced.at(-1)?.has_more === false;
    });
    const isQuick = performance.now() - opened < QUICK_MS;
    const synced = socket.seqs.length;
    await socket.until(({ seqs }) => seqs.length >= synced + 3);
    const seqs = isQuick ? socket.seqs : [...new Set(socket.seqs)];
    expect(seqs).toEqual(range(last + 1, last + seqs.length));
    last += seqs.length;
    socket.close();
  }
  isOver = true;
  await sending;
});

test("fifty first sockets of a user open at once, and each gets a message once", async () => {
  const [kim] = await registerUsers(1);
  const sockets = await Promise.all(range(1, 50).map(() => openDevice(kim.token)));
  const id = await createGroupId(kim);
  await postText(id, kim, "hello");
  await Promise.all(sockets.map((socket) => socket.next("message")));
  await Promise.all(sockets.map((socket) => socket.untilProcessed(id)));
  expect(sockets.map(({ seqs }) => seqs)).toEqual(sockets.map(() => [1]));
});

test("a silent device gets the messages since it opened, and none before", async () => {
  const [ann, bob] = await registerUsers(2);
  const id = await createGroupId(ann, bob);
  await postText(id, bob, "before");
  const socket = await openDevice(ann.token);
  for (const n of range(2, 5)) await postText(id, bob, String(n));
  await socket.until(({ seqs }) => seqs.includes(5));
  // The inbox update of the first message may arrive after the socket opened.
  expect(socket.seqs.slice(-4)).toEqual(range(2, 5));
  expect(new Set(socket.seqs).size).toBe(socket.seqs.length);
});

test("a device's first frame other than a sync for that conversation releases held messages", async () => {
  const [ann, bob] = await registerUsers(2);
  const [group, otherGroup] = [await createGroupId(ann, bob), await createGroupId(ann, bob)];
  const socket = await openDevice(ann.token);
  await postText(group, bob, "here");
  socket.send({ type: "sync", conversation_id: otherGroup, after: 0 });
  await socket.until(({ messages }) => messages.length === 1);
  expect(socket.messages[0]).toMatchObject({ conversation_id: group, seq: 1 });
});

test("messages held for a new socket survive an eviction of the inbox", async () => {
  const [ann, bob] = await registerUsers(2);
  const id = await createGroupId(ann, bob);
  const [first, second] = [await openDevice(ann.token), await openDevice(ann.token)];
  await postText(id, bob, "one");
  await first.until(({ seqs }) => seqs.length === 1);
  await evictDurableObject(inboxObject(ann.user.id));
  await postText(id, bob, "two");
  for (const socket of [first, second]) {
    await socket.until(({ seqs }) => seqs.length === 2);
    expect(socket.seqs).toEqual([1, 2]);
  }
});

describe("a device that reconnects", () => {
  test("shows each message once, in pages, with later revokes and hides", async () => {
    const [ann, bob] = await registerUsers(2);
    const group = await createGroupId(ann, bob);
    const direct = (await openDirect(ann, bob)).id;
    const [anns, bobs] = [new Device(ann), new Device(bob)];
    await Promise.all([anns.connect(), bobs.connect()]);
    const drafts = range(1, 130).map((i) => ({
      conversationId: i % 2 === 0 ? group : direct,
      clientMsgId: `id ${i}`,
      text: `text ${i}`,
    }));
    anns.sendDrafts(drafts.slice(0, 8));
    await bobs.until(() => bobs.displayed(group).lastSeq === 4 && bobs.displayed(direct).lastSeq === 4);
    bobs.disconnect();
    anns.sendDrafts(drafts.slice(8), true);
    await anns.until(() => anns.pending.length === 0);
    await Promise.all(range(1, 60).map((i) => postText(group, ann, `more ${i}`)));
    await expectDeleted(group, ann, 2, "everyone");
    await expectDeleted(group, bob, 3, "me");
    // Messages are sent before and after the first page of the replay.
    await Promise.all([bobs.connect(), ...range(61, 80).map((i) => postText(group, ann, `more ${i}`))]);
    await evictDurableObject(inboxObject(bob.user.id));
    await postText(group, ann, "the last");
    await bobs.until(() => bobs.displayed(group).lastSeq === 146);
    const later = (await page(bob, group, "?after=100&limit=100")).items;
    const expected = [...(await page(bob, group, "?after=0&limit=99")).items, ...later].map(displayedMessage);
    expect(expected.length).toBe(145);
    expect(bobs.displayed(group).messages).toEqual(expected);
    expect(itemAt(bobs.displayed(group).messages, 1)).toMatchObject({ seq: 2, body: {}, revoked: true });
    expect(bobs.displayed(direct).messages.length).toBe(65);
    await anns.until(() => anns.displayed(group).lastSeq === 146);
    expect(anns.displayed(group).messages.length).toBe(146);
  });
});
