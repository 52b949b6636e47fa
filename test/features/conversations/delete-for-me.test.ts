import { evictDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { call, expectProblem, register, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import {
  allReadable,
  ask,
  createGroup,
  deleteMessage,
  expectAsked,
  getConversation,
  getMessage,
  list,
  listedConversation,
  openDirect,
  openForSelf,
  page,
  send,
  sendAll,
  storedInConversation,
  storedInInbox,
} from "../../support/clients/chat.ts";
import { asLastMessage, withoutOwnPart } from "../../support/clients/shapes.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { HeldInbox, overtakes } from "../../support/faults/hold.ts";
import { conversationObject } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: number;

beforeAll(async () => {
  ann = await register();
});

/** Sets `bob` to a new user and `id` to their direct conversation with Ann. */
async function direct(): Promise<void> {
  bob = await register();
  ({ id } = await openDirect(ann, bob));
}

const clear = ({ token }: SignedIn) => ask({ token }, id, "DELETE", "");
const lists = async (who: SignedIn) => (await list(who, "?limit=100")).items.some((item) => item.id === id);

/** Expects a call about a message to be refused as if the message did not exist. */
async function expectNotFound(
  { token }: SignedIn,
  method: string,
  path: string,
  body?: object,
): Promise<void> {
  const answer = await call(method, `/v1/conversations/${id}/${path}`, { token, ...(body && { body }) });
  expectProblem(answer, 404, "not_found");
}

describe("deleting a direct conversation", () => {
  beforeAll(direct);

  test("removes its history and its list entry for the caller, and changes nothing for the peer", async () => {
    await sendAll(ann, id, ["one", "a secret walrus"]);
    const sent = await send(bob, id, "three");
    const before = { bob: await allReadable(bob, id) };
    expect((await clear(ann)).status).toBe(204);
    expect(await lists(ann)).toBe(false);
    expect(await storedInInbox(ann)).not.toContain("walrus");
    expect(await page(ann, id)).toEqual({ items: [], has_more: false, last_seq: 3, rev: expect.any(Number) });
    expect(await page(ann, id, "?after=0")).toEqual({ items: [], has_more: false });
    expect(await getConversation(ann, id)).toMatchObject({
      ...{ last_message: null, last_seq: 3, read_seq: 3, unread_count: 0 },
      updated_at: sent.created_at,
    });
    expect(await allReadable(bob, id)).toBe(before.bob);
  });

  test("is idempotent", async () => {
    // The inbox notes that it has heard of the conversation.
    const listed = async () => (await storedInInbox(ann)).replace(/"heard_at":\d+/, "");
    const state = async () => [await storedInConversation(id), await listed()];
    const before = await state();
    for (const { status } of await Promise.all(Array.from({ length: 20 }, () => clear(ann)))) {
      expect(status).toBe(204);
    }
    expect(await state()).toEqual(before);
  });

  test("makes its old messages impossible to read, hide or quote for the caller", async () => {
    await expectNotFound(ann, "GET", "messages/2");
    await expectNotFound(ann, "DELETE", "messages/2?for=me");
    await expectNotFound(ann, "DELETE", "messages/3?for=everyone");
    await expectNotFound(ann, "POST", "messages", { kind: "text", body: { text: "x" }, quote_seq: 2 });
    expect((await getMessage(bob, id, 2)).revoked).toBe(false);
  });

  test("survives an eviction of the conversation object", async () => {
    await evictDurableObject(conversationObject(ConversationId.parse(id)));
    expect(await page(ann, id)).toEqual({ items: [], has_more: false, last_seq: 3, rev: expect.any(Number) });
    expect(await lists(ann)).toBe(false);
  });

  test("moves the read position that the peer sees", async () => {
    const { body } = await ask(bob, id, "GET", "/receipts");
    expect(body).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ user_id: ann.user.id, read_seq: 3 })]),
    });
  });

  test("lists the conversation again with a new message, and only that message is readable", async () => {
    const sent = await send(bob, id, "four");
    expect(await listedConversation(ann, id)).toMatchObject({
      last_message: { seq: 4 },
      unread_count: 1,
      read_seq: 3,
    });
    expect((await page(ann, id)).items).toEqual([sent]);
    expect((await page(bob, id)).items).toHaveLength(4);
  });

  test("hides deleted content from quotes in new messages", async () => {
    const socket = await openRoom(id, ann.token);
    const others = await openRoom(id, bob.token);
    await send(bob, id, { kind: "text", body: { text: "see" }, quote_seq: 2 });
    await Promise.all([socket.next("message"), others.next("message")]);
    expect(socket.messages.at(-1)).not.toHaveProperty("quote");
    expect(others.messages.at(-1)).toMatchObject({ quote: { seq: 2, preview: "a secret walrus" } });
    expect((await page(ann, id)).items.at(-1)).not.toHaveProperty("quote");
    socket.close();
    others.close();
  });

  test("answers a repeated send with the first message, and does not list the conversation again", async () => {
    const body = { kind: "text", body: { text: "once" }, client_msg_id: "once" };
    const first = await send(ann, id, body);
    expect((await clear(ann)).status).toBe(204);
    const repeated = await ask(ann, id, "POST", "/messages", body);
    expect([repeated.status, repeated.body]).toEqual([200, first]);
    expect(await lists(ann)).toBe(false);
  });

  test("lists the conversation again when the caller sends a message", async () => {
    expect(await lists(ann)).toBe(false);
    const sent = await send(ann, id, "hello again");
    expect(await listedConversation(ann, id)).toMatchObject({
      last_message: { seq: sent.seq },
      unread_count: 0,
    });
    expect((await page(ann, id)).items).toEqual([sent]);
  });

  test("opening the conversation again lists it for the opener alone, without its history", async () => {
    expect((await clear(ann)).status).toBe(204);
    expect((await clear(bob)).status).toBe(204);
    expect((await openForSelf(ann, bob)).last_message).toBeNull();
    expect([await lists(ann), await lists(bob)]).toEqual([true, false]);
    expect(await page(ann, id)).toEqual({ items: [], has_more: false, last_seq: 7, rev: expect.any(Number) });
    expect((await clear(ann)).status).toBe(204);
    expect(await lists(ann)).toBe(false);
  });
});

