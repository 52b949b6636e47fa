import { BMP } from "image-size/types/bmp";
import { GIF } from "image-size/types/gif";
import type { IImage } from "image-size/types/interface";
import { JPG } from "image-size/types/jpg";
import { PNG } from "image-size/types/png";
import { WEBP } from "image-size/types/webp";

/** Reads `length` bytes of a file from `offset` on, or fewer at its end. */
export type ReadBytes = (offset: number, length: number) => Promise<Uint8Array>;

/** The size of an image in pixels. */
export interface ImageSize {
  width: number;
  height: number;
}

/** The parsers by detected media type. A parser reads only the bytes that it is given. */
const HANDLERS: Record<string, IImage> = {
  "image/bmp": BMP,
  "image/gif": GIF,
  "image/jpeg": JPG,
  "image/png": PNG,
  "image/webp": WEBP,
};

/** Whether `imageSize` can measure images of this media type. */
export const isImage = (contentType: string): boolean => Object.hasOwn(HANDLERS, contentType);

/** The bytes read first, which hold the size of most images. */
const HEAD_BYTES = 64 * 1024;
/**
 * The maximum of later reads of a JPEG. They grow up to it, so that few reads skip any metadata before the
 * image.
 */
const MAX_READ_BYTES = 1024 * 1024;

/**
 * The size of an image as it is shown, which includes the rotation that a camera has stored. Only the bytes
 * with the size are read: the metadata of a JPEG, which may be megabytes, is skipped.
 * @returns null for bytes that are no image of this type, or end before the size
 */
export async function imageSize(contentType: string, read: ReadBytes): Promise<ImageSize | null> {
  const head = await read(0, HEAD_BYTES);
  const handler = HANDLERS[contentType];
  if (!handler || (contentType === "image/bmp" && !isBitmap(head))) return null;
  const candidates = contentType === "image/jpeg" ? await jpegHeaders(head, read) : [head];
  for (const bytes of candidates) {
    const size = measured(handler, bytes);
    if (size) return size;
  }
  return null;
}

function measured(handler: IImage, bytes: Uint8Array): ImageSize | null {
  try {
    const { width, height, orientation = 1 } = handler.calculate(bytes);
    if (!isLength(width) || !isLength(height)) return null;
    return orientation > 4 ? { width: height, height: width } : { width, height };
  } catch {
    // A parser reads beyond the end of truncated bytes.
    return null;
  }
}

function isLength(pixels: number): boolean {
  return Number.isSafeInteger(pixels) && pixels > 0;
}

/** The lengths of a bitmap's second header. Other files may begin with the same signature. */
const BITMAP_HEADERS = [40, 52, 56, 108, 124];

function isBitmap(head: Uint8Array): boolean {
  const [a = 0, b = 0, c = 0, d = 0] = head.subarray(14, 18);
  return BITMAP_HEADERS.includes(a + 256 * (b + 256 * (c + 256 * d)));
}

/** The start of a JPEG with an empty segment, which any other segment may follow. */
const JPEG_START = [0xff, 0xd8, 0xff, 0xe0, 0x00, 0x02];
const EXIF = [0x45, 0x78, 0x69, 0x66, 0x00, 0x00];
/** The bytes of a frame header: marker, length, precision, height and width. */
const FRAME_BYTES = 9;
/** A file with more segments before the image is not measured. */
const MAX_SEGMENTS = 5_000;

/**
 * Makes two small JPEGs of a file's frame header: with its Exif segment and without. The parser would
 * otherwise walk through all other segments byte by byte. The second one serves images whose Exif segment is
 * broken. The result is empty if the file has no frame.
 */
async function jpegHeaders(head: Uint8Array, read: ReadBytes): Promise<Uint8Array[]> {
  const file = new ReadWindow(head, read);
  let exif = new Uint8Array();
  let offset = 2;
  for (let segments = 0; segments < MAX_SEGMENTS; segments++) {
    const segment = await file.at(offset, FRAME_BYTES + 2);
    const [mark = 0, marker = 0, high = 0, low = 0] = segment;
    const length = high * 256 + low;
    if (segment.length < 4 || mark !== 0xff) return [];
    if (marker === 0xff) offset += 1;
    else if (hasNoLength(marker)) offset += 2;
    else if (length < 2 || marker === 0xda || marker === 0xd9) return [];
    else if (isFrame(marker)) {
      const frame = [0xff, 0xc0, ...segment.subarray(2, FRAME_BYTES)];
      return [exif, []].map((before) => Uint8Array.from([...JPEG_START, ...before, ...frame]));
    } else {
      const isExif = marker === 0xe1 && exif.length === 0 && EXIF.every((byte, i) => segment[i + 4] === byte);
      if (isExif) exif = (await file.at(offset, length + 2)).slice();
      offset += 2 + length;
    }
  }
  return [];
}

/** Markers without a length: restart markers, the start of an image, and a marker for private use. */
const hasNoLength = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/** Start-of-frame markers of all codings. The three excluded numbers are markers of tables or reserved. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** Reads a file through one buffer, which moves forward and doubles up to `MAX_READ_BYTES`. */
class ReadWindow {
  #bytes: Uint8Array;
  #start = 0;
  readonly #read: ReadBytes;

  constructor(head: Uint8Array, read: ReadBytes) {
    this.#bytes = head;
    this.#read = read;
  }

  /** `length` bytes from `offset` on, or fewer at the end of the file. */
  async at(offset: number, length: number): Promise<Uint8Array> {
    if (offset + length > this.#start + this.#bytes.length) {
      const readBytes = Math.min(MAX_READ_BYTES, Math.max(2 * this.#bytes.length, HEAD_BYTES));
      this.#bytes = await this.#read(offset, readBytes);
      this.#start = offset;
    }
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length);
  }
}
