import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { ExportRecordInput } from "../../../src/domain/data/records.ts";
import { ConversationId } from "../../../src/domain/ids.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  expectAsked,
  getConversation,
  list,
  listedConversation,
  openDirect,
  send,
} from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { aside, follow, followed } from "../../support/clients/threads.ts";
import { advanceClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";
import { conversationObject, inboxObject, itemAt } from "../../support/objects/room.ts";
import { setCrowdMembers, setLiveMembers } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";
import { newBot, updates } from "../../surfaces/telegram/client.ts";
import { allMentions } from "../mentions/client.ts";
import { exportAll, importAll } from "./records.ts";

let key = "";
let people: SignedIn[];
let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let group: number;

beforeAll(async () => {
  setTiming({ fanout: { cooldownMs: 10 } });
  key = (await makeServerKey(["data", "conversations", "users", "hooks", "tokens"])).text;
});

beforeEach(async () => {
  people = await signedInUsers(3);
  [ann, bob, cid] = [itemAt(people, 0), itemAt(people, 1), itemAt(people, 2)];
  group = (await createGroup(ann, [bob, cid])).id;
});

const nameOf = ({ user }: SignedIn) => `parley:u${user.id}-0`;
let imports = 0;

/** A message of elsewhere for a conversation here. */
async function record(id: number, sender: SignedIn, text: string, fields = {}): Promise<ExportRecordInput> {
  const { records } = await exportAll(key, `/v1/server/conversations/${id}/export`);
  const room = records.find((one) => one.type === "conversation");
  if (room?.type !== "conversation") throw new Error("an export has its conversation");
  return {
    type: "message",
    message: {
      ...{ conversation: room.conversation.external_id, external_id: `old${++imports}`, kind: "text" },
      ...{ sender: nameOf(sender), created_at: 1_000_000 + imports, body: { text }, ...fields },
    },
  };
}

/** Imports messages, which must all be stored. */
async function bring(id: number, ...messages: [SignedIn, string, object?][]): Promise<void> {
  const records = await Promise.all(
    messages.map(([sender, text, fields]) => record(id, sender, text, fields)),
  );
  const report = await importAll(
    key,
    records.map((one) => JSON.stringify(one)),
  );
  expect(report.imported.message).toBe(messages.length);
}

/** What members have read, and what others are told of it. */
function stateOf(id: number, members: SignedIn[]) {
  const each = members.map(async (who) => {
    const listed = [await list(who, "?limit=100"), await list(who, "?archived=true&limit=100")];
    const shown = listed.flatMap(({ items }) => items.filter((item) => item.id === id));
    shown.push(await getConversation(who, id));
    expect(shown).toHaveLength(2);
    const mentions = await allMentions(who);
    const receipts = await expectAsked(who, id, "GET", "/receipts");
    const { items: threads } = await followed(who, id);
    return {
      counts: shown.map(({ unread_count, read_seq, unread_from, threads_unread, archived }) => {
        return { unread_count, read_seq, unread_from, threads_unread, archived };
      }),
      mentions: mentions.filter(([, , isUnread]) => isUnread),
      receipts: receipts.body,
      threads: threads.map(({ unread_count, read_seq }) => ({ unread_count, read_seq })),
    };
  });
  return Promise.all(each);
}

/** The conversation and the inboxes start anew. */
async function restart(id: number): Promise<void> {
  await evictDurableObject(conversationObject(ConversationId.parse(id)));
  for (const { user } of people) await evictDurableObject(inboxObject(user.id));
}

describe("an import into a conversation in use changes nobody's counts, positions and receipts", () => {
  const text =
    (by: () => SignedIn, fields: () => object = () => ({})) =>
    async (id: number) =>
      bring(id, [by(), "of old", fields()]);
  test.each<[string, (id: number) => Promise<void>]>([
    ["of a member who has read all", text(() => ann)],
    ["of a member with unread messages", text(() => bob)],
    [
      "that mentions everybody",
      text(
        () => ann,
        () => ({ mentions: "all" }),
      ),
    ],
    [
      "that mentions a member with unread messages",
      text(
        () => ann,
        () => ({ mentions: [nameOf(bob)] }),
      ),
    ],
    [
      "that is revoked",
      text(
        () => ann,
        () => ({ body: {}, revoked: { by: null } }),
      ),
    ],
  ])("a message %s", async (_, imported) => {
    await send(ann, group, "one");
    await send(bob, group, "two");
    await send(ann, group, "three");
    await send(cid, group, "four");
    await expectAsked(ann, group, "PUT", "/read", { seq: 4 });
    const before = await stateOf(group, people);
    expect(before.map(({ counts }) => counts[0]?.unread_count)).toEqual([0, 2, 0]);
    await imported(group);
    expect(await stateOf(group, people)).toEqual(before);
    await restart(group);
    expect(await stateOf(group, people)).toEqual(before);
    // Reading on counts what was sent here.
    await expectAsked(bob, group, "PUT", "/read", { seq: 3 });
    expect((await listedConversation(bob, group)).unread_count).toBe(1);
    await send(ann, group, "five");
    expect((await listedConversation(bob, group)).unread_count).toBe(2);
    expect((await listedConversation(cid, group)).unread_count).toBe(1);
  });

  test("a reply in a thread that people follow", async () => {
    const { seq } = await send(ann, group, "root");
    await send(bob, group, aside(seq));
    await follow(cid, group, seq);
    await send(ann, group, aside(seq));
    const before = await stateOf(group, people);
    const { records } = await exportAll(key, `/v1/server/conversations/${group}/export`);
    const root = records.find((one) => one.type === "message" && one.message.body.text === "root");
    const thread = { root: root?.type === "message" ? root.message.external_id : "", also_in_main: false };
    await bring(group, [bob, "aside of old", { thread }], [ann, "another", { thread, mentions: "all" }]);
    expect(await stateOf(group, people)).toEqual(before);
    await restart(group);
    expect(await stateOf(group, people)).toEqual(before);
    await send(bob, group, aside(seq));
    const [, , ofCid] = await stateOf(group, people);
    expect(ofCid?.threads).toMatchObject([{ unread_count: 2 }]);
  });

  test("messages for a member who has marked one unread, and archived the conversation", async () => {
    await send(ann, group, "one");
    await send(cid, group, "two");
    await expectAsked(bob, group, "PUT", "/read", { seq: 2 });
    await expectAsked(bob, group, "PUT", "/read", { seq: 2, unread: true });
    await expectAsked(bob, group, "PUT", "/preferences", { archived: true });
    const before = await stateOf(group, people);
    await bring(group, [ann, "of old"], [bob, "mine of old"]);
    expect(await stateOf(group, people)).toEqual(before);
    await restart(group);
    expect(await stateOf(group, people)).toEqual(before);
  });

  test("messages between two, of whom one has unread ones", async () => {
    const { id } = await openDirect(ann, bob);
    await send(ann, id, "one");
    await send(ann, id, "two");
    await expectAsked(bob, id, "PUT", "/read", { seq: 1 });
    const before = await stateOf(id, [ann, bob]);
    await bring(id, [bob, "of old"], [ann, "of old, too"]);
    expect(await stateOf(id, [ann, bob])).toEqual(before);
    await restart(id);
    expect(await stateOf(id, [ann, bob])).toEqual(before);
  });

  test("a repeat finds the same messages", async () => {
    await send(ann, group, "one");
    const message = JSON.stringify(await record(group, bob, "of old"));
    expect((await importAll(key, [message])).imported.message).toBe(1);
    expect(await importAll(key, [message])).toMatchObject({
      imported: { message: 0 },
      unchanged: { message: 1 },
    });
  });
});

test("who looks through a relay hears of what happens behind imported reactions", async () => {
  onTestFinished(setCrowdMembers(2));
  onTestFinished(setLiveMembers(1));
  const { id } = await createGroup(ann, [bob, cid]);
  // The object of the conversation holds one socket.
  for (const { token } of [ann, cid]) await openRoom(id, token);
  await bring(id, [ann, "one", { reactions: [{ key: "👍", user: nameOf(cid), at: 5 }] }]);
  const { seq } = await send(ann, id, "two");
  const bobs = await openRoom(id, bob.token, "?after=0&rev=0");
  await bobs.next("synced");
  await expectAsked(bob, id, "PUT", "/read", { seq });
  await send(ann, id, "behind it");
  await bobs.until(({ frames }) => JSON.stringify(frames).includes("behind it"));
  expect(bobs.of("read")).toMatchObject([{ seq }]);
});

test("a hook that is behind is told of no message that an import brings or changes, and of all others", async () => {
  const receiver = await HookReceiver.start(key, { events: ["*"], conversations: [group] });
  await receiver.answer(500);
  await send(ann, group, "one");
  await receiver.untilCalls(1);
  const reactions = [{ key: "👍", user: nameOf(cid), at: 5 }];
  const old = Array.from({ length: 25 }, (_, i): [SignedIn, string, object] => [
    bob,
    `old ${i}`,
    { reactions },
  ]);
  await bring(group, ...old, [ann, "", { body: {}, revoked: { by: null } }]);
  const names = ["edited", "reacted to", "taken back"];
  const again = (fields: (name: string) => object) =>
    bring(
      group,
      ...names.map((name): [SignedIn, string, object] => [bob, name, { external_id: name, ...fields(name) }]),
    );
  await again(() => ({}));
  const { seq } = await send(ann, group, "two");
  await expectAsked(bob, group, "PUT", `/messages/${seq - 5}/reactions/%F0%9F%91%8D`);
  await send(ann, group, "three");
  advanceClock(60_000);
  // The alarm of the platform would come by the clock of the machine.
  const untilTold = (count: number) =>
    eventually(async () => {
      await runDurableObjectAlarm(conversationObject(ConversationId.parse(group)));
      await receiver.calls();
      const told = await receiver.until(0);
      expect(told.length).toBeGreaterThanOrEqual(count);
      return told;
    });
  const told = await untilTold(4);
  const events = told.map(({ type, data }) => `${type}: ${data.message?.body.text}`);
  expect(events.filter((event) => event.includes("created"))).toEqual([
    ...["message.created: one", "message.created: two", "message.created: three"],
  ]);
  expect(events.filter((event) => !event.includes("created"))).toEqual(["message.changed: old 24"]);
  // One that has heard of everything is told of no message that an import changes, either.
  await again((name) => {
    if (name === "edited") return { body: { text: "of old" }, edited_at: 2_000_000, version: 2 };
    return name === "reacted to" ? { reactions } : { body: {}, revoked: { by: null } };
  });
  await send(ann, group, "four");
  const later = (await untilTold(told.length + 1)).slice(told.length);
  expect(later.map(({ type, data }) => `${type}: ${data.message?.body.text}`)).toEqual([
    "message.created: four",
  ]);
});

test("a bot is told of no imported message", async () => {
  const bot = await newBot();
  await expectAsked(ann, group, "POST", "/members", { user_ids: [bot.user.id] });
  const told: string[] = [];
  const untilTold = (text: string) =>
    eventually(async () => {
      told.push(...(await updates(bot, { offset: 0 })).map((update) => JSON.stringify(update)));
      expect(told.join()).toContain(text);
    });
  await send(ann, group, "/one");
  await untilTold("/one");
  await bring(group, [ann, "/old", { reactions: [{ key: "👍", user: nameOf(cid), at: 5 }] }]);
  await send(ann, group, "/two");
  await untilTold("/two");
  expect(told.join()).not.toContain("/old");
});

test("in a copy that nobody has used, a read record says what is unread, and an import changes no count", async () => {
  const prefix = `pure-${crypto.randomUUID().slice(0, 8)}`;
  const [one, two] = [`${prefix}:one`, `${prefix}:two`];
  const room = `${prefix}:room`;
  const message = (id: string, sender: string): ExportRecordInput => ({
    type: "message",
    message: {
      ...{ conversation: room, external_id: id, sender, created_at: 1_000_000, kind: "text" },
      body: { text: id },
    },
  });
  const read = (id: string): ExportRecordInput => ({
    type: "read",
    read: { conversation: room, user: two, message: id, at: 5 },
  });
  const lines = (records: ExportRecordInput[]) => records.map((record) => JSON.stringify(record));
  const known = await importAll(
    key,
    lines([
      { type: "user", user: { external_id: one } },
      { type: "user", user: { external_id: two } },
      { type: "conversation", conversation: { external_id: room, kind: "group", owner: one, created_at: 1 } },
      ...["m1", "m2", "m3"].map((id) => message(id, one)),
      { type: "member", member: { conversation: room, user: two } },
      read("m1"),
    ]),
  );
  expect(known.left_out).toEqual([]);
  const unread = async () => {
    const path = `/v1/server/users/${encodeURIComponent(`ext:${two}`)}/tokens`;
    const { token } = z
      .object({ token: z.string() })
      .parse((await call("POST", path, { token: key, body: {} })).body);
    const { items } = z
      .object({ items: z.array(z.object({ id: z.int(), unread_count: z.int(), read_seq: z.int() })) })
      .parse((await call("GET", "/v1/conversations", { token })).body);
    return itemAt(items, 0);
  };
  const { id, ...before } = await unread();
  expect(before).toEqual({ unread_count: 2, read_seq: 1 });
  await importAll(key, lines([message("m4", two), message("m5", one)]));
  expect(await unread()).toEqual({ id, ...before });
  await evictDurableObject(conversationObject(ConversationId.parse(id)));
  expect(await unread()).toEqual({ id, ...before });
  await importAll(key, lines([read("m1")]));
  expect(await unread()).toEqual({ id, unread_count: 4, read_seq: 1 });
  await importAll(key, lines([read("m4")]));
  expect(await unread()).toEqual({ id, unread_count: 1, read_seq: 4 });
});
