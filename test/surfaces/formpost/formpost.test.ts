import { runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, login, PASSWORD, register, type SignedIn } from "../../support/clients/api.ts";
import { countRowsInD1, getConversation, listedConversation, send } from "../../support/clients/chat.ts";
import { mergedDraft, reference } from "../../support/clients/forwards.ts";
import { wire } from "../../support/clients/wire.ts";
import { HeldCalls, intercept, loseCall } from "../../support/faults/calls.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import {
  conversationObject,
  createGroupId,
  expectDeleted,
  inboxObject,
  itemAt,
  loseConversation,
  postText,
  range,
} from "../../support/objects/room.ts";
import type { Values } from "../../support/surfaces/matching.ts";
import { answeredCodes, playStory, readStories } from "../../support/surfaces/stories.ts";
import {
  act,
  ask,
  bodies,
  createFixtureValues,
  failure,
  friends,
  group,
  inLists,
  list,
  open,
  query,
  success,
  v1,
  withToken,
} from "./client.ts";
import DOCUMENT_TEXT from "./document.txt?raw";
import STORIES from "./stories.txt?raw";

/** Every action of the document, with the highest code of its table. */
const DOCUMENT = Object.entries({
  ...{ get_private_conversations: 1, get_group_conversations: 1 },
  ...{ get_sticky_private_conversations: 1, get_sticked_group_conversations: 1 },
  ...{ get_or_create_private_conversation: 3, create_group_conversation: 3 },
  ...{ set_validation: 3, secondary_validate: 2, set_sticky_conversation: 3 },
  ...{ set_silent_conversation: 3, set_read_message: 3 },
  ...{ query_all_records: 3, query_by_sender: 3, query_by_content: 3, query_by_type: 4 },
});

async function two(): Promise<[SignedIn, SignedIn]> {
  const people = await friends(2);
  return [itemAt(people, 0), itemAt(people, 1)];
}

/** Three users; the first is a friend of the others. */
async function three(): Promise<[SignedIn, SignedIn, SignedIn]> {
  const people = await friends(3);
  return [itemAt(people, 0), itemAt(people, 1), itemAt(people, 2)];
}

const DOCUMENTED = readStories(DOCUMENT_TEXT);

describe("the document", () => {
  let values: Values;
  beforeAll(async () => {
    values = await createFixtureValues();
  });

  test("each action has an example of each of its codes", () => {
    // `every-contract` has 1, which says that no valid token was given, of each action.
    const expected = DOCUMENT.flatMap(([action, highest]) =>
      range(0, highest).flatMap((code) => (code === 1 ? [] : [`POST /user/${action}/ ${code}`])),
    );
    expect(answeredCodes(DOCUMENTED)).toEqual(new Set(expected));
  });

  test.each(DOCUMENTED)("%s", (_, story) => playStory(story, withToken, values));
});

test.each(readStories(STORIES))("%s", (_, story) => playStory(story, withToken));

