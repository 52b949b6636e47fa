import { beforeAll, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { untilPresenceSettled } from "../../support/accounts/presence.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { createGroup, insertUsers, openDirect } from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import { intercept } from "../../support/faults/calls.ts";
import { type Bill, QuietTime } from "../../support/objects/quiet-time.ts";
import { itemAt, postText, range } from "../../support/objects/room.ts";
import { untilCheckpoint } from "../../support/objects/sleep.ts";
import { setTiming } from "../../support/timing.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

// The pace of calls does not change their number, and one alarm waits for all of them.
beforeAll(() =>
  setTiming({
    pace: { perSecond: 10_000, burst: 1_000 },
    fanout: { checkpointMs: 20 },
    inboxCalls: { drainTimeoutMs: 20_000 },
  }),
);

/** Some messages a few seconds apart, each delivered before the next comes. */
async function burst(id: ConversationId, sender: SignedIn): Promise<void> {
  for (const n of range(1, 4)) {
    await postText(id, sender, `${n}`);
    await untilCheckpoint(id);
    advanceClock(3_000);
  }
}

/** Lets everything end that the creation of conversations and users has left to do. */
async function settled(conversations: number[], users: number[]): Promise<void> {
  using time = await QuietTime.begin(conversations, users);
  await time.pass(5 * MINUTE_MS);
}

/** The bill of a day without anybody. */
async function dayOf(name: string, conversations: number[], users: number[]): Promise<Bill> {
  using time = await QuietTime.begin(conversations, users);
  const bill = await time.pass(DAY_MS);
  console.log(`| ${[name, bill.wakeUps, bill.alarms, bill.calls, bill.rows].join(" | ")} |`);
  return bill;
}

test("a day after a burst in a direct conversation costs one alarm, which deletes the retry marker", async () => {
  const users = await signedInUsers(2);
  const [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
  const id = ConversationId.parse((await openDirect(ann, bob)).id);
  const ids = users.map(({ user }) => user.id);
  await settled([id], ids);
  await burst(id, ann);
  expect(await dayOf("direct", [id], ids)).toEqual({ wakeUps: 1, alarms: 1, calls: 0, rows: 1 });
});

test("a day after a burst in a group of 100 costs one alarm, which calls each inbox that was deferred", async () => {
  const ann = itemAt(await signedInUsers(1), 0);
  const others = await insertUsers(99);
  const id = ConversationId.parse((await createGroup(ann, others)).id);
  const ids = [ann, ...others].map(({ user }) => user.id);
  await settled([id], ids);
  await burst(id, ann);
  // 99 rows in inboxes, the checkpoint with the time of the round, and the marker.
  expect(await dayOf("group of 100", [id], ids)).toEqual({ wakeUps: 100, alarms: 1, calls: 99, rows: 101 });
});

test("a user with 12 conversations who is connected for an hour costs the look at sockets every 15 minutes", async () => {
  const ann = itemAt(await signedInUsers(1), 0);
  const others = await insertUsers(12);
  const ids: ConversationId[] = [];
  for (const other of others) ids.push(ConversationId.parse((await openDirect(ann, other)).id));
  const users = [ann, ...others].map(({ user }) => user.id);
  const device = await openDevice(ann.token);
  await untilPresenceSettled(ann, "online");
  for (const id of ids) await postText(id, ann, "one");
  await device.until(({ frames }) => frames.filter(({ type }) => type === "message").length === ids.length);
  for (const id of ids) await untilCheckpoint(id);
  await settled(ids, users);
  // The token of the socket lasts for an hour: four looks at sockets, the end of the token, and offline. As
  // the last device goes, the list is not written behind any more: one row.
  const bill = await dayOf("connected for an hour, 12 conversations", ids, users);
  expect(bill.calls).toBe(0);
  expect(bill.alarms).toBeLessThanOrEqual(6);
  expect(bill.rows).toBeLessThanOrEqual(16);
  device.close();
});

test("an inbox that never answers costs few calls with growing pauses, and none after a day", async () => {
  const ann = itemAt(await signedInUsers(1), 0);
  const [bob, dead] = await insertUsers(2);
  if (!bob || !dead) throw new Error("two users");
  const id = ConversationId.parse((await createGroup(ann, [bob, dead])).id);
  const users = [ann, bob, dead].map(({ user }) => user.id);
  await settled([id], users);
  using _ = intercept(({ to, id: called, work }) => {
    if (to === "INBOX" && called === dead.user.id) throw new Error("This inbox never answers.");
    return work();
  });
  await burst(id, ann);
  const bill = await dayOf("a silent inbox", [id], users);
  expect(bill.calls).toBeLessThan(20);
  expect(bill.alarms).toBeLessThan(20);
  expect(await dayOf("a silent inbox, the day after", [id], users)).toMatchObject({ calls: 1, alarms: 1 });
});
