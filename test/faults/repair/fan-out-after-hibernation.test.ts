import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { ConversationId, UserId } from "../../../src/domain/ids.ts";
import { register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, insertUsers, type Named } from "../../support/clients/chat.ts";
import { advanceClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { loseAtInboxUpdate } from "../../support/faults/calls.ts";
import { eachStep } from "../../support/faults/sampled-steps.ts";
import { Costs } from "../../support/objects/costs.ts";
import { inboxObject, loseConversation, postText, range } from "../../support/objects/room.ts";
import {
  hasFanoutMarker,
  sleepUntilAlarm,
  sleepUntilQuiet,
  untilCheckpoint,
} from "../../support/objects/sleep.ts";
import { overrideTiming, setTiming, timing } from "../../support/timing.ts";

let ann: SignedIn;

beforeAll(() => setTiming({ pace: { perSecond: 10_000, burst: 1_000 }, fanout: { checkpointMs: 20 } }));

beforeAll(async () => {
  ann = await register();
});

interface QuietGroup {
  id: ConversationId;
  users: Named[];
  /** the ids of the users, as costs have them */
  ids: string[];
  costs: Costs;
}

/** A group of Ann and others without devices, which has slept since every inbox got it. */
async function quietGroup(members: number): Promise<QuietGroup> {
  const others = await insertUsers(members - 1);
  const costs = new Costs(others);
  const id = ConversationId.parse((await createGroup(ann, others)).id);
  await eventually(() => expect(costs.newestSeq.size).toBe(members));
  await sleepUntilQuiet(id);
  advanceClock(timing.fanout.largeGroupCooldownMs);
  costs.reset();
  const users = [ann, ...others];
  return { id, users, ids: users.map(({ user }) => String(user.id)), costs };
}

/** How often each inbox was called since the costs were reset. */
const callsOf = ({ inboxUpdates }: Costs, ids: string[]) => ids.map((id) => inboxUpdates.get(id) ?? 0);

test("an alarm after two bursts and hibernation calls no inbox: all are up to date", async () => {
  const { id, ids, costs } = await quietGroup(10);
  using _ = costs;
  for (const text of ["one", "two"]) {
    const seq = await postText(id, ann, text);
    await eventually(() => expect(ids.every((who) => costs.newestSeq.get(who) === seq)).toBe(true));
    await untilCheckpoint(id);
    advanceClock(5_000);
  }
  expect(callsOf(costs, ids)).toEqual(ids.map(() => 2));
  costs.reset();
  await sleepUntilQuiet(id);
  await sleepUntilAlarm(id);
  expect(callsOf(costs, ids)).toEqual(ids.map(() => 0));
});

test("in a large group a lone message calls each inbox once, whenever the conversation sleeps", async () => {
  const { id, ids, costs } = await quietGroup(70);
  using _ = costs;
  await postText(id, ann, "alone");
  await untilCheckpoint(id);
  await sleepUntilQuiet(id);
  await sleepUntilAlarm(id);
  expect(callsOf(costs, ids)).toEqual(ids.map(() => 1));
});

test("in a large group two bursts and hibernation call each inbox once in a cooldown", async () => {
  const { id, ids, costs } = await quietGroup(70);
  using _ = costs;
  await postText(id, ann, "one");
  await untilCheckpoint(id);
  await sleepUntilQuiet(id);
  costs.reset();
  await postText(id, ann, "two");
  await untilCheckpoint(id);
  // The members without devices were called 30 s ago.
  advanceClock(-timing.retryMarker.dueMs / 2);
  await sleepUntilAlarm(id);
  const [own, ...others] = callsOf(costs, ids);
  expect(own).toBe(1);
  expect(others).toEqual(others.map(() => 0));
  await sleepUntilQuiet(id);
  expect(callsOf(costs, ids)).toEqual(ids.map(() => 1));
});

test.each(["call", "answer"] as const)(
  "a conversation lost during a delivery (%s) delivers to every inbox that has not confirmed, whatever the checkpoint says",
  async (loss) => {
    const { id, users, costs } = await quietGroup(5);
    costs[Symbol.dispose]();
    const haveAll = async (seq: number) => {
      expect(await Promise.all(users.map((who) => storedSeq(who, id)))).toEqual(users.map(() => seq));
    };
    await eachStep(`the fan-out of a message, loss of the ${loss}`, 3, async (step) => {
      const seq = await postText(id, ann, "delivered");
      await eventually(() => haveAll(seq));
      await untilCheckpoint(id);
      const lost = loseAtInboxUpdate(id, step, loss);
      advanceClock(timing.fanout.cooldownMs);
      await postText(id, ann, "lost on the way").catch(() => undefined);
      await eventually(() => (lost.isHit ? undefined : haveAll(seq + 1)));
      await lost[Symbol.asyncDispose]();
      await sleepUntilQuiet(id);
      await haveAll(seq + 1);
      return lost;
    });
  },
);

test("a crash before the checkpoint repeats deliveries, and loses none", async () => {
  const { id, ids, costs } = await quietGroup(10);
  using _ = costs;
  overrideTiming({ fanout: { checkpointMs: 60_000 } });
  const seq = await postText(id, ann, "one");
  await loseConversation(id);
  overrideTiming({ fanout: { checkpointMs: 20 } });
  expect(await hasFanoutMarker(id)).toBe(true);
  await sleepUntilQuiet(id);
  expect(ids.map((who) => costs.newestSeq.get(who))).toEqual(ids.map(() => seq));
  expect(Math.max(...callsOf(costs, ids))).toBeLessThanOrEqual(2);
});

test("an alarm of a large group makes a bounded number of calls, and the next one goes on where it ended", async () => {
  overrideTiming({ inboxCalls: { maxPerAlarm: 30 } });
  const { id, ids, costs } = await quietGroup(100);
  using _ = costs;
  await postText(id, ann, "to all");
  await untilCheckpoint(id);
  const called = () => callsOf(costs, ids).reduce((sum, calls) => sum + calls, 0);
  for (const alarm of range(1, 4)) {
    await sleepUntilAlarm(id);
    expect(called()).toBeLessThanOrEqual(1 + 30 * alarm);
  }
  expect(callsOf(costs, ids)).toEqual(ids.map(() => 1));
});

/** The newest seq that a user's inbox has stored of a conversation. */
function storedSeq({ user }: Named, id: ConversationId): Promise<number | undefined> {
  return runInDurableObject(inboxObject(UserId.parse(user.id)), (_, { storage }) => {
    const query = "SELECT last_seq FROM conversations WHERE conversation_id = ?";
    return storage.sql.exec<{ last_seq: number }>(query, id).toArray()[0]?.last_seq;
  });
}
