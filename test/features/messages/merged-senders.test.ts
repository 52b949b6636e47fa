import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Content } from "../../../src/domain/messages/content.ts";
import {
  deleteAccount,
  deletedUser,
  membershipsInD1,
  storedAnywhere,
} from "../../support/accounts/deletion.ts";
import { changeProfile, expireProfiles } from "../../support/accounts/profiles.ts";
import { freshName, register, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  getConversation,
  getMessage,
  openDirect,
  page,
  send,
  storedInConversation,
} from "../../support/clients/chat.ts";
import {
  expectPosted,
  mergedDraft,
  mergedItem,
  postDraft,
  type Reference,
  reference,
} from "../../support/clients/forwards.ts";
import { asLastMessage, withoutOwnPart } from "../../support/clients/shapes.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { itemAt } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let zaphod: SignedIn;
/** a group of Ann and Zaphod, the sender */
let sourceGroup: number;
/** a group of Ann and Bob, of which Zaphod never was a member */
let targetGroup: number;

const NICKNAME = "Zaphod Beeblebrox";
const AVATAR = "https://avatars.example/zaphod.png";

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
});

beforeEach(async () => {
  zaphod = await register(freshName("zaphod"));
  await changeProfile(zaphod, { nickname: NICKNAME, avatar: AVATAR });
  sourceGroup = (await createGroup(ann, [zaphod])).id;
  targetGroup = (await createGroup(ann, [bob])).id;
});

const profileOf = ({ user: { id, username } }: SignedIn, nickname = "", avatar = "") => ({
  ...{ id, username, nickname, avatar },
});

/**
 * Creates merged messages in the target: one with a message of Zaphod, one with that one, and a forward of a
 * merged one.
 */
async function mergeZaphods(): Promise<{ inner: number; outer: number; copy: number }> {
  const source = await send(zaphod, sourceGroup, "so long");
  const kept = await expectPosted(ann, sourceGroup, mergedDraft([source]));
  const inner = await expectPosted(ann, targetGroup, mergedDraft([source]));
  const outer = await expectPosted(ann, targetGroup, mergedDraft([kept, inner]));
  const elsewhere = await expectPosted(ann, sourceGroup, mergedDraft([kept]));
  const copy = await expectPosted(ann, targetGroup, { forward: reference(elsewhere) });
  return { inner: inner.seq, outer: outer.seq, copy: copy.seq };
}

/** The senders in the target's merged messages, which must be the same by every way to read them. */
async function sendersRead(): Promise<unknown[]> {
  const { items } = await page(bob, targetGroup, "?limit=100");
  const last = itemAt(items, items.length - 1);
  expect(await getMessage(bob, targetGroup, last.seq)).toEqual(last);
  const found = await ask(bob, targetGroup, "GET", "/messages/search?q=old&limit=100");
  expect(found.body).toMatchObject({ items: items.toReversed() });
  expect((await getConversation(bob, targetGroup)).last_message).toEqual(asLastMessage(last));
  const socket = await openRoom(targetGroup, bob.token, "?after=0");
  await socket.next("synced");
  expect(socket.messages).toEqual(items.map(withoutOwnPart));
  socket.close();
  return [...new Set(JSON.stringify(items).match(/"sender":\{[^}]*\}/g))].map((text) =>
    JSON.parse(text.slice('"sender":'.length)),
  );
}

