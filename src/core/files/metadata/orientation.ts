/** Exif data as a TIFF whose one entry is the orientation, 1. */
const UPRIGHT = [
  ...[0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1],
  ...[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 1, 0, 0],
  ...[0, 0, 0, 0],
];
/** The offset of the value in `UPRIGHT`. */
const VALUE = 19;
const ORIENTATION = 0x0112;
const SHORT = 3;
/** The bytes of an entry of a TIFF. */
const ENTRY = 12;

/**
 * The longest Exif data that is read; longer data is blanked as a whole. A segment of a JPEG is no longer.
 */
export const MAX_EXIF = 64 * 1024;

/**
 * Exif data of the same length that holds nothing but how a camera was held, so that the picture is shown as
 * before.
 * @param tiff the data, malformed or not
 */
export function orientationAlone(tiff: Uint8Array): Uint8Array {
  const cleaned = new Uint8Array(tiff.length);
  if (tiff.length < UPRIGHT.length) return cleaned;
  cleaned.set(UPRIGHT);
  cleaned[VALUE] = orientationOf(new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength));
  return cleaned;
}

/** 1 to 8, as Exif has it; 1 for data without it. */
function orientationOf(tiff: DataView): number {
  const isLittle = tiff.getUint16(0) === 0x4949;
  const directory = tiff.getUint32(4, isLittle);
  if (directory + 2 > tiff.byteLength) return 1;
  const count = tiff.getUint16(directory, isLittle);
  for (let i = 0; i < count; i++) {
    const at = directory + 2 + i * ENTRY;
    if (at + ENTRY > tiff.byteLength) return 1;
    if (tiff.getUint16(at, isLittle) !== ORIENTATION || tiff.getUint16(at + 2, isLittle) !== SHORT) continue;
    const value = tiff.getUint16(at + 8, isLittle);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
