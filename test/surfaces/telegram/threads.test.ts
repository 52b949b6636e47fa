import { expect, test } from "vitest";
import { z } from "zod";
import { as, Scene } from "../../features/spaces/scene.ts";
import { send } from "../../support/clients/chat.ts";
import { called, failure, newBot, tg, type Update, updates } from "./client.ts";

const Text = z.looseObject({ message: z.looseObject({ text: z.string() }) });
const Ids = z.tuple([z.object({ message_id: z.int() })]);
const textsOf = (told: Update[]) => told.map((update) => Text.safeParse(update).data?.message.text);

test("a channel is a chat of its own, whose threads a bot hears and answers in", async () => {
  const scene = await Scene.make();
  const { ann, general } = scene;
  const bot = await newBot();
  expect((await scene.join(bot, await scene.invite(ann))).status).toBe(200);
  const chat_id = -general;
  await updates(bot);
  const root = (await send(ann, general, "beans?")).seq;
  const replies = (text: string, also_in_main: boolean) =>
    send(ann, general, { kind: "text", body: { text }, thread: { root, also_in_main } });
  await replies("alone", false);
  await replies("both", true);
  const told: Update[] = [];
  while (!textsOf(told).includes("both"))
    told.push(...(await updates(bot, { offset: (told.at(-1)?.update_id ?? 0) + 1, timeout: 20 })));
  const chat = { id: chat_id, type: "supergroup", title: "general" };
  expect(textsOf(told).filter(Boolean)).toEqual(["beans?", "both"]);
  expect(told.at(-1)).toMatchObject({
    message: { chat, text: "both", message_thread_id: root, is_topic_message: true },
  });
  expect(told.find((update) => textsOf([update])[0] === "beans?")).not.toHaveProperty(
    "message.message_thread_id",
  );

  const answer = { chat_id, message_thread_id: root, text: "yes" };
  const sent = await called(bot, "sendMessage", answer);
  expect(sent).toMatchObject({ text: "yes", message_thread_id: root, is_topic_message: true });
  const forward = { chat_id, from_chat_id: chat_id, message_id: root, message_thread_id: root };
  expect(await called(bot, "forwardMessage", forward)).toMatchObject({ message_thread_id: root });
  const thread = await as(ann, "GET", `/v1/conversations/${general}/threads/${root}/messages`);
  expect(JSON.stringify(thread.body)).toContain('"yes"');
  expect(
    await called(bot, "sendMessage", { chat_id, text: "main", message_thread_id: 0 }),
  ).not.toHaveProperty("message_thread_id");
  const lost = await tg(bot, "sendMessage", { ...answer, message_thread_id: 9_999 });
  failure(lost, 400, "Bad Request: message thread not found");
  // Of two messages that a send refers to it is said which one is not there.
  for (const allow_sending_without_reply of [false, true]) {
    const both = { ...answer, reply_to_message_id: root, allow_sending_without_reply };
    const noThread = await tg(bot, "sendMessage", { ...both, message_thread_id: 9_999 });
    failure(noThread, 400, "Bad Request: message thread not found");
  }
  failure(
    await tg(bot, "sendMessage", { ...answer, reply_to_message_id: 9_999 }),
    400,
    "Bad Request: message to be replied not found",
  );
  failure(
    await tg(bot, "forwardMessage", { ...forward, message_thread_id: 9_999 }),
    400,
    "Bad Request: message thread not found",
  );
  failure(
    await tg(bot, "forwardMessage", { ...forward, message_id: 9_999 }),
    400,
    "Bad Request: message to forward not found",
  );

  for (const method of ["copyMessages", "forwardMessages"]) {
    const many = { chat_id, from_chat_id: chat_id, message_ids: [root, 9_999], message_thread_id: root };
    const [{ message_id }] = Ids.parse(await called(bot, method, many));
    const copy = await as(ann, "GET", `/v1/conversations/${general}/messages/${message_id}`);
    expect(copy.body, method).toMatchObject({ thread: { root } });
    failure(
      await tg(bot, method, { ...many, message_thread_id: 9_999 }),
      400,
      "Bad Request: message thread not found",
    );
  }
  failure(
    await tg(bot, "createForumTopic", { chat_id, name: "x" }),
    400,
    "Bad Request: the chat is not a forum",
  );
});
