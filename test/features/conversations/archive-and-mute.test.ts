import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  getConversation,
  list,
  openDirect,
  send,
} from "../../support/clients/chat.ts";
import type { StrictConversation } from "../../support/clients/shapes.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { evict } from "../../support/objects/sleep.ts";
import { inLists } from "../../surfaces/formpost/client.ts";

const users = () => signedInUsers(3);

const prefer = ({ token }: SignedIn, id: number, body: unknown) =>
  ask({ token }, id, "PUT", "/preferences", body);

async function set(who: SignedIn, id: number, body: object): Promise<void> {
  const answer = await prefer(who, id, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

const ids = (items: StrictConversation[]) => items.map(({ id }) => Number(id));
const shown = async (who: SignedIn) => ids((await list(who, "?limit=100")).items);
const archive = async (who: SignedIn) => ids((await list(who, "?archived=true&limit=100")).items);

/** Expects a conversation in the archive, or in the list, and each answer to say so. */
async function expectArchived(who: SignedIn, id: number, archived: boolean): Promise<void> {
  expect((await getConversation(who, id)).archived).toBe(archived);
  await eventually(async () => {
    expect({ shown: (await shown(who)).includes(id), archive: (await archive(who)).includes(id) }).toEqual({
      shown: !archived,
      archive: archived,
    });
  });
  for (const { id: listed, ...item } of (await list(who, `?archived=${archived}&limit=100`)).items)
    if (listed === id) expect(item.archived).toBe(archived);
}

const Totals = z.object({
  unread_count: z.int(),
  conversation_count: z.int(),
  audible: z.object({ unread_count: z.int() }),
});

async function unread({ token }: SignedIn) {
  return Totals.parse((await call("GET", "/v1/me/unread", { token })).body);
}

describe("an archived conversation", () => {
  test("is in the archive and not in the list, for the caller alone", async () => {
    const [ann, bob] = await users();
    const { id, archived } = await openDirect(ann, bob);
    expect(archived).toBe(false);
    expect((await prefer(ann, id, { archived: true })).body).toMatchObject({ id, archived: true });
    await expectArchived(ann, id, true);
    await expectArchived(bob, id, false);
    expect((await prefer(ann, id, { archived: true })).body).toMatchObject({ archived: true });
    await set(ann, id, { sticky: true, validation: true });
    await expectArchived(ann, id, true);
    await set(ann, id, { archived: false });
    await expectArchived(ann, id, false);
  });

  test("comes back with a new message, of others or the caller's own", async () => {
    const [ann, bob, cem] = await users();
    const { id } = await createGroup(ann, [bob, cem]);
    await send(bob, id, "before");
    for (const sender of [bob, ann]) {
      await set(ann, id, { archived: true });
      await expectArchived(ann, id, true);
      await send(sender, id, "hello");
      await expectArchived(ann, id, false);
    }
  });

  test("stays where it is through what is no message", async () => {
    const [ann, bob, cem] = await users();
    const { id } = await createGroup(bob, [ann]);
    const { seq } = await send(bob, id, "before");
    await send(bob, id, "and another");
    await set(ann, id, { archived: true });
    await ask(bob, id, "POST", "/members", { user_ids: [cem.user.id] });
    await ask(bob, id, "PATCH", "", { name: "new name" });
    await ask(ann, id, "PUT", "/read", { seq: seq + 1 });
    expect((await deleteMessage(bob, id, seq, "everyone")).status).toBe(204);
    expect((await deleteMessage(ann, id, seq + 1, "me")).status).toBe(204);
    await set(ann, id, { silent: true });
    await set(ann, id, { silent: false });
    await expectArchived(ann, id, true);
    await evict(ConversationId.parse(id));
    await expectArchived(ann, id, true);
    await send(bob, id, "hello");
    await evict(ConversationId.parse(id));
    await expectArchived(ann, id, false);
  });

  test("stays when it is muted as the message comes, also once the mute is over", async () => {
    const [ann, bob, cem] = await users();
    const clock = freezeClock();
    const { id } = await createGroup(bob, [ann]);
    await set(ann, id, { archived: true, muted_until: Date.now() + 60_000 });
    await send(bob, id, "while muted");
    await expectArchived(ann, id, true);
    advanceClock(60_000);
    await expectArchived(ann, id, true);
    expect(await getConversation(ann, id)).toMatchObject({ silent: false, muted_until: 0 });
    await ask(bob, id, "POST", "/members", { user_ids: [cem.user.id] });
    await expectArchived(ann, id, true);
    // An object that wakes finds the newest message behind any number of them.
    for (let i = 1; i <= 7; i++) {
      await evict(ConversationId.parse(id));
      await expectArchived(ann, id, true);
      await ask(bob, id, "PATCH", "", { name: `name ${i}` });
    }
    await send(bob, id, "after it");
    await expectArchived(ann, id, false);
    clock.resume();
  });

  test("stays when a mute for ever ends, and does not go back when one begins", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    await set(ann, id, { archived: true, silent: true });
    await send(bob, id, "while muted");
    await set(ann, id, { silent: false });
    await expectArchived(ann, id, true);
    await send(bob, id, "aloud");
    await expectArchived(ann, id, false);
    await set(ann, id, { muted_until: -1 });
    await expectArchived(ann, id, false);
    await set(ann, id, { muted_until: 0 });
    await send(bob, id, "aloud again");
    await expectArchived(ann, id, false);
  });

  test("has its frame on the caller's devices, when it is archived and when it comes back", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    const device = await openDevice(ann.token);
    const Frame = z.looseObject({ conversation: z.looseObject({ id: z.int(), archived: z.boolean() }) });
    const told = () => device.of("conversation").map((frame) => Frame.parse(frame).conversation.archived);
    await set(ann, id, { archived: true });
    await device.until(() => told().length === 1);
    for (let i = 1; i <= 3; i++) await send(bob, id, "hello");
    await device.until(() => device.messages.length === 3 && told().length === 2);
    await device.untilProcessed(id);
    expect(told()).toEqual([true, false]);
    device.close();
  });

  test("counts as unread unless it is muted", async () => {
    const [ann, bob] = await users();
    const { id } = await createGroup(bob, [ann]);
    await send(bob, id, "unread");
    await set(ann, id, { archived: true });
    await eventually(async () => expect(await unread(ann)).toMatchObject({ unread_count: 1 }));
    await set(ann, id, { silent: true });
    await send(bob, id, "muted");
    const nothing = { unread_count: 0, conversation_count: 0, audible: { unread_count: 0 } };
    await eventually(async () => expect(await unread(ann)).toMatchObject(nothing));
    expect((await getConversation(ann, id)).unread_count).toBe(2);
    await set(ann, id, { archived: false });
    expect(await unread(ann)).toMatchObject({ unread_count: 2, conversation_count: 1 });
  });

  test("is in its list after a repair, and after an eviction of the inbox", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    await send(bob, id, "before");
    await set(ann, id, { archived: true, muted_until: -1, sticky: true });
    expect((await call("POST", "/v1/me/repair", { token: ann.token })).status).toBe(200);
    await send(bob, id, "muted");
    await expectArchived(ann, id, true);
  });

  test("is listed by the other APIs, which have no archive", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    await send(bob, id, "hello");
    await set(ann, id, { archived: true });
    await expectArchived(ann, id, true);
    expect(await inLists(ann, id)).toMatchObject({ friend_id: bob.user.id });
  });
});

