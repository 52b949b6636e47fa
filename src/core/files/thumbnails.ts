import { fileTypeFromBuffer } from "file-type";
import { CoreError, isNotFound } from "../../domain/errors.ts";
import type { ByteRange, StoredFile } from "../../domain/files/file.ts";
import { THUMBNAIL_SIDES, type ThumbnailSize } from "../../domain/files/thumbnail.ts";
import { LIMITS } from "../../domain/limits.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { findFile } from "../../storage/files/files.ts";
import {
  claimThumbnail,
  deleteThumbnail,
  type FoundThumbnail,
  findThumbnail,
  noteThumbnail,
  readThumbnail,
  storeThumbnail,
} from "../../storage/files/thumbnails.ts";
import type { Core } from "../context.ts";
import { readBytes, readFile } from "./files.ts";
import { type ImageSize, imageSize } from "./image-size.ts";

/** The pictures that have thumbnails, by their first bytes. Others move, or not every browser shows them. */
const TYPES = ["image/jpeg", "image/png", "image/webp"];
/** The largest pictures that Cloudflare takes have 12,000 pixels on a side. */
const MAX_SIDE = 12_000;
const MAX_PIXELS = 50_000_000;
/** A picture with fewer bytes is served as it is: a thumbnail would save little. */
const MIN_BYTES = 32 * 1024;
/** The first bytes of a file, which tell its type. */
const HEAD_BYTES = 4_096;
/** The quality of a thumbnail, of 100: at its size the loss is hardly seen. */
const QUALITY = 80;

/** What is served in place of a picture. */
export interface Thumbnail {
  file: Pick<StoredFile, "name" | "size" | "contentType" | "sha256">;
  open(range?: ByteRange): Promise<ReadableStream>;
}

/** How a thumbnail is described, whether it exists or not. Its bytes follow from those of the picture. */
export function describeThumbnail({ name, sha256 }: StoredFile, size: ThumbnailSize): Thumbnail["file"] {
  const contentType = "image/webp";
  return { name: `${name.replace(/\.\w+$/, "")}.webp`, size: 0, contentType, sha256: `${sha256}-${size}` };
}

/**
 * A picture in a smaller size. It is made at the first demand: who asks meanwhile gets the picture itself,
 * and so does everybody where it cannot be made.
 * @param mayMake whether one may be made now; asked once for all who ask at the same time
 * @returns null: the picture itself is to be served
 */
export async function thumbnailOf(
  core: Core,
  file: StoredFile,
  size: ThumbnailSize,
  mayMake: () => Promise<boolean>,
): Promise<Thumbnail | null> {
  if (!core.images || !file.contentType.startsWith("image/")) return null;
  if (file.size < MIN_BYTES || file.size > LIMITS.fileBytes) return null;
  try {
    const found = await findThumbnail(core.files, file.key, size);
    if (found?.state === "made") return served(core, file, size, found);
    if (found && !isOver(core, found)) return null;
    const bytes = await inTime(core, makeOnce(core, file, size, { former: found?.etag ?? null, mayMake }));
    return bytes && served(core, file, size, { bytes: bytes.byteLength, body: new Response(bytes).body });
  } catch (error) {
    log("warn", "thumbnail_failed", { size, ...errorFields(error) });
    return null;
  }
}

function served(
  { files }: Core,
  file: StoredFile,
  size: ThumbnailSize,
  { bytes, body }: { bytes: number; body: ReadableStream | null },
): Thumbnail {
  return {
    file: { ...describeThumbnail(file, size), size: bytes },
    async open(range) {
      if (!range && body) return body;
      await body?.cancel();
      const part = await readThumbnail(files, file.key, size, range ?? { offset: 0, length: bytes });
      if (!part) throw new CoreError("not_found", "There is no such file. Use its URL as it was given.");
      return part;
    },
  };
}

/** Whether a note counts no more: who makes a thumbnail may be cancelled, and a failure may have passed. */
function isOver({ timing }: Core, found: Exclude<FoundThumbnail, { state: "made" }>): boolean {
  const { claimMs, retryMs } = timing.thumbnails;
  const keptMs = { making: claimMs, failed: retryMs, none: Number.POSITIVE_INFINITY }[found.state];
  return found.notedAt + keptMs <= Date.now();
}

