import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { Message } from "../../../../scripts/support/shapes.ts";
import { Chat } from "../../src/index.ts";
import { startChat, text, until } from "../support/chats.ts";
import { Clock } from "../support/clock.ts";
import { HeldFrames } from "../support/held-frames.ts";
import { Disk, MemoryKeeper } from "../support/memory-keeper.ts";
import { Server } from "../support/server.ts";

const server = Server.shared();

afterEach(() => vi.unstubAllGlobals());

/** A client of Bob's with a message of Ann's, whose calls and `conversation` frames a test holds back. */
async function talk() {
  const [ann, bob, id] = await server.direct("ann", "bob");
  await ann.send(id, "Oh no");
  const frames = new HeldFrames();
  const chat = await startChat(server.origin, bob);
  await until(chat, (state) => state.isListed && state.conversation(id));
  // What comes from now on says so.
  frames.hold("conversation");
  await bob.call("PUT", `/v1/conversations/${id}/preferences`, { muted_until: -1 });
  await expect.poll(() => frames.count).toBeGreaterThan(0);
  const message = `/v1/conversations/${id}/messages/1`;
  return {
    ...{ id, chat, frames },
    isTold: () => until(chat, (state) => state.conversation(id)?.silent),
    last: () => chat.state.conversation(id)?.last_message,
    revoke: async () => {
      await ann.call("DELETE", `${message}?for=everyone`);
      await until(chat, (state) => state.conversation(id)?.last_message?.revoked);
    },
    edit: async () => {
      await ann.call("PATCH", message, { base_version: 1, body: { text: "Oh yes" } });
      await until(chat, (state) => state.conversation(id)?.last_message?.rev === 1);
    },
  };
}

/** Holds back the answers of the calls to some addresses. */
function holdAnswers(address: RegExp) {
  const answered = Promise.withResolvers<Response>();
  const passed = Promise.withResolvers<void>();
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", async (...call: Parameters<typeof fetch>) => {
    const answer = await fetch(...call);
    if (!address.test(String(call[0]))) return answer;
    answered.resolve(answer.clone());
    await passed.promise;
    return answer;
  });
  return { answered: answered.promise, pass: passed.resolve };
}

test("what a conversation has answered before a message was taken back does not bring it again", async () => {
  const { id, chat, isTold, last, revoke } = await talk();
  const { answered, pass } = holdAnswers(/\/conversations\/\d+$/);
  // The client asks for the conversation as its own socket opens.
  chat.open(id).focus();
  await answered;
  await revoke();
  pass();
  await isTold();
  expect(last()).toMatchObject({ seq: 1, revoked: true, body: {} });
});

test("a list that was answered before an edit does not undo it", async () => {
  const { chat, isTold, last, edit } = await talk();
  const { answered, pass } = holdAnswers(/\/conversations\?/);
  chat.refresh();
  await answered;
  await edit();
  pass();
  await isTold();
  expect(last()).toMatchObject({ body: { text: "Oh yes" } });
});

test("the first list, answered before a message was read, does not leave it unread", async () => {
  const [ann, bob, id] = await server.direct("ann", "bob");
  await ann.send(id, "Hello?");
  const { answered, pass } = holdAnswers(/\/conversations\?/);
  const chat = await startChat(server.origin, bob);
  const told = new Promise<void>((resolve) => {
    chat.onFrame(({ type }) => type === "read" && resolve());
  });
  await answered;
  await bob.read(id, 1);
  await told;
  pass();
  await until(chat, (state) => state.isListed && state.conversation(id)?.unread_count === 0);
});

test.each(["none", "one that was kept before the draft"])(
  "a draft comes with the list although a message came while it was under way; cache: %s",
  async (kept) => {
    const [ann, bob, id] = await server.direct("ann", "bob");
    await ann.send(id, "Who brings the map?");
    const cache = new MemoryKeeper(new Disk());
    if (kept !== "none") {
      const before = await startChat(server.origin, bob, { cache });
      await until(before, (state) => state.isListed && state.conversation(id));
      cache.save();
      await before.stop();
    }
    await bob.call("PUT", `/v1/conversations/${id}/draft`, { text: "I bring" });
    const { answered, pass } = holdAnswers(/\/conversations\?/);
    const chat = new Chat({ url: server.origin, token: bob.token, cache });
    onTestFinished(() => chat.stop());
    const started = chat.start();
    await answered;
    await ann.send(id, "Anybody?");
    await until(chat, (state) => state.conversation(id)?.last_seq === 2);
    pass();
    await started;
    const { draft } = await until(chat, (state) => state.isListed && state.conversation(id));
    expect(draft).toMatchObject({ text: "I bring" });
  },
);

