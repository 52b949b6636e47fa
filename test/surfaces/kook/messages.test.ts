import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { z } from "zod";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { ask, getMessage, page, send } from "../../support/clients/chat.ts";
import { api, called, failure, refused } from "./client.ts";
import { scene } from "./scene.ts";

const Sent = z.strictObject({
  msg_id: z.string(),
  msg_timestamp: z.int(),
  nonce: z.union([z.string(), z.number()]),
});

async function say(bot: SignedIn, body: object): Promise<z.infer<typeof Sent>> {
  return Sent.parse(await called(bot, "POST direct-message/create", body));
}

const Item = z.looseObject({ id: z.string(), type: z.int(), content: z.string() });
const Items = z.strictObject({ items: z.array(Item) });

async function items(user: SignedIn, query: object) {
  return Items.parse(await called(user, "POST direct-message/list", query)).items;
}

const one = async (user: SignedIn, msg_id: string) =>
  Item.parse(await called(user, `GET direct-message/view?msg_id=${msg_id}`));

test("the nonce of a send comes back as it was, text or number", async () => {
  const { person, bot, id } = await scene();
  const target_id = String(person.user.id);
  for (const nonce of ["4711-a", 0.125]) {
    const sent = await say(bot, { type: 1, target_id, content: "hello", nonce });
    expect(sent).toMatchObject({ nonce, msg_id: expect.stringMatching(`^${id}-\\d+$`) });
  }
  const { nonce } = await say(bot, { target_id, content: "hello" });
  expect(nonce).toBe("");
  // The same nonce is another message: nothing is lost to a client that sends the same all the time.
  expect((await page(person, id)).items).toHaveLength(3);
});

test.each([
  ["POST direct-message/create", "POST direct-message/update", "POST direct-message/delete"],
  ["POST user-chat/create-msg", "POST user-chat/update-msg", "POST user-chat/delete-msg"],
])("%s, %s and %s: what a bot says, edits and deletes", async (create, update, remove) => {
  const { person, bot, id, code } = await scene();
  const said = await called(bot, create, { chat_code: code, type: 9, content: "**hi** \\* you" });
  const { msg_id } = Sent.parse(said);
  const seq = Number(msg_id.split("-")[1]);
  expect(await getMessage(person, id, seq)).toMatchObject({ kind: "text", body: { text: "**hi** \\* you" } });
  expect(await one(bot, msg_id)).toMatchObject({ type: 9, content: "**hi** \\* you", updated_at: 0 });
  expect(await called(bot, update, { msg_id, content: "*bye*" })).toEqual({});
  expect(await called(bot, update, { msg_id, content: "*bye*" })).toEqual({});
  expect(await one(bot, msg_id)).toMatchObject({ type: 9, content: "*bye*" });
  expect(await getMessage(person, id, seq)).toMatchObject({ body: { text: "*bye*" }, version: 2 });
  expect(await called(bot, remove, { msg_id })).toEqual({});
  expect(await called(bot, remove, { msg_id })).toEqual({});
  failure(await api(bot, `GET direct-message/view?msg_id=${msg_id}`));
  expect(await items(bot, { chat_code: code })).toEqual([]);
});

test("a card keeps its JSON, and others read its texts", async () => {
  const { person, bot, id, code } = await scene();
  const modules = [
    { type: "header", text: { type: "plain-text", content: "Menu" } },
    { type: "section", text: { type: "kmarkdown", content: "**Tea**" } },
  ];
  const content = JSON.stringify([{ type: "card", modules }]);
  const { msg_id } = await say(bot, { type: 10, chat_code: code, content });
  expect(await one(bot, msg_id)).toMatchObject({ type: 10, content });
  const [shown] = (await page(person, id)).items;
  expect(shown).toMatchObject({ kind: "custom", body: { description: "Menu\n**Tea**" } });
  const next = JSON.stringify([{ type: "card", modules: modules.slice(1) }]);
  await called(bot, "POST direct-message/update", { msg_id, content: next });
  expect(await one(bot, msg_id)).toMatchObject({ type: 10, content: next });
  refused(await api(bot, "POST direct-message/update", { msg_id, content: "no card" }), "content");
  for (const wrong of ["{}", "[", "no JSON"])
    refused(
      await api(bot, "POST direct-message/create", { type: 10, chat_code: code, content: wrong }),
      "content",
    );
});