test("deleting moves the read position on sockets, replays start after it, and new messages still arrive", async () => {
  await direct();
  const own = await openRoom(id, ann.token);
  const others = await openRoom(id, bob.token);
  await sendAll(bob, id, ["1", "2", "3"]);
  await own.until(({ seqs }) => seqs.length === 3);
  expect((await clear(ann)).status).toBe(204);
  expect(await others.next("read")).toMatchObject({ user_id: ann.user.id, seq: 3 });
  expect(await own.next("read")).toMatchObject({ user_id: ann.user.id, seq: 3 });
  await send(bob, id, "4");
  await own.until(({ seqs }) => seqs.length === 4);
  await deleteMessage(bob, id, 2, "everyone");
  const back = await openRoom(id, ann.token, "?after=0&rev=0");
  expect(await back.next("synced")).toMatchObject({ last_seq: 4, has_more: false });
  expect(back.seqs).toEqual([4]);
  expect(back.of("revoked")).toEqual([]);
  for (const socket of [own, others, back]) socket.close();
});

test("a message sent during a deletion is either before it or readable after it, never lost", async () => {
  await direct();
  await sendAll(bob, id, ["1", "2"]);
  const sends = Array.from({ length: 20 }, (_, i) => send(bob, id, `x ${i}`));
  const cleared = clear(ann);
  await Promise.all([...sends, cleared]);
  const { read_seq, last_seq } = await getConversation(ann, id);
  const { items } = await page(ann, id, "?limit=100");
  expect(items.map(({ seq }) => seq)).toEqual(
    Array.from({ length: last_seq - read_seq }, (_, i) => read_seq + 1 + i),
  );
  expect(await lists(ann)).toBe(items.length > 0);
});

test("an empty deleted conversation stays unlisted until a message arrives", async () => {
  await direct();
  expect((await clear(bob)).status).toBe(204);
  expect([await lists(ann), await lists(bob)]).toEqual([true, false]);
  await send(ann, id, "1");
  expect((await listedConversation(bob, id)).unread_count).toBe(1);
});

test("only the owner may delete a group, and outsiders get not_found", async () => {
  const [cem, dee] = await registerUsers(2);
  const group = await createGroup(cem, [ann]);
  id = group.id;
  expectProblem(await clear(ann), 403, "forbidden");
  expectProblem(await clear(dee), 404, "not_found");
  expect(await getConversation(cem, group.id)).toEqual({ ...group, online_count: expect.any(Number) });
  expect((await clear(cem)).status).toBe(204);
  for (const member of [ann, cem]) expect(await lists(member)).toBe(false);
});