test("a list that has not heard yet that a message was taken back does not bring it again", async () => {
  const { chat, isTold, last, revoke } = await talk();
  const before = holdAnswers(/\/conversations\?/);
  chat.refresh();
  const old = await before.answered;
  await revoke();
  // An inbox that hears of the change later than the room socket answers so.
  vi.stubGlobal("fetch", () => Promise.resolve(old.clone()));
  chat.refresh();
  await isTold();
  expect(last()).toMatchObject({ seq: 1, revoked: true, body: {} });
});

test("a conversation's frame that comes behind the change of its last message does not undo it", async () => {
  const { frames, isTold, last, edit } = await talk();
  await edit();
  frames.pass();
  await isTold();
  expect(last()).toMatchObject({ body: { text: "Oh yes" } });
});

test("a list that was answered before an own message does not undo that all is read", async () => {
  const [ann, bob, id] = await server.direct("ann", "bob");
  await bob.send(id, "Hello?");
  const chat = await startChat(server.origin, ann);
  await until(chat, ({ conversations }) => conversations[0]?.unread_count === 1);
  await chat.stop();
  const answered = Promise.withResolvers<void>();
  const sent = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", async (...call: Parameters<typeof fetch>) => {
    if (String(call[0]).includes("/v1/mentions")) asked.resolve();
    const answer = await fetch(...call);
    if (!String(call[0]).includes("/v1/conversations?")) return answer;
    answered.resolve();
    await sent.promise;
    return answer;
  });
  await chat.start();
  await answered.promise;
  chat.send(id, text("Here I am"));
  await chat.flush();
  expect(chat.state.conversation(id)).toMatchObject({ read_seq: 2, unread_count: 0 });
  sent.resolve();
  // The client asks for them once it has taken the list.
  await asked.promise;
  expect(chat.state.conversation(id)).toMatchObject({ read_seq: 2, unread_count: 0 });
});

test("a read of another device never undoes what this one has read further", async () => {
  const [ann, bob, id] = await server.direct("ann", "bob");
  const sender = await startChat(server.origin, bob);
  for (const one of ["one", "two", "three"]) sender.send(id, text(one));
  await sender.flush();
  const other = await startChat(server.origin, ann);
  const frames = new HeldFrames();
  const chat = await startChat(server.origin, ann);
  const windows = [other.open(id), chat.open(id)];
  await until(other, () => windows[0]?.view.messages.length === 3);
  await until(chat, () => windows[1]?.view.messages.length === 3);
  await until(chat, (state) => state.conversation(id)?.unread_count === 3);

  frames.hold("read");
  windows[0]?.read(1);
  await expect.poll(() => frames.count).toBe(1);
  windows[1]?.read(3);
  frames.pass();
  expect(chat.state.conversation(id)?.unread_count).toBe(0);
});

test("a read counts messages that the list has counted and that are still on their way", async () => {
  const [ann, bob, id] = await server.direct("ann", "bob");
  for (const one of ["one", "two", "three"]) await bob.send(id, one);
  const frames = new HeldFrames();
  const chat = await startChat(server.origin, ann);
  const window = chat.open(id);
  await until(chat, () => window.view.messages.length === 3);
  frames.hold("message", "messages");
  for (const one of ["four", "five"]) await bob.send(id, one);
  await expect.poll(() => frames.count).toBe(2);
  chat.refresh();
  await until(chat, (state) => state.conversation(id)?.unread_count === 5);
  window.read(2);
  frames.pass();
  await until(chat, (state) => state.conversation(id)?.unread_count === 3);
});

