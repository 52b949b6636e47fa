import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../src/domain/ids.ts";
import { befriend } from "../support/accounts/friends.ts";
import { signedInUsers } from "../support/accounts/users.ts";
import { request, type SignedIn } from "../support/clients/api.ts";
import { acceptSocket, type TestSocket } from "../support/clients/socket.ts";
import { type WireAnswer, wire } from "../support/clients/wire.ts";
import { conversationObject, inboxObject, itemAt } from "../support/objects/room.ts";
import { setPublicOrigin } from "../support/settings.ts";
import { KEY, open as openAppkey } from "./appkey/client.ts";

/** Three addresses of one server: two that clients ask, and that of its setting. */
const FIRST = "https://parley.workers.dev";
const SECOND = "https://chat.example";
const PUBLIC = "https://files.example";
const FOREIGN = "https://elsewhere.example";
const MOVED = { PUBLIC_ORIGIN: PUBLIC, FORMER_ORIGINS: `${FIRST}, ${SECOND}` };

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  const all = await signedInUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
  await befriend(ann, bob);
});

type Asked = { origin?: string; settings?: Partial<Env> };

/** A call with the credentials of every API. */
function ask(who: SignedIn, method: string, path: string, body?: unknown, { origin, settings }: Asked = {}) {
  const headers = {
    ...{ Authorization: `${path.startsWith("/api/") ? "Bot" : "Bearer"} ${who.token}`, token: who.token },
    ...{ "X-APP-Key": KEY, "X-APP-Session": who.token },
  };
  const form = path.startsWith("/user/get_") || path.startsWith("/user/query_");
  const said = form ? { token: who.token, ...Object(body) } : body;
  return wire({
    ...{ method, path, headers },
    ...(said !== undefined && { body: said }),
    ...(origin !== undefined && { origin }),
    ...(settings && { settings }),
  });
}

const Stored = z.object({ url: z.string(), key: z.string() });
const Id = z.looseObject({ id: z.int() });

/** Uploads a file over an address. */
async function uploaded(who: SignedIn, asked: Asked = { origin: FIRST }) {
  const form = new FormData();
  form.set("file", new File(["hello"], "a b.png", { type: "image/png" }));
  const answer = await ask(who, "POST", "/v1/files", form, asked);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return Stored.parse(answer.body);
}

async function groupOf(): Promise<ConversationId> {
  const body = { kind: "group", name: "x", member_ids: [bob.user.id] };
  const { id } = Id.parse((await ask(ann, "POST", "/v1/conversations", body)).body);
  return ConversationId.parse(id);
}

const image = (url: string) => ({ kind: "image", body: { url } });
const pathOf = (key: string) => `/files/${key}/a%20b.png`;

/** All URLs of a file in an answer, each once. */
const urlsIn = ({ body }: { body: unknown }, key: string) => [
  ...new Set(JSON.stringify(body).match(new RegExp(`[a-z]+://[^"\\\\]*/files/${key}[^"\\\\]*`, "g")) ?? []),
];

