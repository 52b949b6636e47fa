import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { uploadFile } from "../../features/files/lifetime.ts";
import { deleteAccount, runAccountDeletion, storedAnywhere } from "../../support/accounts/deletion.ts";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, page } from "../../support/clients/chat.ts";
import {
  changeScheduled,
  deleteScheduled,
  getScheduled,
  HOUR,
  listScheduled,
  MINUTE,
  pass,
  postScheduled,
  runScheduledOnce,
  schedule,
} from "../../support/clients/scheduled.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import { HeldCalls } from "../../support/faults/calls.ts";
import { HeldQueries } from "../../support/faults/d1.ts";
import { inboxObject } from "../../support/objects/room.ts";
import { setQuotas } from "../../support/settings.ts";
import { overrideTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: number;

beforeEach(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  ({ id } = await createGroup(ann, [bob]));
});

const text = (words: string) => ({ kind: "text", body: { text: words } });

const texts = async () =>
  (await page(bob, id, "?limit=100")).items.flatMap(({ kind, body }) => (kind === "text" ? [body.text] : []));

test("a file that is due is not sent, if a deletion of the account begins during the lookup of the file", async () => {
  const file = await uploadFile(ann);
  await schedule(ann, id, { kind: "file", body: { url: file.url, name: "a.txt" } });
  advanceClock(2 * HOUR);
  {
    using held = new HeldQueries(/from "files"/);
    const sending = runScheduledOnce(ann);
    await held.arrived();
    const { ok } = await inboxObject(ann.user.id).prepareDeletion({ token: "of the deletion" });
    expect(ok).toBe(true);
    held.release();
    await sending;
  }
  expect((await page(bob, id, "?limit=100")).items.map(({ kind }) => kind)).not.toContain("file");
});

describe("while the send is under way", () => {
  test("a change and a deletion are refused, and the message is sent as it was", async () => {
    const made = await schedule(ann, id, "as it was");
    const held = new HeldCalls(({ method }) => method === "send");
    using _ = held;
    advanceClock(2 * HOUR);
    const sending = runScheduledOnce(ann);
    await held.arrived();
    expectProblem(await changeScheduled(ann, made, text("changed")), 409, "conflict");
    const later = { send_at: Date.now() + HOUR };
    expectProblem(await changeScheduled(ann, made, later), 409, "conflict");
    expectProblem(await deleteScheduled(ann, made), 409, "conflict");
    held.release();
    await sending;
    expect(await texts()).toEqual(["as it was"]);
    expectProblem(await deleteScheduled(ann, made), 404, "not_found");
  });

  test("a repeated call gives the scheduled message, then the message", async () => {
    const what = { ...text("once"), client_msg_id: "m1" };
    const made = await schedule(ann, id, what);
    const held = new HeldCalls(({ method }) => method === "send");
    using _ = held;
    advanceClock(2 * HOUR);
    const sending = runScheduledOnce(ann);
    await held.arrived();
    expect(await schedule(ann, id, what)).toEqual(made);
    held.release();
    await sending;
    expect((await postScheduled(ann, id, what)).body).toMatchObject({ seq: 1, client_msg_id: "m1" });
    expect(await texts()).toEqual(["once"]);
  });

  test("a new message of the same conversation is sent at its own time", async () => {
    await schedule(ann, id, "first");
    const held = new HeldCalls(({ method }) => method === "send");
    using _ = held;
    advanceClock(2 * HOUR);
    const sending = runScheduledOnce(ann);
    await held.arrived();
    await schedule(ann, id, { ...text("second"), send_at: Date.now() + MINUTE });
    held.release();
    await sending;
    await pass(ann, 2 * MINUTE);
    expect(await texts()).toEqual(["first", "second"]);
  });

  test("the account is deleted: nothing of the message is left in the inbox, and nobody is told", async () => {
    // An owner cannot delete the account.
    const { id: other } = await createGroup(bob, [ann]);
    await expectHandedOver();
    await schedule(ann, other, "a secret");
    const held = new HeldCalls(({ method }) => method === "send");
    using _ = held;
    advanceClock(2 * HOUR);
    const sending = runScheduledOnce(ann);
    await held.arrived();
    expect((await deleteAccount(ann)).status).toBe(204);
    await runAccountDeletion(ann).catch(() => undefined);
    held.release();
    await sending;
    await pass(ann, HOUR);
    expect(await storedAnywhere([], [ann])).not.toContain("secret");
  });
});

