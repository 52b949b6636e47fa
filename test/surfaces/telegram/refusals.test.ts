import { beforeAll, expect, test } from "vitest";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { openDirect, send } from "../../support/clients/chat.ts";
import { createGroupId } from "../../support/objects/room.ts";
import { called, failure, newBot, sendText, tg } from "./client.ts";

let ann: SignedIn;
let ben: SignedIn;
let stranger: SignedIn;
let bot: SignedIn;
/** a group of Ann's, with Ben as an admin and the bot as a plain member */
let group: number;
/** a message of Ann's to the bot, and one in the group */
let theirs: number;
let inGroup: number;

beforeAll(async () => {
  [ann, ben, stranger, bot] = await Promise.all([register(), register(), register(), newBot()]);
  const { id } = await openDirect(ann, bot);
  group = await createGroupId(ann, bot, ben);
  await call("PATCH", `/v1/conversations/${group}/members/${ben.user.id}`, {
    ...{ token: ann.token, body: { role: "admin" } },
  });
  theirs = (await send(ann, id, "mine")).seq;
  inGroup = (await send(ann, group, "mine")).seq;
});

const direct = () => ({ chat_id: ann.user.id });
const inChat = () => ({ chat_id: -group });
const nobody = 2 ** 40;

/** Call, parameters, and the refusal. All of them are 400: 403 says that the bot is out of a chat. */
const REFUSALS: [method: string, parameters: () => object, words: string | RegExp][] = [
  ["sendMessage", () => ({ text: "x" }), "chat_id is empty"],
  ["sendMessage", direct, "message text is empty"],
  ["sendMessage", () => ({ ...direct(), text: " " }), "message text is empty"],
  ["sendMessage", () => ({ ...direct(), text: "x".repeat(8_001) }), "message is too long"],
  ["sendMessage", () => ({ ...direct(), text: "x", parse_mode: "BBCode" }), "unsupported parse_mode"],
  ["sendMessage", () => ({ chat_id: -nobody, text: "x" }), "chat not found"],
  ["sendMessage", () => ({ chat_id: stranger.user.id, text: "x" }), "chat not found"],
  [
    "sendMessage",
    () => ({ ...direct(), text: "x", reply_to_message_id: nobody }),
    "message to be replied not found",
  ],
  ["editMessageText", () => ({ ...direct(), text: "x" }), "message identifier is not specified"],
  ["editMessageText", () => ({ ...direct(), message_id: nobody, text: "x" }), "message to edit not found"],
  ["editMessageText", () => ({ ...direct(), message_id: theirs, text: "x" }), "message can't be edited"],
  ["editMessageCaption", () => ({ ...direct(), message_id: nobody }), "message to edit not found"],
  ["editMessageReplyMarkup", () => ({ ...direct(), message_id: theirs }), "message can't be edited"],
  ["deleteMessage", () => ({ ...direct(), message_id: nobody }), "message to delete not found"],
  ["deleteMessage", () => ({ ...direct(), message_id: theirs }), "message can't be deleted"],
  ["deleteMessage", () => ({ ...inChat(), message_id: inGroup }), "message can't be deleted"],
  [
    "forwardMessage",
    () => ({ ...direct(), from_chat_id: -group, message_id: nobody }),
    "message to forward not found",
  ],
  [
    "copyMessage",
    () => ({ ...direct(), from_chat_id: -group, message_id: nobody }),
    "message to copy not found",
  ],
  [
    "setMessageReaction",
    () => ({ ...direct(), message_id: nobody, reaction: [] }),
    "message to react not found",
  ],
  ["stopPoll", () => ({ ...direct(), message_id: nobody }), "message with poll to stop not found"],
  [
    "answerCallbackQuery",
    () => ({ callback_query_id: "7" }),
    /^query is too old and response timeout expired/,
  ],
  ["getChat", () => ({ chat_id: -nobody }), "chat not found"],
  ["getChatMember", () => ({ ...inChat(), user_id: nobody }), "user not found"],
  ["getChatMember", inChat, "invalid user_id specified"],
  ["banChatMember", () => ({ ...inChat(), user_id: stranger.user.id }), /^not enough rights to restrict/],
  ["banChatMember", () => ({ ...inChat(), user_id: ann.user.id }), "can't remove chat owner"],
  ["banChatMember", () => ({ ...inChat(), user_id: ben.user.id }), "user is an administrator of the chat"],
  ["unbanChatMember", () => ({ ...inChat(), user_id: stranger.user.id }), /^not enough rights to restrict/],
  ["leaveChat", direct, /^method is available for supergroup/],
  ["getFile", () => ({ file_id: "x" }), "wrong file_id or the file is temporarily unavailable"],
];

test.each(REFUSALS.map(([method, parameters, words]) => ({ method, parameters, words })))(
  "$method is refused: $words",
  async ({ method, parameters, words }) => {
    const pattern =
      typeof words === "string" ? `Bad Request: ${words}` : words.source.replace("^", "^Bad Request: ");
    const description = typeof words === "string" ? pattern : expect.stringMatching(new RegExp(pattern));
    failure(await tg(bot, method, parameters()), 400, description);
  },
);

test("who is not in a group is told as such, not refused", async () => {
  const [person, admin, banned] = await Promise.all([register(), newBot(), register()]);
  const id = await createGroupId(person, admin, banned);
  const path = `/v1/conversations/${id}/members/${admin.user.id}`;
  await call("PATCH", path, { token: person.token, body: { role: "admin" } });
  const member = (user_id: number) => called(admin, "getChatMember", { chat_id: -id, user_id });
  expect(await member(banned.user.id)).toMatchObject({ status: "member" });
  expect(await called(admin, "banChatMember", { chat_id: -id, user_id: banned.user.id })).toBe(true);
  expect(await member(banned.user.id)).toMatchObject({ status: "kicked", until_date: 0 });
  expect(await member(stranger.user.id)).toMatchObject({
    ...{ status: "left", user: { id: stranger.user.id, username: stranger.user.username } },
  });
});

test("403 says that the bot is out: it was removed, its group is gone, or it is blocked", async () => {
  const [person, outcast] = await Promise.all([register(), newBot()]);
  const [first, second] = [await createGroupId(person, outcast), await createGroupId(person, outcast)];
  await sendText(outcast, -first, "still here");
  const { token } = person;
  await call("DELETE", `/v1/conversations/${first}/members/${outcast.user.id}`, { token });
  for (const method of ["sendMessage", "getChat"])
    failure(
      await tg(outcast, method, { chat_id: -first, text: "x" }),
      403,
      "Forbidden: bot was kicked from the supergroup chat",
    );
  await call("DELETE", `/v1/conversations/${second}`, { token });
  failure(await tg(outcast, "getChat", { chat_id: -second }), 403, "Forbidden: the group chat was deleted");
  await openDirect(person, outcast);
  await call("PUT", `/v1/blocks/${outcast.user.id}`, { token });
  const blocked = await tg(outcast, "sendMessage", { chat_id: person.user.id, text: "x" });
  failure(blocked, 403, "Forbidden: bot was blocked by the user");
});
