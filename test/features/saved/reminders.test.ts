import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { ConversationId, Seq } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, PASSWORD, register, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, deleteMessage, openDirect, send, sendAll } from "../../support/clients/chat.ts";
import { openDevice, type TestSocket } from "../../support/clients/socket.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { inboxObject } from "../../support/objects/room.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { askToSave, save, saved, unsave } from "./client.ts";

const MINUTE = 60_000;

// A list that is not up to date yet is asked for again and again.
beforeAll(() => setNoRateLimits());

const pair = () => signedInUsers(2);

/** A direct conversation in which Bob has sent Ann messages 1, 2 and 3. */
async function talk(): Promise<{ ann: SignedIn; bob: SignedIn; id: number }> {
  const [ann, bob] = await pair();
  const { id } = await openDirect(ann, bob);
  await sendAll(bob, id, ["1", "2", "3"]);
  return { ann, bob, id };
}

const alarm = ({ user }: SignedIn) => runDurableObjectAlarm(inboxObject(user.id));

/** A stub that no test has wrapped: the test runtime evicts no other. */
const evict = ({ user }: SignedIn) =>
  evictDurableObject(env.INBOX.get(env.INBOX.idFromName(String(user.id))));

/** When the job of the reminders is due; undefined: there is none. */
function dueJob({ user }: SignedIn): Promise<number | undefined> {
  return runInDurableObject(inboxObject(user.id), (_, { storage }) => {
    const query = "SELECT due FROM jobs WHERE kind = 'reminders'";
    return storage.sql.exec<{ due: number }>(query).toArray()[0]?.due;
  });
}

/** The number of due reminders that an open socket was told at first. */
const ready = (socket: TestSocket) => socket.of("ready")[0]?.due_reminders;
const due = async (who: SignedIn) =>
  (await saved(who, "?due=true")).items.map(({ conversation_id, seq }) => [conversation_id, seq]);

test("a reminder comes at its time on each device, once, and is a mark until it is seen", async () => {
  freezeClock();
  const { ann, bob, id } = await talk();
  const [phone, laptop, bobs] = await Promise.all([
    openDevice(ann.token),
    openDevice(ann.token),
    openDevice(bob.token),
  ]);
  expect([phone, laptop, bobs].map(ready)).toEqual([0, 0, 0]);
  const remindAt = Date.now() + 5 * MINUTE;
  await save(ann, id, 2, { note: "answer", remind_at: remindAt });
  await save(ann, id, 3);
  advanceClock(5 * MINUTE - 1);
  await alarm(ann);
  expect(await due(ann)).toEqual([]);
  advanceClock(1);
  expect(await due(ann)).toEqual([[id, 2]]);
  await alarm(ann);
  const frame = {
    ...{ type: "reminder", conversation_id: id, seq: 2, note: "answer" },
    ...{ remind_at: remindAt, due_reminders: 1 },
  };
  expect(await phone.next("reminder")).toEqual(frame);
  expect(await laptop.next("reminder")).toEqual(frame);
  expect((await saved(ann)).items).toMatchObject([
    { seq: 3, due: false },
    { seq: 2, due: true, remind_at: remindAt },
  ]);
  // The same call again, as after a lost answer: the reminder is no longer ahead, and stays as it is.
  expect(await save(ann, id, 2, { remind_at: remindAt })).toMatchObject({ due: true });
  const tablet = await openDevice(ann.token);
  expect(ready(tablet)).toBe(1);

  expect(await save(ann, id, 2, { remind_at: null })).toMatchObject({
    ...{ due: false, remind_at: null, note: "answer" },
  });
  for (const socket of [phone, laptop, tablet]) {
    expect(await socket.next("reminder_seen")).toEqual({
      ...{ type: "reminder_seen", conversation_id: id, seq: 2, due_reminders: 0 },
    });
  }
  await alarm(ann);
  await Promise.all([phone, laptop, tablet, bobs].map((socket) => socket.untilProcessed(id)));
  expect([phone, laptop, tablet].map((socket) => socket.of("reminder").length)).toEqual([1, 1, 0]);
  expect([bobs.of("reminder"), bobs.of("reminder_seen"), (await saved(bob)).items]).toEqual([[], [], []]);
});

test("a device that connects later learns how many reminders are due, and which", async () => {
  freezeClock();
  const { ann, id } = await talk();
  await save(ann, id, 1, { remind_at: Date.now() + MINUTE });
  await save(ann, id, 2, { remind_at: Date.now() + 2 * MINUTE });
  await save(ann, id, 3, { remind_at: Date.now() + 3 * MINUTE });
  advanceClock(2 * MINUTE);
  await alarm(ann);
  const socket = await openDevice(ann.token);
  expect(ready(socket)).toBe(2);
  expect(await due(ann)).toEqual([
    [id, 2],
    [id, 1],
  ]);
  await unsave(ann, id, 1);
  expect(await socket.next("reminder_seen")).toMatchObject({ seq: 1, due_reminders: 1 });
  // Put off: it comes once more.
  await save(ann, id, 2, { remind_at: Date.now() + 5 * MINUTE });
  expect(await socket.next("reminder_seen")).toMatchObject({ seq: 2, due_reminders: 0 });
  advanceClock(5 * MINUTE);
  await alarm(ann);
  expect(await socket.next("reminder")).toMatchObject({ seq: 3, due_reminders: 2 });
  expect(await socket.next("reminder")).toMatchObject({ seq: 2, due_reminders: 2 });
});

