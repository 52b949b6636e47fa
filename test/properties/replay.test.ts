import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MessageLog } from "../../src/conversation/log/message-log.ts";
import { RecentRows } from "../../src/conversation/log/recent-rows.ts";
import type { Room } from "../../src/conversation/room.ts";
import { replayPage } from "../../src/conversation/views/replay-page.ts";
import { Position, Seq } from "../../src/domain/ids.ts";
import { toldChanges } from "../../src/domain/sync/replay.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom, say } from "../support/objects/isolated-room.ts";
import { runOptions } from "../support/property-runs.ts";

describe("a replay", () => {
  const PAGE = 100;
  const CHANGES_PAGE = 200;

  /** The changes during an absence or between two pages: many messages, many revokes and hides. */
  const event = fc.oneof(
    fc.record({ say: fc.integer({ min: 1, max: 130 }) }),
    fc.record({ revoke: fc.nat(300), count: fc.integer({ min: 1, max: 120 }) }),
    fc.record({ hide: fc.nat(300), count: fc.integer({ min: 1, max: 120 }) }),
  );
  type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;
  const events = fc.array(event, { maxLength: 5, size: "max" });

  /** A room of two that no request reaches. */
  function inRoom(work: (room: Room) => Promise<void>): Promise<void> {
    return inIsolatedObject("group", (storage) => work(isolatedRoom(storage)));
  }

  /** The expected state of each message for Bob: present, revoked or hidden. */
  class Model {
    readonly said: ("there" | "revoked" | "hidden")[] = [];

    async apply(room: Room, event: Event): Promise<void> {
      if ("say" in event) {
        say(room, event.say);
        for (let i = 0; i < event.say; i++) this.said.push("there");
        return;
      }
      const first = "revoke" in event ? event.revoke : event.hide;
      for (let at = first; at < Math.min(first + event.count, this.said.length); at++) {
        const seq = Seq.parse(at + 1);
        if ("revoke" in event) await room.redaction.revoke(ANN, seq);
        else await room.redaction.hide(BOB, seq);
        if ("hide" in event) this.said[at] = "hidden";
        else if (this.said[at] === "there") this.said[at] = "revoked";
      }
    }
  }

  /** Bob's client: what it shows, and its position. */
  class Client {
    readonly shown = new Map<number, "there" | "revoked">();
    seq = Position.parse(0);
    rev = 0;

    /** Takes one page. @returns whether there are more */
    page(room: Room): boolean {
      const page = replayPage(room, room.members.active(BOB), {
        ...{ after: this.seq, rev: this.rev, scope: "main" },
      });
      expect(page.messages.length).toBeLessThanOrEqual(PAGE);
      expect(page.changed.length).toBeLessThanOrEqual(CHANGES_PAGE);
      const revs = page.changed.map(({ rev }) => rev);
      expect(revs, "in the order of their change").toEqual(revs.toSorted((a, b) => a - b));
      expect(revs[0] ?? page.rev, "each change once").toBeGreaterThan(this.rev - (revs.length === 0 ? 1 : 0));
      expect(revs.at(-1) ?? 0, "no more than the page claims").toBeLessThanOrEqual(page.rev);
      for (const { seq, revoked } of page.changed) {
        if (revoked)
          expect(page.changes.find((change) => change.seq === seq && change.by !== null)).toBeTruthy();
      }
      for (const { seq, by, rev } of toldChanges(page, (seq) => seq <= page.after)) {
        expect(rev, "each change once").toBeGreaterThan(this.rev);
        this.rev = rev;
        if (by === null) this.shown.delete(seq);
        else if (this.shown.has(seq)) this.shown.set(seq, "revoked");
      }
      for (const { seq, revoked } of page.messages) {
        expect(seq, "each message once, in order").toBeGreaterThan(this.seq);
        this.seq = Position.parse(seq);
        this.shown.set(seq, revoked ? "revoked" : "there");
      }
      if (page.hasMore)
        expect(page.changes.length + page.changed.length + page.messages.length).toBeGreaterThan(0);
      else expect(page.lastSeq, "the last page reaches the last message").toBe(room.log.last.seq);
      this.seq = page.lastSeq;
      this.rev = page.rev;
      return page.hasMore;
    }
  }

  test("a replay read page by page ends with the current messages, whatever changes between pages", async () => {
    const property = fc.asyncProperty(
      fc.array(events, { minLength: 1, maxLength: 6, size: "max" }),
      (absences) =>
        inRoom(async (room) => {
          const [model, client] = [new Model(), new Client()];
          for (const absence of absences) {
            for (const event of absence) await model.apply(room, event);
            client.page(room);
          }
          while (client.page(room)) expect(client.seq).toBeLessThan(room.log.last.seq + 1);
          const expected = model.said.flatMap((what, i) => (what === "hidden" ? [] : [[i + 1, what]]));
          expect([...client.shown]).toEqual(expected);
        }),
    );
    await fc.assert(property, runOptions(4, 8));
  });

  test("what memory has of the newest messages is what storage has, for every reader", async () => {
    const reader = fc.record({
      user_id: fc.constantFrom(ANN, BOB),
      visible_from: fc.nat(300).map((seq) => Position.parse(seq)),
    });
    const look = fc.record({ reader, back: fc.nat(300), limit: fc.integer({ min: 1, max: 120 }) });
    const property = fc.asyncProperty(
      fc.array(fc.tuple(event, look), { maxLength: 12, size: "max" }),
      (steps) =>
        inIsolatedObject("group", async (storage) => {
          const [room, model] = [isolatedRoom(storage), new Model()];
          for (const [event, { reader, back, limit }] of steps) {
            await model.apply(room, event);
            const stored = new MessageLog(
              storage.sql,
              room.log.archives,
              new RecentRows(storage.sql),
              0,
              (row) => room.log.renderedBytes(row),
              () => Position.parse(0),
            );
            const after = Math.max(0, room.log.last.seq - back);
            expect(room.log.after(after, limit, reader, "all")).toEqual(
              stored.after(after, limit, reader, "all"),
            );
            expect(room.log.main.newest(reader)).toEqual(stored.main.newest(reader));
          }
        }),
    );
    await fc.assert(property, runOptions(4, 10));
  });
});