/** Ann makes Bob the owner of her group. */
async function expectHandedOver(): Promise<void> {
  const body = { user_id: bob.user.id };
  const answer = await call("POST", `/v1/conversations/${id}/owner`, { token: ann.token, body });
  expect(answer.status).toBe(200);
}

test("what is due while the account is being deleted waits for the answer of D1", async () => {
  overrideTiming({ accountDeletion: { lookupMs: 3 * HOUR } });
  await schedule(ann, id, "late");
  const inbox = env.INBOX.getByName(String(ann.user.id));
  expect((await inbox.prepareDeletion({ token: "x" })).ok).toBe(true);
  await pass(ann, HOUR + 1_000);
  expect(await texts()).toEqual([]);
  // D1 has not deleted it.
  await runAccountDeletion(ann);
  await pass(ann, HOUR);
  expect(await texts()).toEqual(["late"]);
});

test("a deletion that is prepared while due messages are sent stops those that follow", async () => {
  for (const words of ["1", "2", "3"])
    await schedule(ann, id, { ...text(words), send_at: Date.now() + HOUR });
  const held = new HeldCalls(({ method }) => method === "send");
  using _ = held;
  advanceClock(2 * HOUR);
  const sending = runScheduledOnce(ann);
  await held.arrived();
  expect((await env.INBOX.getByName(String(ann.user.id)).prepareDeletion({ token: "x" })).ok).toBe(true);
  held.release();
  await sending;
  // The call that was under way came before the deletion.
  expect(await texts()).toEqual(["1"]);
  await runAccountDeletion(ann);
  await pass(ann, HOUR);
  expect(await texts()).toEqual(["1", "2", "3"]);
});

test("twenty changes and deletions at the due time: what was answered is what happens", async () => {
  const socket = await openDevice(ann.token);
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      schedule(ann, id, { ...text(`before ${i}`), client_msg_id: `m${i}` }),
    ),
  );
  advanceClock(HOUR - 1);
  const sending = (async () => {
    for (let turns = 0; turns < 20; turns++) {
      advanceClock(1);
      await runScheduledOnce(ann);
    }
  })();
  const answers = await Promise.all(
    made.map((one, i) =>
      i % 2 === 0 ? changeScheduled(ann, one, text(`after ${i}`)) : deleteScheduled(ann, one),
    ),
  );
  await sending;
  await pass(ann, HOUR);
  const expected = answers.flatMap(({ status }, i) => {
    if (status === 204) return [];
    expect([200, 409, 404]).toContain(status);
    return [status === 200 ? `after ${i}` : `before ${i}`];
  });
  expect((await texts()).toSorted()).toEqual(expected.toSorted());
  expect((await listScheduled(ann)).items).toEqual([]);
  await socket.until(
    (reached) => reached.of("scheduled").filter((frame) => frame.event === "sent").length === expected.length,
  );
});

test("twenty calls at once fill the places and no more", async () => {
  onTestFinished(setQuotas("scheduled=50"));
  const newcomer = await register();
  const { id } = await createGroup(newcomer);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      postScheduled(newcomer, id, { ...text("x"), client_msg_id: `m${i}` }),
    ),
  );
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(10);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(10);
});

test("twenty changes at once leave one of them whole", async () => {
  const made = await schedule(ann, id, "0");
  const changes = Array.from({ length: 20 }, (_, i) => ({
    ...text(String(i)),
    send_at: Date.now() + HOUR + i,
  }));
  const answers = await Promise.all(changes.map((change) => changeScheduled(ann, made, change)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  const { body } = await getScheduled(ann, made);
  expect(changes.map((change) => ({ ...made, ...change }))).toContainEqual(body);
});
