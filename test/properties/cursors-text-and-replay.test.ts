import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { replayPage } from "../../src/conversation/replay.ts";
import type { Room } from "../../src/conversation/room.ts";
import { decodeCursor, encodeCursor } from "../../src/core/cursor.ts";
import { CoreError } from "../../src/core/errors.ts";
import { ConversationId, Position, Seq } from "../../src/core/ids.ts";
import { Piece } from "../../src/core/protocol.ts";
import { codePoints, textUpTo, unstorable } from "../../src/core/text.ts";
import { frames } from "../../src/object/frames.ts";
import { roomProtocol } from "../../src/surfaces/v1/frames/room.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom } from "../support/objects/isolated-room.ts";
import { runs } from "../support/property-runs.ts";

const MANY = runs(200);

const conversationId = fc.integer({ min: 1 }).map((id) => ConversationId.parse(id));
const place = fc.record({ sticky: fc.boolean(), updatedAt: fc.maxSafeNat(), conversationId });

/** Any string at all: halves of surrogate pairs and U+0000 too, whole pairs often. */
const unit = fc.oneof(fc.integer({ min: 0xd700, max: 0xe0ff }), fc.nat(0xffff), fc.constantFrom(0, 0x61));
const anyText = fc.oneof(
  fc.array(unit).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: "binary" }),
);

test("a cursor comes back as the place it was made of", () => {
  const property = fc.property(place, (position) => {
    expect(decodeCursor(encodeCursor(position))).toEqual(position);
  });
  fc.assert(property, MANY);
});

test("what is no cursor is refused, whatever it is", () => {
  const anyJson = fc.jsonValue().map((value) => btoa(encodeURI(JSON.stringify(value))));
  const clipped = fc
    .tuple(place, fc.nat(60))
    .map(([position, length]) => encodeCursor(position).slice(0, length));
  const property = fc.property(fc.oneof(anyText, anyJson, clipped, fc.base64String()), (text) => {
    try {
      expect(encodeCursor(decodeCursor(text))).not.toBe("");
    } catch (error) {
      expect(error).toBeInstanceOf(CoreError);
      expect(error).toMatchObject({ code: "validation_failed" });
    }
  });
  fc.assert(property, MANY);
});

test("text is counted in code points, and fits exactly up to its limit", () => {
  const property = fc.property(anyText, fc.nat(20), (text, max) => {
    const count = Array.from(text).length;
    expect(codePoints(text)).toBe(count);
    expect(textUpTo(max).safeParse(text).success).toBe(count <= max);
  });
  fc.assert(property, MANY);
});

test("text can be stored unless it has U+0000 or half of a pair", () => {
  const property = fc.property(anyText, (text) => {
    expect(unstorable(text) === null).toBe(!text.includes("\0") && text.isWellFormed());
  });
  fc.assert(property, MANY);
});

const MAX_FRAME = 256 * 1024;
const ROOM_TO_SPARE = 1024;
const utf8 = new TextEncoder();

test("frames keep every piece in order, and none holds too many or too much", () => {
  const length = fc.oneof(
    { weight: 6, arbitrary: fc.nat(300) },
    { weight: 2, arbitrary: fc.integer({ min: 10_000, max: 140_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 84 * 1024, max: 88 * 1024 }) },
    { weight: 1, arbitrary: fc.integer({ min: 255 * 1024, max: 300 * 1024 }) },
  );
  const piece = fc.record({ length, filler: fc.constantFrom("a", "é", "好") });
  const property = fc.property(fc.array(piece, { maxLength: 350, size: "max" }), (all) => {
    const pieces = all.map(({ length, filler }, i) => Piece.parse(String(i).padEnd(length, filler)));
    const cut: Piece[][] = [];
    const made = frames(pieces, (some) => {
      cut.push(some);
      return roomProtocol.messages(some);
    });
    expect(cut.flat()).toEqual(pieces);
    made.forEach((frame, i) => {
      const held = cut[i]?.length ?? 0;
      const bytes = utf8.encode(frame).byteLength;
      expect(held).toBeGreaterThan(0);
      expect(held).toBeLessThanOrEqual(100);
      if (held > 1) expect(bytes).toBeLessThanOrEqual(MAX_FRAME);
      // No frame is cut before it is full.
      const next = cut[i + 1]?.[0];
      if (next === undefined || held === 100) return;
      expect(bytes + utf8.encode(next).byteLength).toBeGreaterThan(MAX_FRAME - ROOM_TO_SPARE);
    });
  });
  fc.assert(property, { ...MANY, numRuns: MANY.numRuns / 10 });
});

describe("a replay", () => {
  const PAGE = 100;

  /** What happens while somebody is away, or between two of his pages: many messages, many changes. */
  const event = fc.oneof(
    fc.record({ say: fc.integer({ min: 1, max: 130 }) }),
    fc.record({ revoke: fc.nat(300), count: fc.integer({ min: 1, max: 120 }) }),
    fc.record({ hide: fc.nat(300), count: fc.integer({ min: 1, max: 120 }) }),
  );
  type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;
  const events = fc.array(event, { maxLength: 5, size: "max" });

  /** A room of two that nobody else reaches. */
  function inRoom(work: (room: Room) => Promise<void>): Promise<void> {
    return inIsolatedObject("group", (storage) => work(isolatedRoom(storage)));
  }

  /** What is the case of each message for Bob: there, or what became of it. */
  class Model {
    readonly said: ("there" | "revoked" | "hidden")[] = [];

    async apply(room: Room, event: Event): Promise<void> {
      if ("say" in event) {
        const draft = {
          clientMsgId: undefined,
          kind: "text",
          body: '{"text":"hi"}',
          quoteSeq: undefined,
        } as const;
        const drafts = Array.from({ length: event.say }, () => ({ ...draft, mentions: [] }));
        room.submit(ANN, drafts, { settle: () => undefined });
        room.settle();
        for (let i = 0; i < event.say; i++) this.said.push("there");
        return;
      }
      const first = "revoke" in event ? event.revoke : event.hide;
      for (let at = first; at < Math.min(first + event.count, this.said.length); at++) {
        const seq = Seq.parse(at + 1);
        if ("revoke" in event) await room.erasure.revoke(ANN, seq);
        else await room.erasure.hide(BOB, seq);
        if ("hide" in event) this.said[at] = "hidden";
        else if (this.said[at] === "there") this.said[at] = "revoked";
      }
    }
  }

  /** What Bob's client shows, and from where it goes on. */
  class Client {
    readonly shown = new Map<number, "there" | "revoked">();
    seq = Position.parse(0);
    rev = 0;

    /** Takes one page. @returns whether there are more */
    page(room: Room): boolean {
      const page = replayPage(room, room.members.active(BOB), this.seq, this.rev);
      expect(page.messages.length).toBeLessThanOrEqual(PAGE);
      expect(page.changes.length).toBeLessThanOrEqual(PAGE);
      for (const { seq, by, rev } of page.changes) {
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
      if (page.hasMore) expect(page.changes.length + page.messages.length).toBeGreaterThan(0);
      else expect(page.lastSeq, "the last page reaches the last message").toBe(room.log.last.seq);
      this.seq = page.lastSeq;
      this.rev = page.rev;
      return page.hasMore;
    }
  }

  test("page by page, whatever happens in between, a replay ends with what is there", async () => {
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
    await fc.assert(property, runs(15));
  });
});
