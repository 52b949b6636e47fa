import { env } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { zonedTime } from "../../../src/lib/time-zone.ts";
import { call, freshName, login, register } from "../../support/clients/api.ts";
import { deleteMessage } from "../../support/clients/chat.ts";
import { bytesOf, download, pseudoRandomBytes, storedFiles } from "../../support/clients/files.ts";
import { openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { HeldCalls } from "../../support/faults/calls.ts";
import { itemAt, range, textFrame } from "../../support/objects/room.ts";
import { describeUnchanging } from "../../support/surfaces/stored.ts";
import { answeredCodes, playStory, readStories } from "../../support/surfaces/stories.ts";
import { setTiming } from "../../support/timing.ts";
import {
  change,
  create,
  createFixtureValues,
  createSession,
  data,
  everybody,
  failure,
  info,
  type Log,
  logs,
  mark,
  nameOf,
  open,
  RULE_KEY,
  type Signed,
  say,
  sessions,
  shownUser,
  sigOf,
  usersig,
  withSig,
} from "./client.ts";
import DOCUMENT_TEXT from "./document.txt?raw";
import STORIES from "./stories.txt?raw";

// A short cooldown brings the list up to date at once; each poll of it costs a call.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

afterEach(() => void vi.restoreAllMocks());

const OPEN = { USERSIG_PROVISIONING: "open" } as const;
const EMPTY = {
  ...{
    name: "",
    nickname: "",
    username: "",
    gender: "",
    birthday: "",
    id_card_num: "",
    phone: "",
    email: "",
  },
  ...{ province: "", city: "", avatar: "", description: "" },
};
const WHOLE = {
  ...{ name: "林小雨", nickname: "Rain", username: "rain", gender: "女", birthday: "2000-02-29" },
  ...{ id_card_num: "110101200002290011", phone: "13800000000", email: "rain@example.com" },
  ...{ province: "浙江", city: "杭州", avatar: "https://files.example/rain.png", description: "早起" },
};
const HIDDEN = { birthday: "", id_card_num: "", phone: "", email: "" };
const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;

/**
 * Every call of the document but that of files, with its codes. `every-contract` has 403 of those that need a
 * user_sig.
 */
const DOCUMENT = [
  ["POST /chat/create-chat-user/", 200, 400, 403],
  ["GET /chat/chat-user-info/", 200, 400, 403, 404],
  ["POST /chat/get-user-sig/", 200, 400, 403, 404],
  ["POST /chat/change-chat-user-info/", 200, 400, 403, 404],
  ["POST /chat/create-session/", 200, 400, 404],
  ["GET /chat/session-info/", 200, 400],
  ["GET /chat/chat-log-info/", 200, 400, 404],
  ["POST /chat/single-chat-mark-as-read/", 200, 400, 404],
].flatMap(([call, ...codes]) => codes.map((code) => `${call} ${code}`));

const DOCUMENTED = readStories(DOCUMENT_TEXT);

describe("the document", () => {
  test("each call has an example of each of its codes", () => {
    expect(answeredCodes(DOCUMENTED)).toEqual(new Set(DOCUMENT));
  });

  const CHANGES = ["chat user changed", "chat user created", "marked as read", "session created", "user sig"];
  const changes = ([name]: (typeof DOCUMENTED)[number]) => CHANGES.includes(name);

  test.each(DOCUMENTED.filter(changes))("%s", async (_, story) =>
    playStory(story, withSig, await createFixtureValues()),
  );

  const others = DOCUMENTED.filter((one) => !changes(one));
  describeUnchanging(others, withSig, createFixtureValues);
});

test.each(readStories(STORIES))("%s", (_, story) =>
  playStory(story, withSig, { key: RULE_KEY, fresh: freshName("fresh") }),
);

describe("chat users", () => {
  test("a user is created with the given fields, and other APIs know them by that name", async () => {
    const user_id = freshName("小雨");
    expect(await create({ user_id, ...WHOLE, unknown: 1 })).toEqual({
      ...{ user_id, ...WHOLE, is_disable: false, login_time: "" },
      create_time: expect.stringMatching(TIME),
    });
    const bare = await create();
    expect(bare).toMatchObject(EMPTY);
    const sig = await sigOf(user_id);
    const me = await call("GET", "/v1/me", { token: sig });
    expect(me.body).toMatchObject({
      ...{ username: user_id, nickname: "Rain", avatar: WHOLE.avatar, signature: "早起" },
      ...{ email: WHOLE.email, gender: "女", birthday: "2000-02-29" },
    });
  });

  test("bodies are JSON or forms of either kind", async () => {
    const form = (fields: Record<string, string>) => {
      const made = new FormData();
      for (const [name, value] of Object.entries(fields)) made.set(name, value);
      return made;
    };
    for (const wrap of [
      form,
      (fields: Record<string, string>) => new URLSearchParams(fields),
      JSON.stringify,
    ]) {
      const user_id = freshName("form");
      const body = wrap({ user_id, token: RULE_KEY, city: "成都" });
      expect(shownUser(await usersig("POST", "/chat/create-chat-user", { body }))).toMatchObject({
        city: "成都",
      });
    }
  });

  test("texts may be numbers in JSON, and optional fields null, which is absent", async () => {
    const user_id = 1_234_567_890_123;
    const given = { user_id, phone: 13_800_000_000, id_card_num: 0, name: null, avatar: null, gender: -1 };
    const user = await create(given);
    expect(user).toMatchObject({
      ...{
        user_id: String(user_id),
        phone: "13800000000",
        id_card_num: "0",
        gender: "-1",
        name: "",
        avatar: "",
      },
    });
    await create({ ...given, user_id: freshName(), token: RULE_KEY, birthday: null });
    const changed = await change({ user_id, token: RULE_KEY, city: 610_000, phone: null });
    expect(shownUser(changed)).toMatchObject({ city: "610000", phone: "13800000000" });
    const name = String(user_id);
    const one = { name, sig: await sigOf(user_id) };
    const own = await change({ user_id: null, nickname: 7, city: null }, { sig: one.sig });
    expect(shownUser(own)).toMatchObject({ nickname: "7", city: "610000" });
    const body = { name: 520, type: 2, chat_user_id_list: [user_id] };
    const opened = await usersig("POST", "/chat/create-session/", { sig: one.sig, body });
    expect(data(opened)).toMatchObject({
      session: { name: "520", session_info: { chat_user_list: [{ user_id: name }] } },
    });
    for (const list of [user_id, JSON.stringify([user_id])]) {
      const again = { name: "g", type: 2, chat_user_id_list: list };
      data(await usersig("POST", "/chat/create-session/", { sig: one.sig, body: again }));
    }
  });

  test("a name is created once, however many ask at once, and that of a deleted account never again", async () => {
    const user_id = freshName("once");
    const ask = () => usersig("POST", "/chat/create-chat-user/", { body: { user_id, token: RULE_KEY } });
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    const codes = answers.map(({ body }) => Reflect.get(Object(body), "code"));
    expect(codes.filter((code) => code === 200)).toHaveLength(1);
    expect(codes.filter((code) => code === 400)).toHaveLength(19);
    failure(await ask(), 400, "user_id");
    const leaver = await register();
    const own = WHOLE;
    expect(shownUser(await change({ ...own, avatar: "no URL" }, { sig: leaver.token }))).toMatchObject({
      phone: own.phone,
    });
    const deleted = await call("DELETE", "/v1/me", {
      token: leaver.token,
      body: { password: "correct horse battery" },
    });
    expect(deleted.status).toBe(204);
    const left = await env.DB.prepare("SELECT * FROM users WHERE id = ?").bind(leaver.user.id).first();
    for (const value of [...Object.values(own), "no URL"])
      expect(Object.values(left ?? {})).not.toContain(value);
    for (const name of [leaver.user.username, `deleted-${leaver.user.id}`, "deleted-1"]) {
      const body = { user_id: name, token: RULE_KEY };
      failure(await usersig("POST", "/chat/create-chat-user/", { body }), 400, "user_id");
    }
    failure(await info(leaver.user.username, { token: RULE_KEY }), 404, leaver.user.username);
  });

  const LONGEST: Record<string, number> = {
    ...{ user_id: 128, name: 64, nickname: 128, username: 128, gender: 8, id_card_num: 32, phone: 16 },
    ...{ email: 128, province: 32, city: 32, avatar: 128, description: 500 },
  };
  test.each(Object.entries(LONGEST))("%s has at most %d characters", async (field, max) => {
    const text = (length: number) => crypto.randomUUID().slice(0, 6) + "🌧".repeat(length - 6);
    const longest = text(max);
    expect(await create({ [field]: longest })).toMatchObject({ [field]: longest });
    const body = { user_id: freshName(), token: RULE_KEY, [field]: text(max + 1) };
    failure(await usersig("POST", "/chat/create-chat-user/", { body }), 400, field);
  });

  test("a user_id has at most 128 characters in NFC", async () => {
    const body = { user_id: "\u0958".repeat(128), token: RULE_KEY };
    failure(await usersig("POST", "/chat/create-chat-user/", { body }), 400, "user_id");
  });

  test("times are in the zone of the setting", async () => {
    const { user_id } = await create();
    await env.DB.prepare("UPDATE users SET created_at = ? WHERE username = ?")
      .bind(Date.UTC(2026, 0, 1, 20, 5, 9), user_id)
      .run();
    expect(shownUser(await info(user_id, { token: RULE_KEY })).create_time).toBe("2026-01-02 04:05:09");
    const settings = { USERSIG_TIME_ZONE: "America/New_York" };
    expect(shownUser(await info(user_id, { token: RULE_KEY, settings })).create_time).toBe(
      "2026-01-01 15:05:09",
    );
  });
});

describe("provisioning", () => {
  const creation = (said: object, extra = {}) =>
    usersig("POST", "/chat/create-chat-user/", { body: { user_id: freshName(), ...extra }, ...said });

  test("with `key` it needs the rule key, or the user's own sig", async () => {
    const [one, other] = [await create(WHOLE), await create(WHOLE)];
    const sig = await sigOf(one.user_id);
    failure(await creation({}), 403, "token");
    failure(await creation({ sig }), 403, "token");
    failure(await creation({}, { token: "wrong" }), 403, "token");
    failure(await info(one.user_id), 403, "token");
    failure(await info(one.user_id, { token: RULE_KEY.slice(0, -1) }), 403, "token");
    expect(shownUser(await info(one.user_id, { token: RULE_KEY }))).toMatchObject(WHOLE);
    expect(shownUser(await info(one.user_id, { sig }))).toMatchObject(WHOLE);
    expect(shownUser(await info(one.user_id, { sig: `Bearer ${sig}` }))).toMatchObject(WHOLE);
    expect(shownUser(await info(other.user_id, { sig }))).toMatchObject({ ...WHOLE, ...HIDDEN });
    failure(await change({ user_id: one.user_id, city: "x" }), 403, "token");
    expect(shownUser(await change({ user_id: one.user_id, token: RULE_KEY, city: "苏州" })).city).toBe(
      "苏州",
    );
  });

  test("with a user_sig it changes the caller, whichever user_id is given", async () => {
    const [one, other] = [await create(WHOLE), await create(WHOLE)];
    const sig = await sigOf(one.user_id);
    for (const [i, user_id] of [other.user_id, "nobody at all", "", 7, undefined].entries()) {
      const changed = shownUser(await change({ user_id, city: `city ${i}` }, { sig }));
      expect(changed).toMatchObject({ user_id: one.user_id, city: `city ${i}` });
    }
    expect(shownUser(await info(other.user_id, { token: RULE_KEY }))).toMatchObject(WHOLE);
  });

  test("with `open` everybody may, but not on users with a password", async () => {
    const settings = OPEN;
    const user = shownUser(await creation({ settings }, WHOLE));
    expect(shownUser(await info(user.user_id, { settings }))).toMatchObject(WHOLE);
    expect(shownUser(await change({ user_id: user.user_id, city: "" }, { settings })).city).toBe("");
    failure(await info("nobody at all", { settings }), 404, "nobody at all");
    failure(await change({ user_id: "nobody at all" }, { settings }), 404, "nobody at all");

    const owner = await register(freshName(), { email: "own@example.com", nickname: "Own" });
    const user_id = nameOf(owner);
    failure(await creation({ settings }, { user_id, nickname: "taken over" }), 409, "user_id");
    failure(await change({ user_id, nickname: "taken over" }, { settings }), 403, "user_id");
    failure(await change({ user_id }, { settings }), 403, "user_id");
    expect(shownUser(await info(user_id, { settings }))).toMatchObject({ ...EMPTY, nickname: "Own" });
    expect(shownUser(await info(user_id, { settings, sig: owner.token })).email).toBe("own@example.com");
    expect(shownUser(await change({ city: "here" }, { settings, sig: owner.token })).city).toBe("here");
    expect((await login(user_id)).user.nickname).toBe("Own");
  });

  test("the rule key vouches for no user with a password", async () => {
    const user_id = nameOf(await register(freshName(), { email: "own@example.com", nickname: "Own" }));
    const token = RULE_KEY;
    failure(await creation({}, { user_id, token }), 409, "password");
    failure(await usersig("POST", "/chat/get-user-sig/", { body: { user_id, token } }), 403, "password");
    failure(await change({ user_id, token, phone: "+4912345", id_card_num: "ID99" }), 403, "password");
    expect(shownUser(await info(user_id, { token }))).toMatchObject({ ...EMPTY, nickname: "Own" });
    // A name of its own has the code of the document.
    const own = await create();
    failure(await creation({}, { user_id: own.user_id, token }), 400, "taken");
  });

  test("a given credential must be valid, even where none is needed", async () => {
    const { user_id } = await create();
    failure(await info(user_id, { settings: OPEN, sig: "no sig" }), 403, "user_sig");
    failure(await info(user_id, { settings: OPEN, token: "no key" }), 403, "token");
    failure(await info("", { settings: OPEN }), 400, "user_id");
    failure(await usersig("GET", "/chat/chat-user-info/", { settings: OPEN }), 400, "user_id");
  });
});

describe("user_sig", () => {
  const ask = (body: object, settings = {}) => usersig("POST", "/chat/get-user-sig/", { body, settings });

  test("a user_sig is issued to holders of the rule key, for existing users", async () => {
    const { user_id } = await create();
    failure(await ask({ user_id, token: "wrong" }), 403, "token");
    failure(await ask({ user_id, token: `${RULE_KEY} ` }), 403, "token");
    failure(await ask({ user_id: "nobody at all", token: "wrong" }), 403, "token");
    failure(await ask({ user_id: "nobody at all", token: RULE_KEY }), 404, "nobody at all");
    failure(await ask({ user_id, token: RULE_KEY }, { USERSIG_RULE_KEY: "" }), 403, "token");
    failure(await ask({ user_id, token: "" }, { USERSIG_RULE_KEY: "" }), 400, "token");
    failure(await ask({ token: RULE_KEY }), 400, "user_id");
    const before = Date.now();
    const { expire_time } = data(await ask({ user_id, token: RULE_KEY }));
    const expiry = Date.parse(`${String(expire_time).replace(" ", "T")}+08:00`);
    expect(expiry - before).toBeGreaterThan(298_000);
    expect(expiry - Date.now()).toBeLessThanOrEqual(300_000);
  });

  test("with md5-minute the key is a hash of the user and the current or an adjacent minute", async () => {
    const { user_id } = await create();
    const settings = { USERSIG_RULE: "md5-minute" };
    const key = (name: string, ms: number, zone = "Asia/Shanghai") => {
      const [date, time = ""] = zonedTime(Date.now() + ms, zone).split(" ");
      const minute = `${date}-${time.slice(0, 5).replace(":", "-")}`;
      return createHash("md5").update(`${name}-${minute}`).digest("hex");
    };
    data(await ask({ user_id, token: key(user_id, 0) }, settings));
    data(await ask({ user_id, token: key(user_id, 0, "UTC") }, { ...settings, USERSIG_TIME_ZONE: "UTC" }));
    failure(await ask({ user_id, token: key("other", 0) }, settings), 403, "token");
    failure(await ask({ user_id, token: key(user_id, 180_000) }, settings), 403, "token");
    failure(await ask({ user_id, token: key(user_id, -180_000) }, settings), 403, "token");
    failure(await ask({ user_id, token: key(user_id, 0, "UTC") }, settings), 403, "token");
    failure(await ask({ user_id, token: key(user_id, 0).toUpperCase() }, settings), 403, "token");
    failure(await ask({ user_id, token: RULE_KEY }, settings), 403, "token");
    const keyless = { ...settings, USERSIG_RULE_KEY: "" };
    failure(await ask({ user_id, token: key(user_id, 0) }, keyless), 403, "token");
  });

  test("wrong keys and unauthenticated creations are counted by address, right keys are not", async () => {
    // Three a minute are allowed: of eight some are refused, even if a minute ends among them.
    const settings = { ...OPEN, ADDRESS_RATE: env.TEST_RATE };
    let address = 0;
    const refused = async (path: string, fields: object) => {
      address++;
      const headers = { "CF-Connecting-IP": `203.0.113.${address}` };
      const ask = () =>
        usersig("POST", path, { body: { user_id: freshName(), ...fields }, headers, settings });
      const answers = await Promise.all(Array.from({ length: 8 }, ask));
      return answers.filter(({ status }) => status === 429).length;
    };
    expect(await refused("/chat/get-user-sig/", { token: RULE_KEY })).toBe(0);
    expect(await refused("/chat/create-chat-user/", { token: RULE_KEY })).toBe(0);
    expect(await refused("/chat/get-user-sig/", { token: "wrong" })).toBeGreaterThan(0);
    expect(await refused("/chat/create-chat-user/", { token: "wrong" })).toBeGreaterThan(0);
    expect(await refused("/chat/create-chat-user/", {})).toBeGreaterThan(0);
  });
});

/** Two users with their single chat. */
async function pair(): Promise<[Signed, Signed, string]> {
  const [one, other] = await everybody(2);
  if (!one || !other) throw new Error("there are two");
  return [one, other, await open(one, [other], "of two")];
}

const texts = ({ chat_log_info_list }: { chat_log_info_list: Log[] }) =>
  chat_log_info_list.map(({ content }) => content);

describe("sessions", () => {
  test("lists in forms are repeated fields, or a JSON array", async () => {
    const [ann, bob] = await everybody(2);
    if (!ann || !bob) throw new Error("there are two");
    const single = await open(ann, [bob]);
    const repeated = new URLSearchParams([
      ...[
        ["name", "x"],
        ["type", "1"],
        ["chat_user_id_list", ann.name],
        ["chat_user_id_list", bob.name],
      ],
    ]);
    const form = new FormData();
    form.set("name", "x");
    form.set("type", "1");
    form.set("chat_user_id_list", JSON.stringify([ann.name, bob.name]));
    for (const body of [repeated, form])
      expect(data(await createSession(ann, body)).session).toMatchObject({ session_id: single });
  });

  test("lists show the peer or all members, never private settings of others", async () => {
    const one = await create(WHOLE);
    const ann = { name: one.user_id, sig: await sigOf(one.user_id) };
    const [bob] = await everybody(1);
    if (!bob) throw new Error("there is one");
    const [single, group] = [await open(bob, [ann]), await open(bob, [ann, bob], "饭局")];
    const { session_info_list } = await sessions(bob);
    const displayed = { ...WHOLE, ...HIDDEN, user_id: ann.name };
    expect(session_info_list).toMatchObject([
      {
        ...{ session_id: group, type: 2, name: "饭局", unread_count: 0, recently_chat_log: null },
        session_info: { chat_user_list: expect.arrayContaining([expect.objectContaining(displayed)]) },
      },
      { session_id: single, type: 1, session_info: displayed },
    ]);
    const everything = JSON.stringify([await sessions(bob), await sessions(ann)]);
    for (const hidden of [WHOLE.phone, WHOLE.email, WHOLE.id_card_num, WHOLE.birthday])
      expect(everything).not.toContain(hidden);
  });
});

/** Pages of a list of `all` items: a query, and the expected items, the newest being 1. */
function cuts(all: number): [string, number[], number][] {
  const pages = (size: number) => Math.ceil(all / size);
  return [
    ["", range(1, 10), pages(10)],
    ["&page_num=2", range(11, all), pages(10)],
    ["&page_size=1", [1], all],
    [`&page_size=1&page_num=${all}`, [all], all],
    [`&page_size=1&page_num=${all + 1}`, [], all],
    [`&page_size=${all}`, range(1, all), 1],
    [`&page_size=${all - 1}&page_num=2`, [all], 2],
    ["&page_size=100", range(1, all), 1],
    ["&page_size=101", range(1, all), 1],
    ["&page_size=9007199254740991", range(1, all), 1],
    ["&page_num=9007199254740991&page_size=100", [], 1],
    ["&total=1", range(1, all), 1],
    ["&total", range(1, all), 1],
    ["&total=false&page_size=1&page_num=2", range(1, all), 1],
  ];
}

describe("pages of sessions", () => {
  const ALL = 13;
  let ann: Signed;
  let ids: string[];

  beforeAll(async () => {
    const [one, ...others] = await everybody(ALL + 1);
    if (!one) throw new Error("there is one");
    ann = one;
    ids = [];
    for (const other of others) ids.unshift(await open(ann, [other]));
  });

  test.each(cuts(ALL))("%j returns %j of %d pages", async (query, expected, pages) => {
    const { session_info_list, ...numbers } = await sessions(ann, `?${query}`);
    expect(session_info_list.map(({ session_id }) => session_id)).toEqual(expected.map((n) => ids[n - 1]));
    expect(numbers).toEqual({ num_of_sessions: ALL, num_of_pages: pages });
  });
});

/** Sends so many texts. */
async function fill(socket: TestSocket, count: number): Promise<void> {
  for (let n = 0; n < count; n += 50) {
    const items = range(n + 1, n + 50).map((i) => textFrame(String(i), String(i)));
    socket.send({ type: "sends", items });
  }
  await socket.until(({ acks }) => acks.length === count);
}

describe("pages of logs", () => {
  const ALL = 13;
  let ann: Signed;
  let bob: Signed;
  let id: string;

  beforeAll(async () => {
    [ann, bob, id] = await pair();
    // Deleted messages are not counted: the oldest, one in the middle, the newest; nor those hidden from Bob.
    for (const n of range(0, ALL + 2)) await say(ann, id, String(ALL + 1 - n));
    for (const seq of [1, ALL + 3]) await deleteMessage({ token: ann.sig }, Number(id), seq, "everyone");
    await deleteMessage({ token: bob.sig }, Number(id), ALL + 2, "me");
  });

  test.each(cuts(ALL))("%j returns %j of %d pages", async (query, expected, pages) => {
    const { chat_log_info_list, ...numbers } = await logs(bob, id, query);
    expect(chat_log_info_list.map(({ content }) => Number(content))).toEqual(expected);
    expect(numbers).toEqual({ num_of_chat_logs: ALL, num_of_pages: pages });
  });

  test.each([
    ["breaks off when the caller's session ends", true],
    ["goes on when only the sig expires", false],
  ])("a log that takes long to read %s", async (_, isEnded) => {
    const { user_id: name } = await create();
    const one = { name, sig: await sigOf(name) };
    const many = await open(one, []);
    const socket = await openRoom(Number(many), one.sig);
    const MANY = 250;
    await fill(socket, MANY);
    const now = Date.now.bind(Date);
    let calls = 0;
    using held = new HeldCalls(({ method }) => method === "readablePage" && ++calls === 3);
    const reading = logs(one, many, "&total");
    const read = isEnded ? expect(reading).rejects.toThrow() : reading;
    await held.arrived();
    if (isEnded) expect((await call("POST", "/v1/logout", { token: one.sig })).status).toBe(204);
    else vi.spyOn(Date, "now").mockImplementation(() => now() + 301_000);
    held.release();
    await (isEnded ? read : expect(read).resolves.toMatchObject({ num_of_chat_logs: MANY }));
  });

  test("many logs are streamed completely, in order", async () => {
    const [one, other, many] = await pair();
    const MANY = 450;
    const socket = await openRoom(Number(many), one.sig);
    await fill(socket, MANY);
    const all = await logs(other, many, "&total=");
    expect(texts(all).map(Number)).toEqual(range(1, MANY).toReversed());
    expect(all).toMatchObject({ num_of_chat_logs: MANY, num_of_pages: 1 });
    socket.close();
  });
});

describe("reading", () => {
  test("a single chat is marked by its own call, which counts the newly read", async () => {
    const [ann, bob, id] = await pair();
    for (const n of range(1, 3)) await say(ann, id, String(n));
    await say(bob, id, "4");
    for (const n of range(5, 7)) await say(ann, id, String(n));
    await logs(bob, id);
    expect(itemAt((await sessions(bob)).session_info_list, 0).unread_count).toBe(3);
    expect((await logs(ann, id)).chat_log_info_list.map(({ have_read }) => have_read)).toEqual([
      ...[false, false, false, true, true, true, true],
    ]);
    const counts = await Promise.all(Array.from({ length: 20 }, () => mark(bob, id)));
    expect(counts.map(Number).reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(await mark(bob, id)).toBe(0);
    expect(await mark(ann, id)).toBe(0);
    expect((await sessions(bob)).session_info_list).toMatchObject([{ unread_count: 0 }]);
    const [newest] = (await logs(ann, id)).chat_log_info_list;
    expect(newest).toMatchObject({ have_read: true, read_time: expect.stringMatching(TIME) });
  });
});

describe("files", () => {
  const upload = ({ sig }: Signed, body: unknown, headers = {}) =>
    usersig("POST", "/file/upload-chat-file/", { sig, body, headers });
  const form = (bytes: Uint8Array, name: string, type = "image/png") => {
    const made = new FormData();
    made.set("other", "x");
    made.set("file", new File([bytes], name, { type }));
    return made;
  };

  test("a file is stored with its MD5, and served under its URL", async () => {
    const [ann] = await everybody(1);
    if (!ann) throw new Error("there is one");
    const bytes = pseudoRandomBytes(300_000);
    const { chat_file } = data(await upload(ann, form(bytes, "小雨.png")));
    expect(chat_file).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      md5: createHash("md5").update(bytes).digest("hex"),
      ...{ name: "小雨.png", size: 300_000, content_type: "image/png" },
      create_time: expect.stringMatching(TIME),
      url: expect.stringMatching(/^https:\/\/parley\.test\/files\//),
    });
    const { url } = z.object({ url: z.string() }).parse(chat_file);
    expect(await bytesOf(await download(url))).toEqual(bytes);
  });

  test("20 MiB are accepted, one byte more is refused, and so is a form without a file", async () => {
    const [ann] = await everybody(1);
    if (!ann) throw new Error("there is one");
    const max = 20 * 1024 * 1024;
    expect(data(await upload(ann, form(new Uint8Array(max), "a"))).chat_file).toMatchObject({ size: max });
    const before = await storedFiles();
    const refused = await upload(ann, form(new Uint8Array(max + 1), "a"));
    for (const naming of ["文件大小超限", "20M"]) failure(refused, 400, naming);
    failure(await upload(ann, new FormData()), 400, "file");
    failure(await upload(ann, "bytes", { "Content-Type": "text/plain" }), 400, "file");
    failure(await upload(ann, "", { "Content-Type": "application/json" }), 400, "file");
    expect(await storedFiles()).toEqual(before);
  });
});

test("a body that is too long is refused", async () => {
  const [ann] = await everybody(1);
  const body = "x".repeat(600_000);
  failure(await usersig("POST", "/chat/create-session/", { sig: ann?.sig, body }), 400);
});
