import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { TIMING } from "../../../src/domain/timing.ts";
import { untilPresenceSettled } from "../../support/accounts/presence.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { list, send } from "../../support/clients/chat.ts";
import { untilAcked } from "../../support/clients/device-frames.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import { Costs, watchSql } from "../../support/objects/costs.ts";
import { untilListStored } from "../../support/objects/inbox-list.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  itemAt,
  postText,
  range,
  textFrame,
} from "../../support/objects/room.ts";
import { untilCheckpoint } from "../../support/objects/sleep.ts";
import { sampledCases } from "../../support/sampled-cases.ts";
import { overrideTiming, setTiming, timing } from "../../support/timing.ts";

const MESSAGES = 5;
const BURST = 100;
// A message to 500 members is delivered at the pace, within seconds on an idle machine.
const PATIENCE = { timeout: 60_000, interval: 5 };
/** On a slow machine one message may take two inbox updates to a member. */
const slack = (calls: number) => calls * 1.25 + 1;

/**
 * Costs of one message: calls between objects, rows written in the conversation, rows written in all watched
 * inboxes.
 */
interface Cost {
  calls: number;
  rows: number;
  inboxRows: number;
}

interface Case {
  members: number;
  /** members with a device socket open; the sender, who has only a room socket, is not counted */
  online: number;
  /** upper bound of calls for each message when messages are sent one at a time */
  calls: number;
}

/**
 * Each member is updated by one call; in a large group only members with a device are. The sender counts too.
 */
const CASES: Case[] = [
  { members: 2, online: 0, calls: 2 },
  { members: 2, online: 1, calls: 2 },
  { members: 10, online: 0, calls: 10 },
  { members: 10, online: 9, calls: 10 },
  { members: 100, online: 0, calls: 1 },
  { members: 100, online: 20, calls: 21 },
  { members: 500, online: 20, calls: 21 },
];

// The pace of the calls does not change their number.
beforeAll(() =>
  setTiming({
    pace: { perSecond: 10_000, burst: 1_000 },
    fanout: { checkpointMs: TIMING.fanout.checkpointMs },
  }),
);

/** Ends the cooldowns that the previous message started. */
const endCooldowns = () => advanceClock(timing.fanout.cooldownMs);

