import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { withFound } from "../../../src/surfaces/telegram/text/entities.ts";
import { toOurs } from "../../../src/surfaces/telegram/text/marked.ts";
import { fromOurs } from "../../../src/surfaces/telegram/text/shown.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { openDirect, page, send } from "../../support/clients/chat.ts";
import { createGroupId } from "../../support/objects/room.ts";
import { called, failure, newBot, sendText, tg, updates } from "./client.ts";

const Sent = z.looseObject({
  message_id: z.int(),
  text: z.string(),
  entities: z.array(z.looseObject({ type: z.string(), offset: z.int(), length: z.int() })).optional(),
});

let ann: SignedIn;
let bot: SignedIn;
/** their conversation */
let direct: number;

beforeAll(async () => {
  [ann, bot] = await Promise.all([register(), newBot()]);
  direct = (await openDirect(ann, bot)).id;
});

/** What a bot sends, as it is answered, and what people see of it. */
async function sent(text: string, more: object = {}) {
  const { text: shown, entities = [] } = Sent.parse(await sendText(bot, ann.user.id, text, more));
  const body = (await page(ann, direct)).items.at(-1)?.body;
  return { shown, entities, stored: body?.text };
}

/** What the bot is told of a text that a person sends, and of what is in it. */
async function told(text: string): Promise<[string, string[]]> {
  const { seq } = await send(ann, direct, text);
  const forwarded = { chat_id: ann.user.id, from_chat_id: ann.user.id, message_id: seq };
  const answer = Sent.parse(await called(bot, "forwardMessage", forwarded));
  const entities = (answer.entities ?? []).map(({ type, offset, length, language, url }) =>
    [type, offset, length, language ?? url].filter((one) => one !== undefined).join(" "),
  );
  return [answer.text, entities];
}

describe("a text is shown to bots without marks, with entities", () => {
  test.each([
    ["**bold** and *it*", "bold and it", ["bold 0 4", "italic 9 2"]],
    ["~~a~~ ||b|| `c`", "a b c", ["strikethrough 0 1", "spoiler 2 1", "code 4 1"]],
    ["a\\*b \\_c\\_ 😀 **d**", "a*b _c_ 😀 d", ["bold 11 1"]],
    ["**a *b* c**", "a b c", ["bold 0 5", "italic 2 1"]],
    [
      "one\n\n```py\nx = 1\n```\n\n> two\n> **three**\nfour",
      "one\n\nx = 1\n\ntwo\nthree\nfour",
      ["pre 5 5 py", "blockquote 12 9", "bold 16 5"],
    ],
    ["- a\n- **b**\n1. c", "- a\n- b\n1. c", ["bold 6 1"]],
    // Tables and boxes stay as they are: this API has none.
    ["# a *b*\n- [x] c\n---\n>_<", "a b\n- [x] c\n---\n>_<", ["bold 0 3", "italic 2 1"]],
    [
      "| *a | b* |\n|---|---|\n| **c** | d |\n`e`\tf\ng\th",
      "| *a | b* |\n|---|---|\n| c | d |\ne\tf\ng\th",
      ["bold 24 1", "code 32 1"],
    ],
    [
      "[label](https://x.example/) https://y.example/a",
      "label https://y.example/a",
      ["text_link 0 5 https://x.example/", "url 6 19"],
    ],
    ["mail ann@x.example now", "mail ann@x.example now", ["email 5 13"]],
    [
      "/start@bot @ann #tag $USD +1 (555) 010-9999",
      "/start@bot @ann #tag $USD +1 (555) 010-9999",
      ["bot_command 0 10", "mention 11 4", "hashtag 16 4", "cashtag 21 4", "phone_number 26 17"],
    ],
    ["`/no @no #no`", "/no @no #no", ["code 0 11"]],
    ["#123 a#b $usd a/b", "#123 a#b $usd a/b", []],
  ])("%j", async (text, shown, entities) => {
    expect(await told(text)).toEqual([shown, entities]);
  });

  test("quotes within quotes, as deep as people see them, and no deeper", async () => {
    const deep = ">".repeat(8_000);
    expect(await told(deep)).toEqual([deep.slice(4), ["blockquote 0 7996"]]);
  });
});

