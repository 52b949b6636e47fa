import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { Result } from "../../../src/domain/errors.ts";
import { ConversationId, Position, Seq, type UserId } from "../../../src/domain/ids.ts";
import type { InboxUpdate } from "../../../src/domain/sync/inbox-update.ts";
import { SessionGate } from "../../../src/inbox/account/session-gate.ts";
import { MIGRATIONS } from "../../../src/inbox/migrations.ts";
import { migrate } from "../../../src/object/migrations.ts";
import { register, type SignedIn } from "../../support/clients/api.ts";
import { openDirect } from "../../support/clients/chat.ts";
import { inboxObject, newGroup, range, sessionOf } from "../../support/objects/room.ts";
import { timing } from "../../support/timing.ts";

let ann: SignedIn;
let userId: UserId;

beforeAll(async () => {
  ann = await register();
  userId = ann.user.id;
});

function bump(conversation: number, ver: number, fields: Partial<InboxUpdate> = {}): InboxUpdate {
  return {
    conversationId: ConversationId.parse(conversation),
    version: ver,
    state: "active",
    deletedForMe: false,
    visibleFrom: Position.parse(0),
    newFrom: Position.parse(0),
    lastSeq: Position.parse(ver),
    lastCount: ver,
    readSeq: Position.parse(0),
    readCount: 0,
    memberCount: 2,
    preview: null,
    updatedAt: ver,
    rev: 0,
    ephemeral: [],
    ...fields,
  };
}

async function entries() {
  const listed = await inboxObject(userId).list({ limit: 100 });
  if (!listed.ok) throw new Error(listed.detail);
  return listed.value;
}

/** The inbox of somebody new. */
async function freshInbox() {
  return inboxObject((await register()).user.id);
}

function told<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.detail);
  return result.value;
}

test("a snapshot is taken only if it is newer: late and doubled ones change nothing, in any order", async () => {
  const inbox = inboxObject(userId);
  for (const ver of [3, 1, 3, 2, 5, 4, 5]) await inbox.applyUpdate(bump(1, ver));
  const stale = bump(1, 5, { lastCount: 99, preview: null, updatedAt: 99 });
  await inbox.applyUpdate(stale);
  expect(await entries()).toMatchObject([{ conversationId: 1, lastSeq: 5, unreadCount: 5, updatedAt: 5 }]);
  await evictDurableObject(inbox);
  await inbox.applyUpdate(bump(1, 4, { lastCount: 99 }));
  expect(await entries()).toMatchObject([{ lastSeq: 5, unreadCount: 5 }]);
});

test("concurrent snapshots leave the newest", async () => {
  const inbox = inboxObject(userId);
  await Promise.all(range(1, 30).map((i) => inbox.applyUpdate(bump(2, (i * 7) % 31))));
  expect((await entries()).find(({ conversationId }) => conversationId === 2)).toMatchObject({ lastSeq: 30 });
});

test("who has left has it no more in his list; whoever joins again has it", async () => {
  const inbox = inboxObject(userId);
  await inbox.applyUpdate(bump(3, 1));
  await inbox.applyUpdate(bump(3, 2, { state: "left" }));
  await inbox.applyUpdate(bump(3, 1));
  expect((await entries()).map(({ conversationId }) => conversationId)).not.toContain(3);
  await inbox.applyUpdate(bump(3, 3));
  expect((await entries()).map(({ conversationId }) => conversationId)).toContain(3);
});

test("a sticky flag outlives snapshots and hibernation", async () => {
  const inbox = inboxObject(userId);
  await inbox.applyUpdate(bump(4, 1));
  await inbox.setPinned({ conversationId: ConversationId.parse(4), pinned: true });
  await inbox.applyUpdate(bump(4, 2));
  await evictDurableObject(inbox);
  expect((await entries())[0]).toMatchObject({ conversationId: 4, pinned: true, lastSeq: 2 });
});

test("a preview is kept as it was told", async () => {
  const preview = {
    seq: Seq.parse(1),
    senderId: userId,
    kind: "text",
    body: '{"text":"界"}',
    mentions: [userId],
    revoked: false,
    createdAt: 5,
  } as const;
  await inboxObject(userId).applyUpdate(bump(5, 1, { preview: { ...preview, mentions: [userId] } }));
  const found = (await entries()).find(({ conversationId }) => conversationId === 5);
  expect(found?.preview).toEqual(preview);
});

