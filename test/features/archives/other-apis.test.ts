import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { growAndMove, setSmallArchives, untilMoved } from "../../support/archives/moved.ts";
import { call, register } from "../../support/clients/api.ts";
import { getMessage, send } from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { createGroupId } from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";
import { formpost } from "../../surfaces/formpost/driver.ts";
import { called, newBot, sendText, updates } from "../../surfaces/telegram/client.ts";
import { tim } from "../../surfaces/tim/driver.ts";

beforeAll(() => setSmallArchives());

const TEXT = "the first quagga";
const Shown = z.looseObject({ message_id: z.int(), text: z.string().optional() });
const Replying = z.looseObject({ reply_to_message: Shown.optional() });

test("a bot of the API telegram answers, edits, forwards, copies, reacts to, pins and deletes what has moved", async () => {
  const [ann, bot] = [await register(), await newBot()];
  const group = await createGroupId(ann, bot);
  const role = { token: ann.token, body: { role: "admin" } };
  await call("PATCH", `/v1/conversations/${group}/members/${bot.user.id}`, role);
  const chat_id = -group;
  const first = await sendText(bot, chat_id, TEXT);
  const second = await sendText(bot, chat_id, "a second one");
  const seq = first.message_id;
  const of = { chat_id, message_id: seq };
  await growAndMove(ann, group);
  const step = async (method: string, body: object) => {
    await evict(group);
    return called(bot, method, body);
  };
  const answer = await step("sendMessage", { chat_id, text: "yes", reply_parameters: { message_id: seq } });
  expect(Replying.parse(answer).reply_to_message?.text).toBe(TEXT);
  const forwarded = await step("forwardMessage", { ...of, from_chat_id: chat_id });
  expect(Shown.parse(forwarded).text).toBe(TEXT);
  const copied = Shown.parse(await step("copyMessage", { ...of, from_chat_id: chat_id }));
  expect((await getMessage(ann, group, copied.message_id)).body).toEqual({ text: TEXT });
  await step("setMessageReaction", { ...of, reaction: [{ type: "emoji", emoji: "👍" }] });
  await step("pinChatMessage", of);
  expect((await getMessage(ann, group, seq)).pinned_at).toBeGreaterThan(0);
  const edited = await step("editMessageText", { ...of, text: "a zebra" });
  expect(Shown.parse(edited).text).toBe("a zebra");
  await untilMoved(group);
  await evict(group);
  expect(await getMessage(ann, group, seq)).toMatchObject({
    body: { text: "a zebra" },
    reactions: [{ key: "👍", count: 1 }],
  });
  await step("deleteMessage", { chat_id, message_id: second.message_id });
  expect(await getMessage(ann, group, second.message_id)).toMatchObject({ revoked: true });
});

test("a bot of the API telegram is told of an answer to what has moved", async () => {
  const [ann, bot] = [await register(), await newBot()];
  const group = await createGroupId(ann, bot);
  const first = await sendText(bot, -group, TEXT);
  await growAndMove(ann, group);
  const before = await updates(bot, { timeout: 20 });
  await evict(group);
  await send(ann, group, { kind: "text", body: { text: "yes" }, quote_seq: first.message_id });
  const offset = (before.at(-1)?.update_id ?? 0) + 1;
  await eventually(async () =>
    expect(JSON.stringify(await updates(bot, { offset, timeout: 20 }))).toMatch(
      /"reply_to_message".*the first quagga/,
    ),
  );
});

test("the APIs formpost and tim read and search what has moved, and tim revokes it", async () => {
  const [ann, bob] = [await register(), await register()];
  const group = await createGroupId(ann, bob);
  const { seq } = await send(ann, group, TEXT);
  await growAndMove(ann, group);
  await evict(group);
  const first = { seq, by: ann.user.id, text: TEXT };
  expect(await formpost.search?.(bob, group, "quagga")).toEqual([first]);
  await evict(group);
  expect(await formpost.history?.(bob, group)).toContainEqual(first);
  await evict(group);
  expect(await tim.history(bob, group)).toContainEqual(first);
  await evict(group);
  await tim.revoke(ann, group, seq);
  expect(await tim.history(bob, group)).not.toContainEqual(first);
  expect(await formpost.search?.(bob, group, "quagga")).toEqual([]);
});