test("a conversation that moves from the second page of the list to the first meanwhile stays", async () => {
  const [ann, bob, id] = await server.group("the oldest", "ann", "bob");
  await Promise.all(Array.from({ length: 100 }, (_, i) => ann.openGroup(`${i + 1}`, [bob])));
  const chat = await startChat(server.origin, bob);
  await until(chat, (state) => state.isListed && state.conversations.length === 101);
  const last = chat.state.conversation(id)?.last_seq ?? 0;
  const taken = Promise.withResolvers<void>();
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", async (...call: Parameters<typeof fetch>) => {
    const address = String(call[0]);
    if (/conversations\?.*cursor=/.test(address)) {
      await ann.send(id, "Up");
      await until(chat, (state) => state.conversation(id)?.last_seq === last + 1);
    }
    // The client asks for them once it has taken the list.
    if (address.includes("/v1/mentions")) taken.resolve();
    return fetch(...call);
  });
  chat.refresh();
  await taken.promise;
  expect(chat.state.conversation(id)).toMatchObject({ last_seq: last + 1, unread_count: 1 });
});

test("the list does not wait for the archive, and what the user has moved from one to the other stays known", async () => {
  const [ann, bob] = [await server.person("ann"), await server.person("bob")];
  const put = await ann.openGroup("goes to the archive", [bob]);
  const taken = await ann.openGroup("comes from the archive", [bob]);
  const archive = ({ id }: { id: number }, archived: boolean) =>
    bob.call("PUT", `/v1/conversations/${id}/preferences`, { archived });
  const chat = await startChat(server.origin, bob);
  await until(chat, (state) => state.isListed && state.conversation(put.id) && state.conversation(taken.id));
  await archive(taken, true);
  await until(chat, (state) => state.conversation(taken.id)?.archived);
  await chat.stop();
  await archive(put, true);
  await archive(taken, false);
  let isGone = false;
  chat.subscribe(
    (state) => state.conversation(put.id) && state.conversation(taken.id),
    (both) => {
      isGone ||= !both;
    },
  );
  const { answered, pass } = holdAnswers(/\/conversations\?.*archived=true/);
  await chat.start();
  await answered;
  await until(chat, (state) => state.conversation(taken.id)?.archived === false);
  pass();
  await until(chat, (state) => state.conversation(put.id)?.archived);
  expect(isGone).toBe(false);
});

test("a list does not undo what frames have said of a contact and a draft while it was under way, the first one neither", async () => {
  const [ann, bob, id] = await server.direct("ann", "bob");
  await ann.send(id, "Hello");
  await bob.send(id, "Hi");
  const tablet = await bob.signIn();
  const frames: string[] = [];
  const { answered, pass } = holdAnswers(/\/conversations\?/);
  const chat = new Chat({ url: server.origin, token: bob.token });
  onTestFinished(() => chat.stop());
  chat.onFrame(({ type }) => frames.push(type));
  await chat.start();
  await answered;
  const anns = await startChat(server.origin, ann);
  await ann.call("PATCH", "/v1/me", { nickname: "Annette" });
  await tablet.call("PUT", `/v1/conversations/${id}/draft`, { text: "Lunch" });
  await expect.poll(() => frames).toEqual(expect.arrayContaining(["presence", "profile", "draft"]));
  pass();
  await until(chat, (state) => state.isListed);
  const told = { name: "Annette", peer: { nickname: "Annette", online: true }, draft: { text: "Lunch" } };
  expect(chat.state.conversation(id)).toMatchObject(told);
  expect(chat.state.isOnline(ann.user.id)).toBe(true);
  await anns.stop();
});

test("mentions in a conversation that did not answer stay in the list, and are asked for again", async () => {
  const [bob, ann, id] = await server.group("group", "bob", "ann");
  const body = { ...text("Ann?"), mentions: [ann.user.id] };
  const mention = async () =>
    Message.parse(await bob.call("POST", `/v1/conversations/${id}/messages`, body)).seq;
  const first = await mention();
  const chat = await startChat(server.origin, ann);
  const mentions = () => chat.state.conversation(id)?.mentions;
  await until(chat, () => mentions()?.length === 1);
  await chat.stop();
  const second = await mention();
  const clock = new Clock();
  let asked = 0;
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", async (...call: Parameters<typeof fetch>) => {
    if (!String(call[0]).includes("/v1/mentions") || asked++ > 0) return fetch(...call);
    return Response.json({ items: [], next_cursor: null, unreachable: [id] });
  });
  await chat.start();
  await expect.poll(() => clock.set).toContain(5_000);
  expect(mentions()).toEqual([first]);
  await clock.pass(5_000);
  await until(chat, () => mentions()?.length === 2);
  expect(mentions()).toEqual([first, second]);
});
