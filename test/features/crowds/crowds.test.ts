import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId, UserId } from "../../../src/domain/ids.ts";
import { hasSchema } from "../../../src/object/migrations.ts";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  expectAsked,
  getConversation,
  insertUsers,
  list,
  listedConversation,
  send,
} from "../../support/clients/chat.ts";
import { seqsKnownTo, untilFrame } from "../../support/clients/device-frames.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { loseCalls } from "../../support/faults/calls.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { Costs } from "../../support/objects/costs.ts";
import { QuietTime } from "../../support/objects/quiet-time.ts";
import {
  createGroupId,
  inboxObject,
  itemAt,
  loseConversation,
  postText,
  range,
  runInboxJob,
} from "../../support/objects/room.ts";
import { push } from "../../support/push/jobs.ts";
import { PushReceiver } from "../../support/push/receiver.ts";
import { setCrowdMembers } from "../../support/settings.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";
import { newBot } from "../../surfaces/telegram/client.ts";

const FIVE_MINUTES_MS = 300_000;

/** Ann, who writes, and nine others. */
let ann: SignedIn;
let others: SignedIn[];
let id: ConversationId;

beforeAll(() => setTiming({ deviceFeed: { holdMs: 1 }, fanout: { cooldownMs: 10 } }));
// More than four members are a crowd.
beforeAll(() => setCrowdMembers(4));

beforeEach(async () => {
  const users = await registerUsers(10);
  [ann, ...others] = [itemAt(users, 0), ...users.slice(1)];
  id = await createGroupId(ann, ...others);
  await toldOf(id, users);
});

/** Waits until all were told of a group, and nothing is under way: what follows then has its own causes. */
async function toldOf(conversation: ConversationId, users: readonly SignedIn[]): Promise<void> {
  for (const { user } of users) await expect.poll(() => hasRow(user.id, conversation)).toBe(true);
  using time = await QuietTime.begin(
    [conversation],
    users.map(({ user }) => user.id),
  );
  await time.pass(FIVE_MINUTES_MS);
}

function hasRow(user: UserId, conversation: ConversationId): Promise<boolean> {
  const query = "SELECT 1 FROM conversations WHERE conversation_id = ?";
  return runInDurableObject(
    inboxObject(user),
    (_, { storage }) => hasSchema(storage) && storage.sql.exec(query, conversation).toArray().length > 0,
  );
}

/** Does something in a group that sleeps before and after, which calls the inboxes of these users alone. */
async function expectTold(work: () => Promise<unknown>, ...users: SignedIn[]): Promise<void> {
  using time = await QuietTime.begin(
    [id],
    [ann, ...others].map(({ user }) => user.id),
  );
  using costs = new Costs([]);
  const told = () => [...costs.inboxUpdates.keys()].map(Number).sort();
  const expected = users.map(({ user }) => user.id).sort();
  await work();
  // Some are called at once, others by the alarm.
  await time.pass(FIVE_MINUTES_MS);
  await expect.poll(told).toEqual(expect.arrayContaining(expected));
  await time.pass(FIVE_MINUTES_MS);
  expect(told()).toEqual(expected);
}

test("a message calls the inboxes of its sender and of whom it names, and lists are right when they are read", async () => {
  expect(await getConversation(ann, id)).toMatchObject({ crowd: true });
  await expectTold(() => postText(id, ann, "one"), ann);
  const named = itemAt(others, 3);
  const draft = { kind: "text", body: { text: "you" }, mentions: [named.user.id] };
  const { seq } = await send(ann, id, { kind: "text", body: { text: "nobody" } });
  await expectTold(() => send(ann, id, draft), ann, named);
  const edit = { body: { text: "and you" }, base_version: 1, mentions: [itemAt(others, 0).user.id] };
  await expectTold(() => expectAsked(ann, id, "PATCH", `/messages/${seq}`, edit), itemAt(others, 0));
  for (const user of others)
    expect(await listedConversation(user, id)).toMatchObject({
      ...{ unread_count: 3, last_seq: 3, last_message: { body: { text: "you" } }, crowd: true },
    });
});

test("a crowd that does not answer is listed as it was", async () => {
  const bob = itemAt(others, 0);
  await postText(id, ann, "one");
  expect(await listedConversation(bob, id)).not.toHaveProperty("stale");
  await postText(id, ann, "two");
  {
    using _ = loseCalls("call", ({ method }) => method === "snapshot");
    expect(await listedConversation(bob, id)).toMatchObject({ last_seq: 1, stale: true });
  }
  const listed = await listedConversation(bob, id);
  expect(listed.last_seq).toBe(2);
  expect(listed).not.toHaveProperty("stale");
});

