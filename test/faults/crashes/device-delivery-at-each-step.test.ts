import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { listedConversation, page } from "../../support/clients/chat.ts";
import { Device } from "../../support/clients/device.ts";
import { displayedMessage } from "../../support/clients/displayed.ts";
import {
  type Loss,
  loseAtInboxUpdate,
  loseCall,
  loseCalls,
  type ObjectCall,
  shuffleInboxUpdates,
} from "../../support/faults/calls.ts";
import {
  breakAt,
  FAULT_PLACES,
  failInboxStatement,
  failStatement,
  type InjectedFault,
  refuseInbox,
} from "../../support/faults/injected-fault.ts";
import { refuseProjection } from "../../support/faults/refuse-projection.ts";
import { eachStep, type StepResult } from "../../support/faults/sampled-steps.ts";
import { assertConsistent, runAlarm, runJobs } from "../../support/objects/assert-consistent.ts";
import { createGroupId, itemAt, range, signInAgain } from "../../support/objects/room.ts";
import { perRun, sampledCases } from "../../support/sampled-cases.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let tablet: SignedIn;
let id: ConversationId;
/** One device of Ann and two of Bob; Cid has none. */
let anns: Device;
let phone: Device;
let pad: Device;
let scenarios = 0;
let expectedEnd: FinalState;

beforeAll(() => setTiming({ rpcRetry: { backoffMs: 1 } }));

beforeAll(async () => {
  const all = await registerUsers(3);
  [ann, bob, cid] = [itemAt(all, 0), itemAt(all, 1), itemAt(all, 2)];
  tablet = await signInAgain(bob);
  id = await createGroupId(ann, bob, cid);
  [anns, phone, pad] = [new Device(ann), new Device(bob, 1), new Device(tablet, 2)];
  for (const device of [anns, phone, pad]) await device.connect();
  [expectedEnd] = await runScenario(() => null);
  expect(expectedEnd.histories.cid.map(({ seq }) => seq)).toEqual(range(1, 7));
});

const Stored = z.looseObject({ seq: z.int() });

/** Repeats a call until its answer is no server error. */
async function callUntilDone(
  { token }: SignedIn,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  for (;;) {
    const answer = await call(method, `/v1/conversations/${id}${path}`, { token, ...(body && { body }) });
    if (answer.status >= 500) continue;
    expect([200, 201, 204], JSON.stringify(answer.body)).toContain(answer.status);
    return answer.body;
  }
}

/** Makes a text unique to the current scenario. */
const unique = (text: string) => `${scenarios}: ${text}`;

async function post(who: SignedIn, text: string): Promise<number> {
  const body = { kind: "text", body: { text }, client_msg_id: unique(text) };
  return Stored.parse(await callUntilDone(who, "POST", "/messages", body)).seq;
}

/** Reconnects the device until the condition holds. */
async function untilHolds(device: Device, holds: () => boolean): Promise<void> {
  while (!(await device.until(holds))) await device.connect();
}

/** Sends a text, and repeats it until it is acknowledged. */
async function sendUntilAcked(device: Device, text: string): Promise<void> {
  device.sendDrafts([{ conversationId: id, clientMsgId: unique(text), text }]);
  await untilHolds(device, () => device.pending.length === 0);
}

/** The final state of a scenario for each user; seqs are counted from its first message. */
interface FinalState {
  devices: unknown;
  lists: unknown;
  histories: { cid: { seq: number; body: unknown }[] };
}

/** A fault that lasts until it is disposed of. */
type Fault = (Disposable | AsyncDisposable) & Partial<StepResult>;

/**
 * A scenario in the group: sends, a revoke, a hide, a read and a new name, while a fault is active. @param
 * breaks starts the fault; it ends before the jobs run @returns the final state, and whether the fault was
 * hit
 */
