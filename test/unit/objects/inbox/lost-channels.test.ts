import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { deletedUser } from "../../../../src/domain/accounts/person.ts";
import { ConversationId, Position, Seq, SpaceId, UserId } from "../../../../src/domain/ids.ts";
import type { Conversations } from "../../../../src/domain/ports.ts";
import type { MessagesInContext } from "../../../../src/domain/sync/message-context.ts";
import { ConversationFeed } from "../../../../src/inbox/bot-updates/conversation-feed.ts";
import { UpdateQueue } from "../../../../src/inbox/bot-updates/update-queue.ts";
import { MIGRATIONS } from "../../../../src/inbox/migrations.ts";
import { CallBudget } from "../../../../src/object/concurrency.ts";
import { migrate } from "../../../../src/object/migrations.ts";
import { kookFormat } from "../../../../src/surfaces/kook/format.ts";
import { watchSql } from "../../../support/objects/costs.ts";
import { conversationsWith, inboxUpdate } from "../../../support/objects/inbox-list.ts";
import { timing } from "../../../support/timing.ts";

const CHANNEL = ConversationId.parse(7);
const SPACE = SpaceId.parse(3);
const BOT = UserId.parse(1);
const self = { ...deletedUser(BOT), bot: true };
const page: MessagesInContext = {
  items: [],
  context: { id: CHANNEL, kind: "group", name: "seeds", handle: null, peerRead: null, self, spaceId: SPACE },
};

/** Runs `work` on the queue of a bot that has heard three messages of a channel, and five changes. */
function withFeed(
  work: (feed: ConversationFeed, queue: UpdateQueue, sql: SqlStorage) => Promise<void>,
  asked: (feed: () => ConversationFeed) => Partial<Conversations> = () => ({}),
): Promise<void> {
  const inbox = env.INBOX.getByName(`lost ${crypto.randomUUID()}`);
  return runInDurableObject(inbox, async (_, { storage }) => {
    migrate(storage, MIGRATIONS);
    const queue = new UpdateQueue(storage, { storeList: () => undefined, timing }, "gateway");
    queue.begin();
    const cursor = { seq: Position.parse(3), rev: 5, editedAt: 0, isIn: true, name: "" };
    queue.add(CHANNEL, { updates: [], revoked: [], reacted: [] }, cursor);
    const feed: ConversationFeed = new ConversationFeed({
      ...{
        queue,
        format: kookFormat,
        timing,
        userId: () => BOT,
        removalFrom: () => null,
        added: () => undefined,
      },
      conversations: conversationsWith({
        pageWithContext: () => Promise.resolve(page),
        ...asked(() => feed),
      }),
      placeOf: (context) => Promise.resolve(context),
    });
    await work(feed, queue, storage.sql);
  });
}

const three = Position.parse(3);
const take = (feed: ConversationFeed, state: "active" | "left", version: number, rev: number) =>
  feed.taken(inboxUpdate(CHANNEL, version, { spaceId: SPACE, state, lastSeq: three, newFrom: three, rev }));

test("a bot is told of no change of the moment in which it could not read a channel", async () => {
  await withFeed(async (feed, queue) => {
    take(feed, "left", 4, 5);
    expect(take(feed, "active", 5, 6)).not.toBeNull();
    // The changes are not asked for.
    expect(await feed.read(CHANNEL, new CallBudget(100))).toBeNull();
    expect(queue.cursor(CHANNEL)).toMatchObject({ isIn: true, rev: 6 });
  });
});

test("what is read while a bot loses a channel and has it back is not told", async () => {
  let isLosing = true;
  await withFeed(
    async (feed, queue) => {
      take(feed, "active", 4, 6);
      expect(await feed.read(CHANNEL, new CallBudget(100))).not.toBeNull();
      expect(queue.cursor(CHANNEL)).toMatchObject({ rev: 5 });
      expect(await feed.read(CHANNEL, new CallBudget(100))).toBeNull();
      expect(queue.cursor(CHANNEL)).toMatchObject({ isIn: true, rev: 7 });
    },
    (feed) => ({
      changes: () => Promise.resolve({ items: [], rev: 6, hasMore: false }),
      pageWithContext: () => {
        if (isLosing) {
          isLosing = false;
          take(feed(), "left", 5, 6);
          take(feed(), "active", 6, 7);
        }
        return Promise.resolve(page);
      },
    }),
  );
});

test("to hide what waits of a lost channel reads each update a few times, however many wait", async () => {
  await withFeed(async (feed, queue, sql) => {
    const updates = Array.from({ length: 200 }, (_, at) => {
      return { kind: "message", seq: Seq.parse(at + 1), body: "secret" };
    });
    queue.append(CHANNEL, updates);
    const cursors: { rowsRead: number }[] = [];
    watchSql(sql, (_, cursor) => cursors.push(cursor));
    take(feed, "left", 4, 5);
    Reflect.deleteProperty(sql, "exec");
    expect(cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0)).toBeLessThan(5 * updates.length);
    expect(queue.first(1_000).filter(({ body }) => body.includes("secret"))).toEqual([]);
  });
});
