import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { listed, page } from "../../support/clients/chat.ts";
import { Device } from "../../support/clients/device.ts";
import { shown } from "../../support/clients/displayed.ts";
import {
  type Break,
  breakAt,
  failInboxStatement,
  failStatement,
  PLACES,
  refuseInbox,
} from "../../support/faults/break.ts";
import {
  type Loss,
  loseAtBump,
  loseCall,
  loseCalls,
  type ObjectCall,
  shuffleBumps,
} from "../../support/faults/calls.ts";
import { refusing } from "../../support/faults/refuse-projection.ts";
import { eachStep, type Tried } from "../../support/faults/sampled-steps.ts";
import { assertConsistent, runAlarm, runJobs } from "../../support/objects/assert-consistent.ts";
import { anotherDevice, at, newGroup, people, range } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let tablet: SignedIn;
let id: ConversationId;
/** Ann's one device and bob's two; cid has none. */
let anns: Device;
let phone: Device;
let pad: Device;
let evenings = 0;
let usual: End;

beforeAll(() => setTiming({ rpcRetry: { backoffMs: 1 } }));

beforeAll(async () => {
  const all = await people(3);
  [ann, bob, cid] = [at(all, 0), at(all, 1), at(all, 2)];
  tablet = await anotherDevice(bob);
  id = await newGroup(ann, bob, cid);
  [anns, phone, pad] = [new Device(ann), new Device(bob, 1), new Device(tablet, 2)];
  for (const device of [anns, phone, pad]) await device.come();
  [usual] = await evening(() => null);
  expect(usual.histories.cid.map(({ seq }) => seq)).toEqual(range(1, 7));
});

const Stored = z.looseObject({ seq: z.int() });

/** Asks until it is answered otherwise than by a fault. */
async function insist({ token }: SignedIn, method: string, path: string, body?: object): Promise<unknown> {
  for (;;) {
    const answer = await call(method, `/v1/conversations/${id}${path}`, { token, ...(body && { body }) });
    if (answer.status >= 500) continue;
    expect([200, 201, 204], JSON.stringify(answer.body)).toContain(answer.status);
    return answer.body;
  }
}

/** What is sent in one evening is sent in none before. */
const named = (text: string) => `${evenings}: ${text}`;

async function post(who: SignedIn, text: string): Promise<number> {
  const body = { kind: "text", body: { text }, client_msg_id: named(text) };
  return Stored.parse(await insist(who, "POST", "/messages", body)).seq;
}

/** Comes back, where it is gone, until this holds. */
async function insists(device: Device, holds: () => boolean): Promise<void> {
  while (!(await device.until(holds))) await device.come();
}

/** Says something, and again until it is acknowledged. */
async function say(device: Device, text: string): Promise<void> {
  device.say([{ conversationId: id, clientMsgId: named(text), text }]);
  await insists(device, () => device.pending.length === 0);
}

/** What is left of an evening, as each has it; its messages are numbered from 1. */
interface End {
  devices: unknown;
  lists: unknown;
  histories: { cid: { seq: number; body: unknown }[] };
}

/** Something is broken until it is disposed of. */
type Broken = (Disposable | AsyncDisposable) & Partial<Tried>;

/**
 * An evening in the group: they write, revoke, hide, read and rename it, and something breaks.
 * @param breaks what breaks; by the end all is well again, and the jobs run
 * @returns what is left of it, and whether something broke
 */
