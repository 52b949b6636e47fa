import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { ConversationStubs } from "../../../src/conversation/stub.ts";
import { wakeForRetention } from "../../../src/core/maintenance.ts";
import { ConversationId } from "../../../src/domain/ids.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { createGroup, send, storedInConversation } from "../../support/clients/chat.ts";
import { itemAt } from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";
import { age, expire, retentionDue } from "../../support/retention/expire.ts";
import { setRetentionDays } from "../../support/settings.ts";
import { setTiming, timing } from "../../support/timing.ts";

const OLD = "quaggaword";
const db = openDatabase(env.DB);
const conversations = new ConversationStubs(env.CONVERSATION, timing.rpcRetry);

let ann: SignedIn;

beforeAll(() => setTiming({ rpcRetry: { backoffMs: 1 }, fanout: { cooldownMs: 10 } }));

beforeEach(async () => {
  ann = itemAt(await signedInUsers(1), 0);
});

/** A conversation with an old message, which sleeps and knows no term. */
async function sleeping(): Promise<number> {
  const { id } = await createGroup(ann, []);
  await send(ann, id, OLD);
  await age(id, 100);
  return id;
}

test("a conversation that sleeps learns of the setting, and what is over goes without a reader", async () => {
  const id = await sleeping();
  expect(await retentionDue(id)).toBe(null);
  onTestFinished(setRetentionDays(30));
  await evict(ConversationId.parse(id));
  await wakeForRetention(db, conversations, 30);
  expect(await retentionDue(id)).toBeLessThan(Date.now());
  await expire(id);
  expect(await storedInConversation(id)).not.toContain(OLD);
});

test("a round goes on where it ended, is made once for each value, and calls nobody afterwards", async () => {
  for (let i = 0; i < 3; i++) await sleeping();
  const called: number[] = [];
  const counting = {
    checkRetention: async (id: number) => {
      called.push(id);
      return null;
    },
  };
  const count = Number(await env.DB.prepare("SELECT count(*) AS n FROM conversations").first("n"));
  await wakeForRetention(db, counting, 11, 1);
  await wakeForRetention(db, counting, 11);
  expect(called).toHaveLength(count);
  expect(new Set(called).size).toBe(count);
  await wakeForRetention(db, counting, 11);
  expect(called).toHaveLength(count);
  await wakeForRetention(db, counting, 12);
  expect(called).toHaveLength(2 * count);
  await wakeForRetention(db, counting, null);
  await wakeForRetention(db, counting, null);
  expect(called).toHaveLength(2 * count);
  await wakeForRetention(db, counting, 12);
  expect(called).toHaveLength(3 * count);
});

test("one that fails keeps no other", async () => {
  await sleeping();
  await sleeping();
  let calls = 0;
  await wakeForRetention(
    db,
    {
      checkRetention: async () => {
        if (calls++ === 0) throw new Error("broken");
        return null;
      },
    },
    13,
  );
  expect(calls).toBeGreaterThan(1);
});

test("a round that reaches nobody goes on from the same place an hour later", async () => {
  await sleeping();
  const calls: number[] = [];
  const down = {
    checkRetention: async (id: number) => {
      calls.push(id);
      throw new Error("broken");
    },
  };
  await wakeForRetention(db, down, 14);
  const first = calls.length;
  await wakeForRetention(db, down, 14);
  expect(calls.slice(first)).toEqual(calls.slice(0, first));
});

test("a shorter setting is heard though a later run is scheduled", async () => {
  {
    const restore = setRetentionDays(90);
    onTestFinished(restore);
  }
  const { id } = await createGroup(ann, []);
  const { created_at: at } = await send(ann, id, OLD);
  const due = await retentionDue(id);
  expect(due).toBe(at + 90 * 24 * 60 * 60_000);
  onTestFinished(setRetentionDays(5));
  await evict(ConversationId.parse(id));
  await wakeForRetention(db, conversations, 5);
  expect(await retentionDue(id)).toBe(at + 5 * 24 * 60 * 60_000);
});
