import { beforeAll, expect, test } from "vitest";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { listedConversation } from "../../../support/clients/chat.ts";
import { Device } from "../../../support/clients/device.ts";
import { untilAcked } from "../../../support/clients/device-frames.ts";
import { acceptSocket, DEVICE_PATH, openDevice, upgrade } from "../../../support/clients/socket.ts";
import { createGroupId, postText, range } from "../../../support/objects/room.ts";
import { setNoRateLimits } from "../../../support/settings.ts";
import { overrideTiming } from "../../../support/timing.ts";

// What they send is more than the budget of a user.
beforeAll(() => setNoRateLimits());

/** The maximum of bytes sent to a socket that sends nothing. */
const MAX_UNREAD = 4 * 1024 * 1024;
/** The maximum of bytes sent to a socket that sends frames without a ping. */
const MAX_UNPINGED = 32 * 1024 * 1024;

test("a reader that stops gets some 4 MiB and is closed, and a reconnected device misses none of 1,000 messages", async () => {
  overrideTiming({ slowReader: { checkMs: 20, patienceMs: 500 } });
  const [ann, bob, cid] = await signedInUsers(3);
  const id = await createGroupId(ann, bob, cid);
  const speakers = [ann, ann, cid, cid].map((who, i) => new Device(who, i));
  const [phone, pad] = [new Device(bob, 1), new Device(bob, 2)];
  for (const device of [...speakers, phone, pad]) await device.connect();
  const before = await postText(id, ann, "the phone has this");
  await phone.until(() => phone.displayed(id).lastSeq === before);
  phone.disconnect();
  // The client opens a socket and does not read from it.
  const unread = await upgrade(DEVICE_PATH, bob.token);

  const [rounds, each] = [10, 25];
  for (const round of range(1, rounds)) {
    for (const [i, speaker] of speakers.entries()) {
      const drafts = range(1, each).map((n) => {
        const clientMsgId = `${i} ${(round - 1) * each + n}`;
        return { conversationId: id, clientMsgId, text: clientMsgId.padEnd(4_500, " and so on") };
      });
      speaker.sendDrafts(drafts, true);
    }
    const last = before + round * each * speakers.length;
    for (const device of [...speakers, pad]) {
      const isUpToDate = () => device.pending.length === 0 && device.displayed(id).lastSeq === last;
      expect(await device.until(isUpToDate)).toBe(true);
    }
  }

  const last = before + rounds * each * speakers.length;
  const socket = acceptSocket(unread);
  expect((await socket.closed()).code).toBe(4408);
  expect(socket.received).toBeGreaterThan(MAX_UNREAD);
  expect(socket.received).toBeLessThan(1.5 * MAX_UNREAD);
  // The frames before the close are the first messages, without a gap.
  expect(socket.seqs).toEqual(range(before + 1, before + socket.seqs.length));

  await phone.connect();
  const { messages } = pad.displayed(id);
  expect(messages.map(({ seq }) => seq)).toEqual(range(1, last));
  for (const device of [...speakers, phone]) expect(device.displayed(id).messages).toEqual(messages);
  for (const device of [...speakers, pad]) expect(device.sockets).toBe(1);
  for (const [i, speaker] of speakers.entries()) {
    const texts = messages
      .filter(({ seq }) => seq > before)
      .map(({ body }) => String(Reflect.get(Object(body), "text")));
    expect(
      texts.filter((text) => text.startsWith(`${i} `)).map((text) => parseInt(text.slice(2), 10)),
    ).toEqual(range(1, rounds * each));
    expect(speaker.answers.length).toBe(rounds * each);
  }
  expect(await listedConversation(bob, id)).toMatchObject({
    last_seq: last,
    read_seq: 0,
    unread_count: last,
  });
  phone.read(id, last - 7);
  await expect.poll(async () => (await listedConversation(bob, id)).unread_count).toBe(7);
  for (const device of [...speakers, phone, pad]) device.disconnect();
});

