import { Buffer } from "node:buffer";

/** The beginning of a PNG, up to its size. */
export function pngOf(width: number, height: number): Uint8Array {
  const bytes = Buffer.alloc(33);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  bytes.set([8, 6], 24);
  return Uint8Array.from([...bytes, 0, 0, 0, 0, 0x49, 0x44, 0x41, 0x54, 0, 0, 0, 0]);
}

export function gifOf(width: number, height: number): Uint8Array {
  const [low, high] = [width & 0xff, width >> 8];
  const screen = [low, high, height & 0xff, height >> 8, 0x80, 0, 0];
  // Two frames; the second is smaller.
  const frame = [0x21, 0xf9, 4, 0, 10, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0];
  return Uint8Array.from([
    ...new TextEncoder().encode("GIF89a"),
    ...screen,
    ...[0, 0, 0, 255, 255, 255],
    ...frame,
    ...frame,
    0x3b,
  ]);
}

/** An animated WebP, whose canvas is larger than its frames. */
export function webpOf(width: number, height: number): Uint8Array {
  const threeBytes = (n: number) => [n & 0xff, (n >> 8) & 0xff, (n >> 16) & 0xff];
  const text = (s: string) => [...new TextEncoder().encode(s)];
  const canvas = [0x02, 0, 0, 0, ...threeBytes(width - 1), ...threeBytes(height - 1)];
  const chunks = [...text("WEBPVP8X"), 10, 0, 0, 0, ...canvas, ...text("ANIM"), 6, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  return Uint8Array.from([...text("RIFF"), chunks.length, 0, 0, 0, ...chunks]);
}

export function bmpOf(width: number, height: number): Uint8Array {
  const bytes = Buffer.alloc(58);
  bytes.write("BM");
  bytes.writeUInt32LE(58, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.set([1, 0, 24, 0], 26);
  return new Uint8Array(bytes);
}

/** EXIF data of a JPEG: the orientation, and `size` bytes of filling. */
export function notes(size: number, orientation: number): Uint8Array {
  const entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
  const tiff = [0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8, 0, 1, ...entry, 0, 0, 0, 0];
  const body = [0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff, ...Array.from({ length: size }, () => 0xff)];
  return segment(0xe1, body);
}

/** A segment of a JPEG. */
export function segment(marker: number, body: number[]): Uint8Array {
  const length = body.length + 2;
  return Uint8Array.from([0xff, marker, length >> 8, length & 0xff, ...body]);
}

/**
 * A JPEG of this size.
 * @param before segments that precede the picture
 * @param frame the marker of the frame header
 */
export function jpegOf(width: number, height: number, before: Uint8Array[] = [], frame = 0xc0): Uint8Array {
  const size = [
    8,
    height >> 8,
    height & 0xff,
    width >> 8,
    width & 0xff,
    3,
    1,
    0x22,
    0,
    2,
    0x11,
    1,
    3,
    0x11,
    1,
  ];
  const parts = [
    Uint8Array.from([0xff, 0xd8]),
    ...before,
    segment(frame, size),
    segment(0xda, [3, 1, 0]),
    Uint8Array.from([0xff, 0xd9]),
  ];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
