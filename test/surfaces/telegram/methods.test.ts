import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import METHODS_MD from "../../../src/surfaces/telegram/METHODS.md?raw";
import { METHODS } from "../../../src/surfaces/telegram/methods/methods.ts";
import { TAKEN } from "../../../src/surfaces/telegram/methods/nearest.ts";
import { NOT_HERE } from "../../../src/surfaces/telegram/methods/not-here.ts";
import { METHOD_NAMES } from "../../support/bot-api/shape.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { openDirect, page } from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { createGroupId } from "../../support/objects/room.ts";
import { called, failure, newBot, sendText, tg } from "./client.ts";

const Ids = z.array(z.object({ message_id: z.int() }));
const Link = z.looseObject({ invite_link: z.string() });

let ann: SignedIn;
let ben: SignedIn;
let bot: SignedIn;
/** the conversation of Ann and the bot, and a group of Ann's with the bot as admin and Ben as member */
let direct: number;
let group: number;

beforeAll(async () => {
  [ann, ben, bot] = await Promise.all([register(), register(), newBot()]);
  direct = (await openDirect(ann, bot)).id;
  group = await createGroupId(ann, bot, ben);
  const path = `/v1/conversations/${group}/members/${bot.user.id}`;
  await call("PATCH", path, { token: ann.token, body: { role: "admin" } });
});

/** The rows of src/surfaces/telegram/METHODS.md. */
const ROWS = z
  .array(z.tuple([z.string(), z.enum(["done", "nearest", "no effect", "refused"]), z.string()]))
  .parse([...METHODS_MD.matchAll(/^\| `(\w+)` \| ([a-z ]+) \| (.+) \|$/gm)].map(([, ...cells]) => cells));
const OLDER = [...(/^Older names: (.*)$/m.exec(METHODS_MD)?.[1]?.matchAll(/`(\w+)` for/g) ?? [])].map(
  ([, name]) => name,
);

test("the table of methods has all of the public description, and all that are registered", () => {
  const names = ROWS.map(([name]) => name);
  expect(names).toEqual(METHOD_NAMES);
  const registered = [...names, ...OLDER].map((name) => name?.toLowerCase());
  expect(registered.toSorted()).toEqual([...METHODS.keys()].toSorted());
  const withoutEffect = ROWS.filter(([, how]) => how === "no effect").map(([name]) => name);
  expect(withoutEffect.toSorted()).toEqual(Object.keys(TAKEN).toSorted());
});

