import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { call, expectProblem, freshName, register, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  getConversation,
  list,
  listedConversation,
  openDirect,
  send,
} from "../../support/clients/chat.ts";
import type { StrictConversation } from "../../support/clients/shapes.ts";
import { advanceClock } from "../../support/clock.ts";
import { intercept } from "../../support/faults/calls.ts";
import { conversationObject, inboxObject } from "../../support/objects/room.ts";
import { timing } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register(freshName(), { nickname: "Bob" })]);
});

const prefer = ({ token }: SignedIn, id: number, body: unknown) =>
  ask({ token }, id, "PUT", "/preferences", body);

const ids = (items: StrictConversation[]) => items.map(({ id }) => id);

/** Reads all pages of the list, from the first to the last. */
async function walk(caller: SignedIn, limit: number): Promise<StrictConversation[][]> {
  const pages: StrictConversation[][] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const after: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await list(caller, `?limit=${limit}${after}`);
    pages.push(page.items);
    cursor = page.next_cursor;
  }
  return pages;
}

describe("the list", () => {
  test("is empty at first", async () => {
    expect(await list(await register())).toEqual({ items: [], next_cursor: null });
  });

  test("lists pinned conversations first, then by newest activity, in pages without gap or repeat", async () => {
    const eve = await register();
    // Several are created in the same millisecond, so that the time alone does not decide.
    const created = await Promise.all(Array.from({ length: 7 }, () => createGroup(eve)));
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0] = ids(created);
    for (const id of [c, f, a, e]) await send(eve, id, "hello");
    for (const id of [b, e, f]) expect((await prefer(eve, id, { sticky: true })).status).toBe(200);
    const all = (await list(eve)).items;
    const byTime = (x: StrictConversation, y: StrictConversation) =>
      y.updated_at - x.updated_at || y.id - x.id;
    const sorted = [
      ...all.filter((x) => x.sticky).sort(byTime),
      ...all.filter((x) => !x.sticky).sort(byTime),
    ];
    expect(ids(all)).toEqual(ids(sorted));
    expect(ids(all).slice(0, 5)).toEqual([e, f, b, a, c]);
    expect(new Set(ids(all).slice(5))).toEqual(new Set([d, g]));
    for (const limit of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const pages = await walk(eve, limit);
      expect(pages.flat(), `limit ${limit}`).toEqual(all);
      expect(pages.map((page) => page.length)).toEqual(
        Array.from({ length: Math.ceil(7 / limit) }, (_, i) => Math.min(limit, 7 - i * limit)),
      );
    }
    // New activity moves a conversation up, unpinning moves one down.
    await send(eve, d, "hello");
    await prefer(eve, f, { sticky: false });
    expect(ids((await list(eve)).items).slice(0, 5)).toEqual([e, b, d, a, f]);
  });

  test("a cursor continues after its position even if that conversation has moved", async () => {
    const eve = await register();
    const [a, b, c] = [await createGroup(eve), await createGroup(eve), await createGroup(eve)];
    for (const { id } of [a, b, c]) await send(eve, id, "hello");
    const first = await list(eve, "?limit=2");
    expect(ids(first.items)).toEqual([c.id, b.id]);
    await send(eve, b.id, "up");
    const second = await list(eve, `?limit=2&cursor=${first.next_cursor}`);
    expect(ids(second.items)).toEqual([a.id]);
  });

  test.each(["0", "101", "-1", "1.5", "1e1", "abc", "", "%00", "99999999999999999999", "5&limit=6"])(
    "limit=%s is refused",
    async (limit) => {
      const answer = await call("GET", `/v1/conversations?limit=${limit}`, { token: ann.token });
      expectProblem(answer, 400, "validation_failed");
    },
  );

  const encoded = (value: unknown) => encodeURIComponent(btoa(JSON.stringify(value)));
  test.each([
    ["empty", ""],
    ["a word", "x"],
    ["not base64", "%25%25%25"],
    ["not ASCII", encodeURIComponent("你好😀")],
    ["U+0000", "%00"],
    ["not JSON", btoa("[true,")],
    ["other JSON", encoded({ sticky: true })],
    ["null", encoded(null)],
    ["too few parts", encoded([true, 1])],
    ["too many parts", encoded([true, 1, 1, 1])],
    ["a negative time", encoded([true, -1, 1])],
    ["a fraction", encoded([true, 1.5, 1])],
    ["a huge time", btoa("[true,1e400,1]")],
    ["an unsafe id", btoa("[true,1,9007199254740993]")],
    ["SQL", encoded(["1) OR 1=1 --", 1, 1])],
    ["deep nesting", btoa("[".repeat(5_000))],
    ["twice", `${encoded([true, 1, 1])}&cursor=${encoded([true, 1, 1])}`],
  ])("a cursor that is %s is refused", async (_, cursor) => {
    const answer = await call("GET", `/v1/conversations?cursor=${cursor}`, { token: ann.token });
    expectProblem(answer, 400, "validation_failed");
  });

  test("a direct conversation shows the peer's current name and avatar", async () => {
    const eve = await register();
    const { id } = await openDirect(ann, eve);
    expect((await listedConversation(ann, id)).name).toBe(eve.user.username);
    const profile = { nickname: "Eve 😀", avatar: "https://example.org/eve.png" };
    await call("PATCH", "/v1/me", { token: eve.token, body: profile });
    for (const shown of [await listedConversation(ann, id), await getConversation(ann, id)]) {
      expect(shown).toMatchObject({ name: profile.nickname, avatar: profile.avatar, peer: profile });
    }
  });
});

