import { randomBytes } from "node:crypto";
import { fileTypeFromBuffer } from "file-type";
import { fileUrl } from "../../domain/files/file-origins.ts";
import { FileKey, type UserId } from "../../domain/ids.ts";
import type { LinkPreview } from "../../domain/messages/link-preview.ts";
import type { Timing } from "../../domain/timing.ts";
import type { Database } from "../../storage/database.ts";
import { deleteBlobs, putBlob } from "../../storage/files/blobs.ts";
import { insertFile } from "../../storage/files/files.ts";
import { imageSize } from "../files/image-size.ts";
import { Measure } from "../files/measure.ts";
import { type PreviewWay, readPage } from "./page.ts";

const MAX_BYTES = 2 * 1024 * 1024;
/** A picture of few bytes may have very many pixels, which those who look at it would have to hold. */
const MAX_SIDE = 8_192;
const MAX_PIXELS = 25_000_000;
/** The types that are shown, by their first bytes, and the names of their files. SVG is a program. */
const NAMES: Record<string, string> = {
  "image/jpeg": "preview.jpg",
  "image/png": "preview.png",
  "image/gif": "preview.gif",
  "image/webp": "preview.webp",
};

/** Where copies of pictures are stored. */
export interface PictureStore {
  db: Database;
  bucket: R2Bucket;
  timing: Timing;
}

/**
 * Copies a picture of a page into the bucket: readers of a message call nobody but this server. The copy is a
 * file of the user whose message has named the page first, and goes once no message shows it.
 * @returns null: there is none that may be shown
 */
export async function copyPicture(
  { db, bucket, timing }: PictureStore,
  userId: UserId,
  url: string,
  way: PreviewWay,
): Promise<LinkPreview["image"] | null> {
  const page = await readPage({ url, accepts: /^image\//i, maxBytes: MAX_BYTES, isCut: false }, way);
  if (!page) return null;
  const { body } = page;
  const contentType = typeOf(await fileTypeFromBuffer(body));
  const name = NAMES[contentType];
  const size = await imageSize(contentType, async (offset, length) => body.subarray(offset, offset + length));
  if (name === undefined || !size || !isShowable(size)) return null;
  const key = FileKey.parse(randomBytes(16).toString("hex"));
  const measure = new Measure();
  const bytes = measure.through(inOne(body));
  const about = { userId, size: body.byteLength, contentType };
  await putBlob(bucket, key, bytes, about, timing.partBuffer);
  const createdAt = Date.now();
  const file = { key, userId, name, contentType, ...measure.result(), createdAt };
  // Until then a message that shows it is recorded.
  const expiresAt = createdAt + timing.linkPreviews.keepMs + timing.files.graceMs;
  try {
    await insertFile(db, { ...file, expiresAt, isReleased: true }, null);
  } catch (error) {
    await deleteBlobs(bucket, [key]).catch(() => undefined);
    throw error;
  }
  return { url: fileUrl({ key, name }), width: size.width, height: size.height };
}

/** An animated PNG is a PNG, too. */
function typeOf(found: { mime: string } | undefined): string {
  return found?.mime === "image/apng" ? "image/png" : (found?.mime ?? "");
}

function isShowable({ width, height }: { width: number; height: number }): boolean {
  return Math.max(width, height) <= MAX_SIDE && width * height <= MAX_PIXELS;
}

async function* inOne(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
