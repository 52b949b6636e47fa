import { createExecutionContext, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { decode } from "hono/jwt";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { newSession } from "../../support/accounts/sessions.ts";
import { app } from "../../support/app.ts";
import { call, freshName, PASSWORD, register } from "../../support/clients/api.ts";
import { deleteMessage, send } from "../../support/clients/chat.ts";
import { acceptSocket, openDevice, openRoom } from "../../support/clients/socket.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { inboxObject, itemAt, range, runInboxJob, textFrame } from "../../support/objects/room.ts";
import { setEventNames, setLiveMembers } from "../../support/settings.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";
import {
  create,
  everybody,
  failure,
  info,
  logs,
  mark,
  open,
  RULE_KEY,
  type Signed,
  sessions,
  shownUser,
  signed,
  sigOf,
  usersig,
} from "./client.ts";
import { idOf } from "./driver.ts";
import { connect, dial, logOf, refusedWith, shown, shownOnce } from "./socket.ts";

// A short cooldown brings the list up to date at once; each poll of it costs a call.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

async function people(count: number): Promise<[Signed, Signed, Signed]> {
  const [ann, bob, cas] = await everybody(3);
  if (!ann || !bob || !cas || count > 3) throw new Error("there are three");
  return [ann, bob, cas];
}

/** The parameters of the query for message contexts: conversation ids and the user's. */
const Wanted = z
  .string()
  .transform((json) => JSON.parse(json))
  .pipe(z.array(z.tuple([z.int(), z.int()], z.unknown())));

const sent = "MESSAGE_SEND_SUCCESS";
const received = "MESSAGE_RECEIVED";

describe("opening", () => {
  test("a sig opens its user's socket, with or without the trailing slash, for every user_id", async () => {
    for (const slash of ["/", ""]) {
      const { user_id } = await create({ user_id: freshName("小 雨?#%25") });
      const sig = await sigOf(user_id);
      const response = await dial(user_id, sig, { slash });
      expect(response.status).toBe(101);
      response.webSocket?.accept();
      response.webSocket?.close();
      expect(shownUser(await info(user_id, { token: RULE_KEY })).login_time).not.toBe("");
    }
  });

  test("a bad or foreign sig closes with 4003, an unknown user with 4004", async () => {
    const [ann, bob] = await people(2);
    expect(await refusedWith(await dial(ann.name, "no sig"))).toBe(4003);
    expect(await refusedWith(await dial(ann.name, `${ann.sig.slice(0, -4)}AAAA`))).toBe(4003);
    expect(await refusedWith(await dial(ann.name, bob.sig))).toBe(4003);
    expect(await refusedWith(await dial("nobody at all", ann.sig))).toBe(4004);
    // Without a sig nobody learns which users exist.
    expect(await refusedWith(await dial("nobody at all", "no sig"))).toBe(4003);
    expect((await call("POST", "/v1/logout", { token: bob.sig })).status).toBe(204);
    expect(await refusedWith(await dial(bob.name, bob.sig))).toBe(4003);
    const leaver = await register();
    const deleted = await call("DELETE", "/v1/me", { token: leaver.token, body: { password: PASSWORD } });
    expect(deleted.status).toBe(204);
    expect(await refusedWith(await dial(leaver.user.username, leaver.token))).toBe(4004);
  });

  test("a page learns why its socket cannot be opened for now: 4429 and 1011", async () => {
    const [ann] = await people(1);
    const headers = { Origin: "https://parley.test" };
    const dialWith = async (bindings: object) => {
      const path = `https://parley.test/ws/chat/${ann.name}/${ann.sig}/`;
      const upgrade = new Request(path, { headers: { Upgrade: "websocket", ...headers } });
      return refusedWith(await app.fetch(upgrade, { ...env, ...bindings }, createExecutionContext()));
    };
    const full = { limit: async () => ({ success: false }) };
    expect(await dialWith({ PAGE_RATE: full })).toBe(4429);
    expect(await dialWith({ TOKEN_SECRET: "" })).toBe(1011);
    expect((await dial(ann.name, ann.sig, { headers })).status).toBe(101);
  });

  test("a request without an upgrade is refused in the envelope", async () => {
    const [ann] = await people(1);
    failure(await usersig("GET", `/ws/chat/${ann.name}/${ann.sig}/`), 426, "", 426);
  });

  test("a foreign page gets 4403, and does not learn whether a sig or a user exists", async () => {
    const [ann] = await people(1);
    const headers = { Origin: "https://evil.example" };
    for (const [name, sig] of [
      [ann.name, ann.sig],
      [ann.name, "no sig"],
      ["nobody at all", ann.sig],
    ] as const)
      expect(await refusedWith(await dial(name, sig, { headers }))).toBe(4403);
  });
});

describe("messages", () => {
  test("every device of the sender gets the success, those of others the message", async () => {
    const [ann, bob] = await people(2);
    const id = await open(ann, [bob], "of two");
    const [one, other, bobs] = [await connect(ann), await connect(ann), await connect(bob)];
    one.send({ to_session: Number(id), content: "吃了吗？" });
    const [[first], [second], [his1]] = [
      await shownOnce(one, 1),
      await shownOnce(other, 1),
      await shownOnce(bobs, 1),
    ];
    expect(first).toMatchObject({
      ...{ type: sent, content: "吃了吗？", sender: ann.name },
      session: {
        session_id: id,
        type: 1,
        name: "of two",
        session_info: { user_id: bob.name },
        unread_count: 0,
      },
      chat_log: {
        id: `${id}-1`,
        session_id: id,
        sender: ann.name,
        content: "吃了吗？",
        content_type: "text",
        file: null,
      },
    });
    expect(second).toEqual(first);
    expect(his1).toMatchObject({
      ...{ type: received, content: "吃了吗？", sender: ann.name },
      session: { session_id: id, session_info: { user_id: ann.name }, unread_count: 1 },
    });
    expect(first?.chat_log.session).toEqual(first?.session);
    expect(his1?.chat_log.session).toEqual(his1?.session);
    expect(his1 && logOf(his1)).toEqual(first && logOf(first));
    expect((await logs(bob, id)).chat_log_info_list).toEqual([his1 && logOf(his1)]);
    for (const socket of [one, other, bobs]) expect(shown(socket)).toHaveLength(1);
  });

  test("messages of all APIs arrive in order", async () => {
    const [ann, bob] = await people(2);
    const id = await open(ann, [bob]);
    const [anns, bobs] = [await connect(ann), await connect(bob)];
    const room = await openRoom(Number(id), ann.sig);
    const device = await openDevice(bob.sig);
    await send({ token: ann.sig }, Number(id), "over v1");
    room.send(textFrame("over the room"));
    await room.until(({ acks }) => acks.length === 1);
    device.send({ ...textFrame("over his device"), conversation_id: Number(id) });
    await device.until(({ acks }) => acks.length === 1);
    const headers = { "X-APP-Key": "test-key-of-an-app", "X-APP-Session": ann.sig };
    const body = { conversationid: -100_000_000 - Number(id), type: -1, content: "over appkey", time: 0 };
    expect((await usersig("POST", "/message", { headers, body })).status).toBe(200);
    bobs.send({ to_session: id, content: "over usersig" });
    const contents = ["over v1", "over the room", "over his device", "over appkey", "over usersig"];
    const types = [sent, sent, received, sent, received];
    const flip = (type: string) => (type === sent ? received : sent);
    const seen = (await shownOnce(anns, 5)).map(({ type, content }) => [type, content]);
    expect(seen).toEqual(contents.map((content, i) => [types[i], content]));
    const bobsMessages = (await shownOnce(bobs, 5)).map(({ type, content }) => [type, content]);
    expect(bobsMessages).toEqual(contents.map((content, i) => [flip(itemAt(types, i)), content]));
    await device.until(({ messages }) => messages.length === 4);
    expect(device.messages.map(({ seq }) => seq)).toEqual([1, 2, 4, 5]);
    for (const socket of [room, device]) socket.close();
  });

  test("each member of a group receives a message, which does not list the members", async () => {
    const [ann, bob, cas] = await people(3);
    const id = await open(ann, [bob, cas], "饭局");
    const [anns, bobs, cass] = [await connect(ann), await connect(bob), await connect(cas)];
    anns.send({ to_session: id, content: "大家好" });
    const session = { session_id: id, type: 2, name: "饭局", session_info: {}, recently_chat_log: null };
    expect(await shownOnce(anns, 1)).toMatchObject([
      { type: sent, session: { ...session, unread_count: 0 }, chat_log: { have_read: true } },
    ]);
    for (const socket of [bobs, cass]) {
      expect(await shownOnce(socket, 1)).toMatchObject([
        {
          type: received,
          session: { ...session, unread_count: 1 },
          chat_log: { have_read: false, read_time: "" },
        },
      ]);
    }
    // System messages are not delivered: the next frame is the next message.
    const change = { nickname: "Ann" };
    expect((await call("PATCH", "/v1/me", { token: ann.sig, body: change })).status).toBe(200);
    const name = await call("PATCH", `/v1/conversations/${id}`, {
      token: ann.sig,
      body: { name: "another" },
    });
    expect(name.status).toBe(200);
    bobs.send({ to_session: id, content: "你好" });
    expect((await shownOnce(cass, 2)).map(({ content }) => content)).toEqual(["大家好", "你好"]);
  });

  test("content arrives as it was sent", async () => {
    const [ann, bob] = await people(2);
    const id = await open(ann, [bob]);
    const [anns, bobs] = [await connect(ann), await connect(bob)];
    const url = "https://files.example/a%20b.png";
    const said: [object, unknown, string][] = [
      [{ content: "text" }, "text", "text"],
      [{}, "", "text"],
      [{ content: "" }, "", "text"],
      [{ content: url, content_type: "image" }, url, "image"],
      [{ content: url, content_type: "file" }, url, "file"],
      ...[
        null,
        0,
        1.5,
        true,
        [],
        {},
        ["a", { b: null }],
        { card: { id: 1 } },
        { "": 0, constructor: [] },
      ].map((content): [object, unknown, string] => [{ content, content_type: "text" }, content, "custom"]),
    ];
    for (const [fields] of said) anns.send({ to_session: id, ...fields });
    const expected = said.map(([, content, type]) => [content, type]);
    for (const socket of [anns, bobs]) {
      const seen = await shownOnce(socket, said.length);
      expect(seen.map(({ chat_log }) => [chat_log.content, chat_log.content_type])).toEqual(expected);
      expect(seen.map(({ content }) => content)).toEqual(expected.map(([content]) => content));
    }
    const { chat_log_info_list } = await logs(bob, id, "&total");
    expect(
      chat_log_info_list.toReversed().map(({ content, content_type }) => [content, content_type]),
    ).toEqual(expected);
    const image = chat_log_info_list.find(({ content_type }) => content_type === "image");
    expect(image?.file).toEqual({ id: "", name: "a b.png", size: 0, content_type: "", url });
  });

  test.each(["a%00b", "%ff", "%", "a%2Fb", "%F0%9F"])("%j names no recipient", async (name) => {
    const [ann] = await people(1);
    const path = `https://parley.test/ws/chat/${name}/${ann.sig}/`;
    const headers = { Upgrade: "websocket" };
    expect(await refusedWith(await exports.default.fetch(new Request(path, { headers })))).toBe(4004);
  });

  let refusing: { ann: Signed; id: string };

  // Refusals change nothing, so that all share one conversation.
  beforeAll(async () => {
    const [ann, bob] = await people(2);
    refusing = { ann, id: await open(ann, [bob]) };
  });

  test.each([
    ["{", 400],
    ["[]", 400],
    ["null", 400],
    [JSON.stringify({ content: "to whom?" }), 400],
    [JSON.stringify({ to_session: "", content: "x" }), 400],
    [JSON.stringify({ to_session: "x", content: "x" }), 404],
    [JSON.stringify({ to_session: 999_999_999, content: "x" }), 404],
    [JSON.stringify({ to_session: "1", content: "a\u0000b" }), 400],
    [`{"to_session":"1","content":"\\ud800"}`, 400],
    [JSON.stringify({ to_session: "1", content: "not a URL", content_type: "image" }), 400],
    [JSON.stringify({ to_session: "1", content: "x", content_type: "location" }), 400],
    [JSON.stringify({ to_session: "1", content: "x".repeat(8_001) }), 400],
    [JSON.stringify({ to_session: "1", content: ["x".repeat(33_000)] }), 400],
    [JSON.stringify({ to_session: "1", content: "x", client_msg_id: "x".repeat(65) }), 400],
  ])("%j is refused, and the socket stays open", async (frame, code) => {
    const { ann, id } = refusing;
    const socket = await connect(ann);
    socket.send(frame);
    const refused = await socket.next("ERROR");
    expect(refused).toEqual({ type: "ERROR", code, message: expect.any(String) });
    socket.send({ to_session: id, content: "still here" });
    expect(await shownOnce(socket, 1)).toMatchObject([{ content: "still here" }]);
  });

  test("no key of the content is lost, and content of other APIs nested too deep comes as text", async () => {
    const [ann, bob] = await people(2);
    const id = await open(ann, [bob]);
    const socket = await connect(bob);
    const content = '{"__proto__":{"a":1},"constructor":[]}';
    socket.send(`{"to_session":"${id}","content":${content}}`);
    const data = `${"[".repeat(2_000)}${"]".repeat(2_000)}`;
    await socket.until(({ frames }) => frames.length === 2);
    await send({ token: ann.sig }, Number(id), {
      kind: "custom",
      body: { data, description: "", extension: "" },
    });
    await socket.until(({ frames }) => frames.length === 3);
    const [, own, others] = socket.frames;
    expect([JSON.stringify(own?.content), others?.content]).toEqual([content, data]);
  });

  test("many frames in a row are refused, and the socket stays open", async () => {
    const [ann, bob] = await people(2);
    const id = await open(ann, [bob]);
    const socket = await connect(ann);
    for (const n of range(1, 50)) socket.send(n % 2 === 0 ? "{" : { to_session: "x", content: String(n) });
    socket.send({ to_session: id, content: "still here" });
    expect(await shownOnce(socket, 1)).toMatchObject([{ content: "still here" }]);
    expect(socket.frames.filter(({ type }) => type === "ERROR")).toHaveLength(50);
    expect(socket.isOpen).toBe(true);
  });

  test("frames have the names of public servers with USERSIG_EVENT_NAMES=django", async () => {
    onTestFinished(setEventNames("django"));
    const [ann, bob] = await people(2);
    const id = await open(ann, [bob], "of two");
    const sockets = [
      acceptSocket(await dial(ann.name, ann.sig)),
      acceptSocket(await dial(bob.name, bob.sig)),
    ];
    const [anns, bobs] = [itemAt(sockets, 0), itemAt(sockets, 1)];
    for (const socket of sockets)
      expect(await socket.next("sdkStateReady")).toEqual({ type: "sdkStateReady" });
    anns.send({ to_session: id, content: "吃了吗？" });
    const success = await anns.next("onMessageSendSuccess");
    expect(success).toMatchObject({ content: "吃了吗？", chat_log: { session: { session_id: id } } });
    expect(await bobs.next("onMessageReceived")).toMatchObject({ content: "吃了吗？", sender: ann.name });
    anns.send("no JSON");
    expect(await anns.next("error")).toMatchObject({ code: 400 });
    bobs.send({ type: "LOGOUT" });
    expect(await bobs.next("kickedOut")).toEqual({ type: "kickedOut" });
    expect((await bobs.closed()).code).toBe(4001);
    anns.close();
  });

  test("ids and texts of a frame may be numbers, and optional fields null", async () => {
    const [ann, bob] = await people(2);
    const id = await open(ann, [bob], "of two");
    const socket = await connect(ann);
    const frame = { to_session: Number(id), content: "once", content_type: null, client_msg_id: 7 };
    socket.send(frame);
    socket.send({ ...frame, client_msg_id: "7" });
    socket.send({ ...frame, content: "twice", client_msg_id: null });
    const received = await shownOnce(socket, 3);
    const seen = received.map(({ chat_log }) => `${chat_log.id} ${chat_log.content}`);
    expect(seen.toSorted()).toEqual([`${id}-1 once`, `${id}-1 once`, `${id}-2 twice`]);
    socket.close();
  });

  test("a user who may not write is answered why, and nobody receives anything", async () => {
    const [ann, bob, cas] = await people(3);
    const id = await open(ann, [bob]);
    const [anns, bobs, cass] = [await connect(ann), await connect(bob), await connect(cas)];
    cass.send({ to_session: id, content: "let me in" });
    expect(await cass.next("ERROR")).toMatchObject({ code: 404 });
    const blocked = await call("PUT", `/v1/blocks/${await idOf(bob, ann.name)}`, { token: bob.sig });
    expect(blocked.status).toBe(204);
    anns.send({ to_session: id, content: "are you there?" });
    expect(await anns.next("ERROR")).toMatchObject({ code: 403 });
    expect((await logs(bob, id)).num_of_chat_logs).toBe(0);
    expect([shown(anns), shown(bobs), shown(cass)]).toEqual([[], [], []]);
  });

  test("a message sent again with its id is confirmed again to its sender, and stored once", async () => {
    const [ann, bob] = await people(2);
    const id = await open(ann, [bob]);
    const [anns, bobs] = [await connect(ann), await connect(bob)];
    const frame = { to_session: id, content: "once", client_msg_id: "m1" };
    anns.send(frame);
    await shownOnce(anns, 1);
    anns.send({ ...frame, content: "twice" });
    const [first, again] = await shownOnce(anns, 2);
    expect(again).toEqual(first);
    anns.send({ to_session: id, content: "after" });
    expect((await shownOnce(bobs, 2)).map(({ content }) => content)).toEqual(["once", "after"]);
    expect((await logs(ann, id)).num_of_chat_logs).toBe(2);
  });

  test("a message for an offline user is counted and listed, and not pushed", async () => {
    const [ann, bob] = await people(2);
    const id = await open(ann, [bob]);
    await send({ token: ann.sig }, Number(id), "before");
    // Bob's list is updated a moment later.
    await expect.poll(async () => itemAt((await sessions(bob)).session_info_list, 0).unread_count).toBe(1);
    const socket = await connect(bob);
    await send({ token: ann.sig }, Number(id), "now");
    expect(await shownOnce(socket, 1)).toMatchObject([{ content: "now", session: { unread_count: 2 } }]);
    expect((await sessions(bob)).session_info_list).toMatchObject([{ unread_count: 2 }]);
    expect(await mark(bob, id)).toBe(2);
  });

  test("all messages of a crowded group arrive, as this API has no sync", async () => {
    onTestFinished(setLiveMembers(1));
    overrideTiming({ fanout: { crowdedCooldownMs: 10 } });
    const [ann, bob, cas] = await people(3);
    const id = await open(ann, [bob, cas], "crowd");
    const sockets = [await connect(ann), await connect(bob), await connect(cas)];
    const texts = range(1, 10).map(String);
    for (const text of texts) await send({ token: ann.sig }, Number(id), text);
    for (const socket of sockets) {
      const seen = await shownOnce(socket, texts.length);
      expect(seen.map(({ content }) => content)).toEqual(texts);
    }
  });

  test("a message revoked before its delivery is not delivered, and neither are reads and revokes", async () => {
    const [ann, bob] = await people(2);
    const id = await open(ann, [bob]);
    const socket = await connect(bob);
    await send({ token: ann.sig }, Number(id), "gone");
    await deleteMessage({ token: ann.sig }, Number(id), 1, "everyone");
    await mark(ann, id);
    await send({ token: ann.sig }, Number(id), "here");
    await socket.until(({ frames }) => frames.some(({ content }) => content === "here"));
    expect(socket.frames.filter(({ type }) => !["SDK_READY", received].includes(type))).toEqual([]);
  });
});

describe("the message context", () => {
  test("each inbox reads it from D1 once, for any number of messages", async () => {
    // Waits for late answers, and keeps them for the whole test.
    overrideTiming({ contextCache: { freshMs: 3_600_000, timeoutMs: 60_000 } });
    const [ann, bob] = await people(2);
    const id = await open(ann, [bob]);
    const asked: number[] = [];
    // The inbox update of the creation may arrive after a socket opens, and sockets of other tests read
    // theirs.
    using _ = interceptD1((query, work, values) => {
      if (query.includes("JOIN memberships m") && query.includes("m.version > 0")) {
        for (const value of values) {
          const expected = Wanted.safeParse(value).data ?? [];
          asked.push(
            ...expected.flatMap(([conversation, user]) => (conversation === Number(id) ? [user] : [])),
          );
        }
      }
      return work();
    });
    const [anns, bobs] = [await connect(ann), await connect(bob)];
    const MANY = 40;
    for (const n of range(1, MANY)) anns.send({ to_session: id, content: String(n) });
    await shownOnce(anns, MANY);
    await shownOnce(bobs, MANY);
    anns.send({ to_session: id, content: "one more" });
    expect(await shownOnce(bobs, MANY + 1)).toHaveLength(MANY + 1);
    const both = [await idOf(ann, ann.name), await idOf(ann, bob.name)];
    expect(asked.toSorted()).toEqual(both.toSorted());
  });

  test("while D1 is down messages are delivered with the known context", async () => {
    const [ann, bob] = await people(2);
    const id = await open(ann, [bob]);
    const socket = await connect(bob);
    using _ = interceptD1((query, work) =>
      query.includes("JOIN memberships m") ? Promise.reject(new Error("D1_ERROR: lost")) : work(),
    );
    await send({ token: ann.sig }, Number(id), "all the same");
    const session = { session_id: id, type: 1, name: "", session_info: {}, create_time: "", unread_count: 1 };
    expect(await shownOnce(socket, 1)).toMatchObject([
      { content: "all the same", session, sender: ann.name },
    ]);
  });
});

describe("the end of a socket", () => {
  /** The close of a socket, and its last frame. */
  async function ended(socket: Awaited<ReturnType<typeof connect>>): Promise<unknown[]> {
    const { code } = await socket.closed();
    return [code, socket.frames.at(-1)];
  }
  const KICKED = [4001, { type: "KICKED_OUT" }];

  test("a client that sends LOGOUT is kicked out after its earlier sends are answered", async () => {
    const [ann, bob] = await people(2);
    const id = await open(ann, [bob]);
    const [one, other] = [await connect(ann), await connect(ann)];
    for (const n of range(1, 5)) one.send({ to_session: id, content: String(n) });
    one.send({ type: "LOGOUT" });
    expect(await ended(one)).toEqual(KICKED);
    expect(shown(one).map(({ content }) => content)).toEqual(["1", "2", "3", "4", "5"]);
    expect(await shownOnce(other, 5)).toHaveLength(5);
    expect(other.isOpen).toBe(true);
  });

  test("the end of a session kicks out its own sockets only, and a further device kicks out none", async () => {
    const { user_id: name } = await create();
    const [one, other] = [
      { name, sig: await sigOf(name) },
      { name, sig: await sigOf(name) },
    ];
    const [first, second] = [await connect(one), await connect(other)];
    expect((await call("POST", "/v1/logout", { token: one.sig })).status).toBe(204);
    expect(await ended(first)).toEqual(KICKED);
    const third = await connect(other);
    expect([second.isOpen, third.isOpen]).toEqual([true, true]);
  });

  test("a socket that has outlived its sig is closed by the end of its session, by its own user only", async () => {
    const { user_id: name } = await create();
    const [bob] = await people(1);
    const sig = await sigOf(name);
    const socket = await connect({ name, sig });
    const { sid } = z.object({ sid: z.string() }).parse(decode(sig).payload);
    // As the hourly job does with expired sessions.
    await env.DB.prepare("DELETE FROM sessions WHERE id = ?").bind(sid).run();
    const end = async (token: string) => (await call("DELETE", `/v1/sessions/${sid}`, { token })).status;
    expect(await end(bob.sig)).toBe(404);
    expect(socket.isOpen).toBe(true);
    const next = await sigOf(name);
    expect(await end(next)).toBe(204);
    expect(await ended(socket)).toEqual(KICKED);
    expect(await end(next)).toBe(404);
  });

  test("the end of an account, and a new password, kick out", async () => {
    const owner = await register();
    const [one, other] = [await connect(signed(owner)), await connect(signed(await newSession(owner)))];
    const next = "another horse battery";
    const changed = await call("POST", "/v1/me/password", {
      token: owner.token,
      body: { current: PASSWORD, next },
    });
    expect(changed.status).toBe(204);
    expect(await ended(other)).toEqual(KICKED);
    const deleted = await call("DELETE", "/v1/me", { token: owner.token, body: { password: next } });
    expect(deleted.status).toBe(204);
    expect(await ended(one)).toEqual(KICKED);
  });

  test("an open socket outlives its session, even over an eviction, and a new password still ends it", async () => {
    const owner = await register();
    const name = owner.user.username;
    const [bob] = await everybody(1);
    if (!bob) throw new Error("there is one");
    const { token: sig } = await newSession(owner);
    const id = await open({ name, sig }, [bob]);
    const socket = await connect({ name, sig });
    const inbox = inboxObject(owner.user.id);
    await runInDurableObject(inbox, (_, state) => {
      for (const ws of state.getWebSockets())
        ws.serializeAttachment({ ...ws.deserializeAttachment(), expiresAt: 1_000 });
    });
    await evictDurableObject(inbox);
    await env.DB.prepare("DELETE FROM sessions WHERE user_id = ? AND expires_at < ?")
      .bind(owner.user.id, Date.now() + 400_000)
      .run();
    await runInboxJob(owner, "expiry");
    await send({ token: bob.sig }, Number(id), "are you there?");
    expect(await shownOnce(socket, 1)).toMatchObject([
      { type: received, session: { session_info: { user_id: bob.name } } },
    ]);
    socket.send({ to_session: id, content: "yes" });
    expect(await shownOnce(socket, 2)).toMatchObject([{}, { type: sent }]);
    const body = { current: PASSWORD, next: "another horse battery" };
    expect((await call("POST", "/v1/me/password", { token: owner.token, body })).status).toBe(204);
    expect(await ended(socket)).toEqual(KICKED);
  });
});
