import { describe, expect, test } from "vitest";
import { imageSize } from "../../../src/core/files/image-size.ts";
import { bmpOf, gifOf, jpegOf, notes, pngOf, segment, webpOf } from "../../support/image-headers.ts";

describe("the size of a picture", () => {
  /** Reads a file as R2 does, and counts the reads. */
  function reading(file: Uint8Array) {
    const counted = { reads: 0, bytes: 0 };
    const read = async (offset: number, length: number) => {
      const found = file.slice(offset, offset + length);
      counted.reads++;
      counted.bytes += found.length;
      return found;
    };
    return { read, counted };
  }

  const large = [
    segment(0xe1, [0]),
    ...Array.from({ length: 40 }, () => segment(0xe2, Array(65_000).fill(0xff))),
  ];

  test.each([
    ["png", "image/png", pngOf(640, 480), [640, 480]],
    ["png of any size", "image/png", pngOf(2 ** 31 - 1, 1), [2 ** 31 - 1, 1]],
    ["animated gif", "image/gif", gifOf(640, 480), [640, 480]],
    ["animated webp", "image/webp", webpOf(16_000, 480), [16_000, 480]],
    ["bmp", "image/bmp", bmpOf(640, -480), [640, 480]],
    ["jpeg", "image/jpeg", jpegOf(640, 480), [640, 480]],
    ["progressive jpeg", "image/jpeg", jpegOf(640, 480, [], 0xc2), [640, 480]],
    ["rare jpeg", "image/jpeg", jpegOf(640, 480, [], 0xc9), [640, 480]],
    ["jpeg of a camera held upright", "image/jpeg", jpegOf(640, 480, [notes(60_000, 6)]), [480, 640]],
    [
      "jpeg whose header follows megabytes",
      "image/jpeg",
      jpegOf(640, 480, [notes(65_000, 1), ...large]),
      [640, 480],
    ],
    [
      "jpeg with broken EXIF data",
      "image/jpeg",
      jpegOf(640, 480, [notes(0, 1).slice(0, 14)].map(shortened)),
      [640, 480],
    ],
  ])("is read from a %s", async (_, type, file, [width, height]) => {
    const { read, counted } = reading(file);
    expect(await imageSize(type, read)).toEqual({ width, height });
    expect(counted.reads).toBeLessThan(10);
  });

  test.each([
    ["png", "image/png", pngOf(640, 480)],
    ["gif", "image/gif", gifOf(640, 480)],
    ["webp", "image/webp", webpOf(640, 480)],
    ["bmp", "image/bmp", bmpOf(640, 480)],
    ["jpeg", "image/jpeg", jpegOf(640, 480, [notes(50, 6)])],
  ])("is not read from a truncated %s, and no bytes make the parser throw", async (_, type, file) => {
    for (let length = 0; length < file.length; length++) {
      const size = await imageSize(type, reading(file.slice(0, length)).read);
      if (length < 10) expect(size).toBeNull();
    }
    for (let at = 0; at < file.length; at++) {
      for (const byte of [0, 1, 0x7f, 0x80, 0xff]) {
        const { read } = reading(file.with(at, byte));
        const size = await imageSize(type, read);
        if (size) expect(Math.min(size.width, size.height)).toBeGreaterThan(0);
      }
    }
  });

  test.each([
    ["fill bytes", new Uint8Array(20 * 2 ** 20).fill(0xff)],
    ["start markers", new Uint8Array(20 * 2 ** 20).map((_, i) => (i % 2 ? 0xd8 : 0xff))],
    ["zeros after its start", new Uint8Array(20 * 2 ** 20).fill(0xff, 0, 1).fill(0xd8, 1, 2)],
  ])("is given up early for a jpeg of %s", async (_, file) => {
    const { read, counted } = reading(file.with(1, 0xd8));
    expect(await imageSize("image/jpeg", read)).toBeNull();
    expect(counted.bytes).toBeLessThan(2 ** 20);
  });
});

/** The same segment with a length that it can have. */
function shortened(whole: Uint8Array): Uint8Array {
  return segment(0xe1, [...whole.slice(4)]);
}
