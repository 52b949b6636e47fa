import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { listedConversation } from "../../support/clients/chat.ts";
import { seqsKnownTo } from "../../support/clients/device-frames.ts";
import { openDevice, type TestSocket } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { intercept, loseCalls } from "../../support/faults/calls.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  itemAt,
  postText,
  range,
} from "../../support/objects/room.ts";
import { setTiming, timing } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
let device: TestSocket;

const MESSAGES = 5;

// Memory stays ahead of the list until the crash, and no list asks a conversation because it was active.
beforeAll(() =>
  setTiming({
    deviceFeed: { holdMs: 10 },
    list: { writeBehindMs: 600_000 },
    recent: { listMs: 0, subscribeMs: 0 },
  }),
);

/** Bob has a device, which hears messages of Ann. */
async function talk(): Promise<void> {
  const users = await signedInUsers(2);
  [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
  id = await createGroupId(ann, bob);
  device = await openDevice(bob.token);
  for (const nth of range(1, MESSAGES)) {
    await postText(id, ann, `message ${nth}`);
    await device.until((socket) => seqsKnownTo(socket, id).includes(nth));
  }
}

beforeEach(talk);

/**
 * What an inbox has stored: the newest seq of its row, whether memory may be ahead, and the conversations of
 * which a crash has lost updates.
 */
function stored(): Promise<{ lastSeq: unknown; isBehind: boolean; lost: unknown[] }> {
  return runInDurableObject(inboxObject(bob.user.id), (_, { storage: { sql } }) => ({
    lastSeq: sql.exec("SELECT last_seq FROM conversations").one().last_seq,
    isBehind: sql.exec("SELECT list_behind FROM presence").one().list_behind === 1,
    lost: sql
      .exec("SELECT key FROM jobs WHERE kind = 'lost_updates'")
      .toArray()
      .map((row) => Number(row.key)),
  }));
}

async function crash(): Promise<void> {
  const aborted = runInDurableObject(inboxObject(bob.user.id), (_, state) => state.abort("lost on purpose"));
  await aborted.catch(() => undefined);
  await device.closed();
}

const EXPECTED = { unread_count: MESSAGES, last_message: { body: { text: `message ${MESSAGES}` } } };

test("messages in quick succession go to the device before the list is written", async () => {
  const { lastSeq, ...rest } = await stored();
  expect(lastSeq).toBeLessThan(MESSAGES);
  expect(rest).toEqual({ isBehind: true, lost: [] });
});

test("after a crash a list that is read has what memory had", async () => {
  await crash();
  expect(await listedConversation(bob, id)).toMatchObject(EXPECTED);
  expect(await stored()).toEqual({ lastSeq: MESSAGES, isBehind: false, lost: [] });
});

test("after a crash the inbox recovers what memory had when it next starts, also if a first try fails", async () => {
  await crash();
  const fault = loseCalls("call", ({ method }) => method === "snapshot");
  await stored();
  await runDurableObjectAlarm(inboxObject(bob.user.id));
  expect((await stored()).lost).toEqual([id]);
  fault[Symbol.dispose]();
  await runInDurableObject(inboxObject(bob.user.id), async (_object, { storage }) => {
    storage.sql.exec("UPDATE jobs SET due = 1 WHERE kind = 'lost_updates'");
    await storage.setAlarm(Date.now() + 60_000);
  });
  await runDurableObjectAlarm(inboxObject(bob.user.id));
  expect(await stored()).toEqual({ lastSeq: MESSAGES, isBehind: false, lost: [] });
});

test("a device that connects after a crash is told nothing that came before it", async () => {
  await crash();
  const next = await openDevice(bob.token);
  await postText(id, ann, "after the crash");
  await next.until((socket) => seqsKnownTo(socket, id).includes(MESSAGES + 1));
  expect(seqsKnownTo(next, id)).toEqual([MESSAGES + 1]);
});

test("a second crash, before a conversation has answered, loses nothing either", async () => {
  await crash();
  {
    using _ = loseCalls("call", ({ method }) => method === "snapshot");
    await call("GET", "/v1/conversations", { token: bob.token });
    expect(await stored()).toMatchObject({ isBehind: false, lost: [id] });
  }
  device = await openDevice(bob.token);
  await crash();
  expect(await listedConversation(bob, id)).toMatchObject(EXPECTED);
});

test("an update that comes late after a crash does not stand for the lost one", async () => {
  await crash();
  const { user } = bob;
  const snapshot = await conversationObject(id).snapshot({ userId: user.id });
  if (!snapshot.ok) throw new Error("Bob is a member");
  const { update } = snapshot.value;
  const late = { ...update, version: update.version - 1, lastCount: MESSAGES - 1 };
  await inboxObject(user.id).applyUpdate(late);
  expect(await listedConversation(bob, id)).toMatchObject(EXPECTED);
});

test("after a crash a conversation is not asked whose row was written long before", async () => {
  const old = id;
  expect(await listedConversation(bob, old)).toMatchObject(EXPECTED);
  advanceClock(timing.list.lostMs + 1);
  id = await createGroupId(ann, bob);
  for (const nth of range(1, MESSAGES)) await postText(id, ann, `message ${nth}`);
  await device.until((socket) => seqsKnownTo(socket, id).includes(MESSAGES));
  await crash();
  const asked: unknown[] = [];
  using _ = intercept(({ method, id: to, work }) => {
    if (method === "snapshot") asked.push(to);
    return work();
  });
  expect(await listedConversation(bob, id)).toMatchObject(EXPECTED);
  expect(asked).toEqual([id]);
});

test("once the list is written a sleep is no crash: no conversation is asked, also if the device leaves", async () => {
  device.close();
  const restore = setTiming({ list: { writeBehindMs: 1 } });
  await talk();
  await eventually(async () => expect(await stored()).toMatchObject({ lastSeq: MESSAGES }));
  restore();
  const asked: string[] = [];
  const inbox = inboxObject(bob.user.id);
  const spy = intercept(({ method, work }) => {
    asked.push(method);
    return work();
  });
  await evictDurableObject(inbox);
  await runInDurableObject(inbox, () => undefined);
  await evictDurableObject(inbox);
  device.close();
  const none = { lastSeq: MESSAGES, isBehind: false, lost: [] };
  await eventually(async () => expect(await stored()).toEqual(none));
  await runDurableObjectAlarm(inbox);
  spy[Symbol.dispose]();
  expect(asked.filter((method) => method === "snapshot")).toEqual([]);
});
