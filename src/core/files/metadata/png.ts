import { crc32 } from "node:zlib";
import { asText, type ByteSource, withText } from "./byte-source.ts";
import { MAX_EXIF, orientationAlone } from "./orientation.ts";

/** What follows is stored as it is: each chunk costs time. A picture of 20 MiB has some 2,600. */
const MAX_CHUNKS = 20_000;
/** The bytes of a chunk besides its data: length and type before, the checksum behind. */
const [BEFORE, BEHIND] = [8, 4];
/** The chunks that say how the pixels are shown; those that begin with a capital are critical. */
const KEPT =
  /^(?:[A-Z].*|tRNS|cHRM|gAMA|iCCP|sBIT|sRGB|cICP|mDC[Vv]|cLL[Ii]|bKGD|hIST|pHYs|sPLT|acTL|fcTL|fdAT)$/;
/** A chunk that a reader skips: ancillary, private, safe to copy. */
const PADDING = "paDd";

/** A PNG of the same length without metadata: see `withoutMetadata`. */
export async function* cleanPng(source: ByteSource): AsyncGenerator<Uint8Array> {
  yield await source.take(8);
  for (let chunks = 0; chunks < MAX_CHUNKS; chunks++) {
    const head = await source.peek(BEFORE);
    const type = asText(head, 4, 4);
    if (!/^[A-Za-z]{4}$/.test(type)) break;
    const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
    if (KEPT.test(type)) yield* source.pass(BEFORE + length + BEHIND);
    else if (type === "eXIf" && length <= MAX_EXIF) yield* exif(source, length);
    else yield* padding(source, length);
    if (type === "IEND") return yield* source.blank(Infinity);
  }
  yield* source.pass(Infinity);
}

async function* exif(source: ByteSource, length: number): AsyncGenerator<Uint8Array> {
  const head = await source.take(BEFORE);
  const data = orientationAlone(await source.take(length));
  yield head;
  yield data;
  yield* checksum(source, crc32(data, crc32(head.subarray(4))));
}

async function* padding(source: ByteSource, length: number): AsyncGenerator<Uint8Array> {
  const head = withText(await source.take(BEFORE), PADDING, 4);
  yield head;
  let sum = crc32(head.subarray(4));
  for await (const blank of source.blank(length)) {
    sum = crc32(blank, sum);
    yield blank;
  }
  yield* checksum(source, sum);
}

/** Puts a checksum in the place of that of the file. */
async function* checksum(source: ByteSource, sum: number): AsyncGenerator<Uint8Array> {
  const replaced = await source.take(BEHIND);
  const bytes = new DataView(new ArrayBuffer(BEHIND));
  bytes.setUint32(0, sum);
  yield new Uint8Array(bytes.buffer, 0, replaced.length);
}
