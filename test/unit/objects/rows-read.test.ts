import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { pageFor } from "../../../src/conversation/calls/reading.ts";
import type { Room } from "../../../src/conversation/room.ts";
import { ConversationId, Position, Seq } from "../../../src/domain/ids.ts";
import type { Draft } from "../../../src/domain/messages/message.ts";
import type { InboxUpdate } from "../../../src/domain/sync/inbox-update.ts";
import { MIGRATIONS } from "../../../src/inbox/migrations.ts";
import { JOBS_TABLE } from "../../../src/object/jobs/alarm-jobs.ts";
import { migrate } from "../../../src/object/migrations.ts";
import { Inbox } from "../../support/app.ts";
import { watchSql } from "../../support/objects/costs.ts";
import { listOf } from "../../support/objects/inbox-list.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom } from "../../support/objects/isolated-room.ts";
import { timing } from "../../support/timing.ts";

const LENGTH = 3_000;
/** The most rows a query reads when only three messages and a change are new. */
const MOST = 8;

const draft: Draft = {
  ...{ clientMsgId: "again", kind: "text", body: '{"text":"hi"}' },
  ...{ quoteSeq: Seq.parse(2), mentions: [] },
};

function say(room: Room, drafts: Draft[]): void {
  room.sends.submit(ANN, drafts, { resolve: () => undefined });
  room.flushSends();
}

/** A room with a long log that Bob joined late. Of each hundred messages one is revoked and one hidden. */
async function longRoom(storage: DurableObjectStorage): Promise<Room> {
  storage.sql.exec("UPDATE members SET visible_from = 1 WHERE user_id = ?", BOB);
  const room = isolatedRoom(storage);
  for (let said = 0; said < LENGTH; said += 100) {
    const plain = { ...draft, clientMsgId: undefined, quoteSeq: undefined };
    say(room, Array<Draft>(100).fill(plain));
    await room.redaction.revoke(ANN, Seq.parse(said + 50));
    await room.redaction.hide(BOB, Seq.parse(said + 51));
  }
  say(room, [draft]);
  return room;
}

/** The rows that `work` reads, and by which queries. */
async function readBy(sql: SqlStorage, work: () => unknown): Promise<{ rows: number; queries: string[] }> {
  const read: { query: string; cursor: { rowsRead: number } }[] = [];
  watchSql(sql, (query, cursor) => read.push({ query, cursor }));
  await work();
  Reflect.deleteProperty(sql, "exec");
  const dear = read.filter(({ cursor }) => cursor.rowsRead > MOST);
  return {
    rows: read.reduce((sum, { cursor }) => sum + cursor.rowsRead, 0),
    queries: dear.map(({ query }) => query),
  };
}

test.each([
  { what: "short messages", length: 2, count: 3_000, kept: 1_024 },
  { what: "messages of 32 KiB", length: 32_000, count: 40, kept: 8 },
])("the newest $kept $what are in memory, and older ones leave it", ({ length, count, kept }) =>
  inIsolatedObject("group", async (storage) => {
    const room = isolatedRoom(storage);
    const body = JSON.stringify({ text: "x".repeat(length) });
    const plain = { ...draft, body, clientMsgId: undefined, quoteSeq: undefined };
    const bob = room.members.active(BOB);
    for (let said = 1; said <= count; said++) {
      say(room, [plain]);
      const rows = room.log.recentAfter(Math.max(0, said - kept), bob) ?? [];
      expect(rows.at(0)?.seq).toBe(Math.max(1, said - kept + 1));
      expect(rows.length).toBe(Math.min(said, kept));
      if (said > 2 * kept) expect(room.log.recentAfter(said - 2 * kept, bob)).toBeNull();
    }
  }),
);

test("a page counted from the newest message skips rows without reading them", () =>
  inIsolatedObject("group", async (storage) => {
    const room = await longRoom(storage);
    room.group.edit(ANN, { name: "a tip" });
    say(room, Array<Draft>(5).fill({ ...draft, clientMsgId: undefined, quoteSeq: undefined }));
    await room.redaction.revoke(ANN, Seq.parse(room.log.last.seq));
    for (const reader of [ANN, BOB].map((id) => room.members.active(id))) {
      const all = room.readable
        .page({ ascending: false, limit: 2 * LENGTH }, reader)
        .rows.map(({ seq }) => seq);
      expect(all.length).toBe(room.readable.count(reader));
      const deep = [
        0,
        1,
        4,
        5,
        6,
        50,
        51,
        100,
        1_499,
        2_900,
        all.length - 2,
        all.length - 1,
        all.length,
        1e15,
      ];
      for (const skip of deep) {
        const page = () =>
          room.readable.page({ ascending: false, skip, limit: 3 }, reader).rows.map(({ seq }) => seq);
        expect(page(), String(skip)).toEqual(all.slice(skip, skip + 3));
        const { rows } = await readBy(storage.sql, page);
        expect(rows, String(skip)).toBeLessThan(300);
      }
    }
  }));

