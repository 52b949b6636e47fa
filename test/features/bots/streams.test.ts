import { beforeAll, expect, test } from "vitest";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  getMessage,
  page,
  send,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { setTiming } from "../../support/timing.ts";
import { type BackendBot, backendBot } from "./client.ts";

let ann: SignedIn;
let bob: SignedIn;
let bot: BackendBot;
let id: number;
beforeAll(async () => {
  [ann, bob] = await registerUsers(2);
  bot = await backendBot();
  id = (await createGroup(ann, [bob, bot])).id;
});

const part = (socket: TestSocket, text: string, more: object = {}) =>
  socket.send({ type: "draft_text", conversation_id: id, stream: "s1", text, ...more });
const textsOf = (socket: TestSocket) => socket.of("draft_text").map(({ text }) => text);

test("what a bot is writing is shown to all who look, and stored once at its end", async () => {
  const [ofBot, ofAnn] = [await openDevice(bot.token), await openDevice(ann.token)];
  const room = await openRoom(id, bob.token);
  part(ofBot, "once");
  const shown = { type: "draft_text", conversation_id: id, stream: "s1", user_id: bot.user.id, text: "once" };
  expect(await ofAnn.next("draft_text")).toEqual(shown);
  expect(await room.next("draft_text")).toEqual(shown);
  expect(await storedInConversation(id)).not.toContain("once");
  part(ofBot, "once upon");
  part(ofBot, "once upon a time", { end: true });
  const ack = await ofBot.next("ack");
  expect(ack).toMatchObject({ client_msg_id: "s1", conversation_id: id });
  const { seq } = await getMessage(ann, id, Number(ack.seq));
  expect(await getMessage(ann, id, seq)).toMatchObject({ body: { text: "once upon a time" }, version: 1 });
  // The same end again is the same message.
  part(ofBot, "once upon a time", { end: true });
  expect(await ofBot.next("ack")).toMatchObject({ seq });
  await send(bot, id, "mark");
  for (const socket of [ofAnn, room]) {
    await socket.until(({ frames }) => JSON.stringify(frames).includes('"mark"'));
    const kinds = socket.frames.map((frame) => JSON.stringify(frame));
    const last = kinds.findLastIndex((frame) => frame.includes('"draft_text"'));
    expect(last).toBeLessThan(kinds.findIndex((frame) => frame.includes("once upon a time")));
  }
  // The bot's own devices are told nothing of it.
  expect(ofBot.of("draft_text")).toEqual([]);
});

test("of many parts at once, few are told, the newest last", async () => {
  const [ofBot, room] = [await openDevice(bot.token), await openRoom(id, ann.token)];
  for (let i = 1; i <= 30; i++) part(ofBot, `part ${i}`, { stream: "many" });
  await room.until((socket) => textsOf(socket).at(-1) === "part 30");
  expect(textsOf(room).length).toBeLessThanOrEqual(3);
  // Another stream has a pace of its own.
  part(ofBot, "other", { stream: "other" });
  await room.until((socket) => textsOf(socket).includes("other"));
});

test("a person shows nothing, nor does a bot that may not write, or is no member", async () => {
  const room = await openRoom(id, bob.token);
  const device = await openDevice(ann.token);
  part(device, "mine");
  expect(await device.next("error")).toMatchObject({ code: "forbidden", conversation_id: id });
  const stranger = await openDevice((await backendBot()).token);
  part(stranger, "from outside");
  expect(await stranger.next("error")).toMatchObject({ code: "not_found" });
  const muted = await backendBot();
  await ask(ann, id, "POST", "/members", { user_ids: [muted.user.id] });
  await ask(ann, id, "PATCH", `/members/${muted.user.id}`, { muted_for_s: 60 });
  const ofMuted = await openDevice(muted.token);
  part(ofMuted, "hushed");
  expect(await ofMuted.next("error")).toMatchObject({ code: "muted" });
  const ofBot = await openDevice(bot.token);
  part(ofBot, "x".repeat(8_001));
  expect(await ofBot.next("error")).toMatchObject({ code: "validation_failed" });
  part(ofBot, "no name", { stream: "" });
  expect(await ofBot.next("error")).toMatchObject({ code: "validation_failed" });
  await send(bob, id, "mark");
  await room.until(({ frames }) => JSON.stringify(frames).includes('"mark"'));
  expect(textsOf(room)).toEqual([]);
});

test("where rules look at messages, nobody sees one before its end", async () => {
  const { text: token } = await makeServerKey(["moderate"]);
  const undo = setTiming({ rules: { keepMs: 0, staleMs: 0 } });
  const rules = (items: object[]) => call("PUT", "/v1/moderation/rules", { token, body: { items } });
  await rules([{ id: "spam", match: { words: ["casino"] }, action: "refuse" }]);
  const [ofBot, room] = [await openDevice(bot.token), await openRoom(id, ann.token)];
  part(ofBot, "the casino", { stream: "ruled" });
  part(ofBot, "the casino", { stream: "ruled", end: true });
  expect(await ofBot.next("error")).toMatchObject({ code: "refused", client_msg_id: "ruled" });
  await send(bob, id, "after it");
  await room.until(({ frames }) => JSON.stringify(frames).includes("after it"));
  expect(textsOf(room)).toEqual([]);
  await rules([]);
  await send(bob, id, "after");
  undo();
  expect(JSON.stringify((await page(ann, id)).items)).not.toContain("casino");
});
