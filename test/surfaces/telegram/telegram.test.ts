import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { openDirect, page, send } from "../../support/clients/chat.ts";
import { wire } from "../../support/clients/wire.ts";
import { createGroupId } from "../../support/objects/room.ts";
import { called, failure, newBot, sendText, success, tg, updates } from "./client.ts";

const Tapped = z.looseObject({ callback_query: z.looseObject({ id: z.string() }) });
const Sent = z.looseObject({ document: z.looseObject({ file_id: z.string() }) });
const Path = z.looseObject({ file_path: z.string() });
const PNG = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="),
  (sign) => sign.charCodeAt(0),
);

let ann: SignedIn;
let bot: SignedIn;
/** their conversation */
let direct: number;

beforeAll(async () => {
  [ann, bot] = await Promise.all([register(), newBot()]);
  direct = (await openDirect(ann, bot)).id;
});

describe("tokens and paths", () => {
  test("the id before the token is Telegram's form, and may be left out", async () => {
    const me = { id: bot.user.id, is_bot: true, username: bot.user.username };
    expect(await called(bot, "getMe")).toMatchObject(me);
    expect(await called({ token: `${bot.user.id}:${bot.token}` }, "getMe")).toMatchObject(me);
    expect(success(await wire({ method: "GET", path: `/bot${bot.token}/getme` }))).toMatchObject(me);
  });

  test("a token of another bot, of a person, and none are refused", async () => {
    for (const token of [`${ann.user.id}:${bot.token}`, ann.token, "x", "1:x", `${bot.token}A`, "%20"])
      failure(await tg({ token }, "getMe", {}), 401, "Unauthorized");
  });

  test("an unknown method is Not Found", async () => {
    failure(await tg(bot, "getNothing", {}), 404, "Not Found");
    failure(await wire({ method: "GET", path: "/bot" }), 404, "Not Found");
  });
});

