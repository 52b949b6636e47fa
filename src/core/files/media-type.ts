import { fileTypeFromBuffer } from "file-type";
import { fileRefused, type MediaKind } from "../../domain/errors.ts";
import { type ImageSize, imageSize, isImage, type ReadBytes } from "./image-size.ts";

/** What is said of a file by who sends it. */
export interface MediaClaims {
  name?: string | undefined;
  contentType?: string | undefined;
  /** pixels; of a picture its own bytes say */
  width?: number | undefined;
  height?: number | undefined;
  durationMs?: number | undefined;
}

/** A file as a message of some kind, as far as its bytes tell. */
export interface Medium {
  contentType: string;
  size: ImageSize | null;
}

/** By so many bytes at its beginning a file is recognized. */
const TELLING_BYTES = 4_100;

/** What another type is called by which files say what they are. */
const SAME: Record<string, string> = { "image/apng": "image/png", "video/x-m4v": "video/mp4" };

const FILMS = ["video/mp4", "video/quicktime"];

/** Containers which hold sound as well as film: what says that it is sound may be in one of them. */
const CONTAINERS = [...FILMS, "video/webm", "video/ogg", "video/3gpp", "video/3gpp2", "application/ogg"];

/** What a file is a message of where nobody says: what it holds by its type. */
export function kindOfType(contentType: string | undefined): MediaKind {
  const [family] = (contentType ?? "").toLowerCase().split("/");
  return family === "image" || family === "audio" || family === "video" ? family : "file";
}

/**
 * What a file is that is to be sent as a message of this kind. Its bytes have the last word: which type it is, and how
 * large a picture is.
 * @throws `validation_failed` for what is no such picture or film, or says that it is something else
 */
export async function examine(
  kind: MediaKind,
  claimed: string | undefined,
  read: ReadBytes,
): Promise<Medium> {
  const contentType = claimed ?? "application/octet-stream";
  if (kind === "file") return { contentType, size: null };
  const found = await recognize(await read(0, TELLING_BYTES));
  const says = kindOfType(claimed);
  if (kind === "audio") {
    const isSound = found === undefined || kindOfType(found) === "audio" || CONTAINERS.includes(found);
    if (!isSound || says === "image") throw unfit(kind, "a sound");
    return { contentType: says === "audio" ? contentType : (found ?? "audio/mpeg"), size: null };
  }
  if (says !== kind && says !== "file") throw unfit(kind, `${kind}/*, as is said of it,`);
  if (kind === "video") {
    if (found === undefined || !FILMS.includes(found)) throw unfit(kind, "an mp4 or mov");
    return { contentType: found, size: null };
  }
  if (found === undefined || !isImage(found)) throw unfit(kind, "a jpg, jpeg, gif, png, bmp or webp");
  const size = await imageSize(found, read);
  if (!size) throw unfit(kind, "a whole picture");
  return { contentType: found, size };
}

async function recognize(head: Uint8Array): Promise<string | undefined> {
  const found = await fileTypeFromBuffer(head);
  return found && (SAME[found.mime] ?? found.mime);
}

function unfit(kind: MediaKind, what: string) {
  return fileRefused(kind, "type", `file: is not ${what} by its bytes`);
}
