import { FileKey } from "../domain/ids.ts";

/**
 * The file that a URL points to. `key` is null unless the path ends like a URL of `fileUrl`; the origin is
 * not compared. `name` is the last segment of the path.
 */
export function fileOfUrl(url: string): { key: FileKey | null; name: string } {
  const segments = URL.parse(url)?.pathname.split("/") ?? [];
  const [name = "", key, folder] = segments.toReversed();
  const parsed = FileKey.safeParse(key);
  return { key: folder === "files" && parsed.success ? parsed.data : null, name: decodeSegment(name) };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