describe("a file that was uploaded over one address", () => {
  test.each([FIRST, SECOND])("is answered with the address that is asked: %s", async (origin) => {
    const { url, key } = await uploaded(ann);
    expect(url).toBe(`${FIRST}${pathOf(key)}`);
    const id = await groupOf();
    const path = `/v1/conversations/${id}/messages`;
    expect(urlsIn(await ask(ann, "POST", path, image(url), { origin: FIRST }), key)).toEqual([url]);
    const quoted = { ...image(url), quote_seq: 1 };
    await ask(ann, "POST", path, quoted, { origin: FIRST });
    const merged = { kind: "merged", body: { title: "t", items: [{ conversation_id: id, seq: 1 }] } };
    await ask(ann, "POST", path, merged);
    await ask(ann, "POST", path, { forward: { conversation_id: id, seq: 1 } });
    const shown = [`${origin}${pathOf(key)}`];
    for (const part of ["", "/1", "/2", "/3", "/4", "/search?q=t"])
      expect(urlsIn(await ask(bob, "GET", `${path}${part}`, undefined, { origin }), key), part).toEqual(
        shown,
      );
    const list = await ask(bob, "GET", "/v1/conversations", undefined, { origin });
    expect(urlsIn(list, key)).toEqual(shown);
    const stored = await runInDurableObject(conversationObject(id), (_, { storage }) =>
      storage.sql.exec<{ body: string }>("SELECT body FROM messages").toArray(),
    );
    for (const host of [FIRST, SECOND, "parley.test"]) expect(JSON.stringify(stored)).not.toContain(host);
  });

  test("is read over each address, and with the setting shown by it", async () => {
    const { url, key } = await uploaded(ann, { origin: SECOND, settings: MOVED });
    expect(url).toBe(`${PUBLIC}${pathOf(key)}`);
    for (const origin of [FIRST, SECOND, PUBLIC])
      expect((await wire({ method: "GET", path: pathOf(key), origin })).body).toBe("hello");
    const id = await groupOf();
    const path = `/v1/conversations/${id}/messages`;
    for (const [i, own] of [FIRST, SECOND, PUBLIC].entries()) {
      await ask(ann, "POST", path, image(`${own}${pathOf(key)}`), { origin: FIRST, settings: MOVED });
      const answer = await ask(bob, "GET", `${path}/${i + 1}`, undefined, {
        origin: SECOND,
        settings: MOVED,
      });
      expect(urlsIn(answer, key)).toEqual([url]);
      const before = await ask(bob, "GET", `${path}/${i + 1}`, undefined, { origin: SECOND });
      expect(urlsIn(before, key)).toEqual([`${SECOND}${pathOf(key)}`]);
    }
  });

  test("keeps its avatars: of a user and of a group, also as members who left see it", async () => {
    const { url, key } = await uploaded(ann);
    expect((await ask(ann, "PATCH", "/v1/me", { avatar: url }, { origin: FIRST })).status).toBe(200);
    const id = await groupOf();
    await ask(ann, "PATCH", `/v1/conversations/${id}`, { avatar: url }, { origin: FIRST });
    const shown = [`${SECOND}${pathOf(key)}`];
    const at = { origin: SECOND };
    const paths = [`/v1/users/${ann.user.id}`, `/v1/conversations/${id}`, `/v1/conversations/${id}/members`];
    for (const path of [...paths, "/v1/friends", `/v1/conversations/${id}/messages`])
      expect(urlsIn(await ask(bob, "GET", path, undefined, at), key), path).toEqual(
        path.endsWith("messages") ? expect.any(Array) : shown,
      );
    await ask(bob, "POST", `/v1/conversations/${id}/leave`);
    const left = await ask(bob, "POST", "/user/get_group_conversations", {}, at);
    expect(urlsIn(left, key)).toEqual(shown);
    await ask(ann, "PATCH", "/v1/me", { avatar: "" });
  });
});

describe("what stays as it was sent", () => {
  const key = "0".repeat(32);
  test.each([
    `${FOREIGN}/files/${key}/a.png`,
    `${FIRST}/files/${key}/a.png?size=1`,
    `${FIRST}/files/${key}/`,
    `${FIRST}/files/${key}/a/b.png`,
    `${FIRST}/files/x/a.png`,
    `${FIRST}:8443/files/${key}/a.png`,
  ])("a URL that is none of this server's files: %s", async (url) => {
    const id = await groupOf();
    const path = `/v1/conversations/${id}/messages`;
    await ask(ann, "POST", path, image(url), { origin: FIRST });
    const read = await ask(bob, "GET", `${path}/1`, undefined, { origin: SECOND });
    expect(read.body).toMatchObject({ body: { url } });
  });

  test("the texts and custom data of users, with a URL in them or nothing else", async () => {
    const { url } = await uploaded(ann);
    const id = await groupOf();
    const path = `/v1/conversations/${id}/messages`;
    const data = JSON.stringify({ url, at: [url] });
    await ask(ann, "POST", path, { kind: "text", body: { text: url } }, { origin: FIRST });
    const custom = { kind: "custom", body: { data, description: "d", extension: "" } };
    await ask(ann, "POST", path, custom, { origin: FIRST });
    for (const origin of [FIRST, SECOND]) {
      const read = await ask(bob, "GET", path, undefined, { origin });
      expect(read.body).toMatchObject({ items: [{ body: { text: url } }, { body: { data } }] });
    }
  });

  test("the texts and custom data of users, with the URL of a former address behind their beginning", async () => {
    const { url } = await uploaded(ann);
    const id = await groupOf();
    const path = `/v1/conversations/${id}/messages`;
    const text = `look: "${url}" and "${url}"`;
    const data = JSON.stringify({ url, at: [url], inner: JSON.stringify([url]) });
    await ask(ann, "POST", path, { kind: "text", body: { text } }, { origin: FIRST });
    const custom = { kind: "custom", body: { data, description: "d", extension: "" } };
    await ask(ann, "POST", path, custom, { origin: FIRST });
    const read = await ask(bob, "GET", path, undefined, { origin: SECOND, settings: MOVED });
    expect(read.body).toMatchObject({ items: [{ body: { text } }, { body: { data } }] });
  });

  test("an old message with an address, unless the setting names it as a former one", async () => {
    const { url, key } = await uploaded(ann);
    const id = await groupOf();
    const path = `/v1/conversations/${id}/messages`;
    // As an older release stored it.
    await ask(ann, "POST", path, image(url), { origin: SECOND });
    const at = { origin: SECOND };
    expect(urlsIn(await ask(bob, "GET", `${path}/1`, undefined, at), key)).toEqual([url]);
    const moved = { origin: SECOND, settings: MOVED };
    expect(urlsIn(await ask(bob, "GET", `${path}/1`, undefined, moved), key)).toEqual([
      `${PUBLIC}${pathOf(key)}`,
    ]);
  });
});