describe("preferences", () => {
  const FLAGS = ["sticky", "silent", "validation"] as const;

  test.each(FLAGS)("%s is set and cleared for the caller alone", async (flag) => {
    const { id } = await openDirect(ann, bob);
    const before = await getConversation(ann, id);
    for (const value of [true, true, false]) {
      const answer = await prefer(ann, id, { [flag]: value });
      expect(answer).toMatchObject({ status: 200 });
      // Silent without a time is silent for ever.
      const mute = { muted_until: flag === "silent" && value ? -1 : 0 };
      expect(answer.body).toEqual({ ...before, [flag]: value, ...mute });
      expect(await getConversation(ann, id)).toEqual(answer.body);
      expect(await listedConversation(ann, id)).toEqual(answer.body);
      expect((await listedConversation(bob, id))[flag]).toBe(false);
      expect((await getConversation(bob, id))[flag]).toBe(false);
    }
  });

  test("fields that a request omits stay as they are", async () => {
    const { id } = await createGroup(ann, [bob]);
    const flags = async () => {
      const { sticky, silent, validation } = await listedConversation(ann, id);
      return { sticky, silent, validation };
    };
    const all = { sticky: true, silent: true, validation: true };
    expect(await prefer(ann, id, all)).toMatchObject({ status: 200, body: all });
    expect(await prefer(ann, id, {})).toMatchObject({ status: 200, body: all });
    expect(await prefer(ann, id, { loud: true, role: "admin" })).toMatchObject({ status: 200, body: all });
    expect(await prefer(ann, id, { silent: false })).toMatchObject({ status: 200 });
    expect(await flags()).toEqual({ ...all, silent: false });
  });

  test("a pinned flag that the inbox missed is repaired when the list is read", async () => {
    const eve = await register();
    const { id } = await createGroup(eve);
    await createGroup(eve);
    await env.DB.prepare("UPDATE memberships SET pinned = 1 WHERE conversation_id = ?").bind(id).run();
    await expect.poll(async () => ids((await list(eve)).items)[0]).toBe(id);
    expect((await listedConversation(eve, id)).sticky).toBe(true);
  });
});