describe("a single message that is hidden", () => {
  /** Text that must not be readable after the hide. */
  const WORDS = "a secret walrus";

  let ann: SignedIn;
  let bob: SignedIn;
  let cem: SignedIn;

  beforeAll(async () => {
    [ann, bob, cem] = await Promise.all([register(), register(), register()]);
  });

  describe("a hide", () => {
    test("removes a message from one member's view alone", async () => {
      const { id } = await createGroup(ann, [bob]);
      const first = await send(ann, id, "first");
      const sent = await send(ann, id, WORDS);
      const ofBob = await getConversation(bob, id);
      expect((await deleteMessage(bob, id, 2, "me")).status).toBe(204);
      expect((await deleteMessage(bob, id, 2, "me")).status).toBe(204);
      expect(await allReadable(bob, id)).not.toContain(WORDS);
      expect(await storedInInbox(bob)).not.toContain(WORDS);
      expect(await page(bob, id)).toEqual({
        items: [first],
        has_more: false,
        last_seq: 2,
        rev: expect.any(Number),
      });
      expect(await getConversation(bob, id)).toEqual({ ...ofBob, last_message: asLastMessage(first) });
      expect({ ...(await listedConversation(bob, id)), online_count: 0 }).toEqual({
        ...ofBob,
        last_message: asLastMessage(first),
      });
      expect(await page(ann, id)).toEqual({
        items: [first, sent],
        has_more: false,
        last_seq: 2,
        rev: expect.any(Number),
      });
      expect((await listedConversation(ann, id)).last_message).toEqual(asLastMessage(sent));
    });

    test("repeated during the first one is answered once the preview has changed too", async () => {
      const { id } = await createGroup(ann, [bob]);
      await send(ann, id, "first");
      await send(ann, id, WORDS);
      const held = await HeldInbox.hold(bob.user.id);
      try {
        const first = deleteMessage(bob, id, 2, "me");
        await eventually(async () => expect((await page(bob, id)).items).toHaveLength(1));
        expect(await overtakes(deleteMessage(bob, id, 2, "me"), () => page(bob, id))).toBe(false);
        held.release();
        expect((await first).status).toBe(204);
      } finally {
        held.release();
      }
      expect((await listedConversation(bob, id)).last_message).toMatchObject({ seq: 1 });
    });

    test("makes the message not_found for the member who hid it", async () => {
      const { id } = await createGroup(ann, [bob]);
      await send(ann, id, WORDS);
      expect((await deleteMessage(bob, id, 1, "me")).status).toBe(204);
      const token = bob.token;
      expectProblem(await ask({ token }, id, "GET", "/messages/1"), 404, "not_found");
      expectProblem(await deleteMessage(bob, id, 1, "everyone"), 404, "not_found");
      const quoting = { kind: "text", body: { text: "x" }, quote_seq: 1 };
      expectProblem(await ask({ token }, id, "POST", "/messages", quoting), 404, "not_found");
      expect((await getConversation(bob, id)).last_message).toBeNull();
      expect((await listedConversation(bob, id)).last_message).toBeNull();
    });

    test("removes quotes of that message for the member who hid it, in pushed and changed messages too", async () => {
      const { id } = await createGroup(ann, [bob, cem]);
      await send(ann, id, WORDS);
      expect((await deleteMessage(bob, id, 1, "me")).status).toBe(204);
      const socket = await openRoom(id, bob.token);
      const quoting = await send(cem, id, { kind: "text", body: { text: "this" }, quote_seq: 1 });
      expect(quoting.quote?.preview).toBe(WORDS);
      const { quote: _, ...without } = quoting;
      expect(await getMessage(bob, id, 2)).toEqual(without);
      expect((await page(bob, id)).items).toEqual([without]);
      expect((await getConversation(bob, id)).last_message).toEqual(asLastMessage(without));
      expect((await socket.next("message")).message).toEqual(withoutOwnPart(without));
      for (const seq of [1, 2]) await expectAsked(ann, id, "PUT", `/messages/${seq}/reactions/:k:`);
      expect(await socket.next("changed")).toMatchObject({ items: [{ seq: 2 }] });
      expect(JSON.stringify(socket.frames)).not.toContain(WORDS);
      expect((await getMessage(ann, id, 2)).quote).toEqual(quoting.quote);
      socket.close();
    });
  });
});
