import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { expectFriendCall } from "../../support/accounts/friends.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { app } from "../../support/app.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import {
  conversationCode,
  converse,
  list as listOverV1,
  page as messages,
} from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { createGroupId, itemAt, postText, range } from "../../support/objects/room.ts";
import { describeUnchanging } from "../../support/surfaces/stored.ts";
import { answeredCodes, playScene, playStory, readStories } from "../../support/surfaces/stories.ts";
import { setTiming } from "../../support/timing.ts";
import { asBot, create, failure, idOf, kook, list, remove, success, view } from "./client.ts";
import DOCUMENT_TEXT from "./document.txt?raw";
import STORIES from "./stories.txt?raw";

// A short cooldown brings the list up to date at once; each poll of it costs a call.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

/** Every call of the document with its codes, and the codes of the router. */
const DOCUMENT = [
  ...["GET /api/v3/user-chat/list", "GET /api/v3/user-chat/view", "POST /api/v3/user-chat/create"],
  "POST /api/v3/user-chat/delete",
].flatMap((name) => [0, 40_000].map((code) => `${name} ${code}`));
const OTHERS = [
  ...[
    "POST /api/user-chat/list 0",
    "GET /api/v3/user-chat/list 401",
    "POST /api/v3/user-chat/view 0",
    "GET /api/v3/user-chat/index 0",
  ],
  ...["GET /api/v3/user-chat/create 405", "GET /api/v3/user-chat/nothing 404"],
];

const [SCENE, ...DOCUMENTED] = readStories(DOCUMENT_TEXT);
const scene = async () => (SCENE ? playScene(SCENE[1], asBot) : {});

/** Users without any conversation. */
async function strangers(): Promise<[SignedIn, SignedIn, SignedIn]> {
  const three = await signedInUsers(3);
  return [itemAt(three, 0), itemAt(three, 1), itemAt(three, 2)];
}

const read = (who: SignedIn, id: number, seq: number) =>
  call("PUT", `/v1/conversations/${id}/read`, { token: who.token, body: { seq } });

let ann: SignedIn;
let bob: SignedIn;
let code: string;

beforeAll(async () => {
  [ann, bob] = await strangers();
  ({ code } = await create(ann, bob));
});

describe("the document", () => {
  test("each call has an example of each of its codes", () => {
    expect(answeredCodes(DOCUMENTED)).toEqual(new Set([...DOCUMENT, ...OTHERS]));
  });

  const changes = ([name]: (typeof DOCUMENTED)[number]) => /^(create|delete)( again| by user)?$/.test(name);

  test.each(DOCUMENTED.filter(changes))("%s", async (_, story) => playStory(story, asBot, await scene()));

  const others = DOCUMENTED.filter((one) => !changes(one));
  describeUnchanging(others, asBot, scene);
});

test.each(readStories(STORIES))("%s", (_, story) => playStory(story, asBot));

describe("bodies of POST calls", () => {
  const FORM = "application/x-www-form-urlencoded";

  test("are JSON or forms of either kind", async () => {
    const multipart = new FormData();
    multipart.set("target_id", String(bob.user.id));
    const displayed = await view(ann, code);
    for (const body of [
      { target_id: bob.user.id },
      JSON.stringify({ target_id: String(bob.user.id) }),
      new URLSearchParams({ target_id: String(bob.user.id) }),
      multipart,
    ])
      expect(success(await kook(ann, "POST create", body))).toEqual(displayed);
    expect(success(await kook(ann, "POST view", new URLSearchParams({ chat_code: code })))).toEqual(
      displayed,
    );
    const page = success(await kook(ann, "POST list", new URLSearchParams({ page: "1", page_size: "1" })));
    expect(page).toEqual(await list(ann, "?page=1&page_size=1"));
    const [other, peer] = await strangers();
    const { code: theirs } = await create(other, peer);
    expect(success(await kook(other, "POST delete", new URLSearchParams({ chat_code: theirs })))).toEqual({});
  });

  test.each([
    FORM,
    `${FORM}; charset=utf-8`,
    "multipart/form-data; boundary=x",
    "application/json",
    "text/plain",
  ])("may be empty, as %s", async (type) => {
    const headers = { "Content-Type": type };
    expect(success(await kook(ann, "POST list", "", headers))).toEqual(await list(ann));
    expect(success(await kook(ann, `POST view?chat_code=${code}`, "", headers))).toEqual(
      await view(ann, code),
    );
    failure(await kook(ann, "POST create", "", headers), 40_000, "参数有误：target_id");
  });

  test.each(["%ff", "a=%"])("a form that is not percent-encoded UTF-8 (%s) is refused", async (body) =>
    failure(await kook(ann, "POST list", body, { "Content-Type": FORM }), 40_000, "参数有误：body"),
  );
});

