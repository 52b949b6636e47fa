import { beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { ask, list, page } from "../../support/clients/chat.ts";
import { openDevice, type TestSocket } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { loseCalls } from "../../support/faults/calls.ts";
import { runAlarm, runJobs } from "../../support/objects/assert-consistent.ts";
import { createGroupId, itemAt, loseConversation, postText } from "../../support/objects/room.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
let device: TestSocket;

// Every group is a large one, whose conversation is subscribed to as its list is read.
beforeAll(() =>
  setTiming({
    deviceFeed: { holdMs: 1 },
    fanout: { cooldownMs: 10 },
    inboxCalls: { retryMs: 10 },
    largeGroup: { aboveMembers: 1 },
    subscription: { leaseMs: 10, renewMs: 1 },
  }),
);

/** Bob's device has messages 1 and 2. */
beforeEach(async () => {
  const all = await signedInUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
  id = await createGroupId(ann, bob);
  device = await openDevice(bob.token);
  for (const text of ["one", "two"]) await postText(id, ann, text);
  await device.until(({ seqs }) => seqs.length === 2);
  await runJobs(id);
});

const Changed = z.object({ items: z.array(z.looseObject({ seq: z.int() })) });
const changedSeqs = (socket: TestSocket) =>
  socket.of("changed").flatMap((frame) => Changed.parse(frame).items.map(({ seq }) => seq));

async function react(seq: number): Promise<void> {
  const answer = await ask(ann, id, "PUT", `/messages/${seq}/reactions/${encodeURIComponent("👍")}`);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
}

const repair = async () =>
  expect(await call("POST", "/v1/me/repair", { token: bob.token })).toMatchObject({ status: 200 });

test.each([
  ["its list was read", () => list(bob)],
  ["its list was repaired", repair],
])("a reaction whose update was lost reaches a device though %s meanwhile", async (_, meanwhile) => {
  {
    using lost = loseCalls("call", ({ method, id: to }) => method === "applyUpdate" && to === bob.user.id);
    await react(1);
    await eventually(async () => expect(lost.isHit).toBe(true));
  }
  await meanwhile();
  await runJobs(id);
  await device.until(() => changedSeqs(device).includes(1));
});

test("the alarm announces a change that waits, so that a crash then loses it for no device", async () => {
  overrideTiming({ changes: { intervalMs: 60_000 } });
  await react(1);
  await device.until(() => changedSeqs(device).includes(1));
  // The second change waits for its announcement.
  await react(2);
  expect(changedSeqs(device)).toEqual([1]);
  await runAlarm(id);
  await loseConversation(id);
  // A call wakes the conversation.
  await page(bob, id, "?limit=1");
  await runJobs(id);
  await device.until(() => changedSeqs(device).includes(2));
});