test("buttons of a bot's card are buttons for others, and follow its edits", async () => {
  const { person, bot, id, code } = await scene();
  const button = (click: string, value: string, text: unknown = { type: "plain-text", content: value }) => ({
    ...{ type: "button", theme: "primary", click, value, text },
  });
  const long = "v".repeat(100);
  const card = (...modules: object[]) => JSON.stringify([{ type: "card", modules }]);
  const content = card(
    {
      type: "section",
      text: { type: "plain-text", content: "Tea?" },
      accessory: button("return-val", "yes"),
    },
    {
      type: "action-group",
      elements: [
        button("return-val", long, { type: "kmarkdown", content: "\\*Long\\*" }),
        button("link", "https://example.com/menu", "Menu"),
        // What does nothing, and what no message may have, is left out.
        ...[button("", "nothing"), button("link", "javascript:alert(1)"), button("return-val", "")],
      ],
    },
  );
  const { msg_id } = await say(bot, { type: 10, chat_code: code, content });
  const shown = async () => (await page(person, id)).items.at(-1);
  expect(await shown()).toMatchObject({
    body: { description: expect.stringMatching(/^Tea\?\nnothing\njavascript:alert\(1\)$/) },
    buttons: [
      [{ text: "yes", data: "yes" }],
      [
        { text: "*Long*", data: expect.stringMatching(/^….+v{10}$/) },
        { text: "Menu", url: "https://example.com/menu" },
      ],
    ],
  });
  expect(await one(bot, msg_id)).toMatchObject({ type: 10, content });
  const other = card({ type: "action-group", elements: [button("return-val", "no")] });
  await called(bot, "POST direct-message/update", { msg_id, content: other });
  expect(await shown()).toMatchObject({
    ...{ body: { description: "[card]" }, buttons: [[{ text: "no", data: "no" }]] },
  });
  await called(bot, "POST direct-message/update", { msg_id, content: card() });
  expect(await shown()).not.toHaveProperty("buttons");
  // A person has no buttons.
  const own = await say(person, { type: 10, target_id: bot.user.id, content });
  await called(person, "POST direct-message/update", { msg_id: own.msg_id, content: other });
  expect(await shown()).not.toHaveProperty("buttons");
});

test("what people write is KMarkdown with its signs escaped; own plain texts stay plain", async () => {
  const { person, bot, id, code } = await scene();
  await send(person, id, "a*b_c (met)all(met) > 1\n> q [x](y)");
  await say(bot, { type: 1, chat_code: code, content: "a*b" });
  const [theirs, own] = await items(bot, { chat_code: code });
  expect(theirs).toMatchObject({
    type: 9,
    content: "a\\*b_c \\(met)all\\(met) > 1\n\\> q [x\\](y)",
    author_id: String(person.user.id),
    author: { id: String(person.user.id), bot: false },
    kmarkdown: { raw_content: "a*b_c (met)all(met) > 1\n> q [x](y)" },
    ...{ attachments: [], embeds: [], reactions: [], quote: null, mention_info: { mention_part: [] } },
  });
  expect(own).toMatchObject({ type: 1, content: "a*b", author: { bot: true } });
});

