import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  deleteMessage,
  insertUsers,
  list,
  openDirect,
  page,
  send,
  sendAll,
} from "../../support/clients/chat.ts";
import { Device } from "../../support/clients/device.ts";
import { displayedMessage } from "../../support/clients/displayed.ts";
import { until } from "../../support/event-loop.ts";
import { HeldConversation } from "../../support/faults/hold.ts";
import { runJobs } from "../../support/objects/assert-consistent.ts";
import { untilListStored } from "../../support/objects/inbox-list.ts";
import { inboxObject, range } from "../../support/objects/room.ts";
import { sampledCases } from "../../support/sampled-cases.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
/** a direct conversation, a group, and a group without messages */
let ids: number[];

beforeAll(() => setTiming({ fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }));

beforeEach(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  const [direct, group, quiet] = [
    await openDirect(ann, bob),
    await createGroup(bob, [ann]),
    await createGroup(bob, [ann]),
  ];
  ids = [direct.id, group.id, quiet.id];
  for (const { id } of [direct, group]) await sendAll(bob, id, ["one", "two", "three"]);
  await deleteMessage(bob, group.id, 2, "everyone");
});

async function corrupt({ user }: SignedIn, ...statements: string[]): Promise<void> {
  await untilListStored(user.id);
  await runInDurableObject(inboxObject(user.id), (_, { storage }) => {
    for (const statement of statements) storage.sql.exec(statement);
  });
}

async function repair(who: SignedIn): Promise<void> {
  await corrupt(who, "UPDATE presence SET repaired_at = 0");
  const answer = await call("POST", "/v1/me/repair", { token: who.token });
  expect(answer).toMatchObject({ status: 200, body: { unreachable: 0 } });
}

const Attachment = z.object({ id: z.string() });

/** The ids of a user's device sockets. */
function socketIds({ user }: SignedIn): Promise<string[]> {
  return runInDurableObject(inboxObject(user.id), (_, state) =>
    state.getWebSockets().map((ws) => Attachment.parse(ws.deserializeAttachment()).id),
  );
}

/** Sends one message to each conversation. */
async function sendToAll(content: string): Promise<void> {
  for (const id of ids) await send(bob, id, content);
}

/** Expects a device to show each message once. */
async function expectShowsAll(device: Device): Promise<void> {
  for (const id of ids) {
    const { items } = await page(ann, id, "?after=0&limit=100");
    await device.until(() => device.displayed(id).messages.length === items.length);
    expect(device.displayed(id).messages).toEqual(items.map(displayedMessage));
  }
}

/** Expects the list to match the history. */
async function expectListMatches(): Promise<void> {
  for (const { id, last_seq, read_seq, unread_count, last_message } of (await list(ann)).items) {
    const { items } = await page(ann, id, "?after=0&limit=100");
    const unread = items.filter(
      ({ seq, kind, revoked }) => seq > read_seq && kind !== "tip" && !revoked,
    ).length;
    expect({ last_seq, unread_count, seq: last_message?.seq }).toEqual({
      ...{ last_seq: items.at(-1)?.seq ?? 0, unread_count: unread, seq: items.at(-1)?.seq },
    });
  }
}

/** Runs the remaining deliveries of every conversation. */
async function deliverAll(): Promise<void> {
  for (const id of ids) await runJobs(id);
}

test("open sockets stay open and get each message once: before, during and after a repair", async () => {
  const [first, second] = [new Device(ann, 1), new Device(ann, 2)];
  await first.connect();
  await sendToAll("before");
  await Promise.all([repair(ann), sendToAll("meanwhile"), second.connect()]);
  await sendToAll("after");
  await evictDurableObject(inboxObject(ann.user.id));
  await repair(ann);
  await sendToAll("later");
  for (const device of [first, second]) {
    await expectShowsAll(device);
    expect(device.sockets).toBe(1);
    device.disconnect();
  }
});

test("a repair of the list's fields closes no socket", async () => {
  const device = new Device(ann);
  await device.connect();
  await sendToAll("before");
  await deliverAll();
  await corrupt(ann, "UPDATE conversations SET ver = ver + 99, last_n = 77, preview = NULL, pinned = 1");
  await sendToAll("hardly heard");
  await deliverAll();
  // Changes that the list marks as undelivered are not sent again.
  await corrupt(ann, "UPDATE conversations SET told_rev = 0");
  await repair(ann);
  await expectListMatches();
  await sendToAll("after");
  await expectShowsAll(device);
  await expectListMatches();
  expect(device.sockets).toBe(1);
  device.disconnect();
});

test("a large group with a wrong member count delivers at once after a repair", async () => {
  const { id } = await createGroup(bob, [ann, ...(await insertUsers(64))]);
  ids = [id];
  await deliverAll();
  // A new device subscribes only to large groups and recent conversations.
  await corrupt(ann, "UPDATE conversations SET member_count = 2, updated_at = 1");
  await evictDurableObject(inboxObject(ann.user.id));
  const device = new Device(ann);
  await device.connect();
  await repair(ann);
  await sendToAll("hello");
  await expectShowsAll(device);
  expect(device.sockets).toBe(1);
  device.disconnect();
});

