import { FileKey } from "../domain/ids.ts";

/** Where a file is read. @param requestUrl its URL is of the same origin */
export function fileUrl({ key, name }: { key: FileKey; name: string }, requestUrl: string): string {
  return new URL(`/files/${key}/${encodeURIComponent(name)}`, requestUrl).href;
}

/** Of which file a URL is, if it looks like one of ours; else what it is called by its last segment. */
export function fileOfUrl(url: string): { key: FileKey | null; name: string } {
  const segments = URL.parse(url)?.pathname.split("/") ?? [];
  const [name = "", key, folder] = segments.toReversed();
  const parsed = FileKey.safeParse(key);
  return { key: folder === "files" && parsed.success ? parsed.data : null, name: decoded(name) };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
