import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { deleteFile, uploadFile } from "../../features/files/lifetime.ts";
import { save } from "../../features/saved/client.ts";
import { expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, page, send } from "../../support/clients/chat.ts";
import {
  changeScheduled,
  DAY,
  deleteScheduled,
  getScheduled,
  HOUR,
  listScheduled,
  MINUTE,
  pass,
  runScheduled,
  runScheduledOnce,
  schedule,
} from "../../support/clients/scheduled.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { whileHeld } from "../../support/event-loop.ts";
import { eventually } from "../../support/eventually.ts";
import { intercept, type Loss, loseCall, loseCalls, type ObjectCall } from "../../support/faults/calls.ts";
import { Patience } from "../../support/faults/patience.ts";
import { overrideTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: number;

beforeAll(async () => {
  bob = await register();
});

async function begin(): Promise<void> {
  ann = await register();
  ({ id } = await createGroup(ann, [bob]));
}

const isSend = ({ method }: ObjectCall) => method === "send";
const to = (conversationId: number) => (call: ObjectCall) => isSend(call) && call.id === conversationId;
const text = (words: string) => ({ kind: "text", body: { text: words } });

const textsIn = async (conversationId: number) =>
  (await page(bob, conversationId, "?limit=100")).items.flatMap(({ kind, body }) =>
    kind === "text" ? [body.text] : [],
  );

/** Aborts Ann's inbox, as a crash does: its memory is lost, and writes that are not durable. */
async function loseInbox(): Promise<void> {
  const inbox = () => env.INBOX.get(env.INBOX.idFromName(String(ann.user.id)));
  await runInDurableObject(inbox(), (_, state) => state.abort("lost on purpose")).catch(() => undefined);
}

describe("a lost call or answer", () => {
  test.each<Loss>(["call", "answer"])("(%s) repeats the send, and stores one message", async (loss) => {
    await begin();
    for (const words of ["1", "2", "3"])
      await schedule(ann, id, { ...text(words), send_at: Date.now() + HOUR });
    for (let step = 1; step <= 3; step++) {
      using broken = loseCall(step, loss, isSend);
      await pass(ann, step === 1 ? 2 * HOUR : MINUTE);
      expect(broken.isHit).toBe(step < 3);
    }
    await pass(ann, HOUR);
    expect(await textsIn(id)).toEqual(["1", "2", "3"]);
    expect((await listScheduled(ann)).items).toEqual([]);
  });

  test("leaves the message unchangeable until its outcome is known", async () => {
    await begin();
    const made = await schedule(ann, id, "once");
    {
      using _ = loseCalls("answer", isSend);
      await pass(ann, 2 * HOUR);
      await loseInbox();
      expectProblem(await changeScheduled(ann, made, text("twice")), 409, "conflict");
      expectProblem(await deleteScheduled(ann, made), 409, "conflict");
      expect((await getScheduled(ann, made)).body).toEqual(made);
    }
    await pass(ann, HOUR);
    expect(await textsIn(id)).toEqual(["once"]);
    expectProblem(await getScheduled(ann, made), 404, "not_found");
  });

  test("is no refusal, if what came later would refuse the repeated send", async () => {
    await begin();
    const file = await uploadFile(ann);
    const made = await schedule(ann, id, { kind: "file", body: { url: file.url } });
    {
      using _ = loseCalls("answer", isSend);
      await pass(ann, 2 * HOUR);
    }
    expect(await deleteFile(ann, file)).toBe(204);
    await pass(ann, HOUR);
    expect((await page(bob, id)).items).toMatchObject([{ kind: "file", client_msg_id: made.client_msg_id }]);
    expectProblem(await getScheduled(ann, made), 404, "not_found");
  });
});

test("a crash of the inbox between the send and its note repeats the send, and stores one message", async () => {
  await begin();
  const made = await schedule(ann, id, "once");
  let lost = 0;
  {
    using _ = intercept(async (call) => {
      const answer = await call.work();
      if (isSend(call) && lost++ === 0) await loseInbox();
      return answer;
    });
    advanceClock(2 * HOUR);
    await runScheduledOnce(ann).catch(() => undefined);
    expect(lost).toBe(1);
    expect((await getScheduled(ann, made)).status).toBe(200);
    await runScheduled(ann);
  }
  await pass(ann, HOUR);
  expect(lost).toBeGreaterThan(1);
  expect(await textsIn(id)).toEqual(["once"]);
  expectProblem(await getScheduled(ann, made), 404, "not_found");
});

test("an inbox that was evicted wakes for what is due", async () => {
  await begin();
  await schedule(ann, id, "woken");
  await evictDurableObject(env.INBOX.get(env.INBOX.idFromName(String(ann.user.id))));
  await pass(ann, 2 * HOUR);
  expect(await textsIn(id)).toEqual(["woken"]);
});

describe("a conversation that does not answer", () => {
  test("holds up no other, and gets its messages in order once it does", async () => {
    await begin();
    const { id: other } = await createGroup(ann, [bob]);
    for (const words of ["1", "2"])
      for (const one of [id, other]) await schedule(ann, one, { ...text(words), send_at: Date.now() + HOUR });
    {
      using _ = loseCalls("call", to(id));
      await pass(ann, 2 * HOUR);
      await pass(ann, HOUR);
    }
    expect([await textsIn(id), await textsIn(other)]).toEqual([[], ["1", "2"]]);
    expect((await listScheduled(ann)).items).toHaveLength(2);
    await pass(ann, HOUR);
    expect(await textsIn(id)).toEqual(["1", "2"]);
  });

  test("is asked again after growing pauses", async () => {
    freezeClock();
    await begin();
    await schedule(ann, id, { ...text("x"), send_at: Date.now() + MINUTE });
    using broken = loseCalls("call", isSend);
    await pass(ann, 2 * MINUTE);
    const pauses: number[] = [];
    for (let tries = 0; tries < 4; tries++) {
      const before = broken.steps;
      let waited = 0;
      for (; broken.steps === before; waited += 1_000) await pass(ann, 1_000);
      pauses.push(waited / 1_000);
    }
    expect(pauses).toEqual([2, 4, 8, 16]);
  });

  test("that hangs is not waited for", async () => {
    using patience = new Patience();
    overrideTiming({ scheduled: { sendTimeoutMs: Patience.MS } });
    await begin();
    const { id: other } = await createGroup(ann, [bob]);
    const sendAt = Date.now() + HOUR;
    await schedule(ann, id, { ...text("hangs"), send_at: sendAt });
    await schedule(ann, other, { ...text("goes"), send_at: sendAt });
    {
      let hangs = false;
      using _ = intercept((call) => {
        if (!to(id)(call)) return call.work();
        hangs = true;
        return new Promise(() => undefined);
      });
      await patience.answerWithout(() => hangs, pass(ann, 2 * HOUR));
      expect(await textsIn(other)).toEqual(["goes"]);
      expect((await listScheduled(ann)).items).toHaveLength(1);
    }
    await pass(ann, HOUR);
    expect(await textsIn(id)).toEqual(["hangs"]);
  });

  test("that hangs holds up neither others nor reminders, and keeps its order", async () => {
    await begin();
    const { id: other } = await createGroup(ann, [bob]);
    await send(bob, other, "to be saved");
    const sendAt = Date.now() + HOUR;
    for (const words of ["1", "2"]) await schedule(ann, id, { ...text(words), send_at: sendAt });
    await schedule(ann, other, { ...text("goes"), send_at: sendAt + 1 });
    await save(ann, other, 1, { remind_at: sendAt + 2 });
    const device = await openDevice(ann.token);
    let isHeld = true;
    let hasBegun = false;
    using _ = intercept(async (call) => {
      if (!to(id)(call) || !isHeld) return call.work();
      hasBegun = true;
      await whileHeld(() => isHeld);
      return call.work();
    });
    advanceClock(2 * HOUR);
    const alarm = runScheduledOnce(ann);
    await eventually(async () => expect(hasBegun).toBe(true));
    await device.until(() => device.of("reminder").length === 1);
    await eventually(async () => expect(await textsIn(other)).toEqual(["to be saved", "goes"]));
    expect(await textsIn(id)).toEqual([]);
    isHeld = false;
    await alarm;
    await runScheduled(ann);
    expect(await textsIn(id)).toEqual(["1", "2"]);
    device.close();
  });

  test("for a day fails its messages, which can be scheduled anew", async () => {
    await begin();
    const made = await schedule(ann, id, { ...text("x"), client_msg_id: "m1" });
    await schedule(ann, id, text("y"));
    {
      // It has stored the first one, and nobody knows.
      using _ = loseCalls("answer", (call) => isSend(call) || call.method === "checkDraft");
      await pass(ann, 2 * HOUR);
      await pass(ann, DAY);
    }
    const { items } = await listScheduled(ann);
    expect(items).toMatchObject([
      { id: made.id, failed: "unavailable" },
      { body: { text: "y" }, failed: "unavailable" },
    ]);
    for (const item of items)
      expect((await changeScheduled(ann, item, { send_at: Date.now() + MINUTE })).status).toBe(200);
    await pass(ann, HOUR);
    expect(await textsIn(id)).toEqual(["x", "y"]);
    expect((await listScheduled(ann)).items).toEqual([]);
  });
});

test("one alarm sends no more than twenty messages of a conversation", async () => {
  await begin();
  for (let i = 0; i < 45; i++) await schedule(ann, id, { ...text(String(i)), send_at: Date.now() + HOUR });
  advanceClock(2 * HOUR);
  const sizes: number[] = [];
  while (await runScheduledOnce(ann)) sizes.push((await textsIn(id)).length);
  expect(sizes).toEqual([20, 40, 45]);
});
