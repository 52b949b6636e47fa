import type { Api } from "../api/api.ts";
import type { UploadedFile } from "../types.ts";

/** How a file is uploaded. */
export interface UploadOptions {
  /** the name of the file; absent: that of a `File` */
  name?: string;
  /** hears of the part that is uploaded, from 0 to 1 */
  onProgress?: (part: number) => void;
  /** ends the upload */
  signal?: AbortSignal;
}

/**
 * Uploads a file.
 * @returns the file; its `url` goes into the body of a message
 * @throws {Problem} the upload was refused, or had no answer
 */
export async function upload(api: Api, file: Blob, options: UploadOptions = {}): Promise<UploadedFile> {
  const { onProgress, signal, name = "name" in file ? String(file.name) : "file" } = options;
  onProgress?.(0);
  const headers = { "Content-Type": file.type || "application/octet-stream" };
  const uploaded = await api.request<UploadedFile>("post", `/v1/files?${new URLSearchParams({ name })}`, {
    ...{ body: file, headers },
    ...(signal && { signal }),
  });
  onProgress?.(1);
  return uploaded;
}