async function evening(breaks: () => Promise<Broken> | Broken | null): Promise<[End, Tried]> {
  evenings++;
  const before = (await page(ann, id, "?limit=1")).items[0]?.seq ?? 0;
  let tried: Tried;
  {
    await using broken = await breaks();
    const one = await post(ann, "one");
    await say(phone, "two");
    await insist(ann, "DELETE", `/messages/${one}?for=everyone`);
    await say(anns, "three");
    await insist(bob, "PUT", "/read", { seq: one + 2 });
    const four = await post(cid, "four");
    await insist(bob, "DELETE", `/messages/${four}?for=me`);
    await insist(ann, "PATCH", "", { name: named("the group") });
    await say(pad, "six");
    await insists(phone, () => phone.displayed(id).lastSeq >= one + 5);
    tried = { isHit: broken?.isHit ?? false, steps: broken?.steps ?? 0 };
  }
  await runAlarm(id, { but: "index" });
  const last = await post(cid, "seven");
  for (const device of [anns, phone, pad]) await insists(device, () => device.displayed(id).lastSeq === last);
  // The index goes on in its own time.
  await runJobs(id, { but: "index" });
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
    const { last_seq, read_seq, unread_count, last_message } = await listed(who, id);
    return { last: last_seq - before, read: read_seq - before, unread_count, body: last_message?.body };
  };
  const history = async (who: SignedIn) =>
    messages((await page(who, id, `?after=${before}&limit=100`)).items.map(shown));
  const lists = { ann: await list(ann), bob: await list(bob), cid: await list(cid) };
  const histories = { ann: await history(ann), bob: await history(bob), cid: await history(cid) };
  return [{ devices, lists, histories }, tried];
}

const HIT = { isHit: true, steps: expect.any(Number) };

/** Breaks an evening at its steps. @param place what breaks */
function eachEvening(place: string, breaks: (step: number) => Promise<Break> | Break): Promise<void> {
  return eachStep(place, 2, async (step) => {
    const [end, tried] = await evening(() => breaks(step));
    expect(end, `${place}, step ${step}`).toEqual(usual);
    return tried;
  });
}

describe("an evening ends as any other", () => {
  test.each(PLACES)("where %s breaks at some step", async (place) => {
    const target = { conversationId: id, userId: bob.user.id };
    await eachEvening(place, (step) => breakAt(place, step, target));
  });

  test("where D1 takes nothing of what the conversation tells it", async () => {
    expect(await evening(refusing)).toEqual([usual, { isHit: false, steps: 0 }]);
  });

  test("where some statement of the conversation fails", async () => {
    await eachEvening("a statement of the conversation", (step) => failStatement(id, step));
  });

  test("where some statement of an inbox fails", async () => {
    await eachEvening("a statement of an inbox", (step) => failInboxStatement(bob.user.id, step));
  });

  test.each<Loss>(["call", "answer"])("where some %s between objects is lost", async (loss) => {
    await eachEvening(`${loss} between objects`, (step) => loseCall(step, loss));
  });

  test.each([10, 100])("where an inbox throws at the next %d things it does", async (count) => {
    expect(await evening(() => refuseInbox(bob.user.id, count))).toEqual([usual, HIT]);
  });

  test("where an inbox cannot be told of anything", async () => {
    const isBump = ({ method, id: to }: ObjectCall) => method === "applyUpdate" && to === bob.user.id;
    expect(await evening(() => loseCalls("call", isBump))).toEqual([usual, HIT]);
  });

  test("where no inbox's answers come back", async () => {
    expect(await evening(() => loseCalls("answer", ({ method }) => method === "applyUpdate"))).toEqual([
      usual,
      HIT,
    ]);
  });

  test("where bumps come late, behind newer ones, and twice", async () => {
    expect(await evening(shuffleBumps)).toEqual([usual, HIT]);
  });

  test.each<Loss>(["call", "answer"])(
    "where the conversation is lost between storing and telling, with its %s",
    async (loss) => {
      await eachEvening(`${loss} with the conversation`, (step) => loseAtBump(id, step, loss));
    },
  );
});

test("while D1 takes nothing of what the conversation tells it, devices and counts go on", async () => {
  evenings++;
  const unread = async () => (await listed(bob, id)).unread_count;
  {
    await using _ = await refusing();
    await insist(ann, "PATCH", "", { name: named("the group") });
    const before = await unread();
    await say(anns, "one");
    const last = await post(cid, "two");
    for (const device of [anns, phone, pad])
      await insists(device, () => device.displayed(id).lastSeq === last);
    expect(await unread()).toBe(before + 2);
    phone.read(id, last);
    await expect.poll(unread).toBe(0);
    await say(pad, "three");
    await insists(anns, () => anns.displayed(id).lastSeq === last + 1);
    const stored = env.DB.prepare("SELECT name FROM conversations WHERE id = ?").bind(id).first("name");
    expect(await stored).not.toBe(named("the group"));
  }
  await runJobs(id, { but: "index" });
  await assertConsistent(id);
});
