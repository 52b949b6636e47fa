import { z } from "zod";
import type { ByteRange } from "../../domain/files/file.ts";
import { type ThumbnailSize, thumbnailKey } from "../../domain/files/thumbnail.ts";
import type { FileKey } from "../../domain/ids.ts";
import { fromR2 } from "./blobs.ts";

/**
 * What stands in place of a thumbnail: it is being made, its making has failed, or the picture itself is the
 * best that there is.
 */
const Note = z.enum(["making", "failed", "none"]);
type Note = z.infer<typeof Note>;

/** What the bucket has at the place of a thumbnail. */
export type FoundThumbnail =
  | { state: "made"; bytes: number; body: ReadableStream }
  | { state: Note; etag: string; notedAt: number };

/** A thumbnail, or what stands in its place; null: nobody has asked for it yet. @throws `unavailable` */
export async function findThumbnail(
  bucket: R2Bucket,
  key: FileKey,
  size: ThumbnailSize,
): Promise<FoundThumbnail | null> {
  const found = await fromR2(bucket.get(thumbnailKey(key, size)));
  if (!found) return null;
  const note = Note.safeParse(found.customMetadata?.note);
  if (!note.success) return { state: "made", bytes: found.size, body: found.body };
  await found.body.cancel();
  return { state: note.data, etag: found.etag, notedAt: found.uploaded.getTime() };
}

/** A range of a thumbnail's bytes; null: it is gone. @throws `unavailable` */
export async function readThumbnail(
  bucket: R2Bucket,
  key: FileKey,
  size: ThumbnailSize,
  range: ByteRange,
): Promise<ReadableStream | null> {
  return (await fromR2(bucket.get(thumbnailKey(key, size), { range })))?.body ?? null;
}

/**
 * Notes that a thumbnail is being made. Of several calls for the same state one does, in all data centres.
 * @param former the ETag of the note that it replaces; null: there is none
 * @throws `unavailable`
 */
export async function claimThumbnail(
  bucket: R2Bucket,
  key: FileKey,
  size: ThumbnailSize,
  former: string | null,
): Promise<boolean> {
  const onlyIf = former === null ? { etagDoesNotMatch: "*" } : { etagMatches: former };
  const claim = await fromR2(
    bucket.put(thumbnailKey(key, size), crypto.randomUUID(), { onlyIf, customMetadata: { note: "making" } }),
  );
  return claim !== null;
}

/** @throws `unavailable` */
export async function storeThumbnail(
  bucket: R2Bucket,
  key: FileKey,
  size: ThumbnailSize,
  bytes: Uint8Array,
): Promise<void> {
  const httpMetadata = { contentType: "image/webp" };
  await fromR2(bucket.put(thumbnailKey(key, size), bytes, { httpMetadata }));
}

/** Notes why there is no thumbnail. @throws `unavailable` */
export async function noteThumbnail(
  bucket: R2Bucket,
  key: FileKey,
  size: ThumbnailSize,
  note: Exclude<Note, "making">,
): Promise<void> {
  // Two notes have two ETags.
  await fromR2(bucket.put(thumbnailKey(key, size), crypto.randomUUID(), { customMetadata: { note } }));
}

/** Deletes a thumbnail, and leaves its file alone. @throws `unavailable` */
export async function deleteThumbnail(bucket: R2Bucket, key: FileKey, size: ThumbnailSize): Promise<void> {
  await fromR2(bucket.delete(thumbnailKey(key, size)));
}

/** What makes thumbnails: a binding that an operator may remove from wrangler.toml; undefined: nothing. */
export function imagesBinding(env: object): ImagesBinding | undefined {
  const binding: unknown = Reflect.get(env, "IMAGES");
  return isImages(binding) ? binding : undefined;
}

function isImages(binding: unknown): binding is ImagesBinding {
  return typeof binding === "object" && binding !== null && "input" in binding;
}
