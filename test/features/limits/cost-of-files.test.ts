import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, deleteMessage, send } from "../../support/clients/chat.ts";
import { advanceClock } from "../../support/clock.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { watchSql } from "../../support/objects/costs.ts";
import { untilCheckpoint } from "../../support/objects/sleep.ts";
import { setTiming } from "../../support/timing.ts";
import { expectGone, sendFile, uploadFile } from "../files/lifetime.ts";

let ann: SignedIn;
let bob: SignedIn;

// No alarm comes by itself before the test lets time pass.
beforeAll(() => setTiming({ files: { recordMs: 20_000 } }));
beforeAll(async () => {
  [ann, bob] = [await register(), await register()];
});

const Answer = z.object({ meta: z.object({ rows_written: z.int(), rows_read: z.int() }) });
const Answers = z.union([z.array(Answer), Answer.transform((answer) => [answer])]);

/** What a conversation and D1 do for files. */
interface Cost {
  /** calls of D1: statements for files, and batches. Below what all calls read and write there */
  fileQueries: number;
  batches: number;
  d1Read: number;
  d1Written: number;
  /** rows of the conversation, and how often it set its alarm, and it fired */
  rows: number;
  alarmsSet: number;
  alarms: number;
}

/** Lets so much time pass that all is done: the alarm of a conversation fires when a job is due. */
async function passSeconds(id: ConversationId): Promise<void> {
  const stub = env.CONVERSATION.getByName(String(id));
  for (let second = 0; second < 80; second++) {
    advanceClock(1_000);
    await runInDurableObject(stub, async (object, { storage }) => {
      const query = "SELECT 1 FROM jobs WHERE due <= ?";
      if (storage.sql.exec(query, Date.now()).toArray().length === 0) return;
      await storage.deleteAlarm();
      await object.alarm?.();
    });
  }
}

/** Counts what `work` and the next minute cost. */
async function costOf(id: ConversationId, work: () => Promise<unknown>): Promise<Cost> {
  const cost: Cost = {
    fileQueries: 0,
    batches: 0,
    d1Read: 0,
    d1Written: 0,
    rows: 0,
    alarmsSet: 0,
    alarms: 0,
  };
  const stub = env.CONVERSATION.getByName(String(id));
  const cursors: { rowsWritten: number }[] = [];
  await runInDurableObject(stub, (object, { storage }) => {
    watchSql(storage.sql, (_, cursor) => cursors.push(cursor));
    const setAlarm = storage.setAlarm.bind(storage);
    const value = (at: number | Date) => {
      cost.alarmsSet++;
      return setAlarm(at);
    };
    Object.defineProperty(storage, "setAlarm", { configurable: true, value });
    const alarm = object.alarm?.bind(object);
    Object.defineProperty(object, "alarm", {
      configurable: true,
      value: () => {
        cost.alarms++;
        return alarm?.();
      },
    });
  });
  using _ = interceptD1(async (query, ask) => {
    const answer = await ask();
    if (query === "BATCH") cost.batches++;
    if (query.includes("file_references")) cost.fileQueries++;
    for (const { meta } of Answers.safeParse(answer).data ?? []) {
      cost.d1Read += meta.rows_read;
      cost.d1Written += meta.rows_written;
    }
    return answer;
  });
  await work();
  await untilCheckpoint(id);
  await passSeconds(id);
  await runInDurableObject(stub, (object, { storage }) => {
    Reflect.deleteProperty(storage, "setAlarm");
    Reflect.deleteProperty(storage.sql, "exec");
    Reflect.deleteProperty(object, "alarm");
  });
  cost.rows = cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0);
  return cost;
}

async function quietGroup(): Promise<ConversationId> {
  const { id } = await createGroup(ann, [bob]);
  await send(ann, id, "first");
  await untilCheckpoint(id);
  await passSeconds(id);
  return id;
}

/** Ten messages in a row. */
async function tenTimes(sends: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < 10; i++) await sends();
}

test("a burst of messages with files costs one alarm and one call of D1 more than one of texts", async () => {
  const file = await uploadFile(ann);
  const [ofTexts, ofFiles] = [await quietGroup(), await quietGroup()];
  const text = await costOf(ofTexts, () => tenTimes(() => send(ann, ofTexts, "text")));
  const shown = await costOf(ofFiles, () => tenTimes(() => sendFile(ann, ofFiles, file)));
  expect(shown.alarms).toBeLessThanOrEqual(text.alarms + 1);
  expect(shown.alarmsSet).toBeLessThanOrEqual(text.alarmsSet + 1);
  expect(shown.fileQueries).toBe(1);
  expect(shown.batches).toBe(text.batches);
  // A reference is a row and its key. A message with a file is in the index of attachments, too.
  expect(shown.d1Written - text.d1Written).toBeLessThanOrEqual(2 * 10);
  expect(shown.rows - text.rows).toBeLessThanOrEqual(10 + 3);
});

test("a revoke of a message with a file costs two alarms and two calls of D1 more than one of a text", async () => {
  const file = await uploadFile(ann);
  const [ofText, ofFile] = [await quietGroup(), await quietGroup()];
  const seq = await sendFile(ann, ofFile, file);
  await untilCheckpoint(ofFile);
  await passSeconds(ofFile);
  const text = await costOf(ofText, () => deleteMessage(ann, ofText, 1, "everyone"));
  const shown = await costOf(ofFile, () => deleteMessage(ann, ofFile, seq, "everyone"));
  await expectGone(file);
  expect(shown.alarms).toBeLessThanOrEqual(text.alarms + 2);
  expect(shown.alarmsSet).toBeLessThanOrEqual(text.alarmsSet + 3);
  expect(shown.batches - text.batches).toBe(2);
  expect(shown.d1Written - text.d1Written).toBeLessThanOrEqual(10);
  expect(shown.rows - text.rows).toBeLessThanOrEqual(8);
});