async function runScenario(breaks: () => Promise<Fault> | Fault | null): Promise<[FinalState, StepResult]> {
  scenarios++;
  const before = (await page(ann, id, "?limit=1")).items[0]?.seq ?? 0;
  let tried: StepResult;
  {
    await using broken = await breaks();
    const first = await post(ann, "one");
    await sendUntilAcked(phone, "two");
    await callUntilDone(ann, "DELETE", `/messages/${first}?for=everyone`);
    await sendUntilAcked(anns, "three");
    await callUntilDone(bob, "PUT", "/read", { seq: first + 2 });
    const four = await post(cid, "four");
    await callUntilDone(bob, "DELETE", `/messages/${four}?for=me`);
    await callUntilDone(ann, "PATCH", "", { name: unique("the group") });
    await sendUntilAcked(pad, "six");
    await untilHolds(phone, () => phone.displayed(id).lastSeq >= first + 5);
    tried = { isHit: broken?.isHit ?? false, steps: broken?.steps ?? 0 };
  }
  await runAlarm(id, { except: "index" });
  const last = await post(cid, "seven");
  for (const device of [anns, phone, pad])
    await untilHolds(device, () => device.displayed(id).lastSeq === last);
  // The search index is updated at its own pace.
  await runJobs(id, { except: "index" });
  await assertConsistent(id);
  const messages = (items: { seq: number; kind: string; body: unknown; revoked: boolean }[]) =>
    items
      .filter(({ seq }) => seq > before)
      .map(({ seq, kind, body, revoked }) => ({
        seq: seq - before,
        body: kind === "tip" ? {} : body,
        revoked,
      }));
  const devices = [anns, phone, pad].map((device) => messages(device.displayed(id).messages));
  const list = async (who: SignedIn) => {
    const { last_seq, read_seq, unread_count, last_message } = await listedConversation(who, id);
    return { last: last_seq - before, read: read_seq - before, unread_count, body: last_message?.body };
  };
  const history = async (who: SignedIn) =>
    messages((await page(who, id, `?after=${before}&limit=100`)).items.map(displayedMessage));
  const lists = { ann: await list(ann), bob: await list(bob), cid: await list(cid) };
  const histories = { ann: await history(ann), bob: await history(bob), cid: await history(cid) };
  return [{ devices, lists, histories }, tried];
}

const HIT = { isHit: true, steps: expect.any(Number) };

/**
 * Runs the scenario with a fault at each step, and expects the usual final state. @param place where the
 * fault is
 */
async function eachScenario(
  place: string,
  breaks: (step: number) => Promise<InjectedFault> | InjectedFault,
): Promise<void> {
  await eachStep(place, 2, async (step) => {
    const [end, tried] = await runScenario(() => breaks(step));
    expect(end, `${place}, step ${step}`).toEqual(expectedEnd);
    return tried;
  });
}

describe("a scenario has the usual final state", () => {
  const places = sampledCases(FAULT_PLACES, perRun(3, FAULT_PLACES.length));
  test.each(places)("when %s fails at any step", async (place) => {
    const target = { conversationId: id, userId: bob.user.id };
    await eachScenario(place, (step) => breakAt(place, step, target));
  });

  test("when D1 accepts no projection", async () => {
    expect(await runScenario(refuseProjection)).toEqual([expectedEnd, { isHit: false, steps: 0 }]);
  });

  test("when any statement of the conversation fails", async () => {
    await eachScenario("a statement of the conversation", (step) => failStatement(id, step));
  });

  test("when any statement of an inbox fails", async () => {
    await eachScenario("a statement of an inbox", (step) => failInboxStatement(bob.user.id, step));
  });

  test.each<Loss>(["call", "answer"])("when any %s between objects is lost", async (loss) => {
    await eachScenario(`${loss} between objects`, (step) => loseCall(step, loss));
  });

  test.each([10, 100])("when an inbox throws at its next %d operations", async (count) => {
    expect(await runScenario(() => refuseInbox(bob.user.id, count))).toEqual([expectedEnd, HIT]);
  });

  test("when no inbox update reaches an inbox", async () => {
    const isInboxUpdate = ({ method, id: to }: ObjectCall) => method === "applyUpdate" && to === bob.user.id;
    expect(await runScenario(() => loseCalls("call", isInboxUpdate))).toEqual([expectedEnd, HIT]);
  });

  test("when all answers of inbox updates are lost", async () => {
    expect(await runScenario(() => loseCalls("answer", ({ method }) => method === "applyUpdate"))).toEqual([
      expectedEnd,
      HIT,
    ]);
  });

  test("when inbox updates are late, reordered and repeated", async () => {
    expect(await runScenario(shuffleInboxUpdates)).toEqual([expectedEnd, HIT]);
  });

  test.each<Loss>(["call", "answer"])(
    "when the conversation crashes between storing and delivering, and the %s is lost",
    async (loss) => {
      await eachScenario(`${loss} with the conversation`, (step) => loseAtInboxUpdate(id, step, loss));
    },
  );
});

test("devices and counts work while D1 accepts no projection", async () => {
  scenarios++;
  const unread = async () => (await listedConversation(bob, id)).unread_count;
  {
    await using _ = await refuseProjection();
    await callUntilDone(ann, "PATCH", "", { name: unique("the group") });
    const before = await unread();
    await sendUntilAcked(anns, "one");
    const last = await post(cid, "two");
    for (const device of [anns, phone, pad])
      await untilHolds(device, () => device.displayed(id).lastSeq === last);
    expect(await unread()).toBe(before + 2);
    phone.read(id, last);
    await expect.poll(unread).toBe(0);
    await sendUntilAcked(pad, "three");
    await untilHolds(anns, () => anns.displayed(id).lastSeq === last + 1);
    const stored = env.DB.prepare("SELECT name FROM conversations WHERE id = ?").bind(id).first("name");
    expect(await stored).not.toBe(unique("the group"));
  }
  await runJobs(id, { except: "index" });
  await assertConsistent(id);
});
