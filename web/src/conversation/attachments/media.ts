import type { Attachment, FileMessage, Media, MediaKind } from "./attachment.ts";

/** A picture with a longer side than this, in px, is made smaller. */
const MAX_SIDE = 2_048;
/** Kinds of pictures that a canvas makes, and that do not move. */
const SCALABLE = ["image/jpeg", "image/png", "image/webp"];
const QUALITY = 0.85;
/** A film or a recording that says nothing of itself within this time, in ms, is sent without. */
const PATIENCE = 5_000;

/** Whether a picture would be made smaller. */
export function isLarge({ kind, file, media }: Attachment): boolean {
  const { width = 0, height = 0 } = media ?? {};
  return kind === "image" && SCALABLE.includes(file.type) && Math.max(width, height) > MAX_SIDE;
}

/**
 * Reads the size of a picture or a film, and how long a film or a recording is. What cannot be read is a
 * file.
 */
export async function measure(file: File, kind: MediaKind): Promise<Pick<Attachment, "kind" | "media">> {
  if (kind === "file") return { kind, media: {} };
  const url = URL.createObjectURL(file);
  try {
    return { kind, media: kind === "image" ? await sizeOf(url) : await playerOf(url, kind) };
  } catch {
    return { kind: "file", media: {} };
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Makes the message of a file. */
export async function fileMessage(
  attachment: Attachment,
  { isFullSize }: { isFullSize: boolean },
): Promise<FileMessage> {
  const { file: read, kind, media: known } = attachment;
  const whole = known ? attachment : { ...attachment, ...(await measure(read, kind)) };
  const { file, media = {} } = !isFullSize && isLarge(whole) ? await scaled(whole) : whole;
  const caption = attachment.caption.trim();
  return { message: { kind: whole.kind, body: { url: "", ...media, ...(caption && { caption }) } }, file };
}

async function sizeOf(url: string): Promise<Media> {
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  return { width: picture.naturalWidth, height: picture.naturalHeight };
}

/** @throws the browser does not play it */
function playerOf(url: string, kind: "audio" | "video"): Promise<Media> {
  const player = document.createElement(kind);
  player.preload = "metadata";
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve({}), PATIENCE);
    player.onerror = () => {
      clearTimeout(timer);
      reject(player.error);
    };
    player.onloadedmetadata = () => {
      clearTimeout(timer);
      const { duration } = player;
      const { videoWidth: width = 0, videoHeight: height = 0 } =
        player instanceof HTMLVideoElement ? player : {};
      resolve({
        ...(width && height && { width, height }),
        // A recording of a browser may not know its end.
        ...(Number.isFinite(duration) && { duration_ms: Math.round(duration * 1000) }),
      });
    };
    player.src = url;
  });
}

/** Makes a picture smaller; the whole one if the browser cannot, or if the result has more bytes. */
async function scaled(whole: Attachment): Promise<Pick<Attachment, "file" | "media">> {
  const { file, media } = whole;
  const { width: wide = 1, height: high = 1 } = media ?? {};
  const factor = MAX_SIDE / Math.max(wide, high);
  const width = Math.max(1, Math.round(wide * factor));
  const height = Math.max(1, Math.round(high * factor));
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  try {
    const picture = await createImageBitmap(file);
    canvas.getContext("2d")?.drawImage(picture, 0, 0, width, height);
    picture.close();
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, file.type, QUALITY));
    if (!blob || blob.type !== file.type || blob.size >= file.size) return whole;
    return { file: new File([blob], file.name, { type: file.type }), media: { width, height } };
  } catch {
    return whole;
  }
}
