import { expect, test } from "vitest";
import type { Room } from "../../../src/conversation/room.ts";
import { Position, Seq, UserId } from "../../../src/domain/ids.ts";
import type { Draft } from "../../../src/domain/messages/message.ts";
import { watchSql } from "../../support/objects/costs.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom } from "../../support/objects/isolated-room.ts";
import { rowsRead } from "../../support/objects/statements.ts";
import { overrideTiming } from "../../support/timing.ts";

const CEM = UserId.parse(3);

const draft: Draft = {
  ...{ clientMsgId: undefined, kind: "text", body: '{"text":"hi"}' },
  ...{ quoteSeq: undefined, mentions: [] },
};

const inThread = (root: number, alsoInMain: boolean): Draft => ({
  ...draft,
  thread: { root: Seq.parse(root), alsoInMain },
});

function say(room: Room, drafts: Draft[], sender = ANN): void {
  room.sends.submit(sender, drafts, { resolve: () => undefined });
  room.flushSends();
}

/** The queries of a send and of the inbox updates that follow it, and the rows of these. */
function costOf(sql: SqlStorage, room: Room, sent: Draft) {
  const cursors: { rowsRead: number; rowsWritten: number }[] = [];
  watchSql(sql, (_, cursor) => cursors.push(cursor));
  say(room, [sent]);
  for (const id of [ANN, BOB]) room.snapshot(id);
  Reflect.deleteProperty(sql, "exec");
  const sum = (field: "rowsRead" | "rowsWritten") =>
    cursors.reduce((total, cursor) => total + cursor[field], 0);
  return { queries: cursors.length, read: sum("rowsRead"), written: sum("rowsWritten") };
}

test("a message outside of threads costs the same where many threads are followed", () =>
  inIsolatedObject("group", async (storage) => {
    const room = isolatedRoom(storage);
    say(room, Array<Draft>(50).fill(draft));
    const warm = () => [ANN, BOB].map((id) => room.snapshot(id));
    warm();
    const before = costOf(storage.sql, room, draft);
    for (let root = 1; root <= 50; root++) say(room, [inThread(root, false), inThread(root, true)], BOB);
    say(room, [draft]);
    warm();
    expect(costOf(storage.sql, room, draft)).toEqual(before);
  }));

test("a reply costs rows of its own, and reads no more in a long thread", () => {
  // The first reply is announced. An announcement of a later one would read its rows.
  overrideTiming({ changes: { intervalMs: 600_000 } });
  return inIsolatedObject("group", async (storage) => {
    const room = isolatedRoom(storage);
    say(room, [draft]);
    say(room, Array<Draft>(3).fill(inThread(1, false)));
    const early = costOf(storage.sql, room, inThread(1, false));
    say(room, Array<Draft>(1_000).fill(inThread(1, false)));
    const late = costOf(storage.sql, room, inThread(1, false));
    expect(late.read).toBeLessThanOrEqual(early.read);
    expect(late.written).toBeLessThanOrEqual(early.written);
    expect(late.written).toBe(7);
    expect(costOf(storage.sql, room, draft).written).toBe(1);
    expect(late.read).toBeLessThan(40);
  });
});

/** What reads the end of the main stream: an object that wakes, lists, pages, and lists of other APIs. */
function readTheEnd(storage: DurableObjectStorage): unknown[] {
  const room = isolatedRoom(storage);
  const { log, readable, renderer } = room;
  const [member, left] = [room.members.active(ANN), room.members.known(CEM)];
  const seqs = (rows: { seq: number }[]) => rows.map(({ seq }) => seq);
  return [
    log.main.last.seq,
    renderer.preview(member)?.seq,
    renderer.preview(left)?.seq,
    seqs(log.before(Number.MAX_SAFE_INTEGER, 3, member, "main").rows),
    seqs(log.before(log.last.seq, 3, member, "main").rows),
    seqs(log.after(log.main.last.seq - 1, 3, member, "main").rows),
    log.main.next(Seq.parse(log.main.last.seq)),
    seqs(readable.page({ ascending: false, limit: 3 }, member).rows),
    seqs(readable.chunk({ ascending: false, limit: 3 }, member).rows),
    seqs(readable.chunk({ ascending: true, after: log.main.last.seq - 1, limit: 3 }, member).rows),
  ];
}

test("the end of the main stream is found behind thousands of thread-only replies as behind one", () =>
  inIsolatedObject("group", async (storage) => {
    const room = isolatedRoom(storage);
    say(room, [draft, draft, inThread(1, true), inThread(1, false)]);
    room.joining.add(ANN, [{ id: CEM, username: "cem", nickname: "", avatar: "" }]);
    say(room, [draft, inThread(1, false)], BOB);
    room.group.remove(ANN, [CEM]);
    say(room, [inThread(1, false)]);
    const [shown, few] = [readTheEnd(storage), await rowsRead(storage.sql, () => readTheEnd(storage))];
    expect(shown).toEqual([8, 8, 6, [8, 6, 5], [8, 6, 5], [8], undefined, [6, 3, 2], [6, 3, 2], []]);
    for (let i = 0; i < 3; i++) say(room, Array<Draft>(1_000).fill(inThread(1, false)));
    expect(readTheEnd(storage)).toEqual(shown);
    expect(await rowsRead(storage.sql, () => readTheEnd(storage))).toBeLessThanOrEqual(few);
    say(room, [inThread(1, false), draft, inThread(1, false)]);
    expect(isolatedRoom(storage).log.main.last.seq).toBe(room.log.last.seq - 1);
  }));

test("a log of thread-only replies behind its first message has one message in the main stream", () =>
  inIsolatedObject("group", async (storage) => {
    const room = isolatedRoom(storage);
    say(room, [draft]);
    say(room, Array<Draft>(3).fill(inThread(1, false)));
    expect(isolatedRoom(storage).log.main.headAt(Position.parse(3))).toMatchObject({ seq: 1, n: 1 });
    expect(isolatedRoom(storage).log.main.headAt(Position.parse(0))).toMatchObject({ seq: 0, n: 0 });
  }));

test("pages of the main stream find every message between runs of replies of any length", () =>
  inIsolatedObject("group", async (storage) => {
    const room = isolatedRoom(storage);
    say(room, [draft]);
    for (const run of [0, 1, 63, 64, 65, 200, 3, 0, 129]) {
      say(room, Array<Draft>(run).fill(inThread(1, false)));
      say(room, [draft, draft]);
    }
    say(room, Array<Draft>(70).fill(inThread(1, false)));
    const main = storage.sql
      .exec<{ seq: number }>("SELECT seq FROM messages WHERE in_main = 1 ORDER BY seq")
      .toArray()
      .map(({ seq }) => seq);
    const reader = room.members.active(ANN);
    const seqsOf = ({ rows }: { rows: { seq: number }[] }) => rows.map(({ seq }) => seq);
    for (let seq = 0; seq <= room.log.last.seq + 1; seq++) {
      const after = main.filter((other) => other > seq);
      const before = main.filter((other) => other < seq).reverse();
      expect(seqsOf(room.log.after(seq, 4, reader, "main"))).toEqual(after.slice(0, 4));
      expect(seqsOf(room.log.before(seq, 4, reader, "main"))).toEqual(before.slice(0, 4));
      expect(room.log.main.next(seq)).toBe(after[0]);
    }
    expect(seqsOf(room.log.after(0, 100, reader, "main"))).toEqual(main);
    expect(seqsOf(room.log.before(10_000, 100, reader, "main"))).toEqual(main.toReversed());
  }));
