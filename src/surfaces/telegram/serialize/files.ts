import { Buffer } from "node:buffer";
import { z } from "zod";
import type { StoredFile } from "../../../domain/files/file.ts";
import { FileKey } from "../../../domain/ids.ts";
import { fileOfUrl } from "../../../http/file-url.ts";

/** The body of a message with a file. */
export const MediaBody = z.object({
  url: z.string(),
  name: z.string().optional(),
  size: z.int().optional(),
  content_type: z.string().optional(),
  width: z.int().optional(),
  height: z.int().optional(),
  duration_ms: z.int().optional(),
  caption: z.string().optional(),
});
export type MediaBody = z.infer<typeof MediaBody>;

/** Names a file that is stored elsewhere: its address follows. */
const ELSEWHERE = "url-";

/**
 * The id of the file that a URL leads to: its key, or for a file that is stored elsewhere its URL in
 * base64url.
 */
export function fileId(url: string): string {
  return fileOfUrl(url).key ?? ELSEWHERE + Buffer.from(url).toString("base64url");
}

/** The URL of a file that is stored elsewhere, by its id; null: the id is none of such a file. */
export function urlOfFileId(id: string): string | null {
  if (!id.startsWith(ELSEWHERE)) return null;
  return Buffer.from(id.slice(ELSEWHERE.length), "base64url").toString();
}

/** The folders of files by the first half of their type, as libraries know them. */
const FOLDERS: Readonly<Record<string, string>> = { image: "photos", video: "videos", audio: "music" };

/**
 * Where a file is read: ASCII that needs no percent-encoding, as libraries differ in whether they add one.
 * The ending of its name stays, by which programs know what it is.
 */
export function pathOfFile({ key, name, contentType }: StoredFile): string {
  const folder = FOLDERS[contentType.split("/", 1)[0] ?? ""] ?? "documents";
  const [ending = ""] = /\.[A-Za-z0-9]{1,10}$/.exec(name) ?? [];
  return `${folder}/${key}${ending}`;
}

/** The key of a file by the last part of such a path; null: it is none. */
export function keyInPath(name: string): FileKey | null {
  return FileKey.safeParse(name.split(".", 1)[0]).data ?? null;
}

/** The fields of a file that all kinds have. */
export function serializeFile({ url, size }: MediaBody) {
  const id = fileId(url);
  return { file_id: id, file_unique_id: id.slice(0, 32), ...(size !== undefined && { file_size: size }) };
}

/** The picture of a chat, which has one size here. */
export function serializeChatPhoto(url: string) {
  const { file_id: id, file_unique_id: unique } = serializeFile({ url });
  return {
    ...{ small_file_id: id, small_file_unique_id: unique },
    ...{ big_file_id: id, big_file_unique_id: unique },
  };
}
