import type { ClientUploadId, FileKey, UserId } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import type { StoredFile } from "./file.ts";

/**
 * - `open`: parts can be sent.
 * - `completing`: all parts are there and do not change any more; the file is not.
 * - `complete`: the file is there.
 * - `ended`: cancelled or expired; what R2 has of it is about to be deleted.
 */
export type UploadState = "open" | "completing" | "complete" | "ended";

/** A file that a client is going to upload in parts. */
export interface AnnouncedFile {
  clientUploadId: ClientUploadId;
  /** a `FileName` */
  name: string;
  /** bytes */
  size: number;
  /** a `ContentType` */
  contentType: string;
}

/** An upload in parts. */
export interface ResumableUpload extends AnnouncedFile {
  /** the id of the upload, and the key of its file */
  key: FileKey;
  userId: UserId;
  /** of the multipart upload in R2 */
  r2UploadId: string;
  state: UploadState;
  /** when an open upload ends, or a complete one is forgotten (ms since 1970) */
  expiresAt: number;
}

/** A part whose bytes are in R2. */
export interface StoredPart {
  /** 1, 2, 3 … */
  part: number;
  /** the attempt that brought the bytes: 1, 2, 3 … */
  stored: number;
  /** R2's tag of these bytes */
  etag: string;
  /** of the bytes: 64 hexadecimal digits */
  sha256: string;
}

/** An upload as its user sees it. */
export interface UploadProgress {
  upload: ResumableUpload;
  /** the parts that are there, in order; of a complete upload none */
  parts: StoredPart[];
  /** the file of a complete upload */
  file: StoredFile | null;
}

/** The number of parts of a file. @param size bytes, at least 1 */
export function partCount(size: number): number {
  return Math.ceil(size / LIMITS.partBytes);
}

/** The bytes of a part. @param part from 1 to `partCount(size)` */
export function partSize(size: number, part: number): number {
  return part < partCount(size) ? LIMITS.partBytes : size - (part - 1) * LIMITS.partBytes;
}

/**
 * The number of an attempt in R2's multipart upload. No two attempts share one, so none replaces the bytes of
 * another; the numbers ascend with the parts.
 */
export function r2PartNumber({ part, attempt }: { part: number; attempt: number }): number {
  return (part - 1) * LIMITS.partAttempts + attempt;
}