describe("the rate limit headers", () => {
  const left = ({ headers }: { headers: Headers }) =>
    ["Limit", "Remaining", "Bucket"].map((name) => headers.get(`X-Rate-Limit-${name}`));
  const reset = ({ headers }: { headers: Headers }) => Number(headers.get("X-Rate-Limit-Reset"));

  /** Repeats work that did not fit into one minute of the counters. @returns what the last one gave */
  async function withinOneMinute<Result>(work: () => Promise<Result>): Promise<Result> {
    const minute = () => Math.floor(Date.now() / 60_000);
    for (;;) {
      const before = minute();
      const result = await work();
      if (before === minute()) return result;
    }
  }

  /** A call to a Worker with other bindings. */
  async function ask(who: SignedIn, path: string, bindings: Partial<Env>): Promise<Response> {
    const context = createExecutionContext();
    const headers = { Authorization: `Bot ${who.token}` };
    const request = new Request(`https://parley.test${path}`, { headers });
    const response = await app.fetch(request, { ...env, ...bindings }, context);
    await waitOnExecutionContext(context);
    return response;
  }

  test("every answer has them, for buckets of their own, refused calls too", async () => {
    const answers = await withinOneMinute(async () => {
      const [who] = await strangers();
      const given: { headers: Headers }[] = [];
      for (const one of ["GET list", "POST list", "GET list?page=0", "GET view", "GET list"])
        given.push(await kook(who, one));
      return [...given, await ask(who, "/api/user-chat/list", {})];
    });
    expect(answers.map(left)).toEqual([
      ["1200", "1199", "user-chat/list"],
      ["1200", "1198", "user-chat/list"],
      ["1200", "1197", "user-chat/list"],
      ["1200", "1199", "user-chat/view"],
      ["1200", "1196", "user-chat/list"],
      ["1200", "1195", "user-chat/list"],
    ]);
    for (const answer of answers) expect(reset(answer)).toBeGreaterThanOrEqual(1);
    for (const answer of answers) expect(reset(answer)).toBeLessThanOrEqual(60);
  });

  test("an unauthenticated caller and an unknown path have a full quota", async () => {
    const unknown = await kook(ann, "GET list", undefined, { Authorization: "" });
    expect([left(unknown), reset(unknown)]).toEqual([["1200", "1200", "user-chat/list"], 0]);
    expect(left(await kook(ann, "GET nothing"))).toEqual(["1200", "1200", "user-chat/nothing"]);
    for (const odd of ["%E4%BD%A0", "a%0D%0Ab", "%00", "%ff", "..%2flist", "list%2f"]) {
      const answer = await kook(ann, `GET ${odd}`);
      failure(answer, 404);
      const bucket = `user-chat/${/%ff|%2f/.test(odd) ? odd.replace("%", "%25") : odd}`;
      expect(left(answer)).toEqual(["1200", "1200", bucket]);
    }
    expect(left(await kook(ann, "GET create"))).toEqual(["1200", "1200", "user-chat/create"]);
  });

  test("with rate limits off the quota never ends", async () => {
    for (const path of range(1, 3).map(() => "/api/v3/user-chat/list")) {
      const answer = await ask(ann, path, { RATE_LIMITS: "off" });
      expect([left(answer), reset(answer)]).toEqual([["1200", "1200", "user-chat/list"], 0]);
    }
  });

  test("over the limit a user is refused in that bucket only, and others are not", async () => {
    const three = { BUCKET_RATE: env.TEST_RATE };
    const { answers, theirs } = await withinOneMinute(async () => {
      const [who, other] = await strangers();
      const given: Response[] = [];
      for (const path of ["list", "list", "list", "index", "list", "list"])
        given.push(await ask(who, `/api/v3/user-chat/${path}`, three));
      return { answers: given, theirs: await ask(other, "/api/v3/user-chat/list", three) };
    });
    expect(theirs.status).toBe(200);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429, 429]);
    for (const answer of answers.slice(4)) {
      expect(left(answer)).toEqual(["1200", "0", "user-chat/list"]);
      expect(reset(answer)).toBeGreaterThanOrEqual(1);
      expect(Number(answer.headers.get("Retry-After"))).toBe(reset(answer));
      expect(await answer.json()).toEqual({ code: 429, message: "请求过于频繁，请稍后再试", data: {} });
    }
  });

  test.each(["BUCKET_RATE", "USER_RATE", "PAGE_RATE"] as const)(
    "a call refused by %s may be repeated at the time of both headers",
    async (binding) => {
      const [who] = await strangers();
      freezeClock();
      advanceClock(60_000 - (Date.now() % 60_000) + 20_500);
      const refusing: RateLimit = { limit: async () => ({ success: false }) };
      const answer = await ask(who, "/api/v3/user-chat/list", { [binding]: refusing });
      expect(answer.status).toBe(429);
      const wait = ["Retry-After", "X-Rate-Limit-Reset"].map((name) => answer.headers.get(name));
      expect(wait).toEqual(["40", "40"]);
    },
  );
});