describe("the format of calls", () => {
  const path = "/user/set_silent_conversation/";
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    wire({ method: "POST", path, headers, body });
  let ann: SignedIn;
  let id: number;
  beforeAll(async () => {
    ann = itemAt(await signedInUsers(1), 0);
    id = await group(ann, []);
  });

  test("fields come as JSON of any content type or in both kinds of form, ids as digits, flags as JSON", async () => {
    const fields = { token: ann.token, conversation: String(id), silent: "True" };
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    const types = [
      "text/plain;charset=UTF-8",
      "multipart/form-data; boundary=x",
      "application/x-www-form-urlencoded",
    ];
    for (const type of types) success(await post(` ${JSON.stringify(fields)}`, { "Content-Type": type }));
    success(await post(JSON.stringify(fields)));
    success(await post(new URLSearchParams(fields)));
    success(await post(form));
    expect(await inLists(ann, id)).toMatchObject({ silent: true });
    success(await post({ ...fields, conversation: id, silent: false }));
    expect(await inLists(ann, id)).toMatchObject({ silent: false });
  });

  test("the token of the body overrides those of the headers", async () => {
    const fields = { conversation: id, silent: "False" };
    for (const headers of [
      { Authorization: ann.token },
      { Authorization: `Bearer ${ann.token}` },
      { Authorization: `bearer  ${ann.token}`, token: "not looked at" },
      { token: ann.token },
    ]) {
      success(await post(fields, Object.fromEntries(Object.entries(headers))));
    }
    const Authorization = ann.token;
    success(await post({ token: ann.token, ...fields }, { Authorization: "none", token: "none" }));
    success(await post({ token: "", ...fields }, { Authorization }));
    failure(await post({ token: "none", ...fields }, { Authorization }), 1);
    failure(await post({ token: 7, ...fields }, { Authorization }), 1);
    failure(
      await post(`token=a&token=${ann.token}`, { "Content-Type": "application/x-www-form-urlencoded" }),
      1,
    );
    failure(await wire({ method: "POST", path: `${path}?token=${ann.token}`, body: fields }), 1);
  });

  test("a body that is too long or no object is refused", async () => {
    const headers = { token: ann.token };
    failure(await post("x".repeat(300_000), headers), -2);
    failure(await post("{", headers), -2);
    failure(await post("[]", headers), -2);
    failure(
      await post(`conversation=${id}&silent=%ff`, {
        ...headers,
        "Content-Type": "application/x-www-form-urlencoded",
      }),
      -2,
    );
  });

  test("a form of very many fields is parsed in linear time, whoever sends it", async () => {
    const types = { "Content-Type": "application/x-www-form-urlencoded" };
    const started = Date.now();
    failure(await post("a&".repeat(131_000), types), 1);
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  test("text that is not UTF-8 is refused in a multipart form too", async () => {
    const parts = [
      ["token", ann.token],
      ["conversation", String(id)],
      ["silent", "True"],
      ["note", "\u00ff"],
    ].map(([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
    const bytes = Uint8Array.from(`${parts.join("")}--x--\r\n`, (char) => char.charCodeAt(0));
    failure(await post(bytes, { "Content-Type": "multipart/form-data; boundary=x" }), -2);
    expect(await inLists(ann, id)).toMatchObject({ silent: false });
  });
});

describe("a group", () => {
  test("takes its members in every form of list, and ignores repeated ones and the creator", async () => {
    const [ann, bob, cas] = await three();
    const ids = [bob.user.id, cas.user.id];
    const form = (...entries: [string, unknown][]) => {
      const all = new URLSearchParams([
        ["token", ann.token],
        ["name", "一起"],
      ]);
      for (const [name, value] of entries) all.append(name, String(value));
      return all;
    };
    const bracketed = new FormData();
    for (const [name, value] of form(["members[]", ids[0]], ["members[]", ids[1]]))
      bracketed.append(name, value);
    const path = "/user/create_group_conversation/";
    for (const body of [
      { token: ann.token, name: "一起", members: [...ids.map(String), ...ids, ann.user.id] },
      form(["members", ids[0]], ["members", ids[1]]),
      form(["members", JSON.stringify(ids)]),
      form(["members", ids.join(",")]),
      form(["members[]", ids.join(" , ")]),
      { token: ann.token, name: "一起", members: ids.join(",") },
      bracketed,
    ]) {
      const { conversation_id } = z
        .looseObject({ conversation_id: ConversationId })
        .parse(success(await wire({ method: "POST", path, body })));
      expect(await getConversation(cas, conversation_id)).toMatchObject({ member_count: 3, name: "一起" });
    }
    const alone = await group(ann, []);
    expect(await getConversation(ann, alone)).toMatchObject({ member_count: 1, role: "owner" });
    const one = await wire({ method: "POST", path, body: form(["members", bob.user.id]) });
    expect(success(one)).toMatchObject({ code: 0 });
  });

  test("is not created with a user whose friendship ends at that moment", async () => {
    const [ann, bob] = await two();
    const before = await countRowsInD1();
    let hasEnded = false;
    using _ending = interceptD1(async (query, work) => {
      if (query === "BATCH" && !hasEnded) {
        hasEnded = true;
        await v1(ann, "DELETE", `/friends/${bob.user.id}`);
      }
      return work();
    });
    failure(await act(ann, "create_group_conversation", { name: "a group", members: [bob.user.id] }), 3);
    expect(hasEnded).toBe(true);
    expect(await countRowsInD1()).toEqual(before);
  });

  test("names the first unknown user of very many members", async () => {
    const [ann] = await two();
    const members = Array.from({ length: 20_000 }, () => "nobody");
    const answer = await act(ann, "create_group_conversation", { name: "a group", members });
    failure(answer, -2);
    const text = JSON.stringify(answer.body);
    expect(text).toContain("members.0: must be an integer; members.1");
    expect(text.length).toBeLessThan(10_000);
  });

  test("has a name of a hundred characters and a thousand members at most", async () => {
    const name = "名😀".repeat(50);
    const [ann, bob] = await two();
    const id = await group(ann, [], name);
    expect(await inLists(ann, id)).toMatchObject({ name });
    const members = [bob.user.id];
    failure(await act(ann, "create_group_conversation", { members, name: `${name}名` }), -2);
    failure(await act(ann, "create_group_conversation", { members: range(1, 1_001), name }), -2);
    expect(await list(ann, "group")).toHaveLength(1);
    failure(await ask(ann, id, { content: "x".repeat(8_001) }), -2);
  });
});

describe("the lists", () => {
  test("are complete, however long", async () => {
    const ann = itemAt(await signedInUsers(1), 0);
    const newest = await createGroupId(ann);
    const ids = range(newest + 1, newest + 501);
    const rows = JSON.stringify(ids);
    await env.DB.batch([
      env.DB.prepare(
        "INSERT INTO conversations (id, kind, created_at) SELECT value, 'group', 0 FROM json_each(?)",
      ).bind(rows),
      env.DB.prepare(
        `INSERT INTO memberships (conversation_id, user_id, role, state, joined_at)
         SELECT value, ?, 'owner', 'active', 0 FROM json_each(?)`,
      ).bind(ann.user.id, rows),
    ]);
    await runInDurableObject(inboxObject(ann.user.id), (_, { storage }) => {
      storage.sql.exec(
        `INSERT INTO conversations (conversation_id, ver, state, visible_from, last_seq, last_n, read_seq, read_n,
           member_count, kind, updated_at, counted_at, active_at, changed_at)
         SELECT value, 1, 'active', 0, 0, 0, 0, 0, 1, 'group', 0, 0, 0, 0 FROM json_each(?)`,
        rows,
      );
    });
    expect((await list(ann, "group")).map(({ id }) => id)).toEqual([newest, ...ids.toReversed()]);
  });

  test("agree after twenty concurrent changes of flags", async () => {
    const ann = itemAt(await signedInUsers(1), 0);
    const id = await group(ann, []);
    const set = (i: number) => act(ann, "set_sticky_conversation", { conversaion: id, sticky: i % 3 === 0 });
    for (const answer of await Promise.all(range(1, 20).map(set))) success(answer);
    const { sticky } = await getConversation(ann, id);
    expect(await inLists(ann, id)).toMatchObject({ sticked: sticky });
    expect(await listedConversation(ann, id)).toMatchObject({ sticky });
  });
});

describe("a former member", () => {
  test("is shown as former as soon as either their inbox or D1 knows", async () => {
    const [owner, removed] = await two();
    const id = await createGroupId(owner, removed);
    using _ = intercept(({ id: to, method, args, work }) => {
      const hears = to === removed.user.id && method === "applyUpdate";
      const asks = method === "snapshot";
      if (hears || (asks && JSON.stringify(args).includes(String(removed.user.id)))) throw new Error("lost");
      return work();
    });
    await v1(owner, "DELETE", `/conversations/${id}/members/${removed.user.id}`);
    expect(await inLists(removed, id)).toMatchObject({ disabled: true });
  });
});

describe("the second check", () => {
  test("checks the caller's own password, and ten wrong ones lock the check for the session", async () => {
    const ann = await register();
    const check = (password: unknown) => act(ann, "secondary_validate", { password });
    expect(success(await check(PASSWORD))).toEqual({ code: 0, info: "Succeed", Valid: true });
    for (const password of [undefined, null, 7, ["x"]]) failure(await check(password), -2);
    for (const guess of range(1, 10)) failure(await check(`guess ${guess}`), 2);
    const locked = await check(PASSWORD);
    failure(locked, -5, 429);
    expect(Number(locked.headers.get("Retry-After"))).toBeGreaterThan(0);
    const body = { username: ann.user.username, password: PASSWORD };
    expect((await call("POST", "/v1/login", { body })).status).toBe(200);
    const without = itemAt(await signedInUsers(1), 0);
    failure(await act(without, "secondary_validate", { password: "" }), 2);
  });
});

describe("queries", () => {
  test("show the items of a forward: the one with its first sender and time, or all that it holds", async () => {
    const [ann, bob, cas] = await three();
    const [there, here] = [await open(ann, cas), await open(ann, bob)];
    const said = await send(cas, there, "said elsewhere");
    const image = await send(ann, there, {
      kind: "image",
      body: { url: "https://files.example/a", name: "a" },
    });
    const passedOn = await send(ann, here, { forward: reference(said) });
    const twice = await send(bob, here, { forward: reference(passedOn) });
    const held = await send(ann, here, mergedDraft([said, image, passedOn], "of old"));
    const nested = await send(ann, here, mergedDraft([held], "older"));
    await send(ann, here, { forward: reference(nested) });
    const [first, picture] = await query(ann, there);
    expect(first?.create_time).toBe(new Date(said.created_at).toISOString());
    const all = await query(bob, here);
    const origin = { ...first, sender_name: cas.user.username };
    expect(all[0]).toMatchObject({ msg_body: "said elsewhere", sender_id: ann.user.id, is_transmit: true });
    expect(all[0]?.transmit_with).toEqual([origin]);
    expect(all[1]).toMatchObject({ msg_id: twice.seq, sender_id: bob.user.id, transmit_with: [origin] });
    const snapshot = { ...all[0], is_transmit: false, transmit_with: [] };
    expect(all[2]).toMatchObject({ msg_body: "of old", is_transmit: true });
    expect(all[2]?.transmit_with).toEqual([first, picture, snapshot]);
    expect(all[3]?.transmit_with).toEqual([all[2]]);
    expect(all[4]).toMatchObject({ msg_body: "older", is_transmit: true, transmit_with: [all[3]] });
    await expectDeleted(there, cas, said.seq, "everyone");
    expect(await query(bob, here), "forwards made before stay").toEqual(all);
  });
});

describe("streaming a long history", () => {
  /** Just more than two pages of the stream. */
  const SENT = 1_001;
  let ann: SignedIn;
  let bob: SignedIn;
  let id: ConversationId;

  beforeAll(async () => {
    [ann, bob] = await two();
    id = await open(ann, bob);
    await postText(id, ann, "1");
    await fill(id, ann, bob);
  });

  /** Stores all messages but the first. Each hundredth is the second user's. */
  async function fill(where: ConversationId, one: SignedIn, two: SignedIn): Promise<void> {
    await runInDurableObject(conversationObject(where), (_, { storage }) => {
      storage.sql.exec(
        `INSERT INTO messages (seq, n, sender_id, kind, body, created_at)
         SELECT value, value, iif(value % 100 = 0, ?1, ?2), 'text', json_object('text', value || ''), ?3
         FROM json_each(?4)`,
        ...[two.user.id, one.user.id, Date.now(), JSON.stringify(range(2, SENT))],
      );
    });
    await loseConversation(where);
  }

  const numbers = async (fields: object = {}) => (await bodies(ann, id, fields)).map(Number);

  test("returns all of it in order, each message once", async () => {
    expect(await numbers()).toEqual(range(1, SENT));
    expect(await numbers({ sender: bob.user.id })).toEqual(range(1, 10).map((n) => 100 * n));
    expect(await numbers({ content: "0" })).toEqual(range(1, SENT).filter((n) => String(n).includes("0")));
    expect(await numbers({ content: "1001" })).toEqual([1_001]);
    expect(await numbers({ type: "image" })).toEqual([]);
  });

  test.each([
    [{ limit: 1 }, [SENT]],
    [{ limit: "100" }, range(SENT - 99, SENT)],
    [{ limit: 101 }, range(SENT - 99, SENT)],
    [{ limit: Number.MAX_SAFE_INTEGER, before: 102 }, range(2, 101)],
    [{ limit: 3, before: 1 }, []],
    [{ limit: 3, before: 0 }, []],
    [{ limit: 3, before: 2 }, [1]],
    [{ limit: 3, before: 4 }, [1, 2, 3]],
    [{ limit: 3, before: "5" }, [2, 3, 4]],
    [{ limit: 2, before: 5_000 }, [SENT - 1, SENT]],
    [{ limit: 2, before: Number.MAX_SAFE_INTEGER }, [SENT - 1, SENT]],
    [{ before: 4 }, [1, 2, 3]],
    [{ before: 502 }, range(1, 501)],
    [{ before: 501 }, range(1, 500)],
    [{ before: 9_999 }, range(1, SENT)],
    [{ before: 301, limit: 2, content: "00" }, [200, 300]],
    [{ before: 301, content: "00" }, [100, 200, 300]],
  ])("%j returns so much of it", async (fields, expected) => {
    expect(await numbers(fields)).toEqual(expected);
  });

  test.each([
    ...[{ limit: 0 }, { limit: -1 }, { limit: "x" }, { limit: 1.5 }, { limit: null }, { limit: "" }],
    ...[{ before: -1 }, { before: "x" }, { before: 1.5 }, { before: [1] }, { before: "99999999999999999" }],
  ])("%j is refused", async (fields) => {
    const answer = await ask(ann, id, fields);
    failure(answer, -2);
    expect(JSON.stringify(answer.body)).toContain(Object.keys(fields)[0]);
  });

  test("includes a message present when its page is read, and none sent after the call", async () => {
    let calls = 0;
    using held = new HeldCalls(({ method }) => method === "history" && ++calls === 3);
    const reading = query(ann, id);
    await held.arrived();
    await expectDeleted(id, ann, SENT, "everyone");
    await postText(id, bob, "meanwhile");
    held.release();
    expect((await reading).map(({ msg_id }) => msg_id)).toEqual(range(1, SENT - 1));
  });

  test("breaks off at a failing page, so that no client takes a part for the whole", async () => {
    using broken = loseCall(2, "call", ({ method }) => method === "history");
    const body = JSON.stringify({ token: ann.token, conversation: id });
    const request = new Request("https://parley.test/user/query_all_records/", { method: "POST", body });
    const response = await exports.default.fetch(request);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect(broken.isHit).toBe(true);
  });

  test("breaks off when the caller's session ends", async () => {
    const session = await login((await register()).user.username);
    const other = await v1(session, "POST", "/conversations", {
      kind: "group",
      name: "long",
      member_ids: [],
    });
    const { id: own } = z.looseObject({ id: ConversationId }).parse(other);
    await postText(own, session, "1");
    await fill(own, session, session);
    let calls = 0;
    using held = new HeldCalls(({ method }) => method === "history" && ++calls === 3);
    const reading = ask(session, own);
    const broken = expect(reading).rejects.toThrow();
    await held.arrived();
    expect((await call("POST", "/v1/logout", { token: session.token })).status).toBe(204);
    held.release();
    await broken;
  });

  test("answers a fault where the stream cannot start", async () => {
    using broken = loseCall(1, "call", ({ method }) => method === "history");
    failure(await ask(ann, id), -4, 500);
    expect(broken.isHit).toBe(true);
  });
});
