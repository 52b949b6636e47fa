import { fileTypeFromBuffer } from "file-type";
import { fileRefused, type MediaKind } from "../../domain/errors.ts";
import { type ImageSize, imageSize, isImage, type ReadBytes } from "./image-size.ts";

/** The sender's claims about a file. */
export interface MediaClaims {
  name?: string | undefined;
  contentType?: string | undefined;
  /** pixels; for an image they are taken from its bytes */
  width?: number | undefined;
  height?: number | undefined;
  durationMs?: number | undefined;
}

/** A file as a message of some kind: the type, and the size of an image. */
export interface Medium {
  contentType: string;
  size: ImageSize | null;
}

/** The number of bytes at the start of a file by which its type is detected. */
const SIGNATURE_BYTES = 4_100;

/** Detected types that count as another type. */
const ALIASES: Record<string, string> = { "image/apng": "image/png", "video/x-m4v": "video/mp4" };

const VIDEO_TYPES = ["video/mp4", "video/quicktime"];

/** Containers that hold audio or video: a file that claims to be audio may be detected as one of them. */
const CONTAINERS = [
  ...VIDEO_TYPES,
  ...["video/webm", "video/ogg", "video/3gpp", "video/3gpp2", "application/ogg"],
];

/** The kind of message that a file of this type becomes if its sender names none. */
export function kindOfType(contentType: string | undefined): MediaKind {
  const [family] = (contentType ?? "").toLowerCase().split("/");
  return family === "image" || family === "audio" || family === "video" ? family : "file";
}

/**
 * Determines type and size of a file that is sent as a message of this kind. For images and videos the bytes
 * decide, not the claim.
 * @param claimed the media type that the sender states
 * @throws `validation_failed` for bytes that are no supported image, audio or video, or for a claim of
 *   another kind
 */
export async function examine(
  kind: MediaKind,
  claimed: string | undefined,
  read: ReadBytes,
): Promise<Medium> {
  const contentType = claimed ?? "application/octet-stream";
  if (kind === "file") return { contentType, size: null };
  const found = await recognize(await read(0, SIGNATURE_BYTES));
  const claimedKind = kindOfType(claimed);
  if (kind === "audio") {
    const isAudio = found === undefined || kindOfType(found) === "audio" || CONTAINERS.includes(found);
    if (!isAudio || claimedKind === "image") throw unfit(kind, "a sound");
    return { contentType: claimedKind === "audio" ? contentType : (found ?? "audio/mpeg"), size: null };
  }
  if (claimedKind !== kind && claimedKind !== "file")
    throw fileRefused(kind, "type", `file: its media type must be ${kind}/*`);
  if (kind === "video") {
    if (found === undefined || !VIDEO_TYPES.includes(found)) throw unfit(kind, "an mp4 or mov");
    return { contentType: found, size: null };
  }
  if (found === undefined || !isImage(found)) throw unfit(kind, "a jpg, jpeg, gif, png, bmp or webp");
  const size = await imageSize(found, read);
  if (!size) throw unfit(kind, "a whole picture");
  return { contentType: found, size };
}

/** The type of a file by its first bytes; undefined: they are of none that is known. */
export function recognizedType(read: ReadBytes): Promise<string | undefined> {
  return read(0, SIGNATURE_BYTES).then(recognize);
}

async function recognize(head: Uint8Array): Promise<string | undefined> {
  const found = await fileTypeFromBuffer(head);
  return found && (ALIASES[found.mime] ?? found.mime);
}

function unfit(kind: MediaKind, expected: string) {
  return fileRefused(kind, "type", `file: is not ${expected} by its bytes`);
}
