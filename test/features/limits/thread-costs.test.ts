import { expect, test } from "vitest";
import type { Room } from "../../../src/conversation/room.ts";
import { Seq } from "../../../src/domain/ids.ts";
import type { Draft } from "../../../src/domain/messages/message.ts";
import { watchSql } from "../../support/objects/costs.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom } from "../../support/objects/isolated-room.ts";
import { overrideTiming } from "../../support/timing.ts";

const draft: Draft = {
  ...{ clientMsgId: undefined, kind: "text", body: '{"text":"hi"}' },
  ...{ quoteSeq: undefined, mentions: [] },
};

const inThread = (root: number, alsoInMain: boolean): Draft => ({
  ...draft,
  thread: { root: Seq.parse(root), alsoInMain },
});

function say(room: Room, drafts: Draft[], sender = ANN): void {
  room.submit(sender, drafts, { resolve: () => undefined });
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
    expect(costOf(storage.sql, room, draft).written).toBe(2);
    expect(late.read).toBeLessThan(40);
  });
});
