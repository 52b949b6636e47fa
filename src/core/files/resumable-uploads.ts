import { createHash, randomBytes } from "node:crypto";
import { CoreError, invalid } from "../../domain/errors.ts";
import type { StoredFile } from "../../domain/files/file.ts";
import {
  type AnnouncedFile,
  partCount,
  partSize,
  type ResumableUpload,
  type StoredPart,
  type UploadProgress,
} from "../../domain/files/resumable-upload.ts";
import { FileKey, type UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { findFile } from "../../storage/files/files.ts";
import { assemble, createMultipart, discardMultipart, putPart } from "../../storage/files/multipart.ts";
import * as rows from "../../storage/files/resumable-uploads.ts";
import type { Core } from "../context.ts";
import { fileRoomOf, noRoom, requireRoom } from "./file-quota.ts";
import { withoutMetadata } from "./metadata/without-metadata.ts";

/** The bytes of a part, as they arrive. */
export interface PartBody {
  /** bytes, as the client declares; undefined: it does not */
  size: number | undefined;
  bytes: AsyncIterable<Uint8Array>;
  /** whether the first part of a photograph keeps its metadata */
  keepsMetadata: boolean;
}

/**
 * Starts an upload in parts, or finds the one that the user has started with the same client upload id.
 * @returns the upload, and whether this call has started it
 * @throws `validation_failed` for an empty file; `too_large`; `conflict` if the id belongs to an upload of
 *   another file, or the user has ten open uploads; `quota` if the file has no room beside the user's files
 *   and open uploads; `unavailable`
 */
export async function startUpload(
  core: Core,
  userId: UserId,
  file: AnnouncedFile,
): Promise<UploadProgress & { isNew: boolean }> {
  requireSize(file.size, core.settings.maxUploadBytes);
  const now = Date.now();
  const known = await rows.findUploadOfName(core.db, userId, file.clientUploadId, now);
  if (known) return { ...(await progress(core, userId, requireSame(known, file).key)), isNew: false };
  const room = await fileRoomOf(core, userId);
  const announced = room.limit === null ? 0 : await rows.sizeOfOpenUploads(core.db, userId, now);
  requireRoom(room, announced + file.size);
  const key = FileKey.parse(randomBytes(16).toString("hex"));
  const r2UploadId = await createMultipart(core.files, key, file.contentType);
  const expiresAt = now + core.timing.resumableUploads.lifetimeMs;
  const upload: ResumableUpload = { ...file, key, userId, r2UploadId, state: "open", expiresAt };
  const found = await rows.insertUpload(core.db, upload, LIMITS.openUploads, now);
  if (found?.key === key) return { upload, parts: [], file: null, isNew: true };
  // Without its row nobody needs it. R2 would abort it after seven days.
  await discardMultipart(core.files, upload).catch(() => undefined);
  if (found) return { ...(await progress(core, userId, requireSame(found, file).key)), isNew: false };
  const detail = `You have ${LIMITS.openUploads} open uploads. Complete or cancel one first.`;
  throw new CoreError("conflict", detail);
}

/** An upload of the caller, and the parts that are there. @throws `not_found` */
export async function readUploadProgress(core: Core, userId: UserId, id: string): Promise<UploadProgress> {
  return progress(core, userId, parseId(id));
}

/**
 * Stores a part. A part that is there is replaced.
 * @param part 1, 2, 3 …
 * @returns the part as it is there now: of concurrent calls the one that began last
 * @throws `validation_failed` for a part that the file does not have, or bytes of another number than the
 *   part has; `not_found`; `conflict` if the upload is being completed, or the part was sent 40 times;
 *   `unavailable`. Nothing has changed then.
 */
export async function storePart(
  core: Core,
  userId: UserId,
  { id, part }: { id: string; part: number },
  body: PartBody,
): Promise<{ upload: ResumableUpload; part: StoredPart }> {
  const key = parseId(id);
  const upload = await liveUpload(core, userId, key);
  requireOpen(upload);
  const count = partCount(upload.size);
  if (part < 1 || part > count) throw invalid("path.part", `must be 1 to ${count}: the parts of this file`);
  const size = partSize(upload.size, part);
  if (body.size !== undefined && body.size !== size) throw wrongSize(part, size);
  const attempt = await rows.beginAttempt(core.db, key, part, Date.now());
  if (attempt === null) {
    requireOpen(await liveUpload(core, userId, key));
    const detail = `Part ${part} was sent ${LIMITS.partAttempts} times. Cancel this upload and start another one.`;
    throw new CoreError("conflict", detail);
  }
  const hash = createHash("sha256");
  // The hash is of the part as it was sent: by it the client knows what is there.
  const received = hashed(ofExactSize(body.bytes, part, size), hash);
  // A photograph begins with its metadata; a later part does not tell where in the file it is.
  const bytes = part > 1 || body.keepsMetadata ? received : withoutMetadata(received);
  const etag = await orGone(core, userId, key, () =>
    putPart(core.files, upload, { part, attempt, size }, bytes),
  );
  const stored = { part, stored: attempt, etag, sha256: hash.digest("hex") };
  const recorded = await rows.recordPart(core.db, key, stored);
  if (recorded) return { upload, part: recorded };
  requireOpen(await liveUpload(core, userId, key));
  throw new Error("a part of an open upload was not recorded");
}

/**
 * Makes the file of an upload whose parts are all there. Idempotent.
 * @throws `not_found`; `conflict` while parts are missing; `quota` if the file has no room: the same again
 *   makes it once there is some; `unavailable`
 */
export async function completeUpload(core: Core, userId: UserId, id: string): Promise<StoredFile> {
  const key = parseId(id);
  const { upload, parts } = (await rows.freezeUpload(core.db, userId, key, Date.now())) ?? noUpload();
  if (upload.state === "complete") return fileOf(core, upload);
  if (upload.state === "open") throw new CoreError("conflict", missingParts(parts, partCount(upload.size)));
  await orGone(core, userId, key, () => assemble(core.files, upload, parts));
  const { name, size, contentType } = upload;
  const createdAt = Date.now();
  const described = { key, userId, name, size, contentType, createdAt, expiresAt: null };
  const whole = { ...described, sha256: hashOfParts(parts), md5: "" };
  const room = await fileRoomOf(core, userId);
  const keptUntil = createdAt + core.timing.resumableUploads.keptMs;
  const { state } =
    (await rows.publishUpload(core.db, whole, { keptUntil, limit: room.limit })) ?? noUpload();
  if (state === "completing") throw noRoom(room);
  // A concurrent call may have cancelled the upload, or published the file and then deleted it.
  return fileOf(core, upload);
}

/**
 * Cancels an upload, and deletes what was stored of it.
 * @throws `not_found`; `conflict` if it is complete: then the file can be deleted
 */
export async function cancelUpload(core: Core, userId: UserId, id: string): Promise<void> {
  const key = parseId(id);
  const ended = await rows.endUpload(core.db, userId, key);
  if (!ended) {
    await liveUpload(core, userId, key);
    throw new CoreError("conflict", "The upload is complete. Delete its file instead.");
  }
  // Nobody can continue it any more. What cannot be deleted now is left to the hourly cleanup.
  await discardUploads(core.db, core.files, [ended]);
}

/** Deletes what R2 has of ended uploads, and then their rows; those that fail keep their rows. */
export async function discardUploads(
  db: Core["db"],
  files: R2Bucket,
  uploads: ResumableUpload[],
): Promise<void> {
  const gone: FileKey[] = [];
  try {
    for (const upload of uploads) {
      await discardMultipart(files, upload);
      gone.push(upload.key);
    }
    await rows.deleteEndedUploads(db, gone);
  } catch (error) {
    log("warn", "upload_parts_left", errorFields(error));
  }
}

/** @throws `not_found` */
async function liveUpload(core: Core, userId: UserId, key: FileKey): Promise<ResumableUpload> {
  return (await rows.findUpload(core.db, userId, key, Date.now())) ?? noUpload();
}

/** The upload with its file, once it is complete. @throws `not_found` */
async function progress(core: Core, userId: UserId, key: FileKey): Promise<UploadProgress> {
  const { upload, parts } = (await rows.findUploadWithParts(core.db, userId, key, Date.now())) ?? noUpload();
  if (upload.state !== "complete") return { upload, parts, file: null };
  return { upload, parts: [], file: await fileOf(core, upload) };
}

/** @throws `not_found` if there is no file */
async function fileOf(core: Core, { key }: ResumableUpload): Promise<StoredFile> {
  return (await findFile(core.db, key, Date.now())) ?? noUpload();
}

/** @throws `not_found` if the upload has ended meanwhile, else what `work` throws */
async function orGone<T>(core: Core, userId: UserId, key: FileKey, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CoreError && error.code === "unavailable") await liveUpload(core, userId, key);
    throw error;
  }
}

