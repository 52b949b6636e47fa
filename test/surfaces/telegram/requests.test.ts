import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { register, type SignedIn } from "../../support/clients/api.ts";
import { openDirect, page } from "../../support/clients/chat.ts";
import { wire } from "../../support/clients/wire.ts";
import { called, failure, newBot, sendText, success, tg } from "./client.ts";

let ann: SignedIn;
let bot: SignedIn;
/** their conversation */
let direct: number;

beforeAll(async () => {
  [ann, bot] = await Promise.all([register(), newBot()]);
  direct = (await openDirect(ann, bot)).id;
});

/** A form as a library writes it: its boundary is B. */
function form(...parts: [header: string, body: string][]) {
  const written = parts.map(
    ([header, body]) => `--B\r\nContent-Disposition: form-data; ${header}\r\n\r\n${body}\r\n`,
  );
  const headers = { "Content-Type": "multipart/form-data; boundary=B" };
  return { method: "POST" as const, headers, body: `${written.join("")}--B--\r\n` };
}

const MEDIA = [
  ["sendPhoto", "photo", "image/gif", "GIF89a\x01\x00\x01\x00\x00\x00\x00;"],
  ["sendDocument", "document", "text/plain", "notes"],
  ["sendVoice", "voice", "audio/ogg", "OggS"],
  ["sendAudio", "audio", "audio/mpeg", "ID3"],
  ["sendVideo", "video", "video/mp4", "\0\0\0\x18ftypmp42\0\0\0\0mp42isom"],
] as const;

test.each(MEDIA)(
  "%s takes its file in a form and its parameters in the query",
  async (method, field, type, bytes) => {
    const query = new URLSearchParams({ chat_id: String(ann.user.id), caption: "hello" });
    const path = `/bot${bot.token}/${method}?${query}`;
    const file: [string, string] = [`name="${field}"; filename="a"\r\nContent-Type: ${type}`, bytes];
    const answer = success(await wire({ path, ...form(file) }));
    expect(answer).toMatchObject({ caption: "hello", [field]: expect.anything() });
    // What stands in the form counts for more.
    const beside = wire({ path, ...form(['name="caption"', "bye"], file) });
    expect(success(await beside)).toMatchObject({ caption: "bye" });
  },
);

test.each([
  ["a form", form(['name="text"', "one"])],
  ["JSON", { method: "POST" as const, body: { text: "one" } }],
  ["urlencoded", { method: "POST" as const, body: new URLSearchParams({ text: "one" }) }],
])("a call without a file takes parameters from the query and %s together", async (_, sent) => {
  const path = `/bot${bot.token}/sendMessage?chat_id=${ann.user.id}&text=two`;
  expect(success(await wire({ path, ...sent }))).toMatchObject({ text: "one" });
});

test("an answer to a message that is not there is sent without it, if the call says so", async () => {
  const chat_id = ann.user.id;
  const allow = { allow_sending_without_reply: true };
  for (const more of [
    { reply_parameters: { message_id: 99_999, ...allow } },
    { reply_parameters: JSON.stringify({ message_id: 1, chat_id: -7, ...allow }) },
    { reply_to_message_id: 99_999, ...allow },
    { reply_to_message_id: 0 },
  ])
    expect(await sendText(bot, chat_id, "all the same", more)).not.toHaveProperty("reply_to_message");
  for (const more of [{ reply_to_message_id: 99_999 }, { reply_parameters: { message_id: 1, chat_id: -7 } }])
    failure(
      await tg(bot, "sendMessage", { chat_id, text: "x", ...more }),
      400,
      "Bad Request: message to be replied not found",
    );
});

describe("keyboards", () => {
  const Row = z.array(z.looseObject({ text: z.string() }));
  const Kept = z.looseObject({ reply_markup: z.object({ inline_keyboard: z.array(Row) }) });
  const keys = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ text: `${i}`, callback_data: "x" }));
  const asked = (inline_keyboard: object[][]) => ({
    ...{ chat_id: ann.user.id, text: "x", reply_markup: { inline_keyboard } },
  });
  const kept = async (inline_keyboard: object[][]) => {
    const sent = await called(bot, "sendMessage", asked(inline_keyboard));
    return Kept.parse(sent).reply_markup.inline_keyboard.map((row) => row.map(({ text }) => text));
  };

  test("buttons that have no use here are left out, and the message is sent", async () => {
    const unknown = [
      { text: "a", switch_inline_query: "" },
      { text: "b", switch_inline_query_current_chat: "x" },
      { text: "c", switch_inline_query_chosen_chat: { query: "x" } },
      { text: "d", copy_text: { text: "x" } },
      { text: "e", callback_game: {} },
      { text: "f", pay: true },
      { text: "g", url: "tg://user?id=7" },
    ];
    expect(await kept([unknown, [...unknown, { text: "Yes", callback_data: "y" }]])).toEqual([["Yes"]]);
    expect(await called(bot, "sendMessage", asked([unknown]))).not.toHaveProperty("reply_markup");
  });

  test("long rows go on in the next, many rows are joined, long labels are cut", async () => {
    expect((await kept([keys(9)])).map((row) => row.length)).toEqual([8, 1]);
    expect((await kept(keys(30).map((key) => [key]))).map((row) => row.length)).toEqual([8, 8, 8, 6]);
    const [[label = ""] = []] = await kept([[{ text: "é".repeat(70), callback_data: "x" }]]);
    expect([label.length, label.endsWith("é…")]).toEqual([64, true]);
    const { items } = await page(ann, direct);
    expect(items.at(-1)?.buttons).toMatchObject([[{ text: label }]]);
  });

  test.each([
    ["no action", { text: "x" }, /Text buttons are unallowed in the inline keyboard/],
    ["too much data", { text: "x", callback_data: "x".repeat(65) }, /BUTTON_DATA_INVALID/],
    ["an address that is none", { text: "x", url: "javascript:alert(1)" }, /inline keyboard button URL/],
  ])("a button with %s is refused in Telegram's words", async (_, button, words) => {
    failure(await tg(bot, "sendMessage", asked([[button]])), 400, expect.stringMatching(words));
  });

  test("over a hundred buttons are refused", async () => {
    const rows = Array.from({ length: 13 }, () => keys(8));
    failure(await tg(bot, "sendMessage", asked(rows)), 400, "Bad Request: reply markup is too long");
  });

  test("an address without a protocol has http", async () => {
    const sent = await called(bot, "sendMessage", asked([[{ text: "x", url: "x.example" }]]));
    expect(sent).toMatchObject({ reply_markup: { inline_keyboard: [[{ url: "http://x.example/" }]] } });
  });
});
