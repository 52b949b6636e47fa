import { extname } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ...{ ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif" },
  ...{ ".webp": "image/webp", ".bmp": "image/bmp", ".svg": "image/svg+xml", ".heic": "image/heic" },
  ...{ ".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm", ".mov": "video/quicktime" },
  ...{ ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".opus": "audio/ogg" },
  ...{ ".wav": "audio/wav", ".flac": "audio/flac", ".aac": "audio/aac" },
  ...{ ".pdf": "application/pdf", ".zip": "application/zip", ".json": "application/json" },
  ...{ ".txt": "text/plain", ".md": "text/markdown", ".csv": "text/csv", ".html": "text/html" },
};

/** Types that browsers draw and play; the other ones are files. */
const SHOWN: Readonly<Record<string, "image" | "video" | "audio">> = {
  ...{ "image/png": "image", "image/jpeg": "image", "image/gif": "image", "image/webp": "image" },
  ...{ "image/bmp": "image", "video/mp4": "video", "video/webm": "video", "video/quicktime": "video" },
  ...{ "audio/mpeg": "audio", "audio/mp4": "audio", "audio/ogg": "audio", "audio/wav": "audio" },
  ...{ "audio/flac": "audio", "audio/aac": "audio", "audio/webm": "audio" },
};

/** The content type of a file: as the origin says, else by its name. */
export function contentTypeOf(name: string, given: string | null | undefined): string {
  const type = given?.split(";")[0]?.trim().toLowerCase();
  return type || (TYPES[extname(name).toLowerCase()] ?? "application/octet-stream");
}

/** The kind of message that shows a file. */
export function kindOf(contentType: string): "image" | "video" | "audio" | "file" {
  return SHOWN[contentType] ?? "file";
}
