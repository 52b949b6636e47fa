import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { Chat, type ConversationWindow, Problem } from "../src/index.ts";
import { startChat, text, until } from "./support/chats.ts";
import { HeldFrames } from "./support/held-frames.ts";
import { Server } from "./support/server.ts";

// A conversation of Ann and Bob with 230 messages, the texts of which are their places.
const server = Server.shared();
let ann: Person;
let bob: Person;
let id: number;

beforeAll(async () => {
  [ann, bob] = [await server.person("ann"), await server.person("bob")];
  ({ id } = await ann.openDirect(bob));
  const chat = new Chat({ url: server.origin, token: ann.token });
  await chat.start();
  for (let i = 1; i <= 230; i++) chat.send(id, text(String(i)));
  await chat.flush();
  await chat.stop();
});

function seqs({
  view,
}: ConversationWindow): [first: number | undefined, last: number | undefined, count: number] {
  const { messages } = view;
  return [messages[0]?.seq, messages.at(-1)?.seq, messages.length];
}

/** Waits until a window has loaded what it was asked for. */
function loaded(chat: Chat, window: ConversationWindow): Promise<unknown> {
  return until(chat, () => window.view.messages.length > 0 && !window.view.isLoading);
}

test("a window begins with the newest messages, and grows to the first one", async () => {
  const chat = await startChat(server.origin, bob);
  const window = chat.open(id);
  await loaded(chat, window);
  expect(seqs(window)).toEqual([181, 230, 50]);
  await window.older();
  expect(seqs(window)).toEqual([131, 230, 100]);
  for (let i = 0; i < 3; i++) await window.older();
  expect(seqs(window)).toEqual([1, 230, 230]);
  expect(window.view).toMatchObject({ hasOlder: false, hasNewer: false, problem: undefined });
});

test("a window that is trimmed keeps the newest messages, and loads the others again", async () => {
  const carl = await server.person("carl");
  const { id: other } = await ann.openDirect(carl);
  const [anns, carls] = [await startChat(server.origin, ann), await startChat(server.origin, carl)];
  for (let i = 1; i <= 2_010; i++) anns.send(other, text(String(i)));
  await anns.flush();
  const [window, second] = [carls.open(other), carls.open(other)];
  await loaded(carls, window);
  while (window.view.hasOlder) await window.older();
  // A user who comes is led to what is new, and reads on from there.
  await window.jump(2_000);
  window.trim();
  expect(seqs(window)).toEqual([1, 2_010, 2_010]);
  second.close();
  let told = 0;
  onTestFinished(
    carls.subscribe(
      () => window.view.messages,
      () => told++,
    ),
  );
  window.trim();
  await expect.poll(() => told).toBe(1);
  expect(seqs(window)).toEqual([1_011, 2_010, 1_000]);
  expect(window.view.hasOlder).toBe(true);
  await window.older();
  expect(seqs(window)).toEqual([961, 2_010, 1_050]);
  anns.send(other, text("2011"));
  await until(carls, () => window.view.messages.at(-1)?.seq === 2_011);
  expect(seqs(window)).toEqual([961, 2_011, 1_051]);
});

test("a jump shows the messages around one, and grows in both directions until it meets the newest", async () => {
  const chat = await startChat(server.origin, bob);
  const window = chat.open(id);
  await loaded(chat, window);
  await window.jump(100);
  expect(seqs(window)).toEqual([76, 125, 50]);
  expect(window.view).toMatchObject({ hasOlder: true, hasNewer: true });
  await window.older();
  expect(seqs(window)).toEqual([26, 125, 100]);
  await window.newer();
  await window.newer();
  expect(seqs(window)).toEqual([26, 230, 205]);
  expect(window.view.hasNewer).toBe(false);
});