async function dial(who: SignedIn, path: string, origin: string): Promise<TestSocket> {
  const { url, headers } = request("GET", path, { token: who.token, headers: { Upgrade: "websocket" } });
  const { pathname, search } = new URL(url);
  const asked = new Request(`${origin}${pathname}${search}`, { headers });
  return acceptSocket(await exports.default.fetch(asked));
}

/** The URLs of a file in all frames of a socket, each once. */
const framesUrls = ({ frames }: TestSocket, key: string) => urlsIn({ body: frames }, key);

describe("sockets", () => {
  test("of two addresses show each its own, live, in a replay and after hibernation", async () => {
    const { url, key } = await uploaded(ann);
    const id = await groupOf();
    const rooms: [string, TestSocket][] = [];
    for (const origin of [FIRST, SECOND]) {
      for (const path of [`/v1/conversations/${id}/socket`, "/v1/socket"]) {
        const socket = await dial(bob, path, origin);
        await socket.next("ready");
        if (path === "/v1/socket") socket.send({ type: "sync", items: [] });
        rooms.push([origin, socket]);
      }
    }
    const sender = await dial(ann, `/v1/conversations/${id}/socket`, FIRST);
    await sender.next("ready");
    sender.send({ type: "send", client_msg_id: "a", ...image(url) });
    await sender.next("ack");
    const expectShown = async (seq: number) => {
      for (const [origin, socket] of rooms) {
        await socket.until(({ seqs }) => seqs.includes(seq));
        expect(framesUrls(socket, key)).toEqual([`${origin}${pathOf(key)}`]);
      }
    };
    await expectShown(1);
    await evictDurableObject(conversationObject(id));
    await evictDurableObject(inboxObject(bob.user.id));
    await ask(ann, "POST", `/v1/conversations/${id}/messages`, image(url), { origin: FIRST });
    await expectShown(2);
    const replayed = await dial(bob, `/v1/conversations/${id}/socket?after=0`, SECOND);
    await replayed.next("synced");
    expect(framesUrls(replayed, key)).toEqual([`${SECOND}${pathOf(key)}`]);
  });

  test("show the address of the setting, whichever was asked", async () => {
    const restore = setPublicOrigin(PUBLIC);
    const { url, key } = await uploaded(ann);
    const id = await groupOf();
    const eve = itemAt(await signedInUsers(1), 0);
    await ask(ann, "POST", `/v1/conversations/${id}/members`, { user_ids: [eve.user.id] });
    const sockets = [
      await dial(eve, `/v1/conversations/${id}/socket`, FIRST),
      await dial(eve, "/v1/socket", SECOND),
    ];
    for (const socket of sockets) await socket.next("ready");
    sockets[1]?.send({ type: "sync", items: [] });
    await ask(ann, "POST", `/v1/conversations/${id}/messages`, image(url), { origin: FIRST });
    for (const socket of sockets) {
      await socket.until(({ frames }) => JSON.stringify(frames).includes(key));
      expect(framesUrls(socket, key)).toEqual([`${PUBLIC}${pathOf(key)}`]);
    }
    restore();
  });

  test("take the URLs of their own address", async () => {
    const { url, key } = await uploaded(ann);
    const id = await groupOf();
    for (const path of [`/v1/conversations/${id}/socket`, "/v1/socket"]) {
      const socket = await dial(ann, path, FIRST);
      await socket.next("ready");
      const where = path === "/v1/socket" ? { conversation_id: id } : {};
      socket.send({ type: "send", client_msg_id: path.slice(-8), ...where, ...image(url) });
      await socket.next("ack");
    }
    const read = await ask(bob, "GET", `/v1/conversations/${id}/messages`, undefined, { origin: SECOND });
    expect(urlsIn(read, key)).toEqual([`${SECOND}${pathOf(key)}`]);
  });
});

