import type { z } from "@hono/zod-openapi";
import type { StoredFile } from "../../../domain/files/file.ts";
import { fileUrl } from "../../../domain/files/file-origins.ts";
import {
  partCount,
  partSize,
  type ResumableUpload,
  type StoredPart,
  type UploadProgress,
} from "../../../domain/files/resumable-upload.ts";
import { LIMITS } from "../../../domain/limits.ts";
import type { File } from "../schemas/files/files.ts";
import type { Upload, UploadPart } from "../schemas/files/resumable-uploads.ts";

/** A file as v1 shows it to its uploader. */
export function serializeFile(file: StoredFile): z.infer<typeof File> {
  const { key, name, size, contentType, sha256 } = file;
  const url = fileUrl(file);
  return { key, url, name, size, content_type: contentType, sha256 };
}

/** An upload in parts as v1 shows it to its user. */
export function serializeUpload({ upload, parts, file }: UploadProgress): z.infer<typeof Upload> {
  const { key, clientUploadId, name, size, contentType, expiresAt } = upload;
  return {
    ...{ id: key, client_upload_id: clientUploadId, name, size, content_type: contentType },
    part_size: LIMITS.partBytes,
    part_count: partCount(size),
    parts: parts.map((part) => serializePart(upload, part)),
    expires_at: expiresAt,
    file: file && serializeFile(file),
  };
}

/** A part that is there. */
export function serializePart(
  { size }: Pick<ResumableUpload, "size">,
  { part, sha256 }: StoredPart,
): z.infer<typeof UploadPart> {
  return { part, size: partSize(size, part), sha256 };
}