test("a conversation id is a decimal integer without a sign", async () => {
  const { token } = ann;
  for (const id of [
    "0",
    "-1",
    "+1",
    "1.5",
    "1e3",
    "0x1",
    "abc",
    "%20",
    "%00",
    "%ff",
    "%",
    "١",
    "9".repeat(40),
  ]) {
    expectProblem(await call("GET", `/v1/conversations/${id}`, { token }), 400, "validation_failed");
  }
  for (const id of ["999999", "0999999", "9007199254740991"])
    expectProblem(await call("GET", `/v1/conversations/${id}`, { token }), 404, "not_found");
});

describe("the list during activity", () => {
  const List = z.object({
    items: z.array(
      z.looseObject({ last_seq: z.int(), unread_count: z.int(), last_message: z.looseObject({}).nullable() }),
    ),
  });

  const Id = z.looseObject({ id: z.int() });

  test("includes every message sent before the request, without waiting for the fan-out", async () => {
    const [ann, bob] = [await register(), await register()];
    const body = { kind: "direct", user_id: bob.user.id };
    const opened = await call("POST", "/v1/conversations", { token: ann.token, body });
    const { id } = Id.parse(opened.body);
    const send = async (seq: number) => {
      const message = { kind: "text", body: { text: `message ${seq}` } };
      const answer = await ask(ann, id, "POST", "/messages", message);
      expect(answer.status).toBe(201);
    };
    const list = async () => {
      const answer = await call("GET", "/v1/conversations", { token: bob.token });
      return List.parse(answer.body).items[0];
    };
    await send(1);
    await expect.poll(list).toMatchObject({ last_seq: 1 });
    for (let seq = 2; seq <= 20; seq++) {
      await send(seq);
      const text = `message ${seq}`;
      expect(await list()).toMatchObject({
        last_seq: seq,
        unread_count: seq,
        last_message: { body: { text } },
      });
    }
  });

  test("includes them also when the conversation's snapshot blocks the machine for 400 ms", async () => {
    const [ann, bob] = [await register(), await register()];
    const { id } = await openDirect(ann, bob);
    await send(ann, id, "one");
    await expect.poll(async () => (await listedConversation(bob, id)).last_seq).toBe(1);
    await send(ann, id, "two");
    using _ = intercept(async ({ method, work }) => {
      if (method !== "snapshot") return work();
      // Let the caller begin to wait before the thread blocks.
      await Promise.resolve();
      const until = performance.now() + 400;
      while (performance.now() < until);
      return work();
    });
    expect(await listedConversation(bob, id)).toMatchObject({ last_seq: 2, unread_count: 2 });
  });

  test.each([true, false])(
    "asks a conversation that sent an update within seconds, also a repeated one: %s",
    async (repeats) => {
      const [ann, bob] = [await register(), await register()];
      const { id } = await openDirect(ann, bob);
      await send(ann, id, "one");
      await expect.poll(async () => (await listedConversation(bob, id)).last_seq).toBe(1);
      const snapshot = await conversationObject(id).snapshot({ userId: bob.user.id });
      if (!snapshot.ok) throw new Error("Bob is a member");
      advanceClock(timing.recent.listMs + 1);
      if (repeats) await inboxObject(bob.user.id).applyUpdate(snapshot.value.update);
      const asked: unknown[] = [];
      using _ = intercept(({ method, id: to, work }) => {
        if (method === "snapshot") asked.push(to);
        return work();
      });
      await listedConversation(bob, id);
      expect(asked).toEqual(repeats ? [id] : []);
    },
  );

  test("includes them after an eviction of the inbox", async () => {
    const [ann, bob] = [await register(), await register()];
    const { id } = await openDirect(ann, bob);
    const list = async () => {
      const answer = await call("GET", "/v1/conversations", { token: bob.token });
      return List.parse(answer.body).items[0];
    };
    await expect.poll(list).toMatchObject({ last_seq: 0 });
    const message = { kind: "text", body: { text: "hello" } };
    await ask(ann, id, "POST", "/messages", message);
    await evictDurableObject(env.INBOX.getByName(String(bob.user.id)));
    expect(await list()).toMatchObject({ last_seq: 1, unread_count: 1 });
  });
});
