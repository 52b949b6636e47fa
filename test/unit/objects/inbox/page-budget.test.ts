import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { Position, SessionId, UserId } from "../../../../src/domain/ids.ts";
import { DeviceCursors } from "../../../../src/inbox/devices/device-cursors.ts";
import { DeviceFeed } from "../../../../src/inbox/devices/device-feed.ts";
import { DeviceSocket } from "../../../../src/inbox/devices/device-socket.ts";
import { MessageContexts } from "../../../../src/inbox/devices/message-contexts.ts";
import { MIGRATIONS } from "../../../../src/inbox/migrations.ts";
import { migrate } from "../../../../src/object/migrations.ts";
import { UserBudgets } from "../../../../src/object/user-budgets.ts";
import { MetricsInMemory } from "../../../../src/storage/metrics/memory.ts";
import { deviceProtocol } from "../../../../src/surfaces/v1/frames/device.ts";
import { nextTurn } from "../../../support/event-loop.ts";
import { conversationsWith, inboxUpdate, listOf } from "../../../support/objects/inbox-list.ts";
import { range } from "../../../support/objects/room.ts";
import { timing } from "../../../support/timing.ts";

const ANN = UserId.parse(100_000);
const CONVERSATIONS = 8;
const SESSION = SessionId.parse("00000000000000000000000000000000");

/** Delivers updates that lack `messages` each, all at once. @returns the most pages fetched at once */
async function fetchedAtOnce(messages: number, maxBytes: number): Promise<number> {
  let [fetched, most, failed] = [0, 0, 0];
  await runInDurableObject(env.INBOX.get(env.INBOX.newUniqueId()), async (_, state) => {
    const { storage } = state;
    migrate(storage, MIGRATIONS);
    const { sql } = storage;
    const { 1: server } = new WebSocketPair();
    const identity = {
      userId: ANN,
      sessionId: SESSION,
      expiresAt: Number.MAX_SAFE_INTEGER,
      origin: "",
      protocol: "v1",
    };
    const origins = { publicOrigin: null, formerOrigins: [] };
    const socket = DeviceSocket.accept(state, server, identity, {
      protocols: { v1: deviceProtocol },
      settings: origins,
      names: { find: () => undefined },
    });
    if (!socket) throw new Error("the protocol is there");
    socket.isNew = false;
    const [list, cursors] = [listOf(sql), new DeviceCursors(sql)];
    const conversations = conversationsWith({
      replay: async (id, { after, rev }) => {
        fetched++;
        most = Math.max(most, fetched);
        await nextTurn();
        fetched--;
        // A failed fetch returns its share too.
        if (id === 1) throw new Error("lost on purpose");
        const lastSeq = Position.parse(messages);
        const none = { changes: [], changed: [], messages: [], formats: [] };
        return { after, since: rev, ...none, lastSeq, rev: 0, hasMore: false };
      },
    });
    const known = {
      metrics: new MetricsInMemory(),
      ...{ list, timing, audience: { open: () => [socket], isOpen: () => true, isOpening: () => false } },
      settings: { maxChanges: 5_000 },
      budgets: new UserBudgets(storage.sql, { rateLimits: false }, timing.userBudgets),
      userId: () => ANN,
    };
    const contexts = new MessageContexts({ ...known, directory: { storedContext: async () => null } });
    const feed = new DeviceFeed({ ...known, cursors, conversations, contexts }, maxBytes);
    const taken = range(1, CONVERSATIONS).map((id) => feed.take(inboxUpdate(id, messages)));
    for (const result of await Promise.allSettled(taken)) if (result.status === "rejected") failed++;
  });
  expect(failed).toBe(1);
  return most;
}

test("the pages that an inbox fetches to send them have so many bytes at most", async () => {
  const mebi = 1024 * 1024;
  // A message may be a merged one of 256 KiB, a page has 3.2 MiB.
  expect(await fetchedAtOnce(1, mebi)).toBe(4);
  expect(await fetchedAtOnce(2, mebi)).toBe(2);
  expect(await fetchedAtOnce(1_000, 7 * mebi)).toBe(2);
  // A page larger than all there is waits for the others, and is fetched alone.
  expect(await fetchedAtOnce(1_000, mebi)).toBe(1);
  expect(await fetchedAtOnce(1, 32 * mebi)).toBe(CONVERSATIONS);
});
