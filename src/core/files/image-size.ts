import { BMP } from "image-size/types/bmp";
import { GIF } from "image-size/types/gif";
import type { IImage } from "image-size/types/interface";
import { JPG } from "image-size/types/jpg";
import { PNG } from "image-size/types/png";
import { WEBP } from "image-size/types/webp";

/** Bytes of a file, from there on: as many as asked for, or what there is. */
export type ReadBytes = (offset: number, length: number) => Promise<Uint8Array>;

/** How large a picture is, in pixels. */
export interface ImageSize {
  width: number;
  height: number;
}

/** By what their bytes say that they are. A handler looks at what it is given and nothing else. */
const HANDLERS: Record<string, IImage> = {
  "image/bmp": BMP,
  "image/gif": GIF,
  "image/jpeg": JPG,
  "image/png": PNG,
  "image/webp": WEBP,
};

/** Whether this is a picture of which `pictureSize` can tell how large it is. */
export const isImage = (contentType: string): boolean => Object.hasOwn(HANDLERS, contentType);

/** The beginning of a file, which tells the size of most pictures. */
const HEAD = 64 * 1024;
/** Later ones of a JPEG are larger, so that few are needed whatever stands before the picture. */
const MAX_AT_ONCE = 1024 * 1024;

/**
 * How large a picture is, as it is shown: a camera that was held upright says so. Only what tells of it is read: of a
 * JPEG what comes before, be it megabytes, is passed over.
 * @returns null for what is no such picture, or is cut off before it says
 */
export async function imageSize(contentType: string, read: ReadBytes): Promise<ImageSize | null> {
  const head = await read(0, HEAD);
  const handler = HANDLERS[contentType];
  if (!handler || (contentType === "image/bmp" && !isBitmap(head))) return null;
  const contactNotifier = contentType === "image/jpeg" ? await framesOf(head, read) : [head];
  for (const bytes of contactNotifier) {
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
    // A handler reads beyond the end of what is cut off.
    return null;
  }
}

function isLength(pixels: number): boolean {
  return Number.isSafeInteger(pixels) && pixels > 0;
}

/** How long the second header of a bitmap can be: what only begins as one is none. */
const BITMAP_HEADERS = [40, 52, 56, 108, 124];

function isBitmap(head: Uint8Array): boolean {
  const [a = 0, b = 0, c = 0, d = 0] = head.subarray(14, 18);
  return BITMAP_HEADERS.includes(a + 256 * (b + 256 * (c + 256 * d)));
}

/** A JPEG's beginning with a segment that says nothing, so that it can be followed by any other. */
const BEGINNING = [0xff, 0xd8, 0xff, 0xe0, 0x00, 0x02];
const EXIF = [0x45, 0x78, 0x69, 0x66, 0x00, 0x00];
/** Marker, length, precision, height and width of a frame. */
const FRAME_BYTES = 9;
/** More segments before the picture has none that is one. */
const MAX_SEGMENTS = 5_000;

/**
 * JPEGs of nothing but the frame's header, with the camera's notes and without: what the handler reads, who would walk
 * through whatever else there is byte by byte. Notes may be broken where the picture is not. None where it has no frame.
 */
async function framesOf(head: Uint8Array, read: ReadBytes): Promise<Uint8Array[]> {
  const file = new Windows(head, read);
  let notes = new Uint8Array();
  let at = 2;
  for (let segments = 0; segments < MAX_SEGMENTS; segments++) {
    const here = await file.at(at, FRAME_BYTES + 2);
    const [mark = 0, marker = 0, high = 0, low = 0] = here;
    const length = high * 256 + low;
    if (here.length < 4 || mark !== 0xff) return [];
    if (marker === 0xff) at += 1;
    else if (isAlone(marker)) at += 2;
    else if (length < 2 || marker === 0xda || marker === 0xd9) return [];
    else if (isFrame(marker)) {
      const frame = [0xff, 0xc0, ...here.subarray(2, FRAME_BYTES)];
      return [notes, []].map((before) => Uint8Array.from([...BEGINNING, ...before, ...frame]));
    } else {
      const isNotes = marker === 0xe1 && notes.length === 0 && EXIF.every((byte, i) => here[i + 4] === byte);
      if (isNotes) notes = (await file.at(at, length + 2)).slice();
      at += 2 + length;
    }
  }
  return [];
}

/** Markers without a length: restarts, a beginning, one that is of no meaning. */
const isAlone = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/** Beginnings of a frame, of whatever coding; among their numbers are those of tables. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** A file through a window that moves on, and grows. */
class Windows {
  #bytes: Uint8Array;
  #from = 0;
  readonly #read: ReadBytes;

  constructor(head: Uint8Array, read: ReadBytes) {
    this.#bytes = head;
    this.#read = read;
  }

  /** So many bytes from there on, or what there is. */
  async at(offset: number, length: number): Promise<Uint8Array> {
    if (offset + length > this.#from + this.#bytes.length) {
      this.#bytes = await this.#read(offset, Math.min(MAX_AT_ONCE, Math.max(2 * this.#bytes.length, HEAD)));
      this.#from = offset;
    }
    return this.#bytes.subarray(offset - this.#from, offset - this.#from + length);
  }
}
