import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/domain/limits.ts";
import { Content } from "../../../src/domain/messages/content.ts";
import { deleteAccount, gone, membershipsInD1, storedAnywhere } from "../../support/accounts/deletion.ts";
import { call, freshName, problem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  getConversation,
  getMessage,
  openDirect,
  page,
  remove,
  send,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { merged, post, posted, type Reference, reference, snapshot } from "../../support/clients/forwards.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { at, range } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let zaphod: SignedIn;
/** of Ann and Zaphod: where he writes */
let there: number;
/** of Ann and Bob: Zaphod never was in it */
let here: number;

const NICKNAME = "Zaphod Beeblebrox";
const AVATAR = "https://avatars.example/zaphod.png";

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
});

beforeEach(async () => {
  zaphod = await register(freshName("zaphod"));
  await profile(zaphod, { nickname: NICKNAME, avatar: AVATAR });
  there = (await createGroup(ann, [zaphod])).id;
  here = (await createGroup(ann, [bob])).id;
});

async function profile({ token }: SignedIn, body: object): Promise<void> {
  expect((await call("PATCH", "/v1/me", { token, body })).status).toBe(200);
}

/** A minute passes for the profiles which a conversation knows. */
async function aged(id: number): Promise<void> {
  const stub = env.CONVERSATION.getByName(String(id));
  await runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec("UPDATE people SET checked_at = 0");
  });
  await evictDurableObject(stub);
}

const shown = ({ user: { id, username } }: SignedIn, nickname = "", avatar = "") => ({
  ...{ id, username, nickname, avatar },
});

/** The group's merged messages: one of Zaphod's, one that holds that one, and a forward of the latter. */
async function ofZaphod(): Promise<{ inner: number; outer: number; copy: number }> {
  const source = await send(zaphod, there, "so long");
  const kept = await posted(ann, there, merged([source]));
  const inner = await posted(ann, here, merged([source]));
  const outer = await posted(ann, here, merged([kept, inner]));
  const elsewhere = await posted(ann, there, merged([kept]));
  const copy = await posted(ann, here, { forward: reference(elsewhere) });
  return { inner: inner.seq, outer: outer.seq, copy: copy.seq };
}

/** The senders that stand in what is read of the group, by every way. */
async function sendersRead(): Promise<unknown[]> {
  const { items } = await page(bob, here, "?limit=100");
  const last = at(items, items.length - 1);
  expect(await getMessage(bob, here, last.seq)).toEqual(last);
  const found = await call("GET", `/v1/conversations/${here}/messages/search?q=old&limit=100`, {
    token: bob.token,
  });
  expect(found.body).toMatchObject({ items: items.toReversed() });
  expect((await getConversation(bob, here)).last_message).toEqual(last);
  const socket = await openRoom(here, bob.token, "?after=0");
  await socket.next("synced");
  expect(socket.messages).toEqual(items);
  socket.close();
  return [...new Set(JSON.stringify(items).match(/"sender":\{[^}]*\}/g))].map((text) =>
    JSON.parse(text.slice('"sender":'.length)),
  );
}

describe("who wrote what a merged message holds", () => {
  test("is stored by his id, and shown as he is today, nested and forwarded too", async () => {
    await ofZaphod();
    const stored = await storedInConversation(here);
    expect(stored.split(NICKNAME)).toHaveLength(2);
    expect(await sendersRead()).toEqual(expect.arrayContaining([shown(zaphod, NICKNAME, AVATAR)]));
    await profile(zaphod, { nickname: "President", avatar: "" });
    await aged(here);
    await page(bob, here);
    const senders = await sendersRead();
    expect(senders).toHaveLength(2);
    expect(senders).toEqual(expect.arrayContaining([shown(zaphod, "President"), shown(ann)]));
    const live = await openRoom(here, bob.token);
    const made = await posted(ann, here, { forward: reference({ conversation_id: here, seq: 1 }) });
    await live.until(({ seqs }) => seqs.includes(made.seq));
    expect(live.messages.at(-1)).toEqual(made);
    expect(made.body.items).toMatchObject([{ sender: shown(zaphod, "President") }]);
    live.close();
    expect(await storedInConversation(here)).not.toContain(NICKNAME);
  });

  test("is a deleted user once his account is, though he never was in the conversation", async () => {
    await ofZaphod();
    const direct = (await openDirect(ann, bob)).id;
    await posted(ann, direct, merged([{ conversation_id: here, seq: 2 }]));
    const traces = [zaphod.user.username, "Beeblebrox", "avatars.example"];
    for (const id of [here, direct]) {
      for (const trace of traces) expect(await storedInConversation(id)).toContain(trace);
    }
    expect(await membershipsInD1(zaphod)).toEqual({ [there]: "active", [here]: "left", [direct]: "left" });
    expect((await deleteAccount(zaphod)).status).toBe(204);
    const left = await storedAnywhere([here, there, direct], [ann, bob, zaphod]);
    for (const trace of traces) expect(left).not.toContain(trace);
    const senders = await sendersRead();
    expect(senders).toHaveLength(2);
    expect(senders).toEqual(expect.arrayContaining([gone(zaphod), shown(ann)]));
    // Nothing else has happened here: no tip, no member more or less.
    expect(await getConversation(bob, here)).toMatchObject({ member_count: 2, last_seq: 3 });
    // What is made of it from now on shows nobody either.
    const again = await posted(ann, direct, merged([{ conversation_id: here, seq: 3 }]));
    expect(JSON.stringify(again)).toContain(JSON.stringify(gone(zaphod)));
    for (const trace of traces) expect(await storedInConversation(direct)).not.toContain(trace);
  });

  test("is nobody whom a refused one leaves behind", async () => {
    const source = await send(zaphod, there, "so long");
    const mute = { token: ann.token, body: { muted_for_s: 600 } };
    const both = (await createGroup(zaphod, [bob])).id;
    const his = await posted(zaphod, both, { forward: reference(source) });
    await call("PATCH", `/v1/conversations/${here}/members/${bob.user.id}`, mute);
    expect((await post(bob, here, merged([his]))).body).toMatchObject({ code: "muted" });
    expect(await storedInConversation(here)).not.toContain(NICKNAME);
    expect(await membershipsInD1(zaphod)).not.toHaveProperty(String(here));
  });

  test("is known no more where the message was revoked, once he is gone", async () => {
    const { inner, outer, copy } = await ofZaphod();
    for (const seq of [inner, outer, copy]) await remove(ann, here, seq, "everyone");
    expect((await deleteAccount(zaphod)).status).toBe(204);
    expect(await storedInConversation(here)).not.toContain(zaphod.user.username);
  });
});