test("who names all calls all", async () => {
  const draft = { kind: "text", body: { text: "all" }, mentions: "all" };
  await expectTold(() => send(ann, id, draft), ann, ...others);
  const { seq } = await send(ann, id, { kind: "text", body: { text: "nobody" } });
  const edit = { body: { text: "all" }, base_version: 1, mentions: "all" };
  await expectTold(() => expectAsked(ann, id, "PATCH", `/messages/${seq}`, edit), ann, ...others);
});

test("a device is told of a crowd once a minute, and at once of what concerns its user", async () => {
  const bob = itemAt(others, 0);
  const device = await openDevice(bob.token);
  await postText(id, ann, "one");
  await postText(id, ann, "two");
  expect(device.of("activity")).toEqual([]);
  await runInboxJob(bob, "crowds");
  await untilFrame(device, { type: "activity", last_seq: 2, unread_count: 2 });
  await runInboxJob(bob, "crowds");
  await send(ann, id, { kind: "text", body: { text: "you" }, mentions: [bob.user.id] });
  await untilFrame(device, { type: "activity", last_seq: 3, mentions: [{ seq: 3 }] });
  await ask(bob, id, "PUT", "/read", { seq: 2 });
  await untilFrame(device, { type: "read", seq: 2, unread_count: 1 });
  await postText(id, bob, "from elsewhere");
  await untilFrame(device, { type: "activity", last_seq: 4, unread_count: 0 });
  await ask(bob, id, "PUT", "/preferences", { sticky: true });
  await device.until(({ frames }) => frames.some(({ type }) => type === "conversation"));
  // The second question found nothing new.
  expect(device.of("activity").filter(({ last_seq }) => last_seq === 2)).toHaveLength(1);
  device.send({ type: "sync", conversation_id: id, after: 0, rev: 0 });
  await device.until(({ seqs }) => seqs.length === 4);
  expect(device.seqs).toEqual(range(1, 4));
});

test("a device asks as long as it is connected, also if the group becomes a crowd meanwhile", async () => {
  const bob = itemAt(others, 0);
  const device = await openDevice(bob.token);
  const small = await createGroupId(bob, ...others.slice(1, 4));
  await toldOf(small, [bob]);
  await expectAsked(bob, small, "POST", "/members", { user_ids: [ann.user.id] });
  // Five members are a crowd.
  const jobs = () => runInDurableObject(inboxObject(bob.user.id), (_, { storage }) => crowdJobs(storage));
  await expect.poll(jobs).toBe(1);
  await postText(small, ann, "hello");
  await runInboxJob(bob, "crowds");
  // To a socket that has just opened messages come as they are.
  await device.until(() => seqsKnownTo(device, small).includes(2) || device.of("activity").length > 0);
  expect(await jobs()).toBe(1);
  device.close();
  await runInboxJob(bob, "crowds");
  await expect.poll(jobs).toBe(0);
});

/** The number of jobs that ask crowds. */
function crowdJobs({ sql }: DurableObjectStorage): number {
  return Number(sql.exec("SELECT count(*) AS jobs FROM jobs WHERE kind = 'crowds'").one().jobs);
}

test("what ends a membership, and what changes in it, is told", async () => {
  const [bob, cy] = [itemAt(others, 0), itemAt(others, 1)];
  await expectTold(() => expectAsked(ann, id, "DELETE", `/members/${bob.user.id}`), bob);
  others.splice(0, 1);
  expect((await list(bob)).items).toEqual([]);
  await expectTold(() => expectAsked(ann, id, "PATCH", `/members/${cy.user.id}`, { role: "admin" }), cy);
  await expectTold(() => expectAsked(ann, id, "DELETE", ""), ann, ...others);
  for (const user of others) expect((await list(user)).items).toEqual([]);
});

test("a mention that a crash has kept from being told is told", async () => {
  const named = itemAt(others, 5);
  const isTold = () =>
    runInDurableObject(inboxObject(named.user.id), (_, { storage }) =>
      Number(storage.sql.exec("SELECT last_seq FROM conversations").one().last_seq),
    );
  {
    using _ = loseCalls("call", ({ to, id: user }) => to === "INBOX" && user === named.user.id);
    await send(ann, id, { kind: "text", body: { text: "you" }, mentions: [named.user.id] });
    await loseConversation(id);
  }
  expect(await isTold()).toBe(0);
  using time = await QuietTime.begin([id], [named.user.id]);
  await time.pass(FIVE_MINUTES_MS);
  expect(await isTold()).toBe(1);
});

test("a crowd that shrinks tells all again", async () => {
  await postText(id, ann, "of a crowd");
  const leaving = others.splice(3);
  for (const user of leaving) await expectAsked(user, id, "POST", "/leave");
  await expectTold(() => postText(id, ann, "of a group"), ann, ...others);
  expect(await listedConversation(ann, id)).not.toHaveProperty("crowd");
});

