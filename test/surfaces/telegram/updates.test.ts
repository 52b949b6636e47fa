import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, inject, test } from "vitest";
import { z } from "zod";
import { ConversationId, UserId } from "../../../src/domain/ids.ts";
import { flawsOfUpdate } from "../../support/bot-api/shape.ts";
import { call, PASSWORD, register, type SignedIn } from "../../support/clients/api.ts";
import { deleteMessage, openDirect, page, send } from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { conversationObject, createGroupId, inboxObject, range } from "../../support/objects/room.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";
import { called, failure, newBot, sendText, tg, type Update, updates } from "./client.ts";

interface Scene {
  person: SignedIn;
  bot: SignedIn;
  /** their direct conversation */
  id: number;
}

async function scene(): Promise<Scene> {
  const [person, bot] = await Promise.all([register(), newBot()]);
  return { person, bot, id: (await openDirect(person, bot)).id };
}

/** A bot as its library has it: it confirms what it was told. */
class Listener {
  readonly told: Update[] = [];
  #offset = 0;
  readonly #bot: SignedIn;

  constructor(bot: SignedIn) {
    this.#bot = bot;
  }

  /** Asks until so many updates were told in all. */
  async until(count: number, more: object = {}): Promise<Update[]> {
    while (this.told.length < count) {
      const fresh = await updates(this.#bot, { offset: this.#offset, timeout: 20, ...more });
      this.told.push(...fresh);
      this.#offset = (fresh.at(-1)?.update_id ?? this.#offset - 1) + 1;
    }
    return this.told;
  }

  /** What is told at once. */
  async rest(): Promise<Update[]> {
    return updates(this.#bot, { offset: this.#offset });
  }
}

const Text = z.looseObject({ message: z.looseObject({ text: z.string() }) });
const textOf = (update: Update) => Text.safeParse(update).data?.message.text;

const stored = (bot: SignedIn) =>
  runInDurableObject(inboxObject(UserId.parse(bot.user.id)), (_, { storage }) =>
    ["bot_queue", "bot_updates", "bot_cursors", "jobs"].map(
      (table) => storage.sql.exec(`SELECT * FROM ${table}`).toArray().length,
    ),
  );

async function rename({ token }: SignedIn, nickname: string): Promise<void> {
  expect((await call("PATCH", "/v1/me", { token, body: { nickname } })).status).toBe(200);
}

async function evict(bot: SignedIn): Promise<void> {
  // One that does not run can not be evicted.
  await called(bot, "getWebhookInfo");
  await evictDurableObject(inboxObject(UserId.parse(bot.user.id)));
}

test("an update that has waited shows nobody by a name that they have no more", async () => {
  const { person, bot, id } = await scene();
  const other = await register();
  for (const user of [person, other]) await rename(user, "Old Name");
  const group = await createGroupId(other, bot, person);
  await updates(bot);
  await send(person, id, "from one");
  await send(other, group, "from another");
  await eventually(async () =>
    expect((await updates(bot)).flatMap((one) => textOf(one) ?? [])).toHaveLength(2),
  );
  expect(JSON.stringify(await updates(bot))).toContain("Old Name");
  await rename(other, "New Name");
  const gone = await call("DELETE", "/v1/me", { token: person.token, body: { password: PASSWORD } });
  expect(gone.status).toBe(204);
  // A minute has passed.
  overrideTiming({ botUpdates: { freshMs: 0 } });
  const told = await updates(bot);
  expect(JSON.stringify(told)).not.toMatch(new RegExp(`Old Name|${person.user.username}`));
  const name = `deleted-${person.user.id}`;
  const texts = told.flatMap((one) => Text.safeParse(one).data?.message ?? []);
  expect(texts.toSorted((a, b) => a.text.localeCompare(b.text))).toMatchObject([
    { from: { id: other.user.id, first_name: "New Name" }, text: "from another" },
    { from: { id: person.user.id, first_name: name }, chat: { first_name: name }, text: "from one" },
  ]);
});

test("a user who never asks has no row and no job of it", async () => {
  const { person, bot, id } = await scene();
  for (const i of range(1, 5)) await send(person, id, String(i));
  expect((await stored(bot)).slice(0, 3)).toEqual([0, 0, 0]);
  expect(await called(bot, "getWebhookInfo")).toMatchObject({ url: "", pending_update_count: 0 });
  expect(await called(bot, "deleteWebhook")).toBe(true);
  expect((await stored(bot)).slice(0, 3)).toEqual([0, 0, 0]);
});

test("an edit is told once, whatever else becomes of the message", async () => {
  const { person, bot, id } = await scene();
  const { seq } = await send(person, id, "one");
  const listener = new Listener(bot);
  await listener.until(1);
  const path = `/v1/conversations/${id}/messages/${seq}`;
  const edit = { body: { text: "two" }, base_version: 1 };
  expect((await call("PATCH", path, { token: person.token, body: edit })).status).toBe(200);
  const [, edited] = await listener.until(2);
  expect(edited).toMatchObject({
    edited_message: { message_id: seq, text: "two", edit_date: expect.any(Number) },
  });
  const reaction = await call("PUT", `${path}/reactions/${encodeURIComponent("👍")}`, {
    token: person.token,
  });
  expect(reaction.status).toBe(200);
  await send(person, id, "behind it");
  expect((await listener.until(3)).map(textOf)).toEqual(["one", undefined, "behind it"]);
  expect(await listener.rest()).toEqual([]);
});

test("a text that is revoked is not told any more", async () => {
  const { person, bot, id } = await scene();
  await send(person, id, "first");
  const listener = new Listener(bot);
  await listener.until(1);
  const { seq } = await send(person, id, "a secret");
  const waiting = async () => Object(await called(bot, "getWebhookInfo")).pending_update_count;
  await expect.poll(waiting).toBe(2);
  await deleteMessage(person, id, seq, "everyone");
  await expect.poll(waiting).toBe(1);
  await send(person, id, "last");
  const told = await listener.until(2);
  expect(told.map(textOf)).toEqual(["first", "last"]);
});

test("a bot hears that it came into a group and left it", async () => {
  const [person, bot] = await Promise.all([register(), newBot()]);
  const listener = new Listener(bot);
  expect(await listener.rest()).toEqual([]);
  const id = await createGroupId(person, bot);
  await send(person, id, "welcome");
  const [came] = await listener.until(2);
  expect(came).toMatchObject({
    my_chat_member: {
      chat: { id: -id, type: "supergroup" },
      old_chat_member: { status: "left" },
      new_chat_member: { status: "member", user: { id: bot.user.id, is_bot: true } },
    },
  });
  expect(listener.told.map(textOf)).toContain("welcome");
  const removed = await call("DELETE", `/v1/conversations/${id}/members/${bot.user.id}`, {
    token: person.token,
  });
  expect(removed.status).toBe(204);
  const count = listener.told.length;
  expect((await listener.until(count + 1)).at(-1)).toMatchObject({
    my_chat_member: {
      chat: { id: -id },
      from: { id: person.user.id, username: person.user.username },
      old_chat_member: { status: "member", user: { username: bot.user.username } },
      new_chat_member: { status: "kicked", user: { id: bot.user.id, is_bot: true } },
    },
  });
  await call("POST", `/v1/conversations/${id}/members`, {
    token: person.token,
    body: { user_ids: [bot.user.id] },
  });
  expect((await listener.until(count + 2))[count + 1]).toMatchObject({
    my_chat_member: { new_chat_member: { status: "member" } },
  });
  const role = { token: person.token, body: { role: "admin" } };
  await call("PATCH", `/v1/conversations/${id}/members/${bot.user.id}`, role);
  const isPromotion = (update: Update) => JSON.stringify(update).includes("administrator");
  while (!listener.told.some(isPromotion)) await listener.until(listener.told.length + 1);
  expect(listener.told.find(isPromotion)).toMatchObject({
    my_chat_member: {
      from: { id: person.user.id },
      old_chat_member: { status: "member" },
      new_chat_member: { status: "administrator", can_restrict_members: true },
    },
  });
  const length = listener.told.length;
  await called(bot, "leaveChat", { chat_id: -id });
  expect((await listener.until(length + 1)).at(-1)).toMatchObject({
    my_chat_member: { from: { id: bot.user.id }, new_chat_member: { status: "left" } },
  });
});

test("a bot hears that a person blocks it, behind what they wrote before, and that they do so no more", async () => {
  const { person, bot, id } = await scene();
  const path = `/v1/blocks/${bot.user.id}`;
  const { token } = person;
  await send(person, id, "one");
  const listener = new Listener(bot);
  await listener.until(1);
  await send(person, id, "two");
  for (const method of ["PUT", "PUT", "DELETE"]) {
    expect((await call(method, path, { token })).status).toBeLessThan(300);
    if (method === "PUT") await listener.until(3);
  }
  await send(person, id, "three");
  const user = { id: bot.user.id, is_bot: true };
  const [member, kicked] = [
    { status: "member", user },
    { status: "kicked", user, until_date: 0 },
  ];
  const about = { chat: { id: person.user.id, type: "private" }, from: { id: person.user.id } };
  const told = await listener.until(5);
  expect(told).toMatchObject([
    { message: { text: "one" } },
    { message: { text: "two" } },
    { my_chat_member: { ...about, old_chat_member: member, new_chat_member: kicked } },
    { my_chat_member: { ...about, old_chat_member: kicked, new_chat_member: member } },
    { message: { text: "three" } },
  ]);
  expect(told.flatMap(flawsOfUpdate)).toEqual([]);
  expect(await listener.rest()).toEqual([]);
});

test("users whom a message names by their number have names", async () => {
  const [person, other, bot] = await Promise.all([register(), register(), newBot()]);
  const id = await createGroupId(person, bot, other);
  const { seq, created_at } = await send(other, id, "quoted");
  const listener = new Listener(bot);
  await listener.until(1);
  const path = `/v1/conversations/${id}/messages`;
  await runInDurableObject(conversationObject(ConversationId.parse(id)), (_, { storage }) => {
    storage.sql.exec("UPDATE messages SET created_at = created_at - 60000 WHERE seq = ?", seq);
  });
  const quoting = { kind: "text", body: { text: "as they say" }, quote_seq: seq };
  await call("POST", path, { token: person.token, body: quoting });
  const isAnswer = (update: Update) => textOf(update) === "as they say";
  while (!listener.told.some(isAnswer)) await listener.until(listener.told.length + 1);
  const from = { id: other.user.id, username: other.user.username };
  const date = Math.floor(created_at / 1_000) - 60;
  expect(listener.told.find(isAnswer)).toMatchObject({ message: { reply_to_message: { from, date } } });
});

test("a group that the bot was in before it asked is no new one, and older messages of others are told", async () => {
  const [person, bot] = await Promise.all([register(), newBot()]);
  const id = await createGroupId(person, bot);
  await send(person, id, "before");
  await expect.poll(async () => (await stored(bot)).length).toBe(4);
  const listener = new Listener(bot);
  const [first] = await listener.until(1);
  expect(textOf(first ?? { update_id: 0 })).toBe("before");
});

test("nothing is lost or doubled while the object sleeps and wakes", async () => {
  const { person, bot, id } = await scene();
  const listener = new Listener(bot);
  await listener.rest();
  const texts = range(1, 30).map(String);
  for (const text of texts) {
    await send(person, id, text);
    if (Number(text) % 5 === 0) await evict(bot);
    if (Number(text) % 7 === 0) await listener.until(Math.min(Number(text), listener.told.length + 1));
  }
  await listener.until(texts.length);
  expect(listener.told.map(textOf)).toEqual(texts);
  expect(await listener.rest()).toEqual([]);
});

test("more messages than a page come in order", async () => {
  const { person, bot, id } = await scene();
  const listener = new Listener(bot);
  const texts = range(1, 130).map(String);
  for (const text of texts) await send(person, id, text);
  await listener.until(texts.length);
  expect(listener.told.map(textOf)).toEqual(texts);
});

test("who has reacted is told to a bot that asks for it", async () => {
  const { person, bot, id } = await scene();
  const listener = new Listener(bot);
  const allowed_updates = ["message", "message_reaction"];
  await updates(bot, { allowed_updates });
  const { message_id } = await sendText(bot, person.user.id, "Well?");
  const path = `/v1/conversations/${id}/messages/${message_id}/reactions/${encodeURIComponent("👍")}`;
  const { token } = person;
  expect((await call("PUT", path, { token })).status).toBe(200);
  // A reaction alone makes no inbox update for a bot that was not listening as it came.
  await send(person, id, "one");
  await listener.until(2);
  expect(listener.told).toContainEqual({
    update_id: expect.any(Number),
    message_reaction: {
      chat: expect.objectContaining({ id: person.user.id, type: "private" }),
      ...{ message_id, date: expect.any(Number), old_reaction: [] },
      user: expect.objectContaining({ id: person.user.id, is_bot: false }),
      new_reaction: [{ type: "emoji", emoji: "👍" }],
    },
  });
  expect((await call("DELETE", path, { token })).status).toBe(200);
  await send(person, id, "two");
  await listener.until(4);
  const ends = listener.told.filter((told) => "message_reaction" in told);
  expect(ends.at(-1)).toMatchObject({
    message_reaction: { old_reaction: [{ emoji: "👍" }], new_reaction: [] },
  });
  expect(ends).toHaveLength(2);
});

test("a bot that waits hears at once, not after the cooldown of a list", async () => {
  // Longer than this test may take.
  overrideTiming({ botUpdates: { listenMs: 600_000 }, fanout: { cooldownMs: 600_000 } });
  const [person, bot] = await Promise.all([register(), newBot()]);
  const listener = new Listener(bot);
  // Before the conversation exists: what a bot hears while it does not wait begins a cooldown.
  await listener.rest();
  const { id } = await openDirect(person, bot);
  for (const i of range(1, 5)) {
    await send(person, id, String(i));
    await listener.until(i);
  }
  expect(listener.told.map(textOf)).toEqual(range(1, 5).map(String));
});

describe("asking", () => {
  test("a further call ends the one that waits with 409", async () => {
    const { bot } = await scene();
    const first = tg(bot, "getUpdates", { timeout: 50 });
    let isEnded = false;
    void first.then(() => {
      isEnded = true;
    });
    // Until the first one waits there is none to end.
    while (!isEnded) await updates(bot, { timeout: 0 });
    failure(await first, 409, expect.stringMatching(/^Conflict: terminated by other getUpdates/));
  });

  test("kinds that are not wanted are not told", async () => {
    const { person, bot, id } = await scene();
    await updates(bot, { allowed_updates: JSON.stringify(["callback_query"]) });
    await send(person, id, "unheard");
    const reply_markup = { inline_keyboard: [[{ text: "Yes", callback_data: "y" }]] };
    const { message_id } = await sendText(bot, person.user.id, "Sure?", { reply_markup });
    const path = `/v1/conversations/${id}/messages/${message_id}/taps`;
    await call("POST", path, { token: person.token, body: { data: "y" } });
    const told = await new Listener(bot).until(1);
    expect(told).toMatchObject([{ callback_query: { data: "y" } }]);
  });

  test("a negative offset keeps the newest, and what waits can be dropped", async () => {
    const { person, bot, id } = await scene();
    const texts = range(1, 5).map(String);
    for (const text of texts) await send(person, id, text);
    await expect.poll(async () => (await updates(bot)).length).toBe(5);
    expect((await updates(bot, { limit: 2 })).map(textOf)).toEqual(["1", "2"]);
    expect((await updates(bot, { offset: -2 })).map(textOf)).toEqual(["4", "5"]);
    expect(await called(bot, "deleteWebhook", { drop_pending_updates: true })).toBe(true);
    expect(await updates(bot)).toEqual([]);
  });
});

describe("webhooks", () => {
  const url = "https://bot.example/hook";

  test("refuse polls while one is set, and end with the session of their token", async () => {
    const { bot } = await scene();
    expect(
      await called(bot, "setWebhook", { url, secret_token: "a_b-1", allowed_updates: ["message"] }),
    ).toBe(true);
    expect(await called(bot, "getWebhookInfo")).toMatchObject({ url, allowed_updates: ["message"] });
    failure(await tg(bot, "getUpdates", {}), 409, expect.stringMatching(/webhook is active/));
    const again = await call("POST", "/v1/login", {
      body: { username: bot.user.username, password: "correct horse battery" },
    });
    const other = { token: z.object({ token: z.string() }).parse(again.body).token };
    expect((await call("POST", "/v1/logout", { token: bot.token })).status).toBe(204);
    expect(await called(other, "getWebhookInfo")).toMatchObject({ url: "" });
    expect(await updates(other)).toEqual([]);
  });

  test.each([
    ["http://bot.example/", /bad webhook/],
    ["https://10.0.0.1/", /bad webhook/],
    ["https://localhost.local/", /bad webhook/],
    ["no address", /bad webhook/],
  ])("%j is no address for one", async (address, words) => {
    const { bot } = await scene();
    failure(await tg(bot, "setWebhook", { url: address }), 400, expect.stringMatching(words));
    failure(await tg(bot, "setWebhook", { url, secret_token: "no good" }), 400, expect.anything());
  });
});

describe("a webhook that is called", () => {
  const Calls = z.array(
    z.object({ headers: z.record(z.string(), z.string()), body: z.string(), status: z.unknown() }),
  );

  /** A receiver of the test run: it answers as it is told, then with 204. */
  async function receiver(...answers: (number | object)[]) {
    const url = `${inject("hookOrigin")}/${crypto.randomUUID()}`;
    const lines = answers.map((one) => (typeof one === "object" ? `200 ${JSON.stringify(one)}` : one));
    await fetch(url, { method: "PUT", body: lines.join("\n") });
    const until = async (count: number) => {
      const calls: z.infer<typeof Calls> = [];
      while (calls.length < count)
        calls.push(...Calls.parse(await (await fetch(`${url}?from=${calls.length}&wait`)).json()));
      expect(calls.flatMap(({ body }) => flawsOfUpdate(JSON.parse(body)))).toEqual([]);
      return calls.map(({ headers, body }) => ({
        headers,
        update: Number(Object(JSON.parse(body)).update_id),
        body,
      }));
    };
    return { url, until };
  }

  test("gets updates in order, one again that it did not take, with the secret", async () => {
    setTiming({ botUpdates: { retryUnitMs: 10 } });
    const { person, bot, id } = await scene();
    const hook = await receiver(204, 500, 500);
    await called(bot, "setWebhook", { url: hook.url, secret_token: "s3cret" });
    for (const text of ["a", "b", "c"]) await send(person, id, text);
    const calls = await hook.until(5);
    const [first = 0] = calls.map(({ update }) => update);
    expect(calls.map(({ update }) => update - first)).toEqual([0, 1, 1, 1, 2]);
    for (const { headers } of calls) expect(headers["x-telegram-bot-api-secret-token"]).toBe("s3cret");
    expect(calls.map(({ body }) => Text.parse(JSON.parse(body)).message.text)).toEqual([
      "a",
      "b",
      "b",
      "b",
      "c",
    ]);
    await expect
      .poll(async () => called(bot, "getWebhookInfo"))
      .toMatchObject({ pending_update_count: 0, last_error_message: expect.stringContaining("500") });
  });

  test("may answer with a call", async () => {
    const { person, bot, id } = await scene();
    const hook = await receiver({ method: "sendMessage", chat_id: person.user.id, text: "from the answer" });
    await called(bot, "setWebhook", { url: hook.url });
    await send(person, id, "hi");
    const texts = async () => (await page(person, id)).items.map(({ body }) => body.text);
    await expect.poll(texts).toEqual(["hi", "from the answer"]);
    const refused = await receiver({ method: "sendMessage", chat_id: -1, text: "nowhere" });
    await called(bot, "setWebhook", { url: refused.url });
    await send(person, id, "and now?");
    await expect
      .poll(async () => called(bot, "getWebhookInfo"))
      .toMatchObject({
        pending_update_count: 0,
        last_error_message: expect.stringContaining("Bad Request: chat not found"),
      });
  });
});