test.for(sampledCases(CASES, 4))(
  "a message to $members members, $online with a device, stays within its cost bounds",
  async ({ members, online, calls }) => {
    const users = await signedInUsers(members);
    const sender = itemAt(users, 0);
    const isLarge = members > timing.largeGroup.aboveMembers;
    using costs = new Costs(isLarge ? users.slice(1 + online) : []);
    const id = await createGroupId(sender, ...users.slice(1));
    // Outstanding deliveries of earlier groups do not count.
    const all = [id, ...users.map(({ user }) => user.id)];
    // Each member gets a first update, with or without a device.
    const areUpdated = () => users.every(({ user }) => costs.newestSeq.has(String(user.id)));
    await expect.poll(areUpdated, PATIENCE).toBe(true);
    await expect.poll(() => countIn(id, "outbox"), PATIENCE).toBe(0);
    const listening = users.slice(1, 1 + online);
    const devices = [];
    for (const { token } of listening) devices.push(await openDevice(token));
    const room = await openRoom(id, sender.token);
    // Connecting has costs of its own: the device is held until settled, and D1 and friends are informed.
    for (const device of devices) await device.untilProcessed(id);
    for (const who of [sender, ...listening]) await untilPresenceSettled(who, "online");
    const recipients = isLarge ? listening : users;
    const reached = (seq: number) =>
      expect
        .poll(
          () => recipients.every(({ user }) => (costs.newestSeq.get(String(user.id)) ?? 0) >= seq),
          PATIENCE,
        )
        .toBe(true);
    // The first message learns which members have a device.
    endCooldowns();
    await postText(id, sender, "first");
    await reached(1);
    // The conversation stores that for each member.
    await expect.poll(() => countIn(id, "members WHERE devices IS NULL"), PATIENCE).toBe(0);
    await costs.watch("conversation", conversationObject(id));
    for (const { user } of recipients) await costs.watch("inbox", inboxObject(user.id));

    await Promise.all(listening.map(({ user }) => untilListStored(user.id)));
    costs.reset();
    for (const seq of range(2, MESSAGES + 1)) {
      endCooldowns();
      room.send({ type: "send", kind: "text", client_msg_id: `m${seq}`, body: { text: "one at a time" } });
      await untilAcked(room, seq - 1);
      await reached(seq);
      await Promise.all(listening.map(({ user }) => untilListStored(user.id)));
    }
    const single = perMessage(costs, all, MESSAGES);
    costs.reset();
    endCooldowns();
    const item = (n: number) => ({ kind: "text", client_msg_id: `b${n}`, body: { text: "in a burst" } });
    for (const part of [range(1, BURST / 2), range(BURST / 2 + 1, BURST)]) {
      room.send({ type: "sends", items: part.map(item) });
    }
    await untilAcked(room, MESSAGES + BURST);
    await reached(1 + MESSAGES + BURST);
    const burst = perMessage(costs, all, BURST);
    const cells = [
      members,
      online,
      single.calls,
      single.rows,
      single.inboxRows,
      burst.calls,
      burst.rows,
      burst.inboxRows,
    ];
    console.log(`| ${cells.map((cell) => Number(cell.toFixed(2))).join(" | ")} |`);

    // The retry marker, the alarm and the checkpoint are written once for many messages.
    expect(single.rows).toBeGreaterThanOrEqual(2);
    expect(single.rows).toBeLessThanOrEqual(2 + 4 / MESSAGES);
    expect(burst.rows).toBeLessThanOrEqual(2 + 8 / BURST);
    expect(single.calls).toBeLessThanOrEqual(slack(calls));
    expect(single.inboxRows).toBeLessThanOrEqual(slack(recipients.length));
    expect(burst.calls).toBeLessThanOrEqual(calls / 4);
    for (const device of devices) {
      await device.until(({ seqs }) => seqs.includes(1 + MESSAGES + BURST));
      expect(device.seqs).toEqual(range(1, 1 + MESSAGES + BURST));
    }
  },
);

test("a message that the room has time to settle costs one row more: its checkpoint", async () => {
  overrideTiming({ fanout: { checkpointMs: 20 } });
  const users = await signedInUsers(3);
  const sender = itemAt(users, 0);
  using costs = new Costs();
  const id = await createGroupId(sender, ...users.slice(1));
  await postText(id, sender, "the first");
  await untilCheckpoint(id);
  await costs.watch("conversation", conversationObject(id));
  for (const text of range(1, MESSAGES).map(String)) {
    endCooldowns();
    await send(sender, id, { kind: "text", client_msg_id: text, body: { text } });
    await untilCheckpoint(id);
  }
  // The message, its client id, and the checkpoint.
  expect(costs.rows("conversation")).toBe(3 * MESSAGES);
});

test("mentions do not make later messages more expensive", async () => {
  using costs = new Costs();
  const users = await signedInUsers(10);
  const [sender, mentioned] = [itemAt(users, 0), itemAt(users, 1)];
  const id = await createGroupId(sender, ...users.slice(1));
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  await runInDurableObject(conversationObject(id), (_, { storage }) => {
    watchSql(storage.sql, (_, cursor) => cursors.push(cursor));
  });
  const untilAllUpdated = (seq: number) =>
    expect
      .poll(() => users.every(({ user }) => (costs.newestSeq.get(String(user.id)) ?? 0) >= seq), PATIENCE)
      .toBe(true);
  /** Sends a message and returns the rows read until every member is updated. */
  const reads = async () => {
    endCooldowns();
    cursors.length = 0;
    await untilAllUpdated(await postText(id, sender, "to nobody"));
    return cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
  };
  await untilAllUpdated(await postText(id, sender, "the first"));
  const before = await reads();
  const mentions = 60;
  for (const _ of range(1, mentions)) {
    await send(sender, id, { kind: "text", body: { text: "to one" }, mentions: [mentioned.user.id] });
  }
  // The search index may be written during one of the three.
  const after = [await reads(), await reads(), await reads()];
  // The unread mentions are read for the mentioned member alone, however many members there are.
  expect(Math.min(...after)).toBeLessThan(before + 3 * mentions);
});