test("each method of the table is there: done, or refused in its words", async () => {
  const { token } = await newBot();
  const refused = new Map(
    ROWS.flatMap(([name, how, words]) => (how === "refused" ? [[name, words] as const] : [])),
  );
  for (const method of METHOD_NAMES) {
    // These wait, or change the bot.
    if (method === "getUpdates") continue;
    const { status, body } = await tg({ token }, method, {});
    const description = z.object({ description: z.string() }).safeParse(body).data?.description ?? "";
    expect([method, status === 200 || description.startsWith("Bad Request: ")]).toEqual([method, true]);
    const words = refused.get(method);
    const [, said] = /^`([^`]+)`(?:$|: )/.exec(words ?? "") ?? [];
    if (words !== undefined) expect([method, description]).toEqual([method, `Bad Request: ${said}`]);
    else expect([method, NOT_HERE[method]]).toEqual([method, undefined]);
  }
});

test("many messages are forwarded, copied and deleted at once, without those that are gone", async () => {
  const chat_id = ann.user.id;
  const ids: number[] = [];
  for (const text of ["one", "two", "three"]) ids.push((await sendText(bot, chat_id, text)).message_id);
  const many = { chat_id: -group, from_chat_id: chat_id, message_ids: [...ids, 99_999] };
  const texts = async (answer: unknown) => {
    const sent = new Set(Ids.parse(answer).map(({ message_id }) => message_id));
    return (await page(ann, group)).items.filter(({ seq }) => sent.has(seq)).map(({ body }) => body.text);
  };
  expect(await texts(await called(bot, "forwardMessages", many))).toEqual(["one", "two", "three"]);
  expect(await texts(await called(bot, "copyMessages", many))).toEqual(["one", "two", "three"]);
  expect(
    await called(bot, "deleteMessages", { chat_id, message_ids: JSON.stringify(many.message_ids) }),
  ).toBe(true);
  const { items } = await page(ann, direct);
  expect(items.filter(({ seq }) => ids.includes(seq)).map(({ revoked }) => revoked)).toEqual([
    true,
    true,
    true,
  ]);
});

test("a bot that is an admin looks after a group", async () => {
  const chat_id = -group;
  const { message_id } = await sendText(bot, chat_id, "rules");
  const pins = async () => {
    const { body } = await call("GET", `/v1/conversations/${group}/pins`, { token: ann.token });
    return z
      .object({ items: z.array(z.looseObject({ seq: z.int() })) })
      .parse(body)
      .items.map(({ seq }) => seq);
  };
  await called(bot, "pinChatMessage", { chat_id, message_id, disable_notification: true });
  expect(await pins()).toEqual([message_id]);
  await called(bot, "unpinChatMessage", { chat_id });
  expect(await pins()).toEqual([]);
  await called(bot, "pinChatMessage", { chat_id, message_id });
  await called(bot, "unpinAllChatMessages", { chat_id });
  expect(await pins()).toEqual([]);
  failure(
    await tg(bot, "pinChatMessage", { chat_id, message_id: 99_999 }),
    400,
    "Bad Request: message to pin not found",
  );
  await called(bot, "setChatTitle", { chat_id, title: "Ours" });
  await called(bot, "setChatDescription", { chat_id, description: "About us" });
  expect(await called(bot, "getChat", { chat_id })).toMatchObject({ title: "Ours", description: "About us" });
  const user_id = ben.user.id;
  const write = async () => {
    const body = { kind: "text", body: { text: "x" } };
    return (await call("POST", `/v1/conversations/${group}/messages`, { token: ben.token, body })).status;
  };
  await called(bot, "restrictChatMember", { chat_id, user_id, permissions: { can_send_messages: false } });
  expect(await write()).toBe(403);
  await called(bot, "restrictChatMember", { chat_id, user_id, permissions: { can_send_messages: true } });
  expect(await write()).toBe(201);
  await called(bot, "setChatPermissions", { chat_id, permissions: {} });
  expect(await write()).toBe(403);
  await called(bot, "setChatPermissions", { chat_id, permissions: { can_send_messages: true } });
  expect(await write()).toBe(201);
  const rights = { chat_id, user_id, can_pin_messages: true };
  failure(await tg(bot, "promoteChatMember", rights), 400, "Bad Request: not enough rights");
  failure(
    await tg(bot, "setChatTitle", { chat_id: ann.user.id, title: "x" }),
    400,
    expect.stringMatching(/supergroup/),
  );
});

test("links let people in, until they are revoked", async () => {
  const chat_id = -group;
  const made = Link.parse(await called(bot, "createChatInviteLink", { chat_id, member_limit: 5 }));
  expect(made).toMatchObject({ creator: { id: bot.user.id }, member_limit: 5, is_revoked: false });
  const code = made.invite_link.replace(/^.*\/join#/, "");
  const accept = async (user: SignedIn) =>
    (await call("POST", `/v1/invitations/${code}`, { token: user.token })).status;
  const [first, second] = await Promise.all([register(), register()]);
  expect(await accept(first)).toBe(200);
  expect(await called(bot, "revokeChatInviteLink", { chat_id, invite_link: made.invite_link })).toMatchObject(
    {
      is_revoked: true,
    },
  );
  expect(await accept(second)).toBe(404);
  expect(await called(bot, "exportChatInviteLink", { chat_id })).toMatch(/\/join#/);
});

test("join requests are decided", async () => {
  const token = ann.token;
  await call("PATCH", `/v1/conversations/${group}`, { token, body: { join_policy: "approval" } });
  const [first, second] = await Promise.all([register(), register()]);
  for (const user of [first, second])
    await call("POST", `/v1/conversations/${group}/join`, { token: user.token, body: {} });
  const asked = (user: SignedIn) => ({ chat_id: -group, user_id: user.user.id });
  expect(await called(bot, "approveChatJoinRequest", asked(first))).toBe(true);
  expect(await called(bot, "declineChatJoinRequest", asked(second))).toBe(true);
  expect(await called(bot, "getChatMember", asked(first))).toMatchObject({ status: "member" });
  expect(await called(bot, "getChatMember", asked(second))).toMatchObject({ status: "left" });
  failure(await tg(bot, "approveChatJoinRequest", asked(second)), 400, "Bad Request: HIDE_REQUESTER_MISSING");
});

test("the nearest thing is sent for what there is none of", async () => {
  const chat_id = ann.user.id;
  const venue = { chat_id, latitude: 1, longitude: 2, title: "Café", address: "Main St 1" };
  expect(await called(bot, "sendVenue", venue)).toMatchObject({ location: { latitude: 1, longitude: 2 } });
  const contact = { chat_id, phone_number: "+1 555 010 9999", first_name: "Ann*" };
  expect(await called(bot, "sendContact", contact)).toMatchObject({ text: "Ann*\n+1 555 010 9999" });
  expect(await called(bot, "sendDice", { chat_id })).toMatchObject({
    text: expect.stringMatching(/^🎲 [1-6]$/u),
  });
  failure(await tg(bot, "sendDice", { chat_id, emoji: "x" }), 400, "Bad Request: wrong dice emoji specified");
  expect(await called(bot, "setMyName", { name: "Help Desk" })).toBe(true);
  const { body } = await call("GET", "/v1/me", { token: bot.token });
  expect(body).toMatchObject({ nickname: "Help Desk" });
});

test("a text that grows is shown until it is sent", async () => {
  const chat_id = ann.user.id;
  const device = await openDevice(ann.token);
  const draft = { chat_id, draft_id: 7, text: "<b>Once</b> upon", parse_mode: "HTML" };
  expect(await called(bot, "sendMessageDraft", draft)).toBe(true);
  expect(await device.next("draft_text")).toMatchObject({
    ...{ conversation_id: direct, user_id: bot.user.id, text: "**Once** upon" },
  });
  expect(await called(bot, "sendMessageDraft", { chat_id, draft_id: 7, text: "" })).toBe(true);
  await device.next("typing");
  failure(await tg(bot, "sendMessageDraft", { ...draft, draft_id: 0 }), 400, expect.anything());
});