test("a jump during a load, and another one at once, end where the last one went", async () => {
  const chat = await startChat(server.origin, bob);
  const window = chat.open(id);
  await loaded(chat, window);
  const jumps = [window.older(), window.jump(20), window.jump(60)];
  await Promise.all(jumps);
  await loaded(chat, window);
  const [first = 0, last = 0, count] = seqs(window);
  expect([first <= 60, last >= 60, count]).toEqual([true, true, last - first + 1]);
  await window.jump(Infinity);
  expect(window.view.messages.at(-1)?.seq).toBe(230);
});

test("a jump to a date shows the messages from then on", async () => {
  const chat = await startChat(server.origin, bob);
  const window = chat.open(id);
  await loaded(chat, window);
  const { created_at: at = 0 } = window.view.messages[10] ?? {};
  await window.jump(await seqAt(chat, id, at));
  expect(window.view.messages.some(({ created_at }) => created_at === at)).toBe(true);
  await window.jump(await seqAt(chat, id, Date.now() + 60_000));
  expect(window.view.messages.at(-1)?.seq).toBe(230);
});

/** The first message from a time on, as docs/windows.md asks for it. */
async function seqAt(chat: Chat, id: number, at: number): Promise<number> {
  const input = { path: { id }, query: { at, limit: 1 } };
  const { items } = await chat.api.call("get", "/v1/conversations/{id}/messages", input);
  return items[0]?.seq ?? Infinity;
}

test("a listener that throws keeps nothing from the others", async () => {
  const chat = await startChat(server.origin, bob, { keeps: () => true });
  const thrown: unknown[] = [];
  const note = (error: unknown) => thrown.push(error);
  process.on("uncaughtException", note);
  try {
    const heard: number[] = [];
    chat.onMessage(() => {
      throw new Error("on purpose");
    });
    chat.onMessage(({ seq }) => heard.push(seq));
    const window = chat.open(id);
    await loaded(chat, window);
    const first = await ann.send(id, "one");
    await ann.send(id, "two");
    await until(chat, () => heard.length === 2 && window.view.messages.at(-1)?.seq === first.seq + 1);
    expect(heard).toEqual([first.seq, first.seq + 1]);
    expect(thrown.length).toBe(2);
  } finally {
    process.off("uncaughtException", note);
  }
});

test("a conversation whose sync was refused for now is synced a little later", async () => {
  onTestFinished(() => void vi.unstubAllGlobals());
  const frames = new HeldFrames();
  frames.replace("synced", { type: "error", code: "unavailable", detail: "", conversation_id: id });
  const chat = await startChat(server.origin, bob);
  const window = chat.open(id);
  await loaded(chat, window);
  expect(window.view.messages).toHaveLength(50);
});

test("a reaction comes without the body of its message, which stays in the window and in the list", async () => {
  const chat = await startChat(server.origin, bob);
  const window = chat.open(id);
  await loaded(chat, window);
  const last = () => window.view.messages.at(-1);
  const [seq, body] = [last()?.seq, last()?.body];
  await ann.call("PUT", `/v1/conversations/${id}/messages/${seq}/reactions/:k:`);
  await until(chat, () => last()?.reactions?.length === 1);
  expect(last()?.body).toEqual(body);
  expect(chat.state.conversations.find((one) => one.id === id)?.last_message?.body).toEqual(body);
});

test("a window of a conversation that is not the user's says so, and opens once it is", async () => {
  const ann = await server.person("ann");
  const other = await server.person("other");
  const { id: group } = await ann.openGroup("Secret", []);
  const chat = await startChat(server.origin, other);
  const window = chat.open(group);
  expect(window.view).toMatchObject({ isLoading: true, problem: undefined });
  const problem = await until(chat, () => window.view.problem);
  expect(problem).toBeInstanceOf(Problem);
  expect(problem).toMatchObject({ code: "not_found", status: 404 });
  expect(window.view).toMatchObject({ isLoading: false, messages: [] });
  await ann.call("POST", `/v1/conversations/${group}/members`, { user_ids: [other.user.id] });
  await until(chat, () => window.view.messages.length > 0 && !window.view.problem);
});