/** Every corruption of the delivered positions, as SQL statements; `?` is the socket's id. */
const CORRUPTIONS: Record<string, string[]> = {
  "delivered positions are too low": ["UPDATE conversations SET told_seq = 1, told_rev = 0"],
  "delivered positions are after the last message": ["UPDATE conversations SET told_seq = 99"],
  "delivered revs do not exist": ["UPDATE conversations SET told_rev = 99"],
  "delivered positions are of a later epoch, in wrong rows": [
    "UPDATE conversations SET told_epoch = 99, last_seq = 1",
  ],
  "seqs and revs of delivered positions are swapped": [
    "UPDATE conversations SET told_seq = told_rev, told_rev = told_seq",
  ],
  "all rows are missing": ["DELETE FROM conversations"],
  "all conversations are marked as left": ["UPDATE conversations SET state = 'left'"],
  "cursors are after the last message": [
    "INSERT INTO device_cursors SELECT ?, conversation_id, 99, 9, 0 FROM conversations",
  ],
};

test.each(sampledCases(Object.entries(CORRUPTIONS), 3))(
  "when %s, a repair closes the device, which shows each message once after reconnecting",
  async (_, statements) => {
    const device = new Device(ann);
    await device.connect();
    await sendToAll("before");
    await deliverAll();
    const [socketId] = await socketIds(ann);
    await corrupt(ann, ...statements.map((statement) => statement.replace("?", `'${socketId}'`)));
    await evictDurableObject(inboxObject(ann.user.id));
    await repair(ann);
    // The device is closed, and its client reconnects.
    expect(await device.until(() => false)).toBe(false);
    expect(device.isConnected).toBe(false);
    await device.connect();
    await sendToAll("after");
    const [first = 0] = ids;
    await deleteMessage(bob, first, 1, "everyone");
    await device.until(() => device.displayed(first).messages.some(({ revoked }) => revoked));
    await expectShowsAll(device);
    await expectListMatches();
    device.disconnect();
  },
);

test("messages that a socket missed are delivered after a repair of its position", async () => {
  const device = new Device(ann);
  await device.connect();
  await sendToAll("before");
  await deliverAll();
  await corrupt(ann, "UPDATE conversations SET told_seq = 99");
  // What memory knows is right: a wrong row counts after a sleep.
  await evictDurableObject(inboxObject(ann.user.id));
  await sendToAll("never told");
  await deliverAll();
  for (const id of ids)
    expect(device.displayed(id).messages.length).toBeLessThan((await page(ann, id)).items.length);
  await repair(ann);
  await device.until(() => false);
  await device.connect();
  await expectShowsAll(device);
  device.disconnect();
});

test("repairs during a stream of messages lose and repeat none", async () => {
  const devices = [new Device(ann, 1), new Device(ann, 2)];
  for (const device of devices) await device.connect();
  let isOver = false;
  const repairs = async () => {
    for (let i = 0; !isOver; i++) {
      if (i % 2 === 0)
        await corrupt(ann, "UPDATE conversations SET last_n = 0, ver = ver + 50, preview = NULL");
      await repair(ann);
    }
  };
  const sendTen = async (id: number) => {
    for (const i of range(1, 10)) await send(bob, id, `${i}`);
  };
  const repairing = repairs();
  await Promise.all(ids.map(sendTen));
  isOver = true;
  await repairing;
  await repair(ann);
  await expectListMatches();
  await sendToAll("after");
  for (const device of devices) {
    await expectShowsAll(device);
    expect(device.sockets).toBe(1);
    device.disconnect();
  }
});

test.each([
  ["counts", "UPDATE conversations SET last_n = 9, ver = 99", false],
  ["positions", "UPDATE conversations SET last_seq = 1, last_n = 9", true],
])("a socket that opens during a repair of wrong %s gets each message once", async (...row) => {
  const [, statements, closes] = row;
  const [first = 0] = ids;
  // The new socket's call times out, the repair's call waits.
  overrideTiming({ list: { snapshotTimeoutMs: 50 }, listRepair: { callTimeoutMs: 20_000 } });
  await deliverAll();
  await evictDurableObject(env.CONVERSATION.getByName(String(first)));
  await corrupt(ann, statements);
  const held = await HeldConversation.hold(first);
  const device = new Device(ann);
  const repairing = repair(ann);
  const connecting = device.connect();
  await until(() => device.sockets > 0, "the device is there");
  held.release();
  await repairing;
  if (closes) {
    // The device is closed while it connects, and its client reconnects.
    await connecting.catch(() => undefined);
    expect(await device.until(() => false)).toBe(false);
    await device.connect();
  }
  await connecting.catch(() => undefined);
  await sendToAll("after");
  await expectShowsAll(device);
  expect(device.sockets).toBe(closes ? 2 : 1);
  await expectListMatches();
  device.disconnect();
});