describe("what is written", () => {
  test("is never taken for a sender", async () => {
    const nasty = ['"sender_id":1', '\\"sender_id":1', '","sender_id":1,"x":"', '{"sender_id":1}', "\\"];
    const sources: Reference[] = [];
    for (const text of nasty) {
      sources.push(await send(zaphod, there, text));
      const body = { data: text, description: text, extension: `${text}\\` };
      sources.push(await send(zaphod, there, { kind: "custom", body }));
    }
    const items = (await page(ann, there)).items.map(snapshot);
    const made = await posted(ann, here, merged(sources, nasty[0]));
    expect(made.body).toEqual({ title: nasty[0], items });
    const outer = await posted(ann, here, merged([made], nasty[1]));
    expect(outer.body).toEqual({ title: nasty[1], items: [snapshot(made)] });
  });

  test("has no field of the name by which senders are found", () => {
    for (const { shape } of Content.options) {
      expect(JSON.stringify(Object.keys(shape.body.shape))).not.toContain("sender_id");
    }
  });
});

/** A merged message of so many others: by 50 in each other. */
async function holding(count: number): Promise<Reference> {
  const source = await send(zaphod, there, "");
  const inner = await posted(
    ann,
    there,
    merged(
      Array.from({ length: 50 }, () => source),
      "",
    ),
  );
  const rest = count % 51;
  const items = [
    ...Array.from({ length: Math.floor(count / 51) }, () => inner),
    ...Array.from({ length: rest }, () => source),
  ];
  return posted(ann, here, merged(items, ""));
}

describe("limits", () => {
  beforeEach(() => profile(zaphod, { nickname: "", avatar: "" }));

  test("a merged message holds 1,000 at most, with those in each other", async () => {
    const most = await holding(999);
    problem(
      await post(ann, here, merged([most, { conversation_id: there, seq: 1 }])),
      400,
      "validation_failed",
    );
    await posted(ann, here, merged([most], ""));
    const body = merged([{ conversation_id: here, seq: 2 }]);
    problem(await post(ann, here, body), 400, "validation_failed");
  });

  test("256 KiB are counted with profiles, of a forward too", async () => {
    const most = await holding(1_000);
    await posted(ann, here, { forward: reference(most) });
    await profile(zaphod, { avatar: `https://a.example/${"x".repeat(300)}` });
    await aged(here);
    await page(ann, here);
    problem(await post(ann, here, { forward: reference(most) }), 400, "validation_failed");
    problem(await post(ann, here, merged([most])), 400, "validation_failed");
  });

  test("avatars that grow later make pages shorter, no socket closes, and nothing is missed", async () => {
    const most = await holding(1_000);
    for (const _ of range(1, 3)) await posted(ann, here, { forward: reference(most) });
    // As JSON six times as long.
    for (const [avatar, isShown] of [
      ["x".repeat(2_000), true],
      ["\u0001".repeat(2_000), false],
    ] as const) {
      const url = `https://a.example/${avatar}!`;
      // Such a one is no URL by the book; what stands in D1 counts.
      await env.DB.prepare("UPDATE users SET avatar = ? WHERE id = ?").bind(url, zaphod.user.id).run();
      await aged(here);
      const read: number[] = [];
      for (let more = true; more; ) {
        const one = await page(bob, here, `?after=${read.at(-1) ?? 0}`);
        const json = JSON.stringify(one);
        expect(json.length).toBeLessThan(LIMITS.pageBytes + 10_000);
        expect(json.includes(JSON.stringify(url))).toBe(isShown);
        read.push(...one.items.map(({ seq }) => seq));
        more = one.has_more;
      }
      expect(read).toEqual(range(1, 4));
      const socket = await openRoom(here, bob.token, "?after=0");
      for (let more = true; more; ) {
        const { last_seq, has_more } = await socket.next("synced");
        more = has_more === true;
        if (more) socket.send({ type: "sync", after: last_seq });
      }
      expect(socket.seqs).toEqual(range(1, 4));
      expect(socket.isOpen).toBe(true);
      socket.close();
      const search = `/v1/conversations/${here}/messages/search?q=x&kind=merged`;
      expect((await call("GET", search, { token: bob.token })).status).toBe(200);
    }
  });
});