test("a text without a mode shows its signs to people and to bots", async () => {
  for (const text of ["2 * 3 * 4 = **24**", "snake_case _x_ `y`", "> no quote\n- no list", "a\\*b"])
    expect(await sent(text)).toMatchObject({ shown: text, entities: [] });
});

test("a bot that edits what it was told, with more behind it, shows people what they saw", async () => {
  const before = await sent("*Total:* 2 \\* 3 \\= `6`\n>quoted", { parse_mode: "MarkdownV2" });
  expect(before.shown).toBe("Total: 2 * 3 = 6\nquoted");
  const { message_id } = await sendText(bot, ann.user.id, "x");
  const text = `${before.shown}\nmore_*`;
  const edit = { chat_id: ann.user.id, message_id, text, entities: before.entities };
  expect(await called(bot, "editMessageText", edit)).toMatchObject({ text, entities: before.entities });
  const { items } = await page(ann, direct);
  expect(items.at(-1)?.body).toEqual({ text: `${before.stored}\nmore\\_\\*` });
});

test.each([
  ["a code with a backtick", "a `b c", { type: "code", offset: 0, length: 6 }],
  ["a code that begins with a backtick", "a `b c", { type: "code", offset: 2, length: 2 }],
  ["a code that ends with a backtick", "a b` c", { type: "code", offset: 2, length: 2 }],
  ["a code of backticks", "`a`", { type: "code", offset: 0, length: 3 }],
  ["a code with blanks at its ends", "x  a  y", { type: "code", offset: 1, length: 5 }],
  ["a code of blanks", "x   y", { type: "code", offset: 1, length: 3 }],
  ["a code with two lines", "a\nb", { type: "code", offset: 0, length: 3 }],
  ["bold letters of a word", "unbelievable", { type: "bold", offset: 2, length: 4 }],
])("%s keeps its entity", async (_, text, entity) => {
  expect(await sent(text, { entities: [entity] })).toMatchObject({ shown: text, entities: [entity] });
});

test.each([
  ["a block with a fence in it", "a\n```\nb", "pre", "code"],
  ["a block that begins with a fence", "```\nb", "pre", "code"],
])("%s keeps its letters, and is code as far as our marks can say it", async (_, text, given, shown) => {
  const about = { offset: 0, length: text.length };
  expect(await sent(text, { entities: [{ type: given, ...about }] })).toMatchObject({
    ...{ shown: text, entities: [{ type: shown, ...about }] },
  });
});

test("a quote within a line stands on lines of its own", async () => {
  const { shown, stored, entities } = await sent("before <blockquote>quoted</blockquote> after", {
    parse_mode: "HTML",
  });
  expect([shown, stored]).toEqual(["before \nquoted\n after", "before \n> quoted\n after"]);
  expect(entities).toEqual([{ type: "blockquote", offset: 8, length: 6 }]);
});

