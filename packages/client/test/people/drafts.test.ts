import { expect, onTestFinished, test, vi } from "vitest";
import type { Person } from "../../../../scripts/support/person.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { Drafts, type DraftsOptions } from "../../src/drafts/index.ts";
import type { Chat } from "../../src/index.ts";
import { startChat, text, until } from "../support/chats.ts";
import { HeldFrames } from "../support/held-frames.ts";
import { Disk, MemoryKeeper } from "../support/memory-keeper.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { Server } from "../support/server.ts";

const server = Server.shared();

/** The drafts of a client. They are saved when the test says so. */
function draftsOf(chat: Chat, kept: DraftsOptions = {}): Drafts {
  const drafts = new Drafts(chat, { pause: 1_000_000, ...kept });
  onTestFinished(() => drafts.close());
  return drafts;
}

/** A user with two devices, and a conversation with another one. */
async function twoDevices(): Promise<{ ann: Person; id: number; phone: Chat; desk: Chat }> {
  const [ann, , id] = await server.direct("ann", "bob");
  await ann.send(id, "Hello");
  const again = await ann.signIn();
  const [phone, desk] = [await startChat(server.origin, ann), await startChat(server.origin, again)];
  for (const chat of [phone, desk])
    await until(chat, (state) => state.connection === "live" && state.conversation(id));
  return { ann, id, phone, desk };
}

/** Two tabs of one session, and a conversation with another user. */
async function twoTabs() {
  const { ann, id, phone } = await twoDevices();
  const other = await startChat(server.origin, ann);
  await until(other, (state) => state.connection === "live" && state.conversation(id));
  const kept = { name: `${ann.user.id}`, storage: new MemoryStorage() };
  return { ann, id, phone, other, here: draftsOf(phone, kept), there: draftsOf(other, kept) };
}

/** Waits until a user's drafts are saved, and the server has none of them. */
function cleared(drafts: Drafts, person: Person): Promise<void> {
  return eventually(async () => {
    await drafts.flush();
    expect(await person.call("GET", "/v1/conversations")).not.toHaveProperty("items.0.draft");
  });
}

const onDesk = (desk: Chat, id: number) => () => desk.state.conversation(id)?.draft?.text;

test("what is written on one device is on the other, once for many keys, until it is sent", async () => {
  const { ann, id, phone, desk } = await twoDevices();
  const drafts = draftsOf(phone);
  const calls = vi.spyOn(phone.api, "request");
  for (const typed of ["L", "Lu", "Lunch"]) drafts.write(id, { text: typed });
  expect(drafts.get(id)).toEqual({ text: "Lunch" });
  await drafts.flush();
  await until(desk, () => onDesk(desk, id)() === "Lunch");
  expect(calls.mock.calls.filter(([method]) => method === "put")).toHaveLength(1);
  expect(draftsOf(desk).get(id)).toMatchObject({ text: "Lunch" });
  const draft = desk.state.conversation(id)?.draft;
  const sent = drafts.send(id, text("Lunch?"));
  expect(draft?.client_msg_id).toBe(sent);
  await until(desk, () => onDesk(desk, id)() === undefined && desk.state.conversation(id)?.last_seq === 2);
  expect(drafts.get(id)).toBeUndefined();
  expect(await ann.call("GET", `/v1/conversations/${id}/messages/2`)).toMatchObject({
    ...{ client_msg_id: sent, body: { text: "Lunch?" } },
  });
  drafts.write(id, { text: "Next" });
  expect(drafts.send(id, text("Next"))).not.toBe(sent);
});

test("tabs of one session write one draft, which the one that writes on saves and any sends", async () => {
  const { ann, id, phone, here, there } = await twoTabs();
  const told: number[] = [];
  there.subscribe((changed) => told.push(changed));
  here.write(id, { text: "Lunch" });
  await eventually(() => expect(there.get(id)).toEqual({ text: "Lunch" }));
  expect(told).toEqual([id]);
  there.write(id, { text: "Lunch?" });
  await eventually(() => expect(here.get(id)).toEqual({ text: "Lunch?" }));
  await there.flush();
  expect(await ann.call("GET", "/v1/conversations")).toMatchObject({
    items: [{ draft: { text: "Lunch?" } }],
  });
  here.send(id, text("Lunch?"));
  await eventually(() => expect(there.get(id)).toBeUndefined());
  await phone.flush();
  await eventually(async () =>
    expect(await ann.call("GET", "/v1/conversations")).not.toHaveProperty("items.0.draft"),
  );
});