test("a send of a device brings its own inbox the update with the answer, in one commit and without a further call", async () => {
  const users = await signedInUsers(2);
  const [sender, other] = [itemAt(users, 0), itemAt(users, 1)];
  using costs = new Costs();
  const id = await createGroupId(sender, other);
  const device = await openDevice(sender.token);
  await device.untilProcessed(id);
  await untilPresenceSettled(sender, "online");
  endCooldowns();
  const reached = (seq: number) =>
    expect.poll(() => costs.newestSeq.get(String(other.user.id)) ?? 0, PATIENCE).toBeGreaterThanOrEqual(seq);
  await reached(await postText(id, other, "the fan-out learns of the device"));
  await device.until(({ seqs }) => seqs.includes(1));
  await costs.watch("inbox", inboxObject(sender.user.id));
  await untilListStored(sender.user.id);
  costs.reset();
  for (const seq of range(2, MESSAGES + 1)) {
    endCooldowns();
    device.send({
      ...{ type: "send", conversation_id: id, kind: "text" },
      ...{ client_msg_id: `m${seq}`, body: { text: "of a device" } },
    });
    await untilAcked(device, seq - 1);
    await reached(seq);
    await untilListStored(sender.user.id);
  }
  expect(costs.inboxUpdates.get(String(sender.user.id)) ?? 0).toBe(0);
  // That memory may be ahead of the rows is stored since the message of the other user.
  expect(costs.rows("inbox")).toBe(MESSAGES);
  expect(await list(sender)).toMatchObject({ items: [{ id, last_seq: MESSAGES + 1 }] });
});

test("a device that sends after each ack costs its own inbox one call for many messages", async () => {
  // So that no pause of the machine counts as the end of the burst.
  overrideTiming({ assumedUpdates: { confirmMs: 60_000 } });
  const users = await signedInUsers(2);
  const [sender, other] = [itemAt(users, 0), itemAt(users, 1)];
  using costs = new Costs();
  const id = await createGroupId(sender, other);
  const device = await openDevice(sender.token);
  await device.untilProcessed(id);
  await untilPresenceSettled(sender, "online");
  await postText(id, other, "the fan-out learns of the device");
  await device.until(({ seqs }) => seqs.includes(1));
  costs.reset();
  for (const n of range(1, 20)) {
    device.send({ ...textFrame(`${n}`, `m${n}`), conversation_id: id });
    await untilAcked(device, n);
  }
  expect(costs.inboxUpdates.get(String(sender.user.id)) ?? 0).toBe(0);
  // A message of another member confirms them all.
  await postText(id, other, "the next");
  await device.until(({ seqs }) => seqs.includes(22));
  expect(costs.inboxUpdates.get(String(sender.user.id))).toBe(1);
  expect(device.seqs).toEqual([1, 22]);
});

/** Counts rows of a conversation's storage. `what`: a table name, optionally with a WHERE clause. */
function countIn(id: ConversationId, what: string): Promise<number> {
  return runInDurableObject(conversationObject(id), (_, { storage }) => {
    const query = `SELECT count(*) AS count FROM ${what}`;
    return storage.sql.exec<{ count: number }>(query).one().count;
  });
}

function perMessage(costs: Costs, ids: number[], messages: number): Cost {
  return {
    calls: costs.callsTo(ids) / messages,
    rows: costs.rows("conversation") / messages,
    inboxRows: costs.rows("inbox") / messages,
  };
}