describe("messages", () => {
  test("a text is sent to a person, and answered as Telegram shows it", async () => {
    const sent = await sendText(bot, ann.user.id, "Hello");
    expect(sent).toEqual({
      message_id: sent.message_id,
      date: expect.any(Number),
      from: { id: bot.user.id, is_bot: true, first_name: expect.any(String), username: bot.user.username },
      chat: { id: ann.user.id, type: "private", first_name: expect.any(String), username: ann.user.username },
      text: "Hello",
    });
    const { items } = await page(ann, direct);
    expect(items.at(-1)).toMatchObject({ seq: sent.message_id, body: { text: "Hello" } });
  });

  test("parameters come in the query, in forms of both kinds and as JSON", async () => {
    const fields = { chat_id: String(ann.user.id), text: "one" };
    const path = `/bot${bot.token}/sendMessage`;
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    for (const call of [
      { method: "GET", path: `${path}?${new URLSearchParams(fields)}` },
      { method: "POST", path, body: new URLSearchParams(fields) },
      { method: "POST", path, body: form },
      { method: "POST", path: path.toLowerCase().replace(bot.token.toLowerCase(), bot.token), body: fields },
    ])
      expect(success(await wire(call))).toMatchObject({ text: "one" });
  });

  test("chats that are none are not found", async () => {
    const stranger = await register();
    for (const chat_id of [stranger.user.id, -999_999, 7, 0])
      failure(await tg(bot, "sendMessage", { chat_id, text: "x" }), 400, "Bad Request: chat not found");
    failure(await tg(bot, "sendMessage", { text: "x" }), 400, expect.stringContaining("chat_id"));
    failure(
      await tg(bot, "sendMessage", { chat_id: ann.user.id, text: " " }),
      400,
      "Bad Request: message text is empty",
    );
  });

  test("a message is edited, answered, forwarded, copied and deleted", async () => {
    const chat_id = ann.user.id;
    const first = await sendText(bot, chat_id, "first");
    const { message_id } = first;
    const edited = await called(bot, "editMessageText", { chat_id, message_id, text: "second" });
    expect(edited).toMatchObject({ message_id, text: "second", edit_date: expect.any(Number) });
    failure(
      await tg(bot, "editMessageText", { chat_id, message_id, text: "second" }),
      400,
      expect.stringMatching(/^Bad Request: message is not modified/),
    );
    const reply = await sendText(bot, chat_id, "an answer", { reply_parameters: { message_id } });
    expect(reply).toMatchObject({ reply_to_message: { message_id, text: "second" } });
    const older = await sendText(bot, chat_id, "an answer", { reply_to_message_id: message_id });
    expect(older).toMatchObject({
      reply_to_message: { message_id, from: { id: bot.user.id, is_bot: true } },
    });
    const forward = { chat_id, from_chat_id: chat_id, message_id };
    expect(await called(bot, "forwardMessage", forward)).toMatchObject({
      text: "second",
      forward_origin: { type: "user" },
    });
    expect(await called(bot, "copyMessage", forward)).toEqual({ message_id: expect.any(Number) });
    expect(await called(bot, "deleteMessage", { chat_id, message_id })).toBe(true);
    const { items } = await page(ann, direct);
    expect(items.find(({ seq }) => seq === message_id)).toMatchObject({ revoked: true });
  });

  test("places, polls and reactions", async () => {
    const chat_id = ann.user.id;
    expect(await called(bot, "sendLocation", { chat_id, latitude: 52.5, longitude: "13.4" })).toMatchObject({
      location: { latitude: 52.5, longitude: 13.4 },
    });
    const poll = { chat_id, question: "Tea?", options: '[{"text":"yes"},"no"]', is_anonymous: false };
    expect(await called(bot, "sendPoll", poll)).toMatchObject({
      poll: {
        question: "Tea?",
        options: [
          { persistent_id: "0", text: "yes", voter_count: 0 },
          { persistent_id: "1", text: "no", voter_count: 0 },
        ],
        is_anonymous: false,
        is_closed: false,
      },
    });
    const { seq: message_id } = await send(ann, direct, "react to me");
    const reaction = [{ type: "emoji", emoji: "👍" }];
    expect(await called(bot, "setMessageReaction", { chat_id, message_id, reaction })).toBe(true);
    const reactions = async () => (await page(ann, direct)).items.at(-1)?.reactions;
    expect(await reactions()).toMatchObject([{ key: "👍", count: 1 }]);
    expect(await called(bot, "setMessageReaction", { chat_id, message_id, reaction: [] })).toBe(true);
    expect(await reactions()).toEqual([]);
    expect(await called(bot, "sendChatAction", { chat_id, action: "typing" })).toBe(true);
  });
});

describe("groups", () => {
  test("a group is told by its negative id, with its members", async () => {
    const other = await register();
    const id = await createGroupId(ann, bot, other);
    const chat_id = -id;
    expect(await sendText(bot, chat_id, "all")).toMatchObject({ chat: { id: chat_id, type: "supergroup" } });
    expect(await called(bot, "getChat", { chat_id })).toMatchObject({ id: chat_id, type: "supergroup" });
    expect(await called(bot, "getChat", { chat_id: ann.user.id })).toMatchObject({ type: "private" });
    expect(await called(bot, "getChatMemberCount", { chat_id })).toBe(3);
    expect(await called(bot, "getChatMember", { chat_id, user_id: ann.user.id })).toMatchObject({
      status: "creator",
      user: { id: ann.user.id },
    });
    expect(await called(bot, "getChatAdministrators", { chat_id })).toMatchObject([{ status: "creator" }]);
    expect(await called(bot, "leaveChat", { chat_id })).toBe(true);
  });
});