test("pages before, after and around a message, in rising order", async () => {
  const { person, bot, id, code } = await scene();
  for (let i = 1; i <= 7; i++) await send(person, id, String(i));
  const texts = async (query: object) =>
    (await items(bot, { chat_code: code, ...query })).map(({ content }) => Number(content));
  const msg_id = `${id}-4`;
  expect(await texts({})).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(await texts({ page_size: 2 })).toEqual([6, 7]);
  expect(await texts({ msg_id, page_size: 2 })).toEqual([2, 3]);
  expect(await texts({ msg_id, flag: "before" })).toEqual([1, 2, 3]);
  expect(await texts({ msg_id, flag: "after", page_size: 2 })).toEqual([5, 6]);
  expect(await texts({ msg_id, flag: "around", page_size: 3 })).toEqual([3, 4, 5]);
  expect(await texts({ msg_id, flag: "around", page_size: 1 })).toEqual([4]);
  expect(await items(bot, { target_id: person.user.id, page_size: 1 })).toHaveLength(1);
  refused(await api(bot, "POST direct-message/list", { chat_code: code, flag: "beside" }), "flag");
  failure(await api(bot, "POST direct-message/list", { chat_code: code, msg_id: `${id + 1}-1` }));
  expect(Items.parse(await called(bot, `GET user-chat/msg-list?chat_code=${code}`)).items).toHaveLength(7);
  expect(Item.parse(await called(bot, `GET user-chat/view?msg_id=${msg_id}`)).content).toBe("4");
});

test("an answer names what it answers", async () => {
  const { person, bot, id, code } = await scene();
  const { seq } = await send(person, id, "question");
  const { msg_id } = await say(bot, { chat_code: code, content: "answer", quote: `${id}-${seq}` });
  expect(await one(bot, msg_id)).toMatchObject({
    quote: { id: `${id}-${seq}`, content: "question", author: { id: String(person.user.id) } },
  });
  expect((await page(person, id)).items.at(-1)).toMatchObject({ quote: { seq } });
  failure(
    await api(bot, "POST direct-message/create", { chat_code: code, content: "x", quote: `${id}-999` }),
  );
  failure(
    await api(bot, "POST direct-message/create", { chat_code: code, content: "x", quote: `${id + 1}-1` }),
  );
});

test("reactions: in each spelling of an emoji, and who has put them", async () => {
  const { person, bot, id, code } = await scene();
  const { seq } = await send(person, id, "hello");
  const msg_id = `${id}-${seq}`;
  await called(bot, "POST direct-message/add-reaction", { msg_id, emoji: "[#128512;]" });
  await called(bot, "POST direct-message/add-reaction", { msg_id, emoji: "👍" });
  expect(
    (await ask(person, id, "PUT", `/messages/${seq}/reactions/${encodeURIComponent("👍")}`)).status,
  ).toBe(200);
  expect((await one(bot, msg_id)).reactions).toEqual([
    { emoji: { id: "😀", name: "😀" }, count: 1, me: true },
    { emoji: { id: "👍", name: "👍" }, count: 2, me: true },
  ]);
  const twice = encodeURIComponent(encodeURIComponent("👍"));
  const users = await called(bot, `GET direct-message/reaction-list?msg_id=${msg_id}&emoji=${twice}`);
  expect(users).toMatchObject([
    { id: String(bot.user.id), reaction_time: expect.any(Number) },
    { id: String(person.user.id), reaction_time: expect.any(Number) },
  ]);
  expect(await called(bot, `GET direct-message/reaction-list?msg_id=${msg_id}`)).toHaveLength(3);
  const other = { msg_id, emoji: "👍", user_id: String(person.user.id) };
  failure(await api(bot, "POST direct-message/delete-reaction", other), 40_300);
  await called(bot, "POST direct-message/delete-reaction", { msg_id, emoji: "👍" });
  await called(bot, "POST direct-message/delete-reaction", { msg_id, emoji: "👍" });
  expect((await items(bot, { chat_code: code }))[0]?.reactions).toHaveLength(2);
  refused(await api(bot, "POST direct-message/add-reaction", { msg_id, emoji: "no emoji" }), "emoji");
});

