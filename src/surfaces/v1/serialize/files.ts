import type { z } from "@hono/zod-openapi";
import type { StoredFile } from "../../../domain/files/file.ts";
import { fileUrl } from "../../../http/file-url.ts";
import type { File } from "../schemas/files.ts";

/** A file as v1 shows it to its uploader. */
export function serializeFile(file: StoredFile): z.infer<typeof File> {
  const { key, name, size, contentType, sha256 } = file;
  const url = fileUrl(file);
  return { key, url, name, size, content_type: contentType, sha256 };
}
