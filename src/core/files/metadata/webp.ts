import { asText, type ByteSource, hasText, withText } from "./byte-source.ts";
import { MAX_EXIF, orientationAlone } from "./orientation.ts";

/** What follows is stored as it is: each chunk costs time. */
const MAX_CHUNKS = 20_000;
/** The bytes before the data of a chunk: type and length. */
const BEFORE = 8;
const KEPT = ["VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP"];
const EXIF = "Exif\0\0";
/** A chunk that readers skip. */
const PADDING = "JUNK";
/** The flag that a file has XMP metadata. */
const HAS_XMP = 0x04;

/** A WebP of the same length without metadata: see `withoutMetadata`. */
export async function* cleanWebp(source: ByteSource): AsyncGenerator<Uint8Array> {
  yield await source.take(12);
  for (let chunks = 0; chunks < MAX_CHUNKS; chunks++) {
    const head = await source.peek(BEFORE);
    const type = asText(head, 0, 4);
    if (!/^[\x20-\x7e]{4}$/.test(type) || head.length < BEFORE) break;
    const length = new DataView(head.buffer, head.byteOffset).getUint32(4, true);
    // Data of an odd length has a byte behind it.
    const padded = length + (length % 2);
    if (KEPT.includes(type)) yield* source.pass(BEFORE + padded);
    else if (type === "VP8X") {
      const bytes = Uint8Array.from(await source.take(BEFORE + 1));
      bytes[BEFORE] = (bytes[BEFORE] ?? 0) & ~HAS_XMP;
      yield bytes;
      yield* source.pass(padded - 1);
    } else if (type === "EXIF" && length <= MAX_EXIF) yield* exif(source, padded);
    else {
      yield withText(await source.take(BEFORE), PADDING);
      yield* source.blank(padded);
    }
  }
  yield* source.pass(Infinity);
}

async function* exif(source: ByteSource, padded: number): AsyncGenerator<Uint8Array> {
  yield await source.take(BEFORE);
  const data = await source.take(padded);
  // Some programs write what a JPEG has before the TIFF.
  const start = hasText(data, EXIF) ? EXIF.length : 0;
  yield data.subarray(0, start);
  yield orientationAlone(data.subarray(start));
}
