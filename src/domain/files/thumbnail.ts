import { z } from "zod";
import { FileKey } from "../ids.ts";

/** The sizes in which a picture can be had besides its own. They are few: each of them costs its maker. */
export const ThumbnailSize = z.enum(["s", "m", "l"]);
export type ThumbnailSize = z.infer<typeof ThumbnailSize>;

/** The longest side of each, in pixels. */
export const THUMBNAIL_SIDES: Record<ThumbnailSize, number> = { s: 160, m: 640, l: 1_280 };

/** The key of a thumbnail in the bucket, behind that of its file. */
export function thumbnailKey(key: FileKey, size: ThumbnailSize): string {
  return `${key}-${size}`;
}

/** Everything that the bucket may have of a file: its bytes, and its thumbnails. */
export function blobKeys(key: FileKey): string[] {
  return [key, ...ThumbnailSize.options.map((size) => thumbnailKey(key, size))];
}

/** The file that an object of the bucket belongs to, as `blobKeys` names it; null: it belongs to none. */
export function fileOfBlob(blobKey: string): FileKey | null {
  const [key = "", size, ...more] = blobKey.split("-");
  const isOne = more.length === 0 && (size === undefined || ThumbnailSize.safeParse(size).success);
  const parsed = FileKey.safeParse(key);
  return isOne && parsed.success ? parsed.data : null;
}
