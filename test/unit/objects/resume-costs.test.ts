import { expect, test } from "vitest";
import type { Room } from "../../../src/conversation/room.ts";
import { replayPage } from "../../../src/conversation/views/replay-page.ts";
import { Position, Seq } from "../../../src/domain/ids.ts";
import type { Message } from "../../../src/domain/messages/message.ts";
import { pageFrames } from "../../../src/object/frames.ts";
import { roomProtocol } from "../../../src/surfaces/v1/frames/room.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom } from "../../support/objects/isolated-room.ts";
import { range } from "../../support/objects/room.ts";
import { rowsRead } from "../../support/objects/statements.ts";

const MESSAGES = 4_000;

/** Fills a room with texts of 80 bytes. */
function fill(room: Room): void {
  const draft = { clientMsgId: undefined, kind: "text", quoteSeq: undefined } as const;
  const drafts = range(1, MESSAGES).map(() => ({
    ...draft,
    ...{ mentions: [], body: JSON.stringify({ text: "x".repeat(80) }) },
  }));
  for (let i = 0; i < drafts.length; i += 100) {
    room.sends.submit(ANN, drafts.slice(i, i + 100), { resolve: () => undefined });
    room.flushSends();
  }
}

/** Changes a message, as a pin does. */
function change(room: Room, seq: number): void {
  room.commit((tx) => room.changeFeed.record(tx, [Seq.parse(seq)], { changesContent: true }));
}

/** What Bob's resume costs who has all messages, and none of the changes. */
async function resume(sql: SqlStorage, room: Room, maxChanges: number | undefined) {
  const cost = { pages: 0, frames: 0, changed: 0, kiB: 0, isReset: false };
  room.changeFeed.flush();
  let position = { after: room.log.last.seq, rev: 0 };
  const partOf = (message: Message) => roomProtocol.message(message);
  const rows = await rowsRead(sql, () => {
    for (let hasMore = true; hasMore; cost.pages++) {
      const page = replayPage(room, room.members.active(BOB), { ...position, scope: "all", maxChanges });
      const changed = page.changed.map((message) => ({ rev: message.rev, part: partOf(message) }));
      const encoded = { ...page, messages: page.messages.map(partOf), changed };
      const frames = pageFrames(encoded, room.state.id, roomProtocol);
      cost.frames += frames.length;
      cost.changed += changed.length;
      cost.kiB += frames.join("").length / 1_024;
      cost.isReset ||= page.resetSeq !== undefined;
      position = { after: Position.parse(page.lastSeq), rev: page.rev };
      hasMore = page.hasMore;
    }
  });
  return { ...cost, kiB: Math.round(cost.kiB), rows };
}

test("a message that changed 6,000 times costs a resume one message", () =>
  inIsolatedObject("group", async (storage) => {
    const room = isolatedRoom(storage);
    fill(room);
    for (const _ of range(1, 6_000)) change(room, 7);
    const cost = await resume(storage.sql, room, 5_000);
    expect(cost).toMatchObject({ pages: 1, frames: 2, changed: 1, isReset: false });
    expect(cost.kiB).toBeLessThan(1);
    expect(cost.rows).toBeLessThan(10);
  }));

test("4,000 changed messages cost 20 pages, and beyond the limit one reset", () =>
  inIsolatedObject("group", async (storage) => {
    const room = isolatedRoom(storage);
    fill(room);
    for (const seq of range(1, MESSAGES)) change(room, seq);
    const all = await resume(storage.sql, room, 5_000);
    expect(all).toMatchObject({ pages: 20, changed: MESSAGES, isReset: false });
    // Each page reads its rows, the one behind them, and whether the reader has hidden them.
    expect(all.rows).toBeLessThan(3 * MESSAGES);
    const reset = await resume(storage.sql, room, 3_999);
    expect(reset).toMatchObject({ pages: 1, frames: 2, changed: 0, isReset: true });
    // The count reads the index alone.
    expect(reset.rows).toBeLessThan(MESSAGES + 10);
  }));