test("pages reach each conversation once, also where many have the same time", async () => {
  const newcomer = await register();
  const inbox = inboxObject(newcomer.user.id);
  for (const i of range(1, 25)) await inbox.applyUpdate(bump(i, 1, { updatedAt: i % 3 }));
  for (const i of [4, 8]) await inbox.setPinned({ conversationId: ConversationId.parse(i), pinned: true });
  const seen: number[] = [];
  let page = await inbox.list({ limit: 4 });
  while (page.ok && page.value.length > 0) {
    seen.push(...page.value.map(({ conversationId }) => conversationId));
    const last = page.value.at(-1);
    if (!last) break;
    page = await inbox.list({ limit: 4, after: last });
  }
  expect(seen.slice(0, 2)).toEqual([8, 4]);
  expect([...seen].sort((a, b) => a - b)).toEqual(range(1, 25));
});

test("one kind of conversation comes by number, newest first, with how many there are; sticky ones stay in their places", async () => {
  const inbox = await freshInbox();
  for (const i of range(1, 9)) {
    const kind = i % 3 === 0 ? "group" : "direct";
    await inbox.applyUpdate(bump(i, 1, { kind, updatedAt: i === 2 ? 8 : i, readAt: i * 10 }));
  }
  await inbox.setPinned({ conversationId: ConversationId.parse(1), pinned: true });
  await inbox.applyUpdate(bump(4, 2, { kind: "direct", deletedForMe: true }));
  const part = async (kind: "direct" | "group", skip: number, limit: number) => {
    const { entries, total } = told(await inbox.numbered({ kind, skip, limit }));
    return [entries.map(({ conversationId, readAt }) => [conversationId, readAt]), total];
  };
  const direct = [8, 2, 7, 5, 1].map((id) => [id, id * 10]);
  expect(await part("direct", 0, 10)).toEqual([direct, 5]);
  expect(await part("direct", 0, 2)).toEqual([direct.slice(0, 2), 5]);
  expect(await part("direct", 4, 2)).toEqual([direct.slice(4), 5]);
  expect(await part("direct", 5, 2)).toEqual([[], 5]);
  expect(await part("direct", Number.MAX_SAFE_INTEGER * 50, 50)).toEqual([[], 5]);
  expect((await part("group", 0, 10))[1]).toBe(3);
});

test("of what kind those are which the release before told of is looked up, and known from then on", async () => {
  const [owner, other] = [await register(), await register()];
  const inbox = inboxObject(owner.user.id);
  const direct = ConversationId.parse((await openDirect(owner, other)).id);
  const group = await newGroup(owner, other);
  const forget = (also = "") =>
    runInDurableObject(inbox, (_, { storage }) => {
      storage.sql.exec(`UPDATE conversations SET kind = NULL, read_at = 0 ${also}`);
    });
  await forget();
  const ids = async (kind: "direct" | "group") =>
    told(await inbox.numbered({ kind, skip: 0, limit: 10 })).entries.map((entry) => entry.conversationId);
  expect([await ids("direct"), await ids("group")]).toEqual([[direct], [group]]);
  // A bump of the release before takes away nothing that is known.
  await inbox.applyUpdate(bump(direct, 1_000));
  expect(await ids("direct")).toEqual([direct]);
  // Nor of what is known here alone.
  await inbox.applyUpdate(bump(987_655, 1, { kind: "direct" }));
  await inbox.applyUpdate(bump(987_655, 2, { state: "left" }));
  await inbox.applyUpdate(bump(987_655, 3));
  expect(await ids("direct")).toEqual([direct, 987_655]);
  await inbox.applyUpdate(bump(987_655, 4, { state: "left" }));
  // What no D1 knows of is of no kind.
  await inbox.applyUpdate(bump(987_654, 1));
  await forget("WHERE conversation_id = 987654");
  expect([await ids("direct"), await ids("group")]).toEqual([[direct], [group]]);
});

test("a check for lost sockets keeps what is announced while a conversation answers, and asks all", () =>
  runInDurableObject(env.INBOX.get(env.INBOX.newUniqueId()), async (_, { storage }) => {
    migrate(storage, MIGRATIONS);
    const sessionId = sessionOf(ann);
    const at = (id: number) => ({ conversationId: ConversationId.parse(id), sessionId });
    const gate: SessionGate = new SessionGate(
      storage.sql,
      {
        kick: async () => undefined,
        openSessions: async (id) => {
          if (id === 1) throw new Error("not reached");
          if (id === 2) gate.register(at(2));
          return id === 3 ? [sessionId] : [];
        },
      },
      timing.socketRegistry,
    );
    for (const id of range(1, 4)) gate.register(at(id));
    await expect(gate.forgetLost()).rejects.toThrow("not reached");
    const left = storage.sql.exec("SELECT conversation_id FROM sockets ORDER BY 1").toArray();
    expect(left.map((row) => row.conversation_id)).toEqual([1, 2, 3]);
  }));
