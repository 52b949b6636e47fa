import { Buffer } from "node:buffer";
import { type ByteSource, hasText } from "./byte-source.ts";
import { orientationAlone } from "./orientation.ts";

/** What follows is stored as it is: each segment costs time. */
const MAX_SEGMENTS = 10_000;

const [SCAN, END, COMMENT] = [0xda, 0xd9, 0xfe];
const [APP0, APP1, APP15] = [0xe0, 0xe1, 0xef];
const EXIF = "Exif\0\0";
const EXIF_START = 4 + EXIF.length;

/**
 * The segments for applications that say how the pixels are shown, by marker: how they begin, and the bytes
 * that are kept of them. JFIF goes on with a small copy of the picture.
 */
const KEPT: Record<number, [string, number][]> = {
  [APP0]: [["JFIF\0", 14]],
  226: [
    ["ICC_PROFILE\0", Infinity],
    // Where the other pictures of the file are, and how a gain map is applied.
    ["MPF\0", Infinity],
    ["urn:iso:std:iso:ts:21496:-1\0", Infinity],
  ],
  238: [["Adobe", Infinity]],
};
/** The bytes of the longest beginning. */
const BEGINNING = 32;

/** A JPEG of the same length without metadata: see `withoutMetadata`. */
export async function* cleanJpeg(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (let segments = 0; segments < MAX_SEGMENTS; segments++) {
    const head = await source.peek(4);
    const [mark = 0, marker = 0, high = 0, low = 0] = head;
    const length = 2 + high * 256 + low;
    if (mark !== 0xff) break;
    if (marker === 0xff) yield await source.take(1);
    else if (hasNoLength(marker)) yield await source.take(2);
    else if (marker === END) {
      yield await source.take(2);
      yield* betweenPictures(source);
    } else if (length < 4) break;
    else if (marker === SCAN) {
      yield* source.pass(length);
      yield* scan(source);
    } else yield* segment(source, marker, length);
  }
  yield* source.pass(Infinity);
}

/** Restart markers, the start of a picture, and a marker for private use. */
const hasNoLength = (marker: number) => marker === 0x01 || isRestart(marker) || marker === 0xd8;

const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

async function* segment(source: ByteSource, marker: number, length: number): AsyncGenerator<Uint8Array> {
  if (marker !== COMMENT && (marker < APP0 || marker > APP15)) return yield* source.pass(length);
  const beginning = (await source.peek(4 + BEGINNING)).subarray(4, length);
  if (marker === APP1 && hasText(beginning, EXIF)) {
    const bytes = await source.take(length);
    yield bytes.subarray(0, EXIF_START);
    yield orientationAlone(bytes.subarray(EXIF_START));
    return;
  }
  const [, kept = 0] = KEPT[marker]?.find(([start]) => hasText(beginning, start)) ?? [];
  const shown = Math.min(length, 4 + kept);
  yield* source.pass(shown);
  yield* source.blank(length - shown);
}

/** Passes the coded pixels, up to the next marker. */
async function* scan(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (;;) {
    const bytes = await source.buffered(2);
    if (bytes.length < 2) return;
    const marker = markerIn(bytes);
    // The second byte of a marker may be in the next chunk.
    const end = marker ?? (bytes.at(-1) === 0xff ? bytes.length - 1 : bytes.length);
    if (end > 0) yield await source.take(end);
    if (marker !== undefined) return;
  }
}

/** The offset of the first marker among coded pixels, where 0xFF 0x00 stands for the byte 0xFF. */
function markerIn(bytes: Uint8Array): number | undefined {
  let at = bytes.indexOf(0xff);
  while (at >= 0 && at + 1 < bytes.length) {
    const next = bytes[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && !isRestart(next)) return at;
    at += next === 0xff ? 1 : 2;
    // A search has a price of its own, which bytes that are all 0xFF would pay each time.
    if (bytes[at] !== 0xff) at = bytes.indexOf(0xff, at);
  }
  return undefined;
}

/** Blanks what stands behind a picture, as a film, up to the next picture. */
async function* betweenPictures(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (;;) {
    const bytes = await source.buffered(3);
    const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf("ffd8ff", 0, "hex");
    if (at === 0) return;
    if (bytes.length < 3) return yield* source.blank(Infinity);
    yield* source.blank(at > 0 ? at : bytes.length - 2);
  }
}
