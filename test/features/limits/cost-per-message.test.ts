import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { TIMING } from "../../../src/domain/timing.ts";
import { untilPresenceSettled } from "../../support/accounts/presence.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { list, send } from "../../support/clients/chat.ts";
import { untilAcked } from "../../support/clients/device-frames.ts";
import { openDevice } from "../../support/clients/socket.ts";
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
import { overrideTiming, setTiming, timing } from "../../support/timing.ts";

const MESSAGES = 5;
const PATIENCE = { timeout: 60_000, interval: 5 };

// The pace of the calls does not change their number.
beforeAll(() =>
  setTiming({
    pace: { perSecond: 10_000, burst: 1_000 },
    fanout: { checkpointMs: TIMING.fanout.checkpointMs },
  }),
);

/** Ends the cooldowns that the previous message started. */
const endCooldowns = () => advanceClock(timing.fanout.cooldownMs);

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
  const [sender, other] = await signedInUsers(2);
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
  const [sender, other] = await signedInUsers(2);
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
