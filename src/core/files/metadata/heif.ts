import { asText, type ByteSource, hasText } from "./byte-source.ts";

/** The brands of pictures: HEIC of phones, AVIF, and what both are made of. */
const BRANDS = ["heic", "heix", "heim", "heis", "avif", "mif1"];
/** The longest box with the list of a file's items that is read; a phone writes some KiB. */
const MAX_META = 64 * 1024;
/** What more boxes hold is stored as it is; the box of items is one of the first. */
const MAX_BOXES = 100;
/** The items that are metadata: Exif data, and XMP, which is the only item with a media type. */
const METADATA = ["Exif", "mime"];

/** Bytes from `start` up to `end`, exclusive. */
interface Range {
  start: number;
  end: number;
}

/** Whether a file begins as a HEIC or an AVIF. @param head 12 bytes */
export function isHeif(head: Uint8Array): boolean {
  return hasText(head, "ftyp", 4) && BRANDS.includes(asText(head, 8, 4));
}

/**
 * A HEIC or AVIF of the same length without metadata: see `withoutMetadata`. Its orientation is no part of
 * the metadata. A file that has its pixels before the list of its items passes as it is.
 */
export async function* cleanHeif(source: ByteSource): AsyncGenerator<Uint8Array> {
  let position = 0;
  for (let boxes = 0; boxes < MAX_BOXES; boxes++) {
    const head = await source.peek(8);
    const length = uint(head, 0, 4);
    if (length < 8) break;
    if (hasText(head, "meta", 4) && length <= MAX_META) {
      const meta = Uint8Array.from(await source.take(length));
      const ranges = blankItems(meta);
      yield meta;
      return yield* passExcept(source, position + meta.length, ranges);
    }
    yield* source.pass(length);
    position += length;
  }
  yield* source.pass(Infinity);
}

async function* passExcept(source: ByteSource, from: number, ranges: Range[]): AsyncGenerator<Uint8Array> {
  let position = from;
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const [gap, length] = [Math.max(0, start - position), Math.max(0, end - Math.max(start, position))];
    yield* source.pass(gap);
    yield* source.blank(length);
    position += gap + length;
  }
  yield* source.pass(Infinity);
}

/** Blanks metadata inside of the box. @returns where in the file there is more */
function blankItems(meta: Uint8Array): Range[] {
  const boxes = new Map(boxesOf(meta, 12, meta.length).map((box) => [box.type, box]));
  const [infos, places, data] = ["iinf", "iloc", "idat"].map((type) => boxes.get(type));
  if (!infos || !places) return [];
  const ids = metadataIds(meta, infos);
  const ranges: Range[] = [];
  for (const { isInside, start, end } of extentsOf(meta, places, ids)) {
    if (!isInside) ranges.push({ start, end });
    else if (data) meta.fill(0, Math.min(data.start + start, data.end), Math.min(data.start + end, data.end));
  }
  return ranges;
}

/** The boxes between two offsets: where what they hold starts and ends. */
function boxesOf(bytes: Uint8Array, from: number, to: number): (Range & { type: string })[] {
  const boxes: (Range & { type: string })[] = [];
  for (let at = from; at + 8 <= to; ) {
    const end = at + uint(bytes, at, 4);
    if (end < at + 8 || end > to) break;
    boxes.push({ type: asText(bytes, at + 4, 4), start: at + 8, end });
    at = end;
  }
  return boxes;
}

/** The ids of the items that are metadata, by the box `iinf`. */
function metadataIds(bytes: Uint8Array, { start, end }: Range): Set<number> {
  const entries = boxesOf(bytes, start + (bytes[start] === 0 ? 6 : 8), end);
  const found = entries.flatMap(({ start: at }) => {
    // The version decides how wide an id is.
    const width = bytes[at] === 3 ? 4 : 2;
    return METADATA.includes(asText(bytes, at + 6 + width, 4)) ? [uint(bytes, at + 4, width)] : [];
  });
  return new Set(found);
}

/** Where the bytes of some items are, by the box `iloc`: in the file, or inside of the box `idat`. */
function extentsOf(
  bytes: Uint8Array,
  { start, end }: Range,
  ids: ReadonlySet<number>,
): (Range & { isInside: boolean })[] {
  const version = bytes[start] ?? 0;
  const sizes = uint(bytes, start + 4, 2);
  const [offsetSize, lengthSize] = [sizes >> 12, (sizes >> 8) & 15];
  const [baseSize, indexSize] = [(sizes >> 4) & 15, version === 0 ? 0 : sizes & 15];
  let at = start + 6;
  const next = (size: number) => {
    at += size;
    return uint(bytes, at - size, size);
  };
  const idSize = version === 2 ? 4 : 2;
  const extents: (Range & { isInside: boolean })[] = [];
  // Extents without a byte would make the list longer than the box.
  if (indexSize + offsetSize + lengthSize === 0) return extents;
  for (let items = next(idSize); items > 0 && at < end; items--) {
    const id = next(idSize);
    const isInside = version > 0 && (next(2) & 15) === 1;
    next(2);
    const base = next(baseSize);
    for (let count = next(2); count > 0 && at < end; count--) {
      next(indexSize);
      const from = base + next(offsetSize);
      const to = from + next(lengthSize);
      if (ids.has(id)) extents.push({ isInside, start: from, end: to });
    }
  }
  return extents;
}

/** An unsigned number of `size` bytes, the highest first. What is beyond the bytes counts as 0. */
function uint(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