/**
 * The hash of a file in parts: that of the hashes of its parts, and their number. One part is the file
 * itself.
 */
function hashOfParts(parts: StoredPart[]): string {
  const [first] = parts;
  if (first && parts.length === 1) return first.sha256;
  const hash = createHash("sha256");
  for (const { sha256 } of parts) hash.update(sha256, "hex");
  return `${hash.digest("hex")}-${parts.length}`;
}

async function* hashed(
  bytes: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}

/** @throws `validation_failed` if the bytes are fewer or more than the part has */
async function* ofExactSize(
  bytes: AsyncIterable<Uint8Array>,
  part: number,
  size: number,
): AsyncGenerator<Uint8Array> {
  let remaining = size;
  for await (const chunk of bytes) {
    remaining -= chunk.byteLength;
    if (remaining < 0) break;
    yield chunk;
  }
  if (remaining !== 0) throw wrongSize(part, size);
}

function requireSize(size: number, maxBytes: number): void {
  if (size < 1) throw invalid("body.size", "must be at least 1: an empty file is uploaded in one request");
  if (size > maxBytes) {
    const detail = `A file in parts must be at most ${maxBytes} bytes (${maxBytes / 1_048_576} MiB).`;
    throw new CoreError("too_large", detail);
  }
}

/** @throws `conflict` if the upload is not of this file */
function requireSame(upload: ResumableUpload, { name, size, contentType }: AnnouncedFile): ResumableUpload {
  if (upload.name === name && upload.size === size && upload.contentType === contentType) return upload;
  const detail = "This client_upload_id belongs to an upload of another name, size or type. Use a new one.";
  throw new CoreError("conflict", detail);
}

/** @throws `conflict` */
function requireOpen({ state }: ResumableUpload): void {
  if (state === "open") return;
  const how = state === "complete" ? "is complete" : "is being completed: all its parts are there";
  throw new CoreError("conflict", `The upload ${how}.`);
}

function missingParts(parts: StoredPart[], count: number): string {
  const there = new Set(parts.map(({ part }) => part));
  const missing = Array.from({ length: count }, (_, i) => i + 1).filter((part) => !there.has(part));
  const shown = missing.slice(0, 10).join(", ");
  return `Parts are missing: ${shown}${missing.length > 10 ? ` and ${missing.length - 10} more` : ""}.`;
}

function wrongSize(part: number, size: number): CoreError {
  return invalid("body", `must be exactly ${size} bytes: part ${part} of this file`);
}

function parseId(id: string): FileKey {
  const parsed = FileKey.safeParse(id);
  return parsed.success ? parsed.data : noUpload();
}

function noUpload(): never {
  throw new CoreError("not_found", "There is no such upload of yours, or it has expired.");
}
