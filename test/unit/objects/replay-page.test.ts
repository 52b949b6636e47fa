import { expect, test } from "vitest";
import type { Room } from "../../../src/conversation/room.ts";
import { devicePage } from "../../../src/conversation/views/replay-page.ts";
import { Position, Seq } from "../../../src/domain/ids.ts";
import type { PackedPage } from "../../../src/domain/sync/packed-page.ts";
import type { SyncPosition } from "../../../src/domain/sync/replay.ts";
import { newFrames } from "../../../src/inbox/devices/bring-up.ts";
import { deviceProtocol } from "../../../src/surfaces/v1/frames/device.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom, say } from "../../support/objects/isolated-room.ts";
import { range } from "../../support/objects/room.ts";

async function revoke(room: Room, seqs: number[]): Promise<void> {
  for (const seq of seqs) await room.redaction.revoke(ANN, Seq.parse(seq));
}

/** The seqs of the revokes that a socket gets which is brought to the end of the log by pages from a hint. */
function revokesShown(room: Room, hint: SyncPosition, socket: SyncPosition, own: number[] = []): number[] {
  const shown: number[] = [];
  const excluded = new Set(own.map((seq) => Seq.parse(seq)));
  const view = { protocol: deviceProtocol, showsThreads: false, userId: BOB };
  const receiver = { ...view, takesChanges: true, excluded };
  let [from, after, hasMore] = [socket, hint, true];
  while (hasMore) {
    const page = devicePage(room, room.members.active(BOB), { after: after.seq, rev: after.rev });
    const to = { seq: page.lastSeq, rev: page.rev };
    const frames = newFrames(page, { from, to }, room.state.id, receiver);
    for (const frame of frames.map((text) => JSON.parse(text)))
      if (frame.type === "revoked") shown.push(frame.seq);
    [from, after, hasMore] = [to, to, page.hasMore];
  }
  return shown;
}

const at = (seq: number, rev: number) => ({ seq: Position.parse(seq), rev });

test.each([1, 99, 100, 320])(
  "a socket ahead of the page's start gets a revoke of a message that it shows, after %i revokes of others",
  (others) =>
    inIsolatedObject("group", async (storage) => {
      const room = isolatedRoom(storage);
      say(room, 51 + others);
      await revoke(room, [...range(52, 51 + others), 40]);
      expect(revokesShown(room, at(10, 0), at(51, 0))).toEqual([40]);
    }),
);

test.each([
  ["in the first page", 60, 0],
  ["in the second page", 160, 0],
  ["in the second page, after as many changes as a page has", 160, 100],
])("a sender gets the revoke of its own message %s", (_, own, changes) =>
  inIsolatedObject("group", async (storage) => {
    const room = isolatedRoom(storage);
    say(room, 250);
    await revoke(room, [own, ...range(1, changes)]);
    const expected = [...range(1, changes), own].toSorted((a, b) => a - b);
    const shown = revokesShown(room, at(changes, 0), at(changes, 0), [own]);
    expect(shown.toSorted((a, b) => a - b)).toEqual(expected);
  }),
);

/** Adds a reply to the thread of message 1, which changes that message. */
const reply = (room: Room) => say(room, 1, "a reply", { thread: { root: Seq.parse(1), alsoInMain: true } });

test("the revoke of a root is told once, wherever pages end between it and a later reply", () =>
  inIsolatedObject("group", async (storage) => {
    const room = isolatedRoom(storage);
    say(room, 251);
    reply(room);
    const before = at(room.log.last.seq, room.state.rev);
    await revoke(room, [1]);
    const revoked = room.state.rev;
    await revoke(room, range(2, 251));
    reply(room);
    expect(revokesShown(room, before, before)).toEqual(range(1, 251));
    const changes = (rev: number, upToRev: number) =>
      devicePage(room, room.members.active(BOB), { after: before.seq, rev, upToRev }).changes;
    expect(changes(before.rev, revoked)).toMatchObject([{ seq: 1, rev: revoked }]);
    expect(changes(revoked, revoked + 1)).toMatchObject([{ seq: 2 }]);
  }));

test("an inbox update carries at most 128 KiB of bodies, and a page that is asked for carries more", () =>
  inIsolatedObject("group", async (storage) => {
    const room = isolatedRoom(storage);
    say(room, 20, "x".repeat(30_000));
    const carried: (PackedPage | undefined)[] = [];
    await room.deviceCalls.sends({ userId: BOB, drafts: [], delivered: at(0, 0) }, async ({ update }) => {
      carried.push(update?.packedPage);
      return null;
    });
    expect(carried).toMatchObject([{ lastSeq: 4, hasMore: true }]);
    expect(room.deviceCalls.replay({ userId: BOB, after: Position.parse(0), rev: 0 }).lastSeq).toBe(20);
  }));