test("a file is uploaded, sent by its address, and shown as a picture", async () => {
  const { person, bot, id, code } = await scene();
  const png = Uint8Array.from(
    atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="),
    (char) => char.charCodeAt(0),
  );
  const form = new FormData();
  form.set("file", new Blob([png], { type: "image/png" }), "dot.png");
  const { url } = z.strictObject({ url: z.string() }).parse(await called(bot, "POST asset/create", form));
  expect((await exports.default.fetch(url)).status).toBe(200);
  const { msg_id } = await say(bot, { type: 2, chat_code: code, content: url });
  expect(await one(bot, msg_id)).toMatchObject({
    ...{ type: 2, content: url },
    attachments: { type: "image", url, name: "dot.png", file_type: "image/png", width: 1, height: 1 },
  });
  expect((await page(person, id)).items[0]).toMatchObject({ kind: "image", body: { url, width: 1 } });
  refused(
    await api(bot, "POST direct-message/create", { type: 2, chat_code: code, content: "no address" }),
    "url",
  );
  refused(await api(bot, "POST direct-message/update", { msg_id, content: "x" }), "msg_id");
});

test("users: the caller, others, the state of a bot, and no server", async () => {
  const { person, bot } = await scene();
  expect(await called(bot, "GET user/me")).toMatchObject({
    ...{ id: String(bot.user.id), username: bot.user.username, bot: true, status: 1, avatar: "" },
    ...{ identify_num: expect.stringMatching(/^\d{4}$/), roles: [], online: false },
  });
  expect(await called(person, "GET user/me")).toMatchObject({ bot: false });
  expect(await called(bot, `GET user/view?user_id=${person.user.id}`)).toMatchObject({
    ...{ id: String(person.user.id), bot: false },
  });
  failure(await api(bot, "GET user/view?user_id=999999999"));
  for (const path of ["user/offline", "user/online"]) expect(await called(bot, `POST ${path}`)).toEqual({});
  expect(await called(bot, "GET user/get-online-status")).toEqual({ online: false, online_os: [] });
  expect(await called(bot, "GET guild/list")).toMatchObject({ items: [], meta: { total: 0 } });
});

test("a library's misspelt call deletes a conversation", async () => {
  const { bot, code } = await scene();
  expect(await called(bot, "POST uset-chat/delete", { chat_code: code })).toEqual({});
});

test("bad input is refused by its name, and changes nothing", async () => {
  const { person, bot, id, code } = await scene();
  const stranger = await register();
  const chat_code = code;
  const create = "POST direct-message/create";
  refused(await api(bot, create, { chat_code }), "content");
  refused(await api(bot, create, { content: "x" }), "chat_code");
  refused(await api(bot, create, { chat_code, content: "x", type: 5 }), "type");
  refused(await api(bot, create, { chat_code, content: "x", quote: "one" }), "quote");
  refused(await api(bot, create, { chat_code, content: "文".repeat(30_000) }), "content");
  failure(await api(stranger, create, { chat_code, content: "x" }));
  for (const msg_id of ["", "1", "1-", "-1", "a-b", "1-1-1", `${id}-999`, "99999999999999999-1"]) {
    failure(await api(bot, "POST direct-message/delete", { msg_id }));
    failure(await api(bot, "POST direct-message/update", { msg_id, content: "x" }));
    failure(await api(bot, `GET direct-message/view?msg_id=${encodeURIComponent(msg_id)}`));
  }
  const { seq } = await send(person, id, "mine");
  const msg_id = `${id}-${seq}`;
  failure(await api(bot, "POST direct-message/delete", { msg_id }), 40_300);
  failure(await api(bot, "POST direct-message/update", { msg_id, content: "x" }), 40_300);
  failure(await api(stranger, "POST direct-message/delete", { msg_id }));
  failure(await api(stranger, `GET direct-message/view?msg_id=${msg_id}`));
  expect((await page(person, id)).items).toHaveLength(1);
  expect((await call("GET", "/v1/me", { token: bot.token })).status).toBe(200);
});