describe("formatting", () => {
  const said = async (text: string, parse_mode: string) => {
    await sendText(bot, ann.user.id, text, { parse_mode });
    return (await page(ann, direct)).items.at(-1)?.body;
  };

  test.each([
    ["<b>bold</b> <i>it</i> <u>under</u> <s>gone</s>", "**bold** *it* under ~~gone~~"],
    ['<a href="https://x.example/a(b)">here</a>', "[here](https://x.example/a%28b%29)"],
    ["<b>a <i>b</i></b> &lt;c&gt; &amp; 2*3*4", "**a *b*** <c> & 2*3*4"],
    ["2*3*4 <b>bold</b>", "2*3*4 **bold**"],
    ['<pre><code class="language-js">a = 1</code></pre>', "```js\na = 1\n```"],
    ["<code>x*y</code>", "`x*y`"],
    ["<blockquote>one\ntwo</blockquote>", "> one\n> two"],
    ["<tg-spoiler>who</tg-spoiler>", "||who||"],
  ])("HTML %j", async (html, ours) => expect(await said(html, "HTML")).toEqual({ text: ours }));

  test.each([
    ["*bold* _it_ __under__ ~gone~ ||who||", "**bold** *it* under ~~gone~~ ||who||"],
    ["a\\.b \\*no\\*", "a.b \\*no\\*"],
    ["[here](https://x.example/)", "[here](https://x.example/)"],
    ["```py\nx=1```", "```py\nx=1\n```"],
    [">one\n>two\nthree", "> one\n> two\nthree"],
    ["**>one\n>two||\nthree", "> one\n> two\nthree"],
    [">one\n**>two ||x||", "> one\n> two ||x||"],
    ["*a _b_*", "**a *b***"],
  ])("MarkdownV2 %j", async (text, ours) => expect(await said(text, "MarkdownV2")).toEqual({ text: ours }));

  test.each([
    ["<b>open", "HTML", /can't parse entities: Can't find end tag/],
    ["<x>1</x>", "HTML", /can't parse entities: Unsupported start tag "x"/],
    ["1 < 2", "HTML", /can't parse entities/],
    ["*open", "MarkdownV2", /can't parse entities: Can't find end of Bold entity/],
    ["1.5", "MarkdownV2", /Character '.' is reserved and must be escaped/],
  ])("%j is no %s", async (text, parse_mode, words) => {
    const answer = await tg(bot, "sendMessage", { chat_id: ann.user.id, text, parse_mode });
    failure(answer, 400, expect.stringMatching(words));
  });

  test("many marks cost little: of one kind one counts, of all a hundred, as in Telegram", async () => {
    expect(await said(`${"<b>".repeat(90)}x${"</b>".repeat(90)}`, "HTML")).toEqual({ text: "**x**" });
    expect(await said("<b>x</b> ".repeat(101), "HTML")).toEqual({ text: `${"**x** ".repeat(100)}x` });
    const cases = [
      [`<${"a".repeat(31_000)}`, "HTML", /Unsupported start tag/],
      ["[x](".repeat(7_500), "Markdown", /message is too long/],
      ["a".repeat(100_000), "HTML", /message is too long/],
    ] as const;
    for (const [text, parse_mode, words] of cases) {
      const answer = await tg(bot, "sendMessage", { chat_id: ann.user.id, text, parse_mode });
      failure(answer, 400, expect.stringMatching(words));
    }
  });

  test("entities that are sent beside the text", async () => {
    const entities = [{ type: "bold", offset: 0, length: 4 }];
    await sendText(bot, ann.user.id, "bold text", { entities });
    expect((await page(ann, direct)).items.at(-1)?.body).toEqual({ text: "**bold** text" });
  });
});

describe("updates", () => {
  test("are told from the last day on, in order, once", async () => {
    const [person, teller] = await Promise.all([register(), newBot()]);
    const { id } = await openDirect(person, teller);
    await send(person, id, "/start now");
    const [first] = await updates(teller, { timeout: 20 });
    expect(first).toMatchObject({
      message: {
        message_id: 1,
        from: { id: person.user.id, is_bot: false },
        chat: { id: person.user.id, type: "private" },
        text: "/start now",
        entities: [{ type: "bot_command", offset: 0, length: 6 }],
      },
    });
    const offset = (first?.update_id ?? 0) + 1;
    expect(await updates(teller, { offset })).toEqual([]);
    for (const text of ["a", "b", "c"]) await send(person, id, text);
    await sendText(teller, person.user.id, "own");
    await send(person, id, "d");
    const told: string[] = [];
    let next = offset;
    while (told.length < 4) {
      for (const update of await updates(teller, { offset: next, timeout: 20 })) {
        told.push(String(Reflect.get(Object(update.message), "text")));
        next = update.update_id + 1;
      }
    }
    expect(told).toEqual(["a", "b", "c", "d"]);
  });
});

describe("buttons", () => {
  const reply_markup = {
    inline_keyboard: [
      [
        { text: "Yes", callback_data: "y" },
        { text: "Site", url: "https://x.example/" },
      ],
    ],
  };

  test("are sent, changed and taken away", async () => {
    const chat_id = ann.user.id;
    const sent = await sendText(bot, chat_id, "Sure?", { reply_markup: JSON.stringify(reply_markup) });
    expect(sent).toMatchObject({ reply_markup });
    const { message_id } = sent;
    const shown = async () => (await page(ann, direct)).items.at(-1);
    expect(await shown()).toMatchObject({ buttons: [[{ text: "Yes", data: "y" }, { text: "Site" }]] });
    const one = { inline_keyboard: [[{ text: "No", callback_data: "n" }]] };
    const changed = await called(bot, "editMessageReplyMarkup", { chat_id, message_id, reply_markup: one });
    expect(changed).toMatchObject({ reply_markup: one, text: "Sure?" });
    // As with Telegram: an edit without buttons takes them away.
    expect(await called(bot, "editMessageText", { chat_id, message_id, text: "Done" })).not.toHaveProperty(
      "reply_markup",
    );
    expect(await shown()).not.toHaveProperty("buttons");
  });

  test("a tap is an update, and is answered once", async () => {
    const [person, teller] = await Promise.all([register(), newBot()]);
    const { id } = await openDirect(person, teller);
    await send(person, id, "hi");
    const [first] = await updates(teller, { timeout: 20 });
    const { message_id: seq } = await sendText(teller, person.user.id, "Sure?", { reply_markup });
    const tapped = await call("POST", `/v1/conversations/${id}/messages/${seq}/taps`, {
      token: person.token,
      body: { data: "y" },
    });
    expect(tapped.status).toBe(202);
    const [tap] = await updates(teller, { offset: (first?.update_id ?? 0) + 1, timeout: 20 });
    expect(tap).toMatchObject({
      callback_query: {
        from: { id: person.user.id },
        data: "y",
        message: { message_id: seq, text: "Sure?", chat: { id: person.user.id }, reply_markup },
      },
    });
    const { id: callback_query_id } = Tapped.parse(tap).callback_query;
    expect(await called(teller, "answerCallbackQuery", { callback_query_id, text: "Thanks" })).toBe(true);
    failure(await tg(teller, "answerCallbackQuery", { callback_query_id: "7" }), 400, expect.anything());
  });
});

describe("files", () => {
  const upload = async (method: string, field: string, file: File, more: object = {}) => {
    const form = new FormData();
    form.set("chat_id", String(ann.user.id));
    for (const [name, value] of Object.entries(more)) form.set(name, String(value));
    form.set(field, file);
    return success(await wire({ method: "POST", path: `/bot${bot.token}/${method}`, body: form }));
  };

  test("are uploaded, sent again by their id, and read", async () => {
    const file = new File(["some notes"], "my notes.txt", { type: "text/plain" });
    const sent = Sent.parse(await upload("sendDocument", "document", file, { caption: "Notes" }));
    expect(sent).toMatchObject({
      caption: "Notes",
      document: { file_name: "my notes.txt", mime_type: "text/plain", file_size: 10 },
    });
    const { file_id } = sent.document;
    const again = await called(bot, "sendDocument", { chat_id: ann.user.id, document: file_id });
    expect(again).toMatchObject({ document: { file_id, file_size: 10 } });
    const { file_path } = Path.parse(await called(bot, "getFile", { file_id }));
    expect(file_path).toBe(`documents/${file_id}.txt`);
    const bytes = await wire({ method: "GET", path: `/file/bot${bot.token}/${file_path}` });
    expect([bytes.status, bytes.body]).toEqual([200, "some notes"]);
    failure(await wire({ method: "GET", path: `/file/botx/${file_path}` }), 401, "Unauthorized");
    failure(await tg(bot, "getFile", { file_id: "x" }), 400, expect.stringContaining("wrong file_id"));
  });

  test("a picture has its size, in whatever part of the form it comes", async () => {
    const png = new File([PNG], "dot.png", { type: "application/octet-stream" });
    const sent = await upload("sendPhoto", "abc", png, { photo: "attach://abc" });
    expect(sent).toMatchObject({ photo: [{ width: 1, height: 1 }] });
    const text = new FormData();
    text.set("chat_id", String(ann.user.id));
    text.set("photo", new File(["no picture"], "x.png"));
    const answer = await wire({ method: "POST", path: `/bot${bot.token}/sendPhoto`, body: text });
    failure(answer, 400, expect.stringMatching(/^Bad Request/));
    const elsewhere = { chat_id: ann.user.id, photo: "https://pictures.example/a.png" };
    expect(await called(bot, "sendPhoto", elsewhere)).toMatchObject({ photo: [{ width: 0 }] });
    failure(await tg(bot, "sendPhoto", { chat_id: ann.user.id }), 400, expect.stringContaining("no photo"));
  });
});

test("a form as Telegraf writes it is taken", async () => {
  const part = (header: string, body: string) =>
    `--B\r\ncontent-disposition:form-data; ${header}\r\n\r\n${body}\r\n`;
  const body = [
    part('name="method"', "sendDocument"),
    part('name="chat_id"', String(ann.user.id)),
    part('name="document"; filename="my notes.txt"', "notes"),
    "--B--",
  ].join("");
  const headers = { "Content-Type": "multipart/form-data; boundary=B" };
  const answer = await wire({ method: "POST", path: `/bot${bot.token}/sendDocument`, headers, body });
  expect(success(answer)).toMatchObject({ document: { file_name: "my notes.txt", file_size: 5 } });
});

test("commands are set by language, for everybody alone", async () => {
  const commands = [{ command: "start", description: "Begins" }];
  expect(await called(bot, "setMyCommands", { commands: JSON.stringify(commands) })).toBe(true);
  expect(await called(bot, "setMyCommands", { commands: [], language_code: "de" })).toBe(true);
  expect(await called(bot, "getMyCommands")).toEqual(commands);
  expect(await called(bot, "getMyCommands", { language_code: "de" })).toEqual([]);
  // Bots set lists for scopes when they start: those for all are one list here, others come to nothing.
  const help = [{ command: "help", description: "Helps" }];
  const inGroups = { scope: { type: "all_group_chats" } };
  expect(await called(bot, "setMyCommands", { commands: help, ...inGroups })).toBe(true);
  expect(await called(bot, "getMyCommands", inGroups)).toEqual(help);
  const ofOne = { scope: { type: "chat", chat_id: ann.user.id } };
  expect(await called(bot, "setMyCommands", { commands, ...ofOne })).toBe(true);
  expect(await called(bot, "getMyCommands", ofOne)).toEqual([]);
  expect(await called(bot, "deleteMyCommands", inGroups)).toBe(true);
  expect(await called(bot, "getMyCommands")).toEqual(help);
  const scope = { type: "nobody" };
  failure(await tg(bot, "setMyCommands", { commands, scope }), 400, expect.stringContaining("scope"));
  expect(await called(bot, "deleteMyCommands")).toBe(true);
  expect(await called(bot, "getMyCommands")).toEqual([]);
});