/** Reads of each API that show a message with a file, an avatar of its sender, or both. */
const READS: [string, (id: number) => Promise<WireAnswer>][] = [
  [
    "appkey",
    async () =>
      ask(bob, "GET", `/message?conversationid=${await openAppkey(bob, ann)}`, undefined, { origin: SECOND }),
  ],
  [
    "formpost",
    (id) => ask(bob, "POST", "/user/query_all_records", { conversation: id, type: 0 }, { origin: SECOND }),
  ],
  ["kook", () => ask(bob, "GET", "/api/v3/user-chat/list", undefined, { origin: SECOND })],
  [
    "tim",
    () =>
      ask(
        bob,
        "POST",
        "/message/getMessageList",
        { conversationID: `C2C${ann.user.username}` },
        { origin: SECOND },
      ),
  ],
  [
    "tim, the whole list",
    () => ask(bob, "POST", "/conversation/getConversationList", {}, { origin: SECOND }),
  ],
  [
    "tim, a part of the list",
    () => ask(bob, "POST", "/conversation/getConversationList", { count: 10 }, { origin: SECOND }),
  ],
  ["usersig", (id) => ask(bob, "GET", `/chat/chat-log-info?session_id=${id}`, undefined, { origin: SECOND })],
  [
    "usersig, a page",
    (id) =>
      ask(bob, "GET", `/chat/chat-log-info?session_id=${id}&page=1&page_size=10`, undefined, {
        origin: SECOND,
      }),
  ],
];

test.each(READS)("%s shows the file and the avatar of a message with the asked address", async (_, read) => {
  const { url, key } = await uploaded(ann);
  await ask(ann, "PATCH", "/v1/me", { avatar: url }, { origin: FIRST });
  const made = await ask(ann, "POST", "/v1/conversations", { kind: "direct", user_id: bob.user.id });
  const { id } = Id.parse(made.body);
  await ask(ann, "POST", `/v1/conversations/${id}/messages`, image(url), { origin: FIRST });
  const answer = await read(id);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  expect(urlsIn(answer, key), JSON.stringify(answer.body)).toEqual([`${SECOND}${pathOf(key)}`]);
  await ask(ann, "PATCH", "/v1/me", { avatar: "" });
});