/** The bytes, if they come soon; the making goes on. */
async function inTime(core: Core, making: Promise<Uint8Array | null>): Promise<Uint8Array | null> {
  core.waitUntil(making.catch(() => undefined));
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), core.timing.thumbnails.waitMs);
  try {
    return await Promise.race([making, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** @returns null: somebody else makes it, the isolate makes many, or it cannot be made */
async function makeOnce(
  core: Core,
  file: StoredFile,
  size: ThumbnailSize,
  { former, mayMake }: { former: string | null; mayMake: () => Promise<boolean> },
): Promise<Uint8Array | null> {
  using turn = core.thumbnailTurns.take();
  if (!turn || !(await claimThumbnail(core.files, file.key, size, former))) return null;
  // Those who ask next find the note, and are not counted.
  if (!(await mayMake())) return null;
  const bytes = await make(core, file, THUMBNAIL_SIDES[size]).catch((error: unknown) => {
    // The file went meanwhile.
    if (isNotFound(error)) return null;
    log("warn", "thumbnail_failed", { size, ...errorFields(error) });
    return "failed" as const;
  });
  const result = bytes === null ? "none" : bytes === "failed" ? "failed" : "made";
  core.metrics.count("thumbnails", { result });
  if (bytes === null || bytes === "failed")
    await noteThumbnail(core.files, file.key, size, bytes === null ? "none" : "failed");
  else await storeThumbnail(core.files, file.key, size, bytes);
  // The row of a file goes before its bytes: whoever has deleted these may not have seen the thumbnail.
  const isThere = (await findFile(core.db, file.key, Date.now())) !== null;
  if (!isThere) await deleteThumbnail(core.files, file.key, size);
  return isThere && bytes !== "failed" ? bytes : null;
}

/** @returns null: the picture itself is as good, or nothing can be made of it */
async function make(core: Core, file: StoredFile, side: number): Promise<Uint8Array<ArrayBuffer> | null> {
  const picture = await measured(core, file);
  const { images } = core;
  if (!images || !picture || Math.max(picture.width, picture.height) <= side) return null;
  const result = await images
    .input(await readFile(core, file))
    .transform({ width: side, height: side, fit: "scale-down" })
    .output({ format: "image/webp", quality: QUALITY, anim: false });
  const bytes = new Uint8Array(await new Response(result.image()).arrayBuffer());
  const made = await imageSize("image/webp", async (from, length) => bytes.subarray(from, from + length));
  if (!made || Math.max(made.width, made.height) > side || isTurned(made, picture))
    throw new Error("what was made is no smaller picture of the same");
  return bytes.byteLength < file.size ? bytes : null;
}

/** How large a picture is as it is shown; null: it is none of which a smaller one is made. */
async function measured(core: Core, file: StoredFile): Promise<ImageSize | null> {
  const read = (offset: number, length: number) => readBytes(core, file, { offset, length });
  const head = await read(0, HEAD_BYTES);
  const type = (await fileTypeFromBuffer(head))?.mime;
  if (type === undefined || !TYPES.includes(type) || isAnimated(head)) return null;
  const size = await imageSize(type, read);
  if (!size || Math.max(size.width, size.height) > MAX_SIDE) return null;
  return size.width * size.height > MAX_PIXELS ? null : size;
}

/** The flag of an animation in the header of a WebP. An animated PNG has a type of its own. */
function isAnimated(head: Uint8Array): boolean {
  const isExtended = new TextDecoder("latin1").decode(head.subarray(8, 16)) === "WEBPVP8X";
  return isExtended && ((head[20] ?? 0) & 2) !== 0;
}

/** Whether one lies and the other stands: then the orientation that a camera has noted was lost. */
function isTurned(made: ImageSize, picture: ImageSize): boolean {
  const shape = ({ width, height }: ImageSize) => Math.sign(width - height);
  return shape(made) * shape(picture) < 0;
}
