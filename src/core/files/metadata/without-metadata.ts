import { ByteSource, hasText } from "./byte-source.ts";
import { cleanHeif, isHeif } from "./heif.ts";
import { cleanJpeg } from "./jpeg.ts";
import { cleanPng } from "./png.ts";
import { cleanWebp } from "./webp.ts";

/**
 * A file from its beginning, without what its photographs tell besides their pixels: place, time, camera,
 * names, comments, small copies. JPEG, PNG, WebP, HEIC and AVIF are told by their first bytes; all others
 * pass as they are.
 *
 * Each byte keeps its place. Metadata is blanked, not cut out, so a file has the size that its upload has
 * announced, and the pixels are the same bytes. Kept is what says how pixels are shown: orientation, colour
 * profile, animation. What does not parse passes as it is. At most 64 KiB are held in memory.
 */
export async function* withoutMetadata(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = new ByteSource(bytes);
  try {
    const head = await source.peek(12);
    if (hasText(head, "\xff\xd8\xff")) yield* cleanJpeg(source);
    else if (hasText(head, "\x89PNG\r\n\x1a\n")) yield* cleanPng(source);
    else if (hasText(head, "RIFF") && hasText(head, "WEBP", 8)) yield* cleanWebp(source);
    else if (isHeif(head)) yield* cleanHeif(source);
    else yield* source.pass(Infinity);
  } finally {
    await source.close();
  }
}