describe("the sender in a merged message", () => {
  test("is stored by id and shown with the current profile, in nested and forwarded ones too", async () => {
    await mergeZaphods();
    const stored = await storedInConversation(targetGroup);
    expect(stored.split(NICKNAME)).toHaveLength(2);
    expect(await sendersRead()).toEqual(expect.arrayContaining([profileOf(zaphod, NICKNAME, AVATAR)]));
    await changeProfile(zaphod, { nickname: "President", avatar: "" });
    await expireProfiles(targetGroup);
    await page(bob, targetGroup);
    const senders = await sendersRead();
    expect(senders).toHaveLength(2);
    expect(senders).toEqual(expect.arrayContaining([profileOf(zaphod, "President"), profileOf(ann)]));
    const live = await openRoom(targetGroup, bob.token);
    const made = await expectPosted(ann, targetGroup, {
      forward: reference({ conversation_id: targetGroup, seq: 1 }),
    });
    await live.until(({ seqs }) => seqs.includes(made.seq));
    expect(live.messages.at(-1)).toEqual(withoutOwnPart(made));
    expect(made.body.items).toMatchObject([{ sender: profileOf(zaphod, "President") }]);
    live.close();
    expect(await storedInConversation(targetGroup)).not.toContain(NICKNAME);
  });

  test("is shown as deleted after an account deletion, even if never a member of the conversation", async () => {
    await mergeZaphods();
    const direct = (await openDirect(ann, bob)).id;
    await expectPosted(ann, direct, mergedDraft([{ conversation_id: targetGroup, seq: 2 }]));
    const traces = [zaphod.user.username, "Beeblebrox", "avatars.example"];
    for (const id of [targetGroup, direct]) {
      for (const trace of traces) expect(await storedInConversation(id)).toContain(trace);
    }
    expect(await membershipsInD1(zaphod)).toEqual({
      [sourceGroup]: "active",
      [targetGroup]: "left",
      [direct]: "left",
    });
    expect((await deleteAccount(zaphod)).status).toBe(204);
    const storedAfter = await storedAnywhere([targetGroup, sourceGroup, direct], [ann, bob, zaphod]);
    for (const trace of traces) expect(storedAfter).not.toContain(trace);
    const senders = await sendersRead();
    expect(senders).toHaveLength(2);
    expect(senders).toEqual(expect.arrayContaining([deletedUser(zaphod), profileOf(ann)]));
    // Nothing else has changed: no system message, no member more or less.
    expect(await getConversation(bob, targetGroup)).toMatchObject({ member_count: 2, last_seq: 3 });
    // New copies show the deleted user too.
    const newCopy = await expectPosted(ann, direct, mergedDraft([{ conversation_id: targetGroup, seq: 3 }]));
    expect(JSON.stringify(newCopy)).toContain(JSON.stringify(deletedUser(zaphod)));
    for (const trace of traces) expect(await storedInConversation(direct)).not.toContain(trace);
  });

  test("is not stored when the merged message is refused", async () => {
    const source = await send(zaphod, sourceGroup, "so long");
    const both = (await createGroup(zaphod, [bob])).id;
    const forwarded = await expectPosted(zaphod, both, { forward: reference(source) });
    await ask(ann, targetGroup, "PATCH", `/members/${bob.user.id}`, { muted_for_s: 600 });
    expect((await postDraft(bob, targetGroup, mergedDraft([forwarded]))).body).toMatchObject({
      code: "muted",
    });
    expect(await storedInConversation(targetGroup)).not.toContain(NICKNAME);
    expect(await membershipsInD1(zaphod)).not.toHaveProperty(String(targetGroup));
  });

  test("is deleted where the message was revoked before the account deletion", async () => {
    const { inner, outer, copy } = await mergeZaphods();
    for (const seq of [inner, outer, copy]) await deleteMessage(ann, targetGroup, seq, "everyone");
    expect((await deleteAccount(zaphod)).status).toBe(204);
    expect(await storedInConversation(targetGroup)).not.toContain(zaphod.user.username);
  });
});

describe("message content", () => {
  test("that looks like a sender stays unchanged", async () => {
    const nasty = ['"sender_id":1', '\\"sender_id":1', '","sender_id":1,"x":"', '{"sender_id":1}', "\\"];
    const sources: Reference[] = [];
    for (const text of nasty) {
      sources.push(await send(zaphod, sourceGroup, text));
      const body = { data: text, description: text, extension: `${text}\\` };
      sources.push(await send(zaphod, sourceGroup, { kind: "custom", body }));
    }
    const items = (await page(ann, sourceGroup)).items.map(mergedItem);
    const made = await expectPosted(ann, targetGroup, mergedDraft(sources, nasty[0]));
    expect(made.body).toEqual({ title: nasty[0], items });
    const outer = await expectPosted(ann, targetGroup, mergedDraft([made], nasty[1]));
    expect(outer.body).toEqual({ title: nasty[1], items: [mergedItem(made)] });
  });

  test("has no field named sender_id", () => {
    for (const { shape } of Content.options) {
      expect(JSON.stringify(Object.keys(shape.body.shape))).not.toContain("sender_id");
    }
  });
});
