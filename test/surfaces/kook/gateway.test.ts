import { evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { UserId } from "../../../src/domain/ids.ts";
import { call } from "../../support/clients/api.ts";
import { ask, deleteMessage, expectAsked, getMessage, send } from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { createGroupId, inboxObject, itemAt, range } from "../../support/objects/room.ts";
import { overrideTiming } from "../../support/timing.ts";
import { api, called, failure } from "./client.ts";
import {
  accepted,
  connect,
  dial,
  expectTold,
  gatewayUrl,
  hibernate,
  listed,
  stored,
  waiting,
} from "./gateway-client.ts";
import { scene } from "./scene.ts";

describe("a session", () => {
  test("begins with hello, and has what comes from then on, by numbers from 1", async () => {
    const { person, bot, id, code } = await scene();
    await listed(bot, id, (await send(person, id, "before")).seq);
    const socket = await connect(bot);
    await socket.hello();
    expect(await called(bot, "GET user/get-online-status")).toEqual({
      online: true,
      online_os: ["Websocket"],
    });
    const { seq } = await send(person, id, "one *star* ||hidden||");
    await called(bot, "POST direct-message/create", { chat_code: code, content: "own" });
    await send(person, id, "two");
    const [first] = await socket.events(1);
    expect(first).toMatchObject({
      sn: 1,
      d: {
        ...{ channel_type: "PERSON", type: 9, content: "one \\*star\\* ||hidden||", nonce: "", from_type: 1 },
        ...{ target_id: String(bot.user.id), author_id: String(person.user.id), msg_id: `${id}-${seq}` },
        msg_timestamp: expect.any(Number),
        extra: {
          ...{ type: 9, code, guild_id: "", visible_only: null, mention: [], mention_all: false },
          author: { id: String(person.user.id), username: person.user.username, bot: false, online: true },
          kmarkdown: { raw_content: "one *star* ||hidden||", mention_part: [] },
          last_msg_content: `${person.user.username}：one star ▒▒▒`,
        },
      },
    });
    expect(first?.d.extra).not.toHaveProperty("quote");
    // Its own messages do not come back.
    await expectTold(socket, [
      [1, "one \\*star\\* ||hidden||"],
      [2, "two"],
    ]);
    expect([...socket.kinds]).toEqual(["text"]);
  });

  test("compressed frames are zlib; heartbeats may be bytes, and are answered", async () => {
    const { person, bot, id } = await scene();
    const socket = await connect(bot, "", 1);
    await socket.hello();
    await send(person, id, "squeezed");
    await socket.events(1);
    socket.send(new TextEncoder().encode(JSON.stringify({ s: 2, sn: 1 })));
    await socket.of(3);
    expect([...socket.kinds]).toEqual(["bytes"]);
  });

  test("is told of edits and revokes of others, and of no group", async () => {
    const { person, bot, id, code } = await scene();
    const socket = await connect(bot);
    await socket.hello();
    const group = await createGroupId(person, bot);
    await send(person, group, "in a group");
    const { seq } = await send(person, id, "draft");
    await socket.events(1);
    await edit(person, id, seq, { body: { text: "final" }, base_version: 1 });
    const [, edited] = await socket.events(2);
    expect(edited).toMatchObject({
      d: {
        ...{ type: 255, author_id: "1", content: "[系统消息]" },
        extra: {
          type: "updated_private_message",
          body: {
            msg_id: `${id}-${seq}`,
            author_id: String(person.user.id),
            content: "final",
            chat_code: code,
          },
        },
      },
    });
    const aside = await send(person, id, {
      ...{ kind: "text", body: { text: "aside" }, thread: { root: seq, also_in_main: false } },
    });
    await deleteMessage(person, id, seq, "everyone");
    const [, , deleted] = await socket.events(3);
    expect(deleted).toMatchObject({
      d: { extra: { type: "deleted_private_message", body: { msg_id: `${id}-${seq}`, chat_code: code } } },
    });
    // The thread of a revoked message changes it once more.
    await deleteMessage(person, id, aside.seq, "everyone");
    await send(person, id, "last");
    await expectTold(socket, [
      [1, "draft"],
      [2, "updated_private_message"],
      [3, "deleted_private_message"],
      [4, "last"],
    ]);
  });

  test("is told who has put a reaction or taken it back, to messages of its own too, and once", async () => {
    const { person, bot, id, code } = await scene();
    const { seq: early } = await send(person, id, "early");
    const key = encodeURIComponent("👍");
    const react = (method: "PUT" | "DELETE", seq: number, emoji = key) =>
      expectAsked(person, id, method, `/messages/${seq}/reactions/${emoji}`);
    await react("PUT", early);
    await listed(bot, id, early, true);
    const socket = await connect(bot);
    await socket.hello();
    const sent = Object(await called(bot, "POST direct-message/create", { chat_code: code, content: "own" }));
    const msg_id = String(sent.msg_id);
    const seq = Number(msg_id.split("-")[1]);
    await called(bot, "POST direct-message/add-reaction", { msg_id, emoji: "👍" });
    await react("PUT", seq);
    const [added] = await socket.events(1);
    expect(added).toMatchObject({
      d: {
        type: 255,
        extra: {
          type: "private_added_reaction",
          body: { msg_id, user_id: String(person.user.id), chat_code: code, emoji: { id: "👍", name: "👍" } },
        },
      },
    });
    await react("PUT", seq, encodeURIComponent("🎉"));
    await socket.events(2);
    await hibernate(bot);
    await react("DELETE", seq);
    await socket.events(3);
    // What was there before the session is no news, but a further one is.
    await react("PUT", early, encodeURIComponent("🎉"));
    await socket.events(4);
    await send(person, id, "last");
    await expectTold(socket, [
      [1, "private_added_reaction"],
      [2, "private_added_reaction"],
      [3, "private_deleted_reaction"],
      [4, "private_added_reaction"],
      [5, "last"],
    ]);
  });

  test("events come at once, not after the cooldown of a list", async () => {
    const { person, bot, id } = await scene();
    const socket = await connect(bot);
    await socket.hello();
    await send(person, id, "0");
    await socket.events(1);
    // Longer than this test may take: an inbox without devices would wait for it after each message.
    overrideTiming({ fanout: { cooldownMs: 600_000 } });
    for (const i of range(1, 5)) {
      await send(person, id, String(i));
      await socket.events(i + 1);
    }
  });

  test("what a client has taken is forgotten, and nothing is left of a gateway without sessions", async () => {
    overrideTiming({ gateway: { keepMs: 50 } });
    const { person, bot, id } = await scene();
    expect(await stored(bot)).toEqual([0, 0, 0, 0]);
    const socket = await connect(bot);
    await socket.hello();
    for (const i of range(1, 5)) await send(person, id, String(i));
    await socket.events(5);
    await socket.beat(3);
    expect(await stored(bot)).toEqual([1, 2, expect.any(Number), 1]);
    socket.close();
    await expect.poll(() => stored(bot)).toEqual([0, 0, 0, 0]);
  });
});

describe("a resume", () => {
  test.each([
    ["&resume=1&sn=%n&session_id=%s"],
    ["&resume=1&sessionId=%s&sn=%n"],
    ["&resule=1&sessionId=%s&sn=%n"],
    // Appended a second time.
    ["&resume=1&sn=0&session_id=old&resume=1&sn=%n&session_id=%s"],
  ])("by %s has what came after the number, once, then says so", async (spelling) => {
    const { person, bot, id } = await scene();
    const before = await connect(bot, "", 1);
    const session = await before.hello();
    for (const i of range(1, 3)) await send(person, id, String(i));
    await before.events(3);
    before.close();
    await before.closed();
    for (const i of range(4, 6)) await send(person, id, String(i));
    const more = spelling.replaceAll("%s", session).replaceAll("%n", "2");
    const after = await connect(bot, more, 1);
    expect(await after.hello()).toBe(session);
    expect(await after.of(6)).toMatchObject([{ d: { session_id: session } }]);
    await expectTold(after, [
      [3, "3"],
      [4, "4"],
      [5, "5"],
      [6, "6"],
    ]);
    await send(person, id, "7");
    expect((await after.told(5)).at(-1)).toEqual([7, "7"]);
  });

  test("ends the former socket of the session", async () => {
    const { bot } = await scene();
    const before = await connect(bot);
    const session = await before.hello();
    const after = await connect(bot, `&resume=1&sn=0&session_id=${session}`);
    expect(await after.hello()).toBe(session);
    expect(await before.closed()).toBe(4_109);
    await after.beat(0);
  });

  test("goes on after the object has slept, with and without its socket", async () => {
    const { person, bot, id } = await scene();
    const socket = await connect(bot);
    const session = await socket.hello();
    const texts = range(1, 12);
    for (const i of texts) {
      await send(person, id, String(i));
      if (i % 4 === 0) await hibernate(bot);
    }
    await expectTold(
      socket,
      texts.map((i) => [i, String(i)]),
    );
    await stored(bot);
    await evictDurableObject(inboxObject(UserId.parse(bot.user.id)), { webSockets: "close" });
    await send(person, id, "13");
    const again = await connect(bot, `&resume=1&sn=12&session_id=${session}`);
    expect(await again.hello()).toBe(session);
    await expectTold(again, [[13, "13"]]);
  });

  test("on an open socket, signal 4, sends the events after a number again", async () => {
    const { person, bot, id } = await scene();
    const socket = await connect(bot);
    await socket.hello();
    for (const i of range(1, 3)) await send(person, id, String(i));
    await socket.events(3);
    socket.send({ s: 4, sn: 1 });
    await socket.of(6);
    expect(await socket.told(5)).toEqual([
      [1, "1"],
      [2, "2"],
      [3, "3"],
      [2, "2"],
      [3, "3"],
    ]);
  });

  test("a text that is revoked while no socket is open is told as its end, once", async () => {
    const { person, bot, id } = await scene();
    const before = await connect(bot);
    const session = await before.hello();
    before.close();
    await before.closed();
    const { seq } = await send(person, id, "a secret");
    await expect.poll(() => waiting(bot)).toContain("a secret");
    await deleteMessage(person, id, seq, "everyone");
    await send(person, id, "farewell");
    await expect.poll(() => waiting(bot)).toContain("farewell");
    expect(await waiting(bot)).not.toContain("a secret");
    const after = await connect(bot, `&resume=1&sn=0&session_id=${session}`);
    await expectTold(after, [
      [1, "deleted_private_message"],
      [2, "farewell"],
    ]);
  });

  test.each([
    ["a session that is not there", 40_107, "&resume=1&sn=0&session_id=nobody"],
    ["a number in the future", 40_108, "&resume=1&sn=99&session_id=%s"],
    ["a number below 0", 40_108, "&resume=1&sn=-1&session_id=%s"],
    ["no number", 40_108, "&resume=1&session_id=%s"],
    ["a number that is none", 40_108, "&resume=1&sn=one&session_id=%s"],
    ["a session that is too long", 1, `&resume=1&sn=0&session_id=${"x".repeat(2_000)}`],
  ])("%s has the client begin anew", async (_, code, more) => {
    const { person, bot, id } = await scene();
    const before = await connect(bot);
    const session = await before.hello();
    await send(person, id, "1");
    await before.events(1);
    const socket = await connect(bot, more.replace("%s", session));
    if (code === 1) {
      expect(await socket.hello()).not.toBe(session);
    } else {
      expect(await socket.of(5)).toMatchObject([{ d: { code, err: expect.any(String) } }]);
      expect(await socket.closed()).toBe(4_000 + (code % 1_000));
    }
    // The session itself goes on.
    await send(person, id, "2");
    await expectTold(before, [
      [1, "1"],
      [2, "2"],
    ]);
  });

  test("the session of another bot is none", async () => {
    const [one, other] = [await scene(), await scene()];
    const theirs = await connect(one.bot);
    const session = await theirs.hello();
    const socket = await connect(other.bot, `&resume=1&sn=0&session_id=${session}`);
    expect(await socket.of(5)).toMatchObject([{ d: { code: 40_107 } }]);
    await theirs.beat(0);
  });

  test("events that were taken are not there any more", async () => {
    const { person, bot, id } = await scene();
    const before = await connect(bot);
    const session = await before.hello();
    for (const i of range(1, 3)) await send(person, id, String(i));
    await before.events(3);
    await before.beat(2);
    before.close();
    await before.closed();
    const socket = await connect(bot, `&resume=1&sn=1&session_id=${session}`);
    expect(await socket.of(5)).toMatchObject([{ d: { code: 40_108 } }]);
  });

  test("a session without a socket ends after its time", async () => {
    overrideTiming({ gateway: { keepMs: 50 } });
    const { bot } = await scene();
    const before = await connect(bot);
    const session = await before.hello();
    before.close();
    await expect.poll(() => stored(bot)).toEqual([0, 0, 0, 0]);
    const socket = await connect(bot, `&resume=1&sn=0&session_id=${session}`);
    expect(await socket.of(5)).toMatchObject([{ d: { code: 40_107 } }]);
  });
});

describe("clicks on buttons of cards", () => {
  const value = JSON.stringify({
    order: "tea",
    milk: true,
    sugar: 2,
    note: "as always, and quickly, please",
  });
  const card = (...values: string[]) => {
    const elements = values.map((one) => ({
      ...{ type: "button", click: "return-val", value: one, text: { type: "plain-text", content: "Go" } },
    }));
    return JSON.stringify([{ type: "card", modules: [{ type: "action-group", elements }] }]);
  };
  const Sent = z.looseObject({ msg_id: z.string() });
  const Buttons = z.array(z.looseObject({ data: z.string() }));

  /** A bot that shows a card to a person. `tap`: the person taps on a button of it */
  async function shown(...values: string[]) {
    const { person, bot, id, code } = await scene();
    const said = { chat_code: code, type: 10, content: card(...values) };
    const { msg_id } = Sent.parse(await called(bot, "POST direct-message/create", said));
    const seq = Number(msg_id.split("-")[1]);
    const [row] = z.array(Buttons).parse((await getMessage(person, id, seq)).buttons);
    const tap = (at: number) =>
      ask(person, id, "POST", `/messages/${seq}/taps`, { data: itemAt(row ?? [], at).data });
    return { person, bot, msg_id, tap };
  }

  test("are told with the whole value, and the client does not wait for an answer", async () => {
    const { person, bot, msg_id, tap } = await shown("short", value);
    const [socket, device] = [await connect(bot), await openDevice(person.token)];
    await socket.hello();
    expect((await tap(0)).status).toBe(202);
    expect(await device.next("tap_answer")).toMatchObject({ text: "", alert: false });
    expect((await tap(1)).status).toBe(202);
    const events = await socket.events(2);
    const user_id = String(person.user.id);
    expect(events).toMatchObject(
      ["short", value].map((one, i) => ({
        sn: i + 1,
        d: {
          ...{ type: 255, channel_type: "PERSON", author_id: "1" },
          extra: {
            type: "message_btn_click",
            body: {
              ...{ value: one, msg_id, user_id, target_id: user_id, channel_type: "PERSON" },
              user_info: { id: user_id, username: person.user.username, bot: false },
            },
          },
        },
      })),
    );
    await socket.beat(2);
  });

  test("wait for a bot that comes back, and are told to nobody without a session", async () => {
    const { bot, tap } = await shown("early", "late");
    await tap(0);
    const before = await connect(bot);
    const session = await before.hello();
    before.close();
    await before.closed();
    await tap(1);
    await expect.poll(() => waiting(bot)).toContain("late");
    const after = await connect(bot, `&resume=1&sn=0&session_id=${session}`);
    await expectTold(after, [[1, "message_btn_click"]]);
  });

  test("are answered by the bot if it hears of them elsewhere too", async () => {
    const { person, bot, tap } = await shown("yes");
    const [socket, device] = [await connect(bot), await openDevice(person.token)];
    await socket.hello();
    const own = await openDevice(bot.token);
    await tap(0);
    const { tap_id } = await own.next("tapped");
    await call("POST", `/v1/bots/me/taps/${String(tap_id)}`, {
      token: bot.token,
      body: { text: "Tea it is" },
    });
    expect(await device.next("tap_answer")).toMatchObject({ text: "Tea it is" });
  });
});

describe("heartbeats", () => {
  test("a client that has had time to take an event, and has not, is sent it again, once", async () => {
    overrideTiming({ gateway: { takeMs: -1 } });
    const { person, bot, id } = await scene();
    const socket = await connect(bot);
    await socket.hello();
    for (const i of range(1, 3)) await send(person, id, String(i));
    await socket.events(3);
    for (const _ of range(1, 3)) await socket.beat(1);
    expect(await socket.told(5)).toEqual([
      [1, "1"],
      [2, "2"],
      [3, "3"],
      [2, "2"],
      [3, "3"],
    ]);
  });

  test("a number in the future, or none, takes nothing", async () => {
    const { person, bot, id } = await scene();
    const socket = await connect(bot);
    const session = await socket.hello();
    await send(person, id, "1");
    await socket.events(1);
    for (const sn of [99, -5, null]) {
      socket.send({ s: 2, sn });
    }
    await socket.of(3, 3);
    const after = await connect(bot, `&resume=1&sn=0&session_id=${session}`);
    await expectTold(after, [[1, "1"]]);
  });
});

describe("refused", () => {
  test("a token that is wrong, missing or a person's: hello with the reason, and the end", async () => {
    const { person, bot } = await scene();
    const url = await gatewayUrl(bot);
    const other = (token: string) => url.replace(/token=[^&]*/, `token=${token}`);
    for (const [address, code, closing] of [
      [other("wrong"), 40_101, 4_401],
      [other(""), 40_101, 4_401],
      [other(person.token), 40_102, 4_403],
    ] as const) {
      const socket = accepted(await dial(address));
      expect(await socket.of(1)).toEqual([{ s: 1, d: { code } }]);
      expect(await socket.closed()).toBe(closing);
      const packed = accepted(await dial(address.replace("compress=0", "compress=1")));
      expect(await packed.of(1)).toEqual([{ s: 1, d: { code } }]);
      expect([...packed.kinds]).toEqual(["bytes"]);
    }
    failure(await api(person, "GET gateway/index"), 40_300);
    failure(await api({ token: "wrong" }, "GET gateway/index"), 401);
    expect((await api(bot, "GET gateway")).status).toBe(426);
  });

  test("the socket ends with the session of its token", async () => {
    const { bot } = await scene();
    const socket = await connect(bot);
    await socket.hello();
    expect((await call("POST", "/v1/logout", { token: bot.token })).status).toBe(204);
    expect(await socket.of(5)).toMatchObject([{ d: { code: 40_103 } }]);
    expect(await socket.closed()).toBe(4_001);
  });

  test("more sockets than a bot may have; all others hear everything", async () => {
    const { person, bot, id } = await scene();
    const url = await gatewayUrl(bot);
    const sockets = await Promise.all(range(1, 50).map(async () => accepted(await dial(url))));
    await Promise.all(sockets.map((socket) => socket.hello()));
    expect((await dial(url)).status).toBe(429);
    await send(person, id, "to all");
    for (const socket of sockets) expect(await socket.told(1)).toEqual([[1, "to all"]]);
    // A place is free once one has gone, and its session with it.
    sockets[0]?.close();
    await sockets[0]?.closed();
    await expect.poll(async () => (await dial(url)).status).toBe(101);
  });

  test("frames that are none are ignored, and ten of them in a row end the socket", async () => {
    const { person, bot, id } = await scene();
    const socket = await connect(bot);
    await socket.hello();
    const garbage = [
      "",
      "{",
      "[]",
      "{}",
      '{"s":0}',
      '{"s":2,"sn":{}}',
      "\u0000",
      '{"s":"2"}',
      "x".repeat(9_999),
    ];
    for (const frame of garbage) socket.send(frame);
    await socket.beat(0);
    await send(person, id, "still there");
    await expectTold(socket, [[1, "still there"]]);
    expect(socket.frames.filter(({ s }) => ![0, 1, 3].includes(s))).toEqual([]);
    for (const frame of [...garbage, "last"]) socket.send(frame);
    expect(await socket.closed()).toBe(4_400);
  });

  test("a deleted bot has no gateway and nothing left of one", async () => {
    const { person, bot, id } = await scene();
    const socket = await connect(bot);
    await socket.hello();
    await send(person, id, "1");
    await socket.events(1);
    const body = { password: "correct horse battery" };
    expect((await call("DELETE", "/v1/me", { token: bot.token, body })).status).toBe(204);
    expect(await socket.closed()).toBe(4_001);
    expect(await stored(bot)).toEqual([0, 0, 0, 0]);
  });
});