describe("what another API writes", () => {
  const Data = z.object({ data: z.unknown() });
  const at = (origin: string) => ({ origin });

  test("usersig: frames of its socket, sent with the URL of the address that the socket has asked", async () => {
    const { url, key } = await uploaded(ann);
    await ask(ann, "PATCH", "/v1/me", { avatar: url }, at(FIRST));
    const { id } = Id.parse(
      (await ask(ann, "POST", "/v1/conversations", { kind: "direct", user_id: bob.user.id })).body,
    );
    const open = (who: SignedIn, origin: string) =>
      dial(who, `/ws/chat/${encodeURIComponent(who.user.username)}/${who.token}/`, origin);
    const [sender, receiver] = [await open(ann, FIRST), await open(bob, SECOND)];
    for (const socket of [sender, receiver]) await socket.next("SDK_READY");
    sender.send({ to_session: String(id), content: url, content_type: "image" });
    const sent = await sender.next("MESSAGE_SEND_SUCCESS");
    const received = await receiver.next("MESSAGE_RECEIVED");
    expect(urlsIn({ body: sent }, key)).toEqual([url]);
    // The message, and the avatar of its sender.
    expect(urlsIn({ body: received }, key)).toEqual([`${SECOND}${pathOf(key)}`]);
    expect(JSON.stringify(received)).not.toContain("parley.invalid");
    await ask(ann, "PATCH", "/v1/me", { avatar: "" });
  });

  test("usersig: the avatar of a chat user", async () => {
    const { url, key } = await uploaded(ann);
    const change = await ask(ann, "POST", "/chat/change-chat-user-info", { avatar: url }, at(FIRST));
    expect(urlsIn(change, key), JSON.stringify(change.body)).toEqual([url]);
    const info = `/chat/chat-user-info?user_id=${encodeURIComponent(ann.user.username)}`;
    for (const path of [info, `/v1/users/${ann.user.id}`])
      expect(urlsIn(await ask(bob, "GET", path, undefined, at(SECOND)), key)).toEqual([
        `${SECOND}${pathOf(key)}`,
      ]);
    await ask(ann, "PATCH", "/v1/me", { avatar: "" });
  });

  test("tim: the avatars of a user and of a group", async () => {
    const { url, key } = await uploaded(ann);
    const { url: other, key: otherKey } = await uploaded(ann);
    const own = await ask(ann, "POST", "/user/updateMyProfile", { avatar: url }, at(FIRST));
    expect(urlsIn(own, key), JSON.stringify(own.body)).toEqual([url]);
    const group = { name: "g", type: "Public", avatar: other, memberList: [{ userID: bob.user.username }] };
    const made = await ask(ann, "POST", "/group/createGroup", group, at(FIRST));
    expect(urlsIn(made, otherKey), JSON.stringify(made.body)).toEqual([other]);
    const names = { userIDList: [ann.user.username] };
    const seen = await ask(bob, "POST", "/user/getUserProfile", names, at(SECOND));
    expect(urlsIn(seen, key)).toEqual([`${SECOND}${pathOf(key)}`]);
    const groups = await ask(bob, "POST", "/group/getGroupList", {}, at(SECOND));
    expect(urlsIn(groups, otherKey)).toEqual([`${SECOND}${pathOf(otherKey)}`]);
    await ask(ann, "PATCH", "/v1/me", { avatar: "" });
  });

  test("tim: a created message, refused, changed and sent over other addresses", async () => {
    const { url, key } = await uploaded(ann);
    const body = {
      ...{ to: bob.user.username, conversationType: "C2C", priority: "Normal" },
      payload: { file: { url, name: "a b.png", type: "image/png" } },
      type: "TIMFileElem",
    };
    const created = await ask(ann, "POST", "/message/createMessage", body, at(FIRST));
    expect(urlsIn(created, key), JSON.stringify(created.body)).toEqual([url]);
    const draft = z
      .looseObject({ ID: z.string(), payload: z.looseObject({}) })
      .parse(Data.parse(created.body).data);
    await ask(bob, "PUT", `/v1/blocks/${ann.user.id}`);
    const refused = await ask(ann, "POST", "/message/sendMessage", { message: draft }, at(SECOND));
    expect(refused.body).toMatchObject({ data: { message: { status: "fail" } } });
    expect(urlsIn(refused, key)).toEqual([`${SECOND}${pathOf(key)}`]);
    await ask(bob, "DELETE", `/v1/blocks/${ann.user.id}`);
    const edited = { ...draft, payload: { ...draft.payload, fileName: "c.png" } };
    const sent = await ask(ann, "POST", "/message/sendMessage", { message: edited }, at(SECOND));
    expect(sent.body, JSON.stringify(sent.body)).toMatchObject({
      data: { message: { payload: { fileName: "c.png", fileUrl: `${SECOND}${pathOf(key)}` } } },
    });
    await befriend(ann, bob);
  });
});

test("an address that a client makes up is shown to that client alone", async () => {
  const { key } = await uploaded(ann);
  const made = "https://evil.example";
  await ask(ann, "PATCH", "/v1/me", { avatar: `${made}${pathOf(key)}` }, { origin: made });
  const path = `/v1/users/${ann.user.id}`;
  for (const origin of [made, FIRST, SECOND])
    expect(urlsIn(await ask(bob, "GET", path, undefined, { origin }), key)).toEqual([
      `${origin}${pathOf(key)}`,
    ]);
  await ask(ann, "PATCH", "/v1/me", { avatar: "" });
});

test("answers that are streamed in many parts show every file with the asked address", async () => {
  const { url, key } = await uploaded(ann);
  const id = await groupOf();
  // More than two parts of messages, and no more of one user than they may send at once.
  const [users, each] = [12, 18];
  const senders = await signedInUsers(users);
  const user_ids = senders.map(({ user }) => user.id);
  await ask(ann, "POST", `/v1/conversations/${id}/members`, { user_ids });
  const body = { kind: "image", body: { url, name: "\u{1F600}".repeat(100) } };
  for (let i = 0; i < each; i++) {
    const path = `/v1/conversations/${id}/messages`;
    const sent = await Promise.all(senders.map((who) => ask(who, "POST", path, body, { origin: FIRST })));
    expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([201]));
  }
  const at = { origin: SECOND };
  for (const answer of [
    await ask(bob, "POST", "/user/query_all_records", { conversation: id }, at),
    await ask(bob, "GET", `/chat/chat-log-info?session_id=${id}&total=true`, undefined, at),
  ]) {
    const text = JSON.stringify(answer.body);
    expect(text.split(`"${SECOND}${pathOf(key)}"`).length - 1).toBeGreaterThanOrEqual(users * each);
    expect(urlsIn(answer, key)).toEqual([`${SECOND}${pathOf(key)}`]);
  }
});