test("nobody hears who types and who has read what", async () => {
  const [bob, cy] = [itemAt(others, 0), itemAt(others, 1)];
  const room = await openRoom(id, cy.token);
  const { seq } = await send(ann, id, "read it");
  (await openRoom(id, bob.token)).send({ type: "typing" });
  await expectAsked(bob, id, "PUT", "/read", { seq });
  await send(ann, id, "behind what is not told");
  await room.until(({ seqs }) => seqs.length === 2);
  expect(room.of("read")).toEqual([]);
  expect(room.of("typing")).toEqual([]);
  const { body } = await expectAsked(bob, id, "GET", "/receipts");
  expect(body).toMatchObject({ items: [{ user_id: bob.user.id, read_seq: seq }] });
});

test("a room socket brings each message at once, and a sender over HTTP finds it in their list", async () => {
  const room = await openRoom(id, itemAt(others, 0).token);
  for (const text of ["one", "two", "three"]) await postText(id, ann, text);
  await room.until(({ seqs }) => seqs.length === 3);
  expect(await listedConversation(ann, id)).toMatchObject({ last_seq: 3, unread_count: 0 });
});

test("a phone hears of messages once a minute, and of a mention at once", async () => {
  const bob = itemAt(others, 0);
  const phone = await PushReceiver.of(bob);
  // The app that registers a phone shows the list.
  await list(bob);
  const { seq } = await send(ann, id, { kind: "text", body: { text: "you" }, mentions: [bob.user.id] });
  await push(bob);
  expect(await phone.kinds()).toEqual([`mention ${seq}`]);
  const sends = async () => {
    for (const text of ["one", "two"]) await postText(id, ann, text);
  };
  await expectTold(sends, ann, bob);
  await expect.poll(() => phone.kinds()).toEqual([`mention ${seq}`, `message ${seq + 2}`]);
});

test("the inbox of a bot is called for each message", async () => {
  const bot = await newBot();
  await expectAsked(ann, id, "POST", "/members", { user_ids: [bot.user.id] });
  others.push(bot);
  await toldOf(id, [ann, ...others]);
  for (const text of ["one", "two"]) await expectTold(() => postText(id, ann, text), ann, bot);
});

test("of more than 1,000 members a sample says how many are online", async () => {
  const members = async () => z.looseObject({ online_count: z.int() }).parse(await getConversation(ann, id));
  expect(await members()).not.toHaveProperty("online_sampled");
  const rows = await insertUsers(1_200);
  const ids = JSON.stringify(rows.map(({ user }) => user.id));
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO memberships (conversation_id, user_id, role, state, joined_at)
       SELECT ?1, value, 'member', 'active', 0 FROM json_each(?2)`,
    ).bind(id, ids),
    env.DB.prepare("UPDATE users SET online = id % 2 WHERE id IN (SELECT value FROM json_each(?))").bind(ids),
  ]);
  const { online_count: online, ...shown } = await members();
  // The group itself knows of ten members.
  expect([online, shown]).toEqual([5, expect.objectContaining({ online_sampled: true, member_count: 10 })]);
});

test("D1 is asked for the profiles of those who are shown alone", async () => {
  overrideTiming({ profileCache: { freshMs: 0 } });
  const [bob, cy] = [itemAt(others, 0), itemAt(others, 1)];
  await postText(id, bob, "one");
  // Those who were just told of the group have been looked at.
  await expectAsked(ann, id, "GET", "/messages");
  const asked: string[] = [];
  using _ = interceptD1((_query, work, values) => {
    asked.push(JSON.stringify(values));
    return work();
  });
  await expectAsked(ann, id, "GET", "/messages");
  const isAsked = ({ user }: SignedIn) => asked.some((values) => values.includes(String(user.id)));
  expect([bob, cy].map(isAsked)).toEqual([true, false]);
});

test("policies say what the number of members decides", async () => {
  const small = await createGroupId(ann, ...others.slice(0, 3));
  const pushed = { unread: "pushed", typing: true, receipts: "names", presence: "each" };
  const ofGroup = { ...pushed, member_list: "all", mention_all: "members" };
  const pulled = { unread: "pulled", typing: false, receipts: "own", presence: "count" };
  const ofCrowd = { ...pulled, member_list: "search", mention_all: "members" };
  expect(await getConversation(ann, small)).toMatchObject({ policies: ofGroup });
  expect(await getConversation(ann, id)).toMatchObject({ policies: ofCrowd });
  expect(await listedConversation(ann, id)).toMatchObject({ policies: ofCrowd });
  const device = await openDevice(ann.token);
  await ask(ann, id, "PUT", "/preferences", { sticky: true });
  await untilFrame(device, { type: "conversation", conversation: { policies: ofCrowd } });
});