describe("both lists", () => {
  test("have whole pages, in their order, without gap or repeat", async () => {
    const [ann, bob] = await users();
    const groups = await Promise.all(Array.from({ length: 9 }, () => createGroup(ann, [bob])));
    for (const { id } of groups) await send(bob, id, "hello");
    const hidden = groups.filter((_, i) => i % 3 !== 1).map(({ id }) => id);
    for (const id of hidden) await set(ann, id, { archived: true });
    for (const { id } of groups.slice(3, 5)) await set(ann, id, { sticky: true });
    await eventually(async () => expect((await archive(ann)).length).toBe(6));
    for (const archived of [true, false]) {
      const all = (await list(ann, `?archived=${archived}`)).items;
      expect(new Set(ids(all))).toEqual(
        new Set(groups.map(({ id }) => id).filter((id) => hidden.includes(id) === archived)),
      );
      for (const limit of [1, 2, 4, 6]) {
        const pages: StrictConversation[][] = [];
        for (let cursor: string | null = ""; cursor !== null; ) {
          const query = `?archived=${archived}&limit=${limit}${cursor && `&cursor=${cursor}`}`;
          const page = await list(ann, query);
          pages.push(page.items);
          cursor = page.next_cursor;
        }
        expect(pages.flat()).toEqual(all);
        expect(pages.every(({ length }) => length > 0)).toBe(true);
        expect(pages.length).toBe(Math.ceil(all.length / limit));
      }
    }
  });

  test.each(["yes", "", "1", "true&archived=false"])("archived=%s is refused", async (value) => {
    const [ann] = await users();
    expectProblem(
      await call("GET", `/v1/conversations?archived=${value}`, { token: ann.token }),
      400,
      "validation_failed",
    );
  });
});

