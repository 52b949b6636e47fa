import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeCursor, encodeCursor } from "../../../src/domain/conversations/pagination.ts";
import { CoreError } from "../../../src/domain/errors.ts";
import { ConversationId } from "../../../src/domain/ids.ts";
import { EncodedPart } from "../../../src/domain/sync/encoded-message.ts";
import { codePoints, textUpTo, unstorable } from "../../../src/domain/text.ts";
import { frames } from "../../../src/object/frames.ts";
import { roomProtocol } from "../../../src/surfaces/v1/frames/room.ts";
import { runOptions } from "../../support/property-runs.ts";

const MANY = runOptions(200);

const conversationId = fc.integer({ min: 1 }).map((id) => ConversationId.parse(id));
const place = fc.record({ pinned: fc.boolean(), updatedAt: fc.maxSafeNat(), conversationId });

/** Any string: unpaired surrogates and U+0000 too, surrogate pairs often. */
const unit = fc.oneof(fc.integer({ min: 0xd700, max: 0xe0ff }), fc.nat(0xffff), fc.constantFrom(0, 0x61));
const anyText = fc.oneof(
  fc.array(unit).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: "binary" }),
);

test("a cursor decodes to the place that it encodes", () => {
  const property = fc.property(place, (position) => {
    expect(decodeCursor(encodeCursor(position))).toEqual(position);
  });
  fc.assert(property, MANY);
});

test("an invalid cursor is refused, whatever it is", () => {
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

test("text is counted in code points, and may fill its limit exactly", () => {
  const property = fc.property(anyText, fc.nat(20), (text, max) => {
    const count = Array.from(text).length;
    expect(codePoints(text)).toBe(count);
    expect(textUpTo(max).safeParse(text).success).toBe(count <= max);
  });
  fc.assert(property, MANY);
});

test("text can be stored unless it has U+0000 or an unpaired surrogate", () => {
  const property = fc.property(anyText, (text) => {
    expect(unstorable(text) === null).toBe(!text.includes("\0") && text.isWellFormed());
  });
  fc.assert(property, MANY);
});

const MAX_FRAME = 256 * 1024;
const ROOM_TO_SPARE = 1024;
const utf8 = new TextEncoder();

test("frames keep all pieces in order, and stay within the limits of number and size", () => {
  const length = fc.oneof(
    { weight: 6, arbitrary: fc.nat(300) },
    { weight: 2, arbitrary: fc.integer({ min: 10_000, max: 140_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 84 * 1024, max: 88 * 1024 }) },
    { weight: 1, arbitrary: fc.integer({ min: 255 * 1024, max: 300 * 1024 }) },
  );
  const piece = fc.record({ length, filler: fc.constantFrom("a", "é", "好") });
  const property = fc.property(fc.array(piece, { maxLength: 350, size: "max" }), (all) => {
    const pieces = all.map(({ length, filler }, i) => EncodedPart.parse(String(i).padEnd(length, filler)));
    const cut: EncodedPart[][] = [];
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
      // A frame ends only when the next piece does not fit.
      const next = cut[i + 1]?.[0];
      if (next === undefined || held === 100) return;
      expect(bytes + utf8.encode(next).byteLength).toBeGreaterThan(MAX_FRAME - ROOM_TO_SPARE);
    });
  });
  fc.assert(property, { ...MANY, numRuns: MANY.numRuns / 10 });
});