test("a device that fell behind is brought up to date once it pings, without a gap, and then gets its ack", async () => {
  overrideTiming({ slowReader: { checkMs: 20 } });
  const [ann, bob] = await signedInUsers(2);
  const [id, other] = [await createGroupId(ann, bob), await createGroupId(ann, bob)];
  const slow = await openDevice(bob.token);
  slow.send({ type: "sync", items: [id, other].map((it) => ({ conversation_id: it, after: 0, rev: 0 })) });
  await slow.until((socket) => socket.of("synced").length === 2);
  const speaker = await openDevice(ann.token);
  const body = { data: "x".repeat(30_000), description: "", extension: "" };
  const each = 150;
  for (const n of range(1, each)) {
    for (const conversation_id of [id, other])
      speaker.send({ type: "send", kind: "custom", body, conversation_id, client_msg_id: `${n}` });
    if (n % 10 === 0) await untilAcked(speaker, 2 * n);
  }
  const seqsOf = (it: number) =>
    slow.messages.filter(({ conversation_id }) => conversation_id === it).map(({ seq }) => seq);
  expect(slow.messages.length).toBeLessThan(2 * each);
  expect(slow.received).toBeLessThan(1.5 * MAX_UNREAD);
  slow.send({ type: "send", kind: "text", client_msg_id: "mine", body: { text: "x" }, conversation_id: id });
  let before: number[] | undefined;
  const isDone = () => {
    if (slow.acks.length > 0) before ??= seqsOf(id);
    return before !== undefined && seqsOf(other).length === each;
  };
  while (!isDone()) {
    slow.send("ping");
    const { received } = slow;
    await slow.until((socket) => isDone() || socket.received > received + "pong".length);
  }
  expect(slow.acks).toMatchObject([{ client_msg_id: "mine", seq: each + 1 }]);
  expect(before?.slice(0, each)).toEqual(range(1, each));
  expect(seqsOf(other)).toEqual(range(1, each));
  const next = await postText(id, ann, "live");
  await slow.until(() => seqsOf(id).includes(next));
  slow.close();
  speaker.close();
});

test("a device that syncs many large conversations at once is not closed as a slow reader", async () => {
  // One user sends more than their budget has.
  const [ann, bob] = await signedInUsers(2);
  const ids = [];
  for (const _ of range(1, 14)) ids.push(await createGroupId(ann, bob));
  const [each, inFrame] = [100, 10];
  const speaker = await openDevice(ann.token);
  for (const [i, id] of ids.entries()) {
    for (let first = 1; first <= each; first += inFrame) {
      const items = range(first, first + inFrame - 1).map((n) => ({
        ...{ kind: "text", body: { text: `${n}`.padEnd(4_096, ".") } },
        ...{ conversation_id: id, client_msg_id: `${n}` },
      }));
      speaker.send({ type: "sends", items });
    }
    await untilAcked(speaker, (i + 1) * each);
  }
  speaker.close();
  const device = new Device(bob, 1, { pings: false });
  await device.connect();
  expect(device.isConnected).toBe(true);
  for (const id of ids) {
    expect(device.displayed(id).messages.map(({ seq }) => seq)).toEqual(range(1, each));
  }
  // All conversations are live now.
  for (const id of ids) await postText(id, ann, "and on");
  for (const id of ids) await device.until(() => device.displayed(id).lastSeq === each + 1);
  expect(device.sockets).toBe(1);
  device.disconnect();
});

test("a device that keeps syncing is closed after 32 MiB without a ping; a device that pings is not", async () => {
  const [ann, bob] = await signedInUsers(2);
  const id = await createGroupId(ann, bob);
  const speaker = await openDevice(ann.token);
  const body = { data: "x".repeat(30_000), description: "", extension: "" };
  for (const n of range(1, 100)) {
    speaker.send({ type: "send", kind: "custom", body, conversation_id: id, client_msg_id: `${n}` });
  }
  await untilAcked(speaker, 100);
  /**
   * Syncs the same page until `maxBytes` are received or the socket closes. @returns the close code, or null
   */
  const syncRepeatedly = async (maxBytes: number, pings: boolean): Promise<number | null> => {
    const socket = await openDevice(bob.token);
    let pages = 0;
    while (socket.isOpen && socket.received < maxBytes) {
      if (pings) socket.send("ping");
      socket.send({ type: "sync", conversation_id: id, after: 0, rev: 0 });
      pages++;
      await socket.until(({ isOpen, frames }) => !isOpen || frames.at(-1)?.type === "synced");
      if (socket.isOpen) socket.frames.length = 0;
    }
    expect(pages).toBeGreaterThan(10);
    const code = socket.isOpen ? null : (await socket.closed()).code;
    expect(socket.received).toBeGreaterThan(MAX_UNPINGED - MAX_UNREAD);
    if (code !== null) expect(socket.received).toBeLessThanOrEqual(MAX_UNPINGED);
    socket.close();
    return code;
  };
  expect(await syncRepeatedly(2 * MAX_UNPINGED, false)).toBe(4408);
  expect(await syncRepeatedly(1.2 * MAX_UNPINGED, true)).toBe(null);
});
