import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  openDirect,
  page,
  send,
  storedInConversation,
  storedInInbox,
} from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
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

const LINK = [[{ text: "More", url: "https://example.com/" }]];
const text = (words: string, more: object = {}) => ({ kind: "text", body: { text: words }, ...more });
const show = (who: { token: string }, fields: object, group = id) =>
  ask(who, group, "POST", "/messages", { ...text("for you"), only_for: ann.user.id, ...fields });

test("a message for one member is told to their devices, and is nowhere else", async () => {
  const [ofAnn, ofBob] = [await openDevice(ann.token), await openDevice(bob.token)];
  const room = await openRoom(id, ann.token);
  const { seq } = await send(ann, id, "what is my balance?");
  const answer = await show(bot, { ...text("secret balance"), quote_seq: seq, buttons: LINK });
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  const { passing_id } = z.strictObject({ passing_id: z.string() }).parse(answer.body);
  expect(await ofAnn.next("passing")).toEqual({
    ...{ type: "passing", id: passing_id, conversation_id: id, quote_seq: seq, buttons: LINK },
    sender: expect.objectContaining({ id: bot.user.id, bot: true }),
    ...{ kind: "text", body: { text: "secret balance" }, created_at: expect.any(Number) },
  });
  // What follows comes behind it, and Bob has had nothing.
  await send(bot, id, "follows");
  await ofBob.until(({ frames }) => JSON.stringify(frames).includes("follows"));
  await room.until(({ frames }) => JSON.stringify(frames).includes("follows"));
  expect(JSON.stringify([ofBob.frames, room.frames])).not.toContain("secret");
  const { items } = await page(ann, id);
  expect(items.map((message) => message.seq)).toEqual([seq, seq + 1]);
  expect(await storedInConversation(id)).not.toContain("secret");
  expect(await storedInInbox(ann)).not.toContain("secret");
});

describe("it is refused", () => {
  test("to a person, and for somebody who is no member", async () => {
    expectProblem(await show(bob, {}), 403, "forbidden");
    const [cem] = await registerUsers(1);
    expectProblem(await show(bot, { only_for: cem?.user.id }), 404, "not_found");
    expectProblem(await show(bot, { only_for: 2 ** 40 }), 404, "not_found");
    expectProblem(await show(await backendBot(), {}), 404, "not_found");
    const { id: left } = await createGroup(ann, [bob, bot]);
    await ask(bob, left, "POST", "/leave");
    expectProblem(await show(bot, { only_for: bob.user.id }, left), 404, "not_found");
  });

  test("as a copy, as a poll, for later, with buttons to tap on and over a socket", async () => {
    const { seq } = await send(ann, id, "hello");
    const poll = { kind: "poll", body: { question: "?", options: ["a", "b"], multiple: false } };
    expect((await show(bot, { ...poll })).status).toBe(400);
    expectProblem(await show(bot, { send_at: Date.now() + 60_000 }), 400, "validation_failed");
    const tapped = [[{ text: "Yes", data: "yes" }]];
    expectProblem(await show(bot, { buttons: tapped }), 400, "validation_failed");
    expectProblem(await show(bot, { quote_seq: 9_999 }), 404, "not_found");
    const device = await openDevice(bot.token);
    device.send({
      type: "send",
      conversation_id: id,
      ...text("x"),
      only_for: ann.user.id,
      client_msg_id: "s",
    });
    expect(await device.next("error")).toMatchObject({ code: "validation_failed", client_msg_id: "s" });
    expect((await page(ann, id)).items.at(-1)?.seq).toBe(seq);
  });

  test("where the bot may not write", async () => {
    const { id: muted } = await createGroup(ann, [bob, bot]);
    const mute = await ask(ann, muted, "PATCH", `/members/${bot.user.id}`, { muted_for_s: 60 });
    expect(mute.status).toBe(200);
    expect(await show(bot, {}, muted)).toMatchObject({ status: 403, body: { code: "muted" } });
    const { id: direct } = await openDirect(bob, bot);
    await send(bob, direct, "start");
    expect((await show(bot, { only_for: bob.user.id }, direct)).status).toBe(202);
    await call("PUT", `/v1/blocks/${bot.user.id}`, { token: bob.token });
    expectProblem(await show(bot, { only_for: bob.user.id }, direct), 403, "blocked");
  });
});

test("a quote is left out for who does not see the message", async () => {
  const device = await openDevice(ann.token);
  const { seq } = await send(bob, id, "hidden");
  await deleteMessage(ann, id, seq, "me");
  expect((await show(bot, { quote_seq: seq })).status).toBe(202);
  expect(await device.next("passing")).not.toHaveProperty("quote_seq");
});

test("rules hold for what one member alone would see, and for buttons", async () => {
  const { text: token } = await makeServerKey(["moderate"]);
  const undo = setTiming({ rules: { keepMs: 0, staleMs: 0 } });
  const rules = (words: string[]) => {
    const items = words.length === 0 ? [] : [{ id: "spam", match: { words }, action: "refuse" }];
    return call("PUT", "/v1/moderation/rules", { token, body: { items } });
  };
  expect((await rules(["casino"])).status).toBe(200);
  expectProblem(await show(bot, text("the casino")), 403, "refused");
  expectProblem(
    await show(bot, { buttons: [[{ text: "Casino", url: "https://a.example/" }]] }),
    403,
    "refused",
  );
  const buttons = [[{ text: "a casino", data: "x" }]];
  const asking = text("fine", { buttons });
  expectProblem(await ask(bot, id, "POST", "/messages", asking), 403, "refused");
  const { seq } = await send(bot, id, "fine");
  const edited = await ask(bot, id, "PATCH", `/messages/${seq}`, { buttons });
  expectProblem(edited, 403, "refused");
  expect((await rules([])).status).toBe(200);
  await send(bot, id, "after");
  undo();
});