test("a save of one tab undoes nothing that is written in another meanwhile", async () => {
  const { id, other, here, there } = await twoTabs();
  here.write(id, { text: "Half" });
  await eventually(() => expect(there.get(id)).toEqual({ text: "Half" }));
  const [asked, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { request } = other.api;
  vi.spyOn(other.api, "request").mockImplementation(async (...call) => {
    asked.resolve();
    await mayEnd.promise;
    return request.apply(other.api, call);
  });
  const saving = there.flush();
  await asked.promise;
  here.write(id, { text: "Half a" });
  await eventually(() => expect(there.get(id)).toEqual({ text: "Half a" }));
  const heard = new Promise((resolve) => here.subscribe(resolve));
  mayEnd.resolve();
  await saving;
  await heard;
  for (const drafts of [here, there]) expect(drafts.get(id)).toEqual({ text: "Half a" });
});

test("what one tab says late of a text undoes nothing that is written in another since then", async () => {
  const { ann, id, phone, here } = await twoTabs();
  const tab = new BroadcastChannel(`parley:${ann.user.id} drafts`);
  onTestFinished(() => tab.close());
  const said = new Promise<object>((resolve) => {
    tab.onmessage = (event) => resolve(Object(event).data);
  });
  here.write(id, { text: "Half" });
  const late = await said;
  here.write(id, { text: "Half a" });
  tab.postMessage(late);
  const draft = { text: "The end of what is said", updated_at: 1 };
  tab.postMessage({ frame: { type: "draft", conversation_id: id, draft } });
  await until(phone, (state) => state.conversation(id)?.draft);
  expect(here.get(id)).toEqual({ text: "Half a" });
});

test("a save that comes behind its message leaves no draft", async () => {
  const { ann, id, phone } = await twoDevices();
  const drafts = draftsOf(phone);
  drafts.write(id, { text: "Lunch" });
  const saving = drafts.flush();
  drafts.send(id, text("Lunch?"));
  await Promise.all([saving, phone.flush()]);
  expect(await ann.call("GET", "/v1/conversations")).toMatchObject({ items: [{ id, last_seq: 2 }] });
  await eventually(async () => {
    const list = await ann.call("GET", "/v1/conversations");
    expect(list).not.toHaveProperty("items.0.draft");
  });
});

test("a message answers what its draft answers", async () => {
  const { ann, id, phone } = await twoDevices();
  const drafts = draftsOf(phone);
  drafts.write(id, { text: "Hi", reply_to: 1, thread: { root: 1, also_in_main: false } });
  drafts.send(id, text("Hi"));
  await phone.flush();
  expect(await ann.call("GET", `/v1/conversations/${id}/messages/2`)).toMatchObject({
    ...{ quote: { seq: 1 }, thread: { root: 1, also_in_main: false } },
  });
});

test("a message sent at once answers what the draft of another device answers", async () => {
  const { ann, id, phone, desk } = await twoDevices();
  const [written, taken] = [draftsOf(phone), draftsOf(desk)];
  written.write(id, { text: "Hi", reply_to: 1, thread: { root: 1, also_in_main: false } });
  await written.flush();
  await until(desk, () => onDesk(desk, id)() === "Hi");
  taken.send(id, text("Hi"));
  await desk.flush();
  expect(await ann.call("GET", `/v1/conversations/${id}/messages/2`)).toMatchObject({
    ...{ quote: { seq: 1 }, thread: { root: 1, also_in_main: false } },
  });
});

test("goes on with the draft of another device, and clears it", async () => {
  const { ann, id, phone, desk } = await twoDevices();
  const [written, taken] = [draftsOf(phone), draftsOf(desk)];
  written.write(id, { text: "Lun" });
  await written.flush();
  await until(desk, () => onDesk(desk, id)() === "Lun");
  const begun = taken.get(id);
  expect(begun).toMatchObject({ text: "Lun" });
  taken.write(id, { text: `${begun?.text}ch` });
  taken.send(id, text("Lunch"));
  await until(phone, (state) => state.conversation(id)?.last_seq === 2);
  await cleared(taken, ann);
});

test("the end of an earlier draft is told late: what was saved meanwhile stays", async () => {
  const frames = new HeldFrames();
  onTestFinished(() => void vi.unstubAllGlobals());
  const [ann, , id] = await server.direct("ann", "bob");
  const phone = await startChat(server.origin, ann);
  await until(phone, (state) => state.connection === "live" && state.conversation(id));
  const drafts = draftsOf(phone);
  drafts.write(id, { text: "Lunch?" });
  await drafts.flush();
  frames.hold("draft");
  await (await ann.signIn()).call("DELETE", `/v1/conversations/${id}/draft`);
  await expect.poll(() => frames.count).toBe(1);
  drafts.write(id, { text: "Lunch at noon?" });
  await drafts.flush();
  frames.pass();
  expect(drafts.get(id)).toEqual({ text: "Lunch at noon?" });
  expect(phone.state.conversation(id)?.draft).toMatchObject({ text: "Lunch at noon?" });
});

test("what was saved follows the other device, and ends with its message", async () => {
  const { ann, id, phone, desk } = await twoDevices();
  const [begun, taken] = [draftsOf(phone), draftsOf(desk)];
  begun.write(id, { text: "Lun" });
  await begun.flush();
  await until(desk, () => onDesk(desk, id)() === "Lun");
  taken.write(id, { text: "Lunch" });
  await taken.flush();
  await expect.poll(() => begun.get(id)?.text).toBe("Lunch");
  begun.write(id, { text: "Lunch at" });
  await begun.flush();
  await until(desk, () => onDesk(desk, id)() === "Lunch at");
  taken.send(id, text("Lunch at noon?"));
  await desk.flush();
  await cleared(taken, ann);
  await expect.poll(() => begun.get(id)).toBeUndefined();
});

test("what is not saved stays while another device goes on", async () => {
  const { id, phone, desk } = await twoDevices();
  const [here, there] = [draftsOf(phone), draftsOf(desk)];
  here.write(id, { text: "Here" });
  there.write(id, { text: "There" });
  await there.flush();
  await until(phone, (state) => state.conversation(id)?.draft?.text === "There");
  expect(here.get(id)).toEqual({ text: "Here" });
});

test("an empty text is no draft", async () => {
  const { id, phone, desk } = await twoDevices();
  const drafts = draftsOf(phone);
  drafts.write(id, { text: "Lunch" });
  await drafts.flush();
  await until(desk, () => onDesk(desk, id)() === "Lunch");
  drafts.write(id, { text: "" });
  await drafts.flush();
  await until(desk, () => onDesk(desk, id)() === undefined);
});

/** The client of a user, and their drafts, which a storage keeps. */
async function keptBy(storage: MemoryStorage, person: Person, origin: string, cache?: Disk) {
  const keeper = new MemoryKeeper(cache ?? new Disk());
  const chat = await startChat(origin, person, { cache: keeper });
  const drafts = draftsOf(chat, { name: `${person.user.id}`, storage });
  /** Ends as a page that the system kills; what the cache has is of this moment. */
  const kill = async () => {
    keeper.save();
    drafts.close();
    keeper.crash();
    await chat.stop();
  };
  return { chat, drafts, kill };
}

/** Where no server is. */
const NOWHERE = "http://127.0.0.1:1";

test("what is written is there after a reload at once, without a connection too", async () => {
  const { ann, id } = await twoDevices();
  const storage = new MemoryStorage();
  const page = await keptBy(storage, ann, server.origin);
  page.drafts.write(id, { text: "Lunch" });
  page.drafts.write(id, { text: "In the thread", thread: { root: 1 } });
  await page.kill();
  const again = await keptBy(storage, ann, NOWHERE);
  expect(again.drafts.get(id, 0)).toEqual({ text: "Lunch" });
  expect(again.drafts.get(id, 1)).toMatchObject({ text: "In the thread" });
  await again.kill();
  const online = await keptBy(storage, ann, server.origin);
  await eventually(async () => {
    await online.drafts.flush();
    expect(await ann.call("GET", "/v1/conversations")).toHaveProperty("items.0.draft.text", "In the thread");
  });
  online.drafts.clear();
  expect(storage.items.size).toBe(0);
});

test("what another device began and this one has sent does not come back by a reload offline", async () => {
  const { ann, id, phone } = await twoDevices();
  const written = draftsOf(phone);
  written.write(id, { text: "Lun" });
  await written.flush();
  const [storage, disk] = [new MemoryStorage(), new Disk()];
  const desk = await keptBy(storage, ann, server.origin, disk);
  await until(desk.chat, () => desk.drafts.get(id)?.text === "Lun");
  desk.drafts.write(id, { text: "Lunch" });
  desk.drafts.send(id, text("Lunch"));
  await desk.chat.flush();
  // Its cache still has the draft of the phone.
  await desk.kill();
  expect(disk.conversations.find(({ state }) => state.id === id)?.state.draft).toBeDefined();
  const offline = await keptBy(storage, ann, NOWHERE, disk);
  expect(offline.drafts.get(id)).toBeUndefined();
  await offline.kill();
  const online = await keptBy(storage, ann, server.origin, disk);
  await cleared(online.drafts, ann);
});

test("what was sent and is not stored, as the client ended before, is there again", async () => {
  const { ann, id } = await twoDevices();
  const storage = new MemoryStorage();
  const offline = await keptBy(storage, ann, NOWHERE);
  offline.drafts.write(id, { text: "Lunch?" });
  offline.drafts.send(id, text("Lunch?"));
  offline.drafts.write(id, { text: "At noon" });
  await offline.chat.stop();
  offline.drafts.close();
  // Its outbox was not kept.
  const online = await keptBy(storage, ann, server.origin);
  expect(online.drafts.get(id)).toEqual({ text: "At noon" });
  await eventually(async () => {
    await online.drafts.flush();
    expect(online.drafts.get(id)).toEqual({ text: "Lunch?\nAt noon" });
  });
});

test("no draft is overwritten that was not seen, and what was written meanwhile is saved after it", async () => {
  const { ann, id, phone, desk } = await twoDevices();
  const here = draftsOf(phone);
  here.write(id, { text: "Here" });
  await desk.api.call("put", "/v1/conversations/{id}/draft", { path: { id }, body: { text: "There" } });
  await here.flush();
  expect(await ann.call("GET", "/v1/conversations")).toHaveProperty("items.0.draft.text", "There");
  expect(here.get(id)).toEqual({ text: "Here" });
  await desk.api.call("delete", "/v1/conversations/{id}/draft", { path: { id } });
  await eventually(async () => {
    await here.flush();
    expect(await ann.call("GET", "/v1/conversations")).toHaveProperty("items.0.draft.text", "Here");
  });
});