test("reminders outlast an eviction of the inbox, and reach sockets that hibernate", async () => {
  freezeClock();
  const { ann, id } = await talk();
  const socket = await openDevice(ann.token);
  await save(ann, id, 1, { remind_at: Date.now() + MINUTE });
  await socket.untilProcessed(id);
  await evict(ann);
  advanceClock(MINUTE);
  expect(await alarm(ann)).toBe(true);
  expect(await socket.next("reminder")).toMatchObject({ seq: 1 });
  await evict(ann);
  await alarm(ann);
  await socket.untilProcessed(id);
  expect(socket.of("reminder").length).toBe(1);
  expect(ready(await openDevice(ann.token))).toBe(1);
});

test("an inbox has a job for the next reminder alone", async () => {
  freezeClock();
  const { ann, id } = await talk();
  await save(ann, id, 1);
  expect(await dueJob(ann)).toBeUndefined();
  const [soon, later] = [Date.now() + MINUTE, Date.now() + 60 * MINUTE];
  await save(ann, id, 1, { remind_at: later });
  await save(ann, id, 2, { remind_at: soon });
  expect(await dueJob(ann)).toBe(soon);
  await save(ann, id, 2, { remind_at: later + 1 });
  expect(await dueJob(ann)).toBe(later);
  await unsave(ann, id, 1);
  expect(await dueJob(ann)).toBe(later + 1);
  await save(ann, id, 2, { remind_at: null });
  expect(await dueJob(ann)).toBeUndefined();
  await save(ann, id, 2, { remind_at: soon });
  advanceClock(2 * MINUTE);
  await alarm(ann);
  expect(await dueJob(ann)).toBeUndefined();
});

test("one alarm sends a bounded number of reminders, and the next one goes on", async () => {
  freezeClock();
  const { ann, id } = await talk();
  await save(ann, id, 1, { remind_at: Date.now() + MINUTE });
  await runInDurableObject(inboxObject(ann.user.id), (_, { storage }) => {
    storage.sql.exec(
      `INSERT INTO saved (conversation_id, seq, note, saved_at, remind_at)
       SELECT ?, value, '', value, ? FROM json_each(?)`,
      ...[id, Date.now() + MINUTE, JSON.stringify(Array.from({ length: 149 }, (_, i) => 100 + i))],
    );
  });
  const socket = await openDevice(ann.token);
  advanceClock(MINUTE);
  await alarm(ann);
  await socket.untilProcessed(id);
  expect(socket.of("reminder").length).toBe(100);
  advanceClock(10);
  await alarm(ann);
  await socket.untilProcessed(id);
  const seqs = socket.of("reminder").map(({ seq }) => seq);
  expect([seqs.length, new Set(seqs).size]).toEqual([150, 150]);
});

test("no reminder comes of a message that one has hidden, or of a group that one has left", async () => {
  freezeClock();
  const [ann, bob] = await pair();
  const community = await createGroupOfKind("community", ann, [bob]);
  const { id } = await createGroup(ann, [bob]);
  for (const group of [community, id]) {
    const { seq } = await send(ann, group, "hello");
    await save(bob, group, seq, { remind_at: Date.now() + MINUTE });
  }
  const { seq } = await send(ann, id, "another");
  await save(bob, id, seq, { remind_at: Date.now() + 3 * MINUTE });
  expect((await ask(bob, community, "POST", "/leave")).status).toBe(204);
  expect((await deleteMessage(bob, id, seq, "me")).status).toBe(204);
  await eventually(async () => expect(await dueJob(bob)).toBe(Date.now() + MINUTE));
  const socket = await openDevice(bob.token);
  advanceClock(5 * MINUTE);
  await alarm(bob);
  expect(await socket.next("reminder")).toMatchObject({ conversation_id: id, due_reminders: 1 });
  await socket.untilProcessed(id);
  expect(socket.of("reminder").length).toBe(1);
  // Back in the community, the reminder that came due meanwhile is a mark.
  expect((await ask(bob, community, "POST", "/join", {})).status).toBe(200);
  await eventually(async () => expect(ready(await openDevice(bob.token))).toBe(2));
});

test("a reminder that is seen while it comes due leaves no mark", async () => {
  freezeClock();
  const { ann, id } = await talk();
  for (const seq of [1, 2, 3]) await save(ann, id, seq, { remind_at: Date.now() + seq });
  advanceClock(MINUTE);
  await Promise.all([alarm(ann), ...[1, 2, 3].map((seq) => save(ann, id, seq, { remind_at: null }))]);
  expect(await due(ann)).toEqual([]);
  expect(ready(await openDevice(ann.token))).toBe(0);
  expect(await dueJob(ann)).toBeUndefined();
});

test("the deletion of an account erases what it has saved, and its reminders", async () => {
  const [ann, bob] = [await register(), await register()];
  const { id } = await openDirect(ann, bob);
  await send(bob, id, "1");
  await save(ann, id, 1, { note: "a secret of mine", remind_at: Date.now() + MINUTE });
  const { token } = ann;
  expect((await call("DELETE", "/v1/me", { token, body: { password: PASSWORD } })).status).toBe(204);
  await runInDurableObject(inboxObject(ann.user.id), (_, { storage }) => {
    expect(storage.sql.exec("SELECT * FROM saved").toArray()).toEqual([]);
  });
  expect(await dueJob(ann)).toBeUndefined();
  // A call that the deletion has overtaken stores nothing.
  const message = { conversationId: ConversationId.parse(id), seq: Seq.parse(1) };
  const late = await inboxObject(ann.user.id).saveMessage(message);
  expect(late).toMatchObject({ ok: false, code: "unauthenticated" });
  expectProblem(await askToSave(ann, id, 1), 401, "unauthenticated");
});
