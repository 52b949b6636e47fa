import type { NewMessage } from "parley-client";

/** A file that is going to be sent. An attachment never changes: a change makes another. */
export interface Attachment {
  readonly id: number;
  readonly file: File;
  readonly kind: MediaKind;
  readonly caption: string;
  /** what is known of the file, once it was read; undefined: it is being read */
  readonly media: Media | undefined;
}

/** The kinds of messages that have a file. */
export type MediaKind = "image" | "audio" | "video" | "file";

/** What the body of a message says of a picture, a recording or a film. */
export interface Media {
  readonly width?: number;
  readonly height?: number;
  readonly duration_ms?: number;
}

/** A message with the file that is uploaded for it. */
export interface FileMessage {
  readonly message: Extract<NewMessage, { kind: MediaKind }>;
  readonly file: File;
}

/** A file may have so many bytes, 1 GiB; the server may take less. */
export const MAX_SIZE = 1_073_741_824;
/** Pictures that each browser shows. */
const PICTURES = /^image\/(png|jpeg|gif|webp|avif|bmp)$/;

/** Whether files are several pictures or videos, which go as an album with one caption. */
export function isAlbum(items: readonly Attachment[]): boolean {
  return items.length > 1 && items.every(({ kind }) => kind === "image" || kind === "video");
}

/** What kind of message a file makes. */
export function kindOf({ type }: Blob): MediaKind {
  if (PICTURES.test(type)) return "image";
  const video = document.createElement("video");
  if (type.startsWith("video/") && video.canPlayType(type)) return "video";
  if (type.startsWith("audio/") && video.canPlayType(type)) return "audio";
  return "file";
}
