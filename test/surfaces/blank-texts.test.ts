import { beforeAll, expect, test } from "vitest";
import { ConversationId } from "../../src/domain/ids.ts";
import { signedInUsers } from "../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../support/clients/api.ts";
import { conversationCode, openDirect, page, send } from "../support/clients/chat.ts";
import { itemAt } from "../support/objects/room.ts";
import * as appkey from "./appkey/client.ts";
import * as kook from "./kook/client.ts";
import * as telegram from "./telegram/client.ts";
import * as tim from "./tim/client.ts";
import { usersig } from "./usersig/driver.ts";

let ann: SignedIn;
let bot: SignedIn;
let id: number;
let code: string;
let seq: number;

beforeAll(async () => {
  ann = itemAt(await signedInUsers(1), 0);
  bot = await telegram.newBot();
  ({ id } = await openDirect(ann, bot));
  code = await conversationCode(id);
  await send(ann, id, "hello");
  ({ seq } = await send(bot, id, "hello"));
});

/** Nothing, blanks of several widths, and characters without a glyph. */
const BLANK = ["", " \n\t", "\u00a0\u3000", "\u200b\u2060", "\u3164\u2800", "\u00ad\u{e0041}"];

/** Ways to say a text, each of which is refused in words of its API. */
const WAYS: [string, (text: string) => Promise<void>][] = [
  ["v1, a message", (text) => v1("POST", "", { kind: "text", body: { text } })],
  ["v1, an edit", (text) => v1("PATCH", `/${seq}`, { body: { text }, base_version: 1 })],
  [
    "v1, a scheduled message",
    (text) => v1("POST", "", { kind: "text", body: { text }, send_at: Date.now() + 3_600_000 }),
  ],
  ["appkey, a text", (text) => appkeySend(-1, text)],
  ["appkey, a place", (text) => appkeySend(-5, text)],
  ["kook, a text", (content) => kookCall("create", { chat_code: code, content })],
  ["kook, KMarkdown", (content) => kookCall("create", { chat_code: code, type: 9, content })],
  ["kook, an edit", (content) => kookCall("update", { msg_id: `${id}-${seq}`, content })],
  [
    "tim, a message",
    async (text) => {
      const fields = { to: bot.user.username, conversationType: "C2C", payload: { text } };
      tim.failure(await tim.tim(ann, "/message/createMessage", fields), 70_402, "payload.text");
    },
  ],
  ["telegram, a message", async (text) => telegramRefuses("sendMessage", { chat_id: ann.user.id, text })],
  [
    "telegram, an edit",
    async (text) => telegramRefuses("editMessageText", { chat_id: ann.user.id, message_id: seq, text }),
  ],
];

async function v1(method: string, rest: string, body: object): Promise<void> {
  const answer = await call(method, `/v1/conversations/${id}/messages${rest}`, { token: bot.token, body });
  expectProblem(answer, 400, "validation_failed");
}

async function appkeySend(type: number, content: string): Promise<void> {
  const body = { conversationid: -100_000_000 - id, type, content, time: appkey.TIME };
  const answer = await appkey.appkey(ann, "POST", "/message", body);
  appkey.failure(answer);
  expect(JSON.stringify(answer.body)).toContain("content");
}

async function kookCall(name: string, body: object): Promise<void> {
  kook.refused(await kook.api(bot, `POST direct-message/${name}`, body), "content");
}

async function telegramRefuses(method: string, body: object): Promise<void> {
  const description = expect.stringMatching(/^Bad Request: (?:message text is empty|text: must be there)/);
  telegram.failure(await telegram.tg(bot, method, body), 400, description);
}

test.each(WAYS)("%s of which nothing can be seen is refused", async (_, say) => {
  const before = await page(ann, id);
  for (const text of BLANK) await say(text);
  expect(await page(ann, id)).toEqual(before);
});

test("usersig's document lets a message have no text: it stays as it was sent", async () => {
  for (const text of ["", " "]) await usersig.send?.(ann, ConversationId.parse(id), text);
  expect((await page(ann, id)).items.slice(-2).map(({ body }) => body)).toEqual([
    { text: "" },
    { text: " " },
  ]);
});

test("what leaves ink is a text: a mark alone, an emoji, a character of a font of its own", async () => {
  for (const text of ["\u0301", "👨‍👩‍👧", "\ue000", "."])
    await send(ann, id, { kind: "text", body: { text } });
});