test("property: what a bot sends is what is shown, whatever its marks and entities are", () => {
  const piece = fc.constantFrom(
    "a",
    "b c",
    " ",
    "\n",
    "*",
    "**",
    "_",
    "~~",
    "||",
    "`",
    "```",
    "> ",
    "- ",
    "1. ",
    "[x](y)",
    "\\",
    "😀",
    "@ann",
    "https://x.example/",
  );
  const type = fc.constantFrom("bold", "italic", "underline", "strikethrough", "spoiler", "code");
  const part = fc.record({ type, offset: fc.nat(30), length: fc.integer({ min: 1, max: 12 }) });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), fc.array(part, { maxLength: 4 }), (pieces, entities) => {
      const text = pieces.join("").trim();
      const inside = entities.filter(({ offset, length }) => offset + length <= text.length);
      expect(fromOurs(toOurs({ text, entities: inside })).text).toBe(text);
      expect(
        fromOurs(toOurs({ text, entities: [] })).entities.filter(({ type }) => !/url|email/.test(type)),
      ).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

test("property: code comes back as it was, whatever it is made of and stands in", () => {
  const piece = fc.constantFrom("a", " ", "\n", "`", "``", "```", "*", "\\", "> ", "- ");
  const some = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(some, some, some, (before, code, after) => {
      // No code of ours begins directly behind a backtick.
      fc.pre(code !== "" && !code.includes("\n") && !before.endsWith("`"));
      const entities = [{ type: "code", offset: before.length + 1, length: code.length }];
      // What is around it is no list and no quote.
      const text = `a${before.replaceAll("\n", " ")}${code}${after.replaceAll("\n", " ")}a`;
      expect(fromOurs(toOurs({ text, entities }))).toEqual({ text, entities });
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ["begins", 1, 2],
  ["ends", 0, 1],
])("an entity that %s within a character is refused", async (verb, offset, length) => {
  const entities = [{ type: "bold", offset, length }];
  const answer = await tg(bot, "sendMessage", { chat_id: ann.user.id, text: "😀 x", entities });
  failure(answer, 400, `Bad Request: entity ${verb} in a middle of a UTF-16 symbol at byte offset 1`);
});

test("a bot mentions members: by their username, by an entity, by a link", async () => {
  const [ben, eve, outside] = await Promise.all([register(), register(), register()]);
  const id = await createGroupId(ann, bot, ben, eve);
  const chat_id = -id;
  const mentions = async (text: string, more: object = {}) => {
    const { message_id } = await sendText(bot, chat_id, text, more);
    const { items } = await page(ann, id);
    return items.find(({ seq }) => seq === message_id)?.mentions;
  };
  expect(await mentions(`Hello @${ben.user.username}, and @${outside.user.username}!`)).toEqual([
    ben.user.id,
  ]);
  const entities = [{ type: "text_mention", offset: 0, length: 3, user: { id: eve.user.id, is_bot: false } }];
  expect(await mentions("Eve knows", { entities })).toEqual([eve.user.id]);
  const linked = `<a href="tg://user?id=${ben.user.id}">Ben</a> and <a href="tg://user?id=${outside.user.id}">x</a>`;
  expect(await mentions(linked, { parse_mode: "HTML" })).toEqual([ben.user.id]);
  const markdown = `[Ben](tg://user?id=${ben.user.id}) and @${eve.user.username.replaceAll("_", "\\_").replaceAll("-", "\\-")}`;
  expect(await mentions(markdown, { parse_mode: "MarkdownV2" })).toEqual([ben.user.id, eve.user.id]);
  expect(await mentions(`\`@${ben.user.username}\``, { parse_mode: "MarkdownV2" })).toEqual([]);
  const { message_id } = await sendText(bot, chat_id, "nobody");
  await called(bot, "editMessageText", { chat_id, message_id, text: `@${ben.user.username}` });
  const { items } = await page(ann, id);
  expect(items.find(({ seq }) => seq === message_id)?.mentions).toEqual([ben.user.id]);
});

test("who is mentioned by their nickname is told to bots", async () => {
  const id = await createGroupId(ann, bot);
  await call("PATCH", "/v1/me", { token: bot.token, body: { nickname: "Help Desk" } });
  const body = { kind: "text", body: { text: "@Help Desk, please" }, mentions: [bot.user.id] };
  // The queue is on before the message comes.
  const before = (await updates(bot)).at(-1)?.update_id ?? -1;
  await call("POST", `/v1/conversations/${id}/messages`, { token: ann.token, body });
  const user = expect.objectContaining({ id: bot.user.id, first_name: "Help Desk" });
  const told: unknown[] = [];
  for (let offset = before + 1; !JSON.stringify(told).includes("Help Desk, please"); )
    for (const { update_id, message } of await updates(bot, { offset, timeout: 20 })) {
      told.push(message);
      offset = update_id + 1;
    }
  expect(told).toContainEqual(
    expect.objectContaining({ entities: [{ type: "text_mention", offset: 0, length: 10, user }] }),
  );
});

test("of parts that overlap what is found the entity that is there counts", () => {
  const code = { type: "code", offset: 0, length: 6 };
  expect(withFound("/start @ann", [code])).toEqual([code, { type: "mention", offset: 7, length: 4 }]);
});
