import { randomBytes } from "node:crypto";
import { CoreError } from "../../domain/errors.ts";
import type { ByteRange, StoredFile, Upload } from "../../domain/files/file.ts";
import { FileKey, type UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { deleteBlobs, putBlob, readBlob } from "../../storage/files/blobs.ts";
import { deleteFileOf, findFile, insertFile, keepFileUntil } from "../../storage/files/files.ts";
import type { Core } from "../context.ts";
import { boundedBytes, requireSize } from "./bounded-bytes.ts";
import { fileRoomOf, noRoom, requireRoom } from "./file-quota.ts";
import { Measure } from "./measure.ts";
import { withoutMetadata } from "./metadata/without-metadata.ts";

/**
 * Stores a file from a stream. The file is readable once it is complete.
 * @throws `too_large` over 20 MiB, `quota`, `unavailable` if R2 or D1 does not answer, and the errors of the
 *   upload's bytes; the stored bytes are deleted then
 */
export function storeFile(core: Core, userId: UserId, upload: Upload): Promise<StoredFile> {
  requireSize(upload.size ?? 0, LIMITS.fileBytes);
  const bytes = boundedBytes(upload.bytes, LIMITS.fileBytes);
  return receiveFile(core, userId, { ...upload, bytes }, (file, publish) => publish(file));
}

/** Makes a file readable by inserting its row. */
export type Publish = (file: StoredFile) => Promise<StoredFile>;

/**
 * Stores the bytes of a file from a stream, without a limit on their number. A photograph loses its metadata
 * on the way, unless the upload says otherwise: see `withoutMetadata`.
 * @param keep called once all bytes are stored; the file is readable once `keep` calls `publish`, which must
 *   be its last step
 * @throws `quota` for more bytes than the user may have; `unavailable`, and the errors of the upload's bytes
 *   and of `keep`; the stored bytes are deleted then
 */
export async function receiveFile<T>(
  core: Core,
  userId: UserId,
  upload: Upload,
  keep: (file: StoredFile, publish: Publish) => Promise<T>,
): Promise<T> {
  const key = FileKey.parse(randomBytes(16).toString("hex"));
  const { name = "file", contentType = "application/octet-stream", size } = upload;
  const room = await fileRoomOf(core, userId);
  // With a size that is not known yet, one byte.
  requireRoom(room, size ?? 1);
  const measure = new Measure();
  try {
    const buffer = core.timing.partBuffer;
    const bytes = upload.keepsMetadata ? upload.bytes : withoutMetadata(upload.bytes);
    await putBlob(core.files, key, measure.through(bytes), { userId, size, contentType }, buffer);
    const file = {
      key,
      userId,
      name,
      contentType,
      ...measure.result(),
      createdAt: Date.now(),
      expiresAt: null,
    };
    requireRoom(room, file.size);
    // The row comes last: bytes without a row cannot be read.
    return await keep(file, async (published) => {
      // Other uploads of the user may have taken the room meanwhile.
      if (!(await insertFile(core.db, published, room.limit))) throw noRoom(await fileRoomOf(core, userId));
      return published;
    });
  } catch (error) {
    // The hourly cleanup deletes bytes that cannot be deleted now, within two days.
    await deleteBlobs(core.files, [key]).catch(() => undefined);
    throw error;
  }
}

/** The file of this key and name. @throws `not_found` */
export async function getFile(core: Core, key: string, name: string): Promise<StoredFile> {
  const parsed = FileKey.safeParse(key);
  const file = parsed.success ? await findFile(core.db, parsed.data, Date.now()) : null;
  return file?.name === name ? file : noFile();
}

/** The file of this key, with any name. @throws `not_found` */
async function fileOfKey(core: Core, key: FileKey): Promise<StoredFile> {
  return (await findFile(core.db, key, Date.now())) ?? noFile();
}

/**
 * Deletes a file of the caller: nobody can read it any more. Messages that show it stay.
 * @throws `not_found` unless the caller has uploaded it
 */
export async function deleteFile(core: Core, caller: UserId, key: string): Promise<void> {
  const parsed = FileKey.safeParse(key);
  const deleted = parsed.success ? await deleteFileOf(core.db, parsed.data, caller) : null;
  if (!parsed.success || !deleted) noFile();
  if (deleted.isKept) return;
  // Without its row the file is gone. Bytes that cannot be deleted now are left to the hourly cleanup.
  await deleteBlobs(core.files, [parsed.data]).catch((error: unknown) =>
    log("warn", "file_bytes_left", { ...errorFields(error) }),
  );
}

/**
 * The file of this key, kept for a draft that is going to show it, if it was to expire.
 * @throws `not_found`
 */
export async function fileForDraft(core: Core, key: FileKey): Promise<StoredFile> {
  const file = await fileOfKey(core, key);
  if (file.expiresAt === null) return file;
  const until = Date.now() + core.timing.files.graceMs;
  return (await keepFileUntil(core.db, key, until)) ? file : noFile();
}

/**
 * A range of a file's bytes, shorter at the file's end. The file need not be published yet.
 * @throws as `readFile`
 */
export async function readBytes(
  core: Core,
  { key, size }: Pick<StoredFile, "key" | "size">,
  range: ByteRange,
): Promise<Uint8Array> {
  const length = Math.min(range.length, size - range.offset);
  if (length <= 0) return new Uint8Array();
  const stream = (await readBlob(core.files, key, { offset: range.offset, length })) ?? noFile();
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The bytes of a file, or a range of them. @throws `not_found` if R2 does not have them, `unavailable` */
export async function readFile(
  core: Core,
  { key }: Pick<StoredFile, "key">,
  range?: ByteRange,
): Promise<ReadableStream> {
  return (await readBlob(core.files, key, range)) ?? noFile();
}

function noFile(): never {
  throw new CoreError("not_found", "There is no such file. Use its URL as it was given.");
}