describe("the pages of the list", () => {
  const TOTAL = 51;
  let reader: SignedIn;
  let others: SignedIn[];
  /** the other users, the newest activity first */
  let peers: string[];

  beforeAll(async () => {
    const users = await signedInUsers(TOTAL + 1);
    reader = itemAt(users, 0);
    others = users.slice(1);
    // Conversations that others opened are listed too, once the reader has opened them.
    for (const other of others) {
      if (other.user.id % 2) await create(other, reader);
      await create(reader, other);
    }
    peers = others.map(({ user }) => String(user.id)).reverse();
  });

  const pageOf = async (query: string) => {
    const { items, meta } = await list(reader, query);
    return { ids: items.map(({ target_info }) => target_info.id), meta };
  };

  test.each([
    ["", 1, 50, 0, 50],
    ["?page=2", 2, 50, 50, 51],
    ["?page=3", 3, 50, 51, 51],
    ["?page=2&page_size=50", 2, 50, 50, 51],
    ["?page_size=51", 1, 50, 0, 50],
    ["?page_size=9007199254740991", 1, 50, 0, 50],
    ["?page_size=17", 1, 17, 0, 17],
    ["?page_size=17&page=3", 3, 17, 34, 51],
    ["?page_size=17&page=4", 4, 17, 51, 51],
    ["?page_size=1&page=51", 51, 1, 50, 51],
    ["?page=9007199254740991", 9_007_199_254_740_991, 50, 51, 51],
  ])("%j", async (query, page, page_size, from, to) => {
    const page_total = Math.ceil(TOTAL / page_size);
    expect(await pageOf(query)).toEqual({
      ids: peers.slice(from, to),
      meta: { page, page_total, page_size, total: TOTAL },
    });
  });

  test("a deleted conversation is neither listed nor counted", async () => {
    const [newest = ""] = peers;
    success(await kook(reader, "POST delete", { target_id: newest }));
    expect(await pageOf("")).toEqual({
      ids: peers.slice(1),
      meta: { page: 1, page_total: 1, page_size: 50, total: 50 },
    });
    expect(await pageOf("?page=2")).toMatchObject({ ids: [], meta: { page: 2, page_total: 1, total: 50 } });
    await create(reader, itemAt(others, TOTAL - 1));
    expect((await pageOf("")).meta).toMatchObject({ page_total: 2, total: TOTAL });
  });
});