describe("muted_until", () => {
  test("agrees with silent, whichever is set", async () => {
    const [ann, bob] = await users();
    freezeClock();
    const { id } = await openDirect(ann, bob);
    const state = async () => {
      const { silent, muted_until } = await getConversation(ann, id);
      const listed = (await list(ann)).items.find((item) => item.id === id);
      expect(listed).toMatchObject({ silent, muted_until });
      return [silent, muted_until];
    };
    expect(await state()).toEqual([false, 0]);
    await set(ann, id, { silent: true });
    expect(await state()).toEqual([true, -1]);
    const until = Date.now() + 60_000;
    await set(ann, id, { muted_until: until });
    expect(await state()).toEqual([true, until]);
    await set(ann, id, { sticky: true });
    expect(await state()).toEqual([true, until]);
    advanceClock(59_999);
    expect(await state()).toEqual([true, until]);
    advanceClock(1);
    expect(await state()).toEqual([false, 0]);
    await set(ann, id, { muted_until: -1 });
    expect(await state()).toEqual([true, -1]);
    await set(ann, id, { silent: false });
    expect(await state()).toEqual([false, 0]);
    // A time that is over does not mute.
    await set(ann, id, { muted_until: until - 1 });
    expect(await state()).toEqual([false, 0]);
    await set(ann, id, { silent: true, muted_until: -1 });
    expect(await state()).toEqual([true, -1]);
  });

  test("decides whether a conversation is audible", async () => {
    const [ann, bob] = await users();
    freezeClock();
    const { id } = await openDirect(ann, bob);
    await send(bob, id, "hello");
    await set(ann, id, { muted_until: Date.now() + 1_000 });
    await eventually(async () =>
      expect(await unread(ann)).toMatchObject({ unread_count: 1, audible: { unread_count: 0 } }),
    );
    advanceClock(1_000);
    expect(await unread(ann)).toMatchObject({ unread_count: 1, audible: { unread_count: 1 } });
  });

  test.each([-2, 1.5, "1", null, 2 ** 53])("%s is refused, and nothing changes", async (value) => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    expectProblem(await prefer(ann, id, { muted_until: value, archived: true }), 400, "validation_failed");
    expect(await getConversation(ann, id)).toMatchObject({ muted_until: 0, archived: false });
  });

  test.each([
    { silent: true, muted_until: 0 },
    { silent: false, muted_until: -1 },
  ])("that contradicts silent is refused: %j", async (body) => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    expectProblem(await prefer(ann, id, body), 400, "validation_failed");
  });
});

test("the inbox learns of the archive from the list, where a crash left it behind D1", async () => {
  const [ann, bob] = await users();
  const { id } = await openDirect(ann, bob);
  await send(bob, id, "hello");
  const crashed =
    "UPDATE memberships SET archived_count = 1, silent = 1 WHERE conversation_id = ? AND user_id = ?";
  await env.DB.prepare(crashed).bind(id, ann.user.id).run();
  expect(await shown(ann)).toContain(id);
  await expectArchived(ann, id, true);
});
