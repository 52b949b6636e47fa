import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { listedConversation } from "../../support/clients/chat.ts";
import { seqsKnownTo } from "../../support/clients/device-frames.ts";
import { openDevice, type TestSocket } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { intercept, loseCalls } from "../../support/faults/calls.ts";
import { createGroupId, inboxObject, itemAt, postText, range } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

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

beforeEach(async () => {
  const users = await signedInUsers(2);
  [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
  id = await createGroupId(ann, bob);
  device = await openDevice(bob.token);
  for (const nth of range(1, MESSAGES)) {
    await postText(id, ann, `message ${nth}`);
    await device.until((socket) => seqsKnownTo(socket, id).includes(nth));
  }
});

/** What an inbox has stored: the newest seq of its row, and the conversations of which memory is ahead. */
function stored({ user } = bob): Promise<{ lastSeq: unknown; ahead: unknown[] }> {
  return runInDurableObject(inboxObject(user.id), (_, { storage: { sql } }) => ({
    lastSeq: sql.exec("SELECT last_seq FROM conversations").one().last_seq,
    ahead: sql
      .exec("SELECT conversation_id FROM list_ahead")
      .toArray()
      .map((row) => row.conversation_id),
  }));
}

async function crash(): Promise<void> {
  const aborted = runInDurableObject(inboxObject(bob.user.id), (_, state) => state.abort("lost on purpose"));
  await aborted.catch(() => undefined);
  await device.closed();
}

const EXPECTED = { unread_count: MESSAGES, last_message: { body: { text: `message ${MESSAGES}` } } };

test("messages in quick succession go to the device before the list is written", async () => {
  const { lastSeq, ahead } = await stored();
  expect(lastSeq).toBeLessThan(MESSAGES);
  expect(ahead).toEqual([id]);
});

test("a list that is read has what memory had", async () => {
  expect(await listedConversation(bob, id)).toMatchObject(EXPECTED);
  expect(await stored()).toMatchObject({ lastSeq: MESSAGES });
});

test("after a crash a list that is read has what memory had", async () => {
  await crash();
  expect(await listedConversation(bob, id)).toMatchObject(EXPECTED);
  expect(await stored()).toEqual({ lastSeq: MESSAGES, ahead: [] });
});

test("after a crash the inbox recovers what memory had when it next starts, also if a first try fails", async () => {
  await crash();
  const fault = loseCalls("call", ({ method }) => method === "snapshot");
  await stored();
  await runDurableObjectAlarm(inboxObject(bob.user.id));
  expect((await stored()).ahead).toEqual([id]);
  fault[Symbol.dispose]();
  await runInDurableObject(inboxObject(bob.user.id), async (_object, { storage }) => {
    storage.sql.exec("UPDATE jobs SET due = 1 WHERE kind = 'lost_updates'");
    await storage.setAlarm(Date.now() + 60_000);
  });
  await runDurableObjectAlarm(inboxObject(bob.user.id));
  expect(await stored()).toEqual({ lastSeq: MESSAGES, ahead: [] });
});

test("a device that connects after a crash is told nothing that came before it", async () => {
  await crash();
  const next = await openDevice(bob.token);
  await postText(id, ann, "after the crash");
  await next.until((socket) => seqsKnownTo(socket, id).includes(MESSAGES + 1));
  expect(seqsKnownTo(next, id)).toEqual([MESSAGES + 1]);
});

describe("once it is quiet", () => {
  let carl: SignedIn;
  let dora: SignedIn;
  let quiet: ConversationId;
  let doras: TestSocket;

  const hears = (seq: number) => doras.until((socket) => seqsKnownTo(socket, quiet).includes(seq));

  beforeEach(async () => {
    const users = await signedInUsers(2);
    [carl, dora] = [itemAt(users, 0), itemAt(users, 1)];
    quiet = await createGroupId(carl, dora);
    doras = await openDevice(dora.token);
    const restore = setTiming({ list: { writeBehindMs: 1 } });
    for (const nth of range(1, MESSAGES)) await postText(quiet, carl, String(nth));
    await hears(MESSAGES);
    await eventually(async () => expect(await stored(dora)).toMatchObject({ lastSeq: MESSAGES }));
    restore();
  });

  test("the list is written, and the mark goes with the last device", async () => {
    expect((await stored(dora)).ahead).toEqual([quiet]);
    doras.close();
    await eventually(async () => expect(await stored(dora)).toEqual({ lastSeq: MESSAGES, ahead: [] }));
  });

  test("the next message waits for no commit, also after a sleep, and outlives a crash", async () => {
    await evictDurableObject(inboxObject(dora.user.id));
    await postText(quiet, carl, "next");
    await hears(MESSAGES + 1);
    expect(await stored(dora)).toEqual({ lastSeq: MESSAGES, ahead: [quiet] });
    const crashed = runInDurableObject(inboxObject(dora.user.id), (_, state) =>
      state.abort("lost on purpose"),
    );
    await crashed.catch(() => undefined);
    await doras.closed();
    expect(await listedConversation(dora, quiet)).toMatchObject({ unread_count: MESSAGES + 1 });
    expect(await stored(dora)).toEqual({ lastSeq: MESSAGES + 1, ahead: [] });
  });

  test("a sleep is no crash: no conversation is asked, also if the device leaves meanwhile", async () => {
    const asked: string[] = [];
    const inbox = inboxObject(dora.user.id);
    const spy = intercept(({ method, work }) => {
      asked.push(method);
      return work();
    });
    await evictDurableObject(inbox);
    await runInDurableObject(inbox, () => undefined);
    await evictDurableObject(inbox);
    doras.close();
    const marks = () =>
      runInDurableObject(inbox, (_, { storage: { sql } }) => sql.exec("SELECT * FROM list_ahead").toArray());
    await eventually(async () => expect(await marks()).toEqual([]));
    await runDurableObjectAlarm(inbox);
    spy[Symbol.dispose]();
    expect(asked.filter((method) => method === "snapshot")).toEqual([]);
  });
});