test("times are 0 before the first message and before the first read", async () => {
  const [one, two] = await strangers();
  const opened = await create(one, two);
  expect(opened).toMatchObject({ last_read_time: 0, latest_msg_time: 0, unread_count: 0 });
  const id = await idOf(opened.code);
  const before = Date.now();
  await postText(id, two, "hello");
  const waiting = await view(one, opened.code);
  expect(waiting).toMatchObject({ last_read_time: 0, unread_count: 1 });
  expect(waiting.latest_msg_time).toBeGreaterThanOrEqual(before);
  expect((await view(two, opened.code)).last_read_time).toBe(waiting.latest_msg_time);

  await read(one, id, 1);
  const seen = await view(one, opened.code);
  expect(seen).toMatchObject({ unread_count: 0, latest_msg_time: waiting.latest_msg_time });
  expect(seen.last_read_time).toBeGreaterThanOrEqual(waiting.latest_msg_time);
  // The list has the same fields, and a further read moves nothing.
  const { is_friend, is_blocked, is_target_blocked, ...inList } = seen;
  expect([is_friend, is_blocked, is_target_blocked]).toEqual([false, false, false]);
  expect((await list(one)).items).toEqual([inList]);
  await read(one, id, 1);
  expect((await list(one)).items).toEqual([inList]);
});

test("a user with an open socket is online, in lists and alone, but not across a block, as in v1", async () => {
  const [one, two] = await strangers();
  const { code } = await create(one, two);
  await converse(one, two);
  expect((await view(one, code)).target_info.online).toBe(false);
  const socket = await openRoom(await idOf(code), two.token);
  const isOnline = async () => (await list(one)).items[0]?.target_info.online;
  await expect.poll(isOnline).toBe(true);
  await expectFriendCall("PUT blocks", two, one);
  expect((await view(one, code)).target_info.online).toBe(false);
  expect((await listOverV1(one)).items[0]?.peer?.online).toBe(false);
  socket.close();
});

describe("codes", () => {
  test("that of a group names no conversation here", async () => {
    const chat_code = await conversationCode(await createGroupId(ann, bob));
    failure(await kook(ann, `GET view?chat_code=${chat_code}`), 40_000, "会话不存在");
    failure(await kook(ann, "POST delete", { chat_code }), 40_000, "会话不存在");
  });

  test("a message concurrent with a deletion leaves the conversation listed with later messages, or unlisted", async () => {
    const [one, two] = await strangers();
    const { code } = await create(one, two);
    const id = await idOf(code);
    await Promise.all(range(1, 20).map((i) => (i % 2 ? postText(id, two, String(i)) : remove(one, code))));
    const left = (await messages(one, id)).items.length;
    const { items, meta } = await list(one);
    expect(meta.total).toBe(left === 0 ? 0 : 1);
    expect(items.map((item) => item.unread_count)).toEqual(left === 0 ? [] : [left]);
    expect((await list(two)).meta.total).toBe(1);
  });

  test("each row of a conversation gets a code of its own", async () => {
    const insert = "INSERT INTO conversations (kind, created_at) VALUES ('group', 0), ('group', 0)";
    await env.DB.prepare(insert).run();
    const counted = "SELECT count(*) AS all_, count(DISTINCT code) AS codes, min(length(code)) AS digits";
    const found = await env.DB.prepare(`${counted} FROM conversations`).first();
    expect(found).toMatchObject({ codes: found?.all_, digits: 32 });
    expect((await create(ann, bob)).code).toMatch(/^[0-9a-f]{32}$/);
  });
});