test("a jump to a date reads a row for each halving of the log, besides its page", () =>
  inIsolatedObject("group", async (storage) => {
    const { sql } = storage;
    let made = 0;
    /** Makes the log this long, with a message a second. */
    const grow = (length: number) => {
      const columns = "seq, n, sender_id, kind, body, created_at";
      sql.exec(
        `WITH RECURSIVE later (seq) AS (SELECT ? UNION ALL SELECT seq + 1 FROM later WHERE seq < ?)
         INSERT INTO messages (${columns}) SELECT seq, seq, ?, 'text', '{"text":"hi"}', 1000 * seq FROM later`,
        ...[made + 1, length, ANN],
      );
      made = length;
      return isolatedRoom(storage);
    };
    for (const length of [64, 1_024, 65_536]) {
      const room = grow(length);
      const reader = room.members.active(BOB);
      for (const seq of [1, 2, length / 4, length / 2 + 1, length - 5]) {
        const at = 1_000 * seq - 500;
        const page = () => pageFor(room, reader, { at, limit: 3, scope: "all" }).items.map((one) => one.seq);
        expect(page()).toEqual([seq, seq + 1, seq + 2]);
        const { rows } = await readBy(sql, page);
        expect(rows, `${seq} of ${length}`).toBeLessThanOrEqual(Math.log2(length) + 1 + 2 * MOST);
      }
    }
  }));

test("a page of mentions reads no more messages than it looks at, however long the log is", () =>
  inIsolatedObject("group", async (storage) => {
    const room = await longRoom(storage);
    const { maxScanned } = timing.acrossConversations;
    // Every third message names somebody else, far more than one answer looks at.
    storage.sql.exec("UPDATE messages SET mentions = '[99]' WHERE seq % 3 = 0 AND kind = 'text'");
    const reader = room.members.active(BOB);
    const all = { after: Position.parse(0), limit: 10 };
    for (const range of [all, { ...all, before: 2_000 }, { ...all, sentBy: Date.now() }]) {
      const { rows } = await readBy(storage.sql, () => {
        const { lookedAt } = room.mentions.find(range, reader, () => false);
        expect(lookedAt).not.toBeNull();
      });
      // Two rows for each message of the index, with what is hidden, and the search for the time.
      expect(rows, JSON.stringify(range)).toBeLessThanOrEqual(
        3 * (maxScanned + 1) + 2 * Math.log2(LENGTH) + MOST,
      );
    }
  }));

test("a walk through a list of any length reads each row three times at most", () =>
  inIsolatedObject("group", async (storage) => {
    const { sql } = storage;
    for (const { sql: step } of MIGRATIONS) sql.exec(step.replace(JOBS_TABLE, ""));
    const update = { ...isolatedRoom(storage).snapshot(BOB), lastSeq: Position.parse(9) };
    const list = listOf(sql);
    for (let id = 1; id <= LENGTH; id++) {
      const conversationId = ConversationId.parse(id);
      list.applyUpdate({ ...update, conversationId, updatedAt: id, activeAt: id });
    }
    const oldest = { updatedAt: 2_000, conversationId: ConversationId.parse(2_000) };
    const { asOf } = list.activity({ walked: null, ids: [], limit: 41 });
    for (const walked of [null, { by: "activity", oldest, asOf }, { by: "id", upTo: 1_000 }] as const) {
      const ids = [1, 2, 3].map((id) => ConversationId.parse(id));
      const { rows } = await readBy(sql, () => {
        const { rest, changed, listed } = list.activity({ walked, ids, limit: 41 });
        expect([rest.length, changed, listed]).toEqual([41, [], ids]);
      });
      expect(rows, JSON.stringify(walked)).toBeLessThanOrEqual(walked?.by === "id" ? 60 : 3 * LENGTH + 60);
    }
    const { rows } = await readBy(sql, () => list.unreadMentions(100));
    expect(rows).toBeLessThanOrEqual(LENGTH + MOST);
  }));

test("an inbox wakes without a look at its list, however many conversations have been active just now", async () => {
  const updates: InboxUpdate[] = [];
  await inIsolatedObject("group", async (storage) => {
    updates.push(isolatedRoom(storage).snapshot(BOB));
  });
  await runInDurableObject(env.INBOX.get(env.INBOX.newUniqueId()), async (_, state) => {
    const { sql } = state.storage;
    migrate(state.storage, MIGRATIONS);
    const list = listOf(sql);
    for (const update of updates) {
      for (let id = 1; id <= LENGTH; id++) {
        list.applyUpdate({ ...update, conversationId: ConversationId.parse(id), updatedAt: Date.now() });
      }
    }
    const { rows, queries } = await readBy(sql, async () => {
      new Inbox(state, env);
      await state.blockConcurrencyWhile(async () => undefined);
    });
    expect(list.ids(0, LENGTH + 1).length).toBe(LENGTH);
    expect(queries.filter((query) => query.includes("conversations"))).toEqual([]);
    const schema = sql.exec<{ n: number }>("SELECT count(*) AS n FROM sqlite_master").one().n;
    // A start looks for its tables three times, once for a restore that is under way, reads two rows of each
    // step at most, and a few others.
    expect(rows).toBeLessThan(20 + 3 * schema + 2 * MIGRATIONS.length);
  });
});
