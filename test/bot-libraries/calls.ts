import { expect } from "vitest";
import { z } from "zod";
import { flawsOfAnswer } from "../support/bot-api/shape.ts";
import type { World } from "./world.ts";

/** A call by the API of a library. @returns `result` of the answer */
type Call = (method: string, ...parameters: [Record<string, unknown>?]) => Promise<unknown>;

interface Library {
  call: Call;
  /** a file as the library uploads it, or what names one */
  file: (bytes: Buffer, name: string) => unknown;
}

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** So many methods are called. */
export const METHODS = 30;

const Sent = z.looseObject({ message_id: z.int() });

/** Makes a bot call every method of the API but those for updates. @returns the names of the methods */
export async function callAll(world: World, { call, file }: Library): Promise<string[]> {
  const called = new Set<string>();
  const ask: Call = async (method, ...parameters) => {
    called.add(method);
    const result = await call(method, ...parameters);
    expect(flawsOfAnswer(method, result)).toEqual([]);
    return result;
  };
  const { id: chat_id } = world.person.user;
  const send = async (method: string, parameters: Record<string, unknown>) =>
    Sent.parse(await ask(method, { chat_id, ...parameters }));

  const me = Object(await ask("getMe"));
  expect(me).toMatchObject({ is_bot: true, username: "helper" });
  const commands = [{ command: "start", description: "Begin" }];
  await ask("setMyCommands", { commands });
  expect(await ask("getMyCommands")).toEqual(commands);
  await ask("deleteMyCommands");
  expect(await ask("getMyCommands")).toEqual([]);
  expect(await ask("getWebhookInfo")).toMatchObject({ url: "" });

  const { message_id } = await send("sendMessage", { text: "<b>one</b>", parse_mode: "HTML" });
  await world.seen(({ seq, body }) => seq === message_id && body.text === "**one**");
  expect(await send("editMessageText", { message_id, text: "two" })).toMatchObject({ text: "two" });
  const inline_keyboard = [
    [{ text: "Yes", callback_data: "yes" }],
    [{ text: "Site", url: "https://x.example/" }],
  ];
  const reply_markup = { inline_keyboard };
  expect(await send("editMessageReplyMarkup", { message_id, reply_markup })).toMatchObject({ reply_markup });
  await ask("setMessageReaction", { chat_id, message_id, reaction: [{ type: "emoji", emoji: "👍" }] });
  await ask("sendChatAction", { chat_id, action: "typing" });

  const photo = await send("sendPhoto", { photo: file(PNG, "a dot.png"), caption: "a dot" });
  const caption = "a *small* dot";
  const edited = await send("editMessageCaption", { message_id: photo.message_id, caption });
  expect(edited).toMatchObject({ caption });
  const document = await send("sendDocument", { document: file(Buffer.from("notes"), "my notes.txt") });
  const { file_id } = z.looseObject({ file_id: z.string() }).parse(document.document);
  await send("sendDocument", { document: file_id });
  for (const kind of ["voice", "audio", "video"] as const) {
    const name = kind === "video" ? "a.mp4" : "a.mp3";
    const address = `https://media.example/${name}`;
    await send(`send${kind[0]?.toUpperCase()}${kind.slice(1)}`, { [kind]: address, duration: 3 });
  }
  await send("sendLocation", { latitude: 1.5, longitude: 2.5 });
  const poll = await send("sendPoll", { question: "Tea?", options: [{ text: "yes" }, { text: "no" }] });
  expect(await ask("stopPoll", { chat_id, message_id: poll.message_id })).toMatchObject({ is_closed: true });
  const forwarded = await send("forwardMessage", { from_chat_id: chat_id, message_id });
  expect(forwarded).toMatchObject({ text: "two" });
  await send("copyMessage", { from_chat_id: chat_id, message_id: document.message_id });
  expect(await ask("deleteMessage", { chat_id, message_id: forwarded.message_id })).toBe(true);
  await world.seen(({ seq, revoked }) => seq === forwarded.message_id && revoked);

  const { id } = await world.person.openGroup("Team", []);
  const group = { chat_id: -id };
  const other = await world.server.person("ben");
  const members = `/v1/conversations/${id}/members`;
  await world.person.call("POST", members, { user_ids: [me.id, other.user.id] });
  await world.person.call("PATCH", `${members}/${me.id}`, { role: "admin" });
  expect(await ask("getChat", group)).toMatchObject({ type: "supergroup", title: "Team" });
  const member = { ...group, user_id: other.user.id };
  expect(await ask("getChatMember", member)).toMatchObject({ status: "member" });
  expect(await ask("getChatAdministrators", group)).toHaveLength(2);
  expect(await ask("getChatMemberCount", group)).toBe(3);
  await ask("banChatMember", member);
  expect(await ask("getChatMemberCount", group)).toBe(2);
  await ask("unbanChatMember", member);
  await world.person.call("POST", members, { user_ids: [other.user.id] });
  expect(await ask("leaveChat", group)).toBe(true);
  expect(await ask("close")).toBe(true);
  return [...called];
}
