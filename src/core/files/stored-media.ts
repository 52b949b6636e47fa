import { CoreError, fileRefused, type MediaKind } from "../../domain/errors.ts";
import type { StoredFile } from "../../domain/files/file.ts";
import { fileKeysIn } from "../../domain/files/file-keys.ts";
import { fileUrl } from "../../domain/files/file-origins.ts";
import type { FileKey, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { withoutHidden } from "../../domain/names/characters.ts";
import { findFile } from "../../storage/files/files.ts";
import type { Core } from "../context.ts";
import { boundedBytes } from "./bounded-bytes.ts";
import { fileForDraft, readBytes, receiveFile } from "./files.ts";
import { examine, kindOfType, type Medium, recognizedType } from "./media-type.ts";

/** A file in upload. */
export interface IncomingFile {
  name: string | undefined;
  contentType: string | undefined;
  bytes: AsyncIterable<Uint8Array>;
}

/** What the body of a message says of its file. */
export interface MediumFields {
  url: string;
  name: string;
  size: number;
  content_type: string;
  width?: number;
  height?: number;
}

/** What libraries send where they do not know the type. */
const UNKNOWN_TYPE = "application/octet-stream";

/** The most bytes of a file of this kind. */
export function maxBytesOf(kind: MediaKind): number {
  return kind === "video" || kind === "file" ? LIMITS.largeFileBytes : LIMITS.fileBytes;
}

/**
 * Stores a file in upload, which expires unless a message shows it. What is checked by `check` is known once
 * all bytes are there: if it throws, nothing is stored.
 * @throws `too_large`, `validation_failed` for bytes that are none of this kind, `quota`
 */
export function storeMedium<T>(
  core: Core,
  userId: UserId,
  kind: MediaKind,
  incoming: IncomingFile,
  check: (fields: MediumFields) => T,
): Promise<T> {
  const maxBytes = maxBytesOf(kind);
  const { name, contentType } = incoming;
  const bytes = boundedBytes(incoming.bytes, maxBytes);
  const upload = { name, contentType, size: undefined, bytes };
  return receiveFile(core, userId, upload, async (received, publish) => {
    if (received.size === 0) throw fileRefused(kind, "empty", "file must be non-empty");
    const medium = await mediumOf(core, kind, received);
    const expiresAt = received.createdAt + core.timing.files.graceMs;
    const file = { ...received, contentType: medium.contentType, expiresAt };
    const checked = check(fieldsOf(file, medium));
    await publish(file);
    return checked;
  });
}

/** What a message says of a file that was uploaded before. @throws `not_found`, `validation_failed` */
export async function storedMedium(core: Core, kind: MediaKind, key: FileKey): Promise<MediumFields> {
  const file = await fileForDraft(core, key);
  return fieldsOf(file, await mediumOf(core, kind, file));
}

/**
 * Stores a file in upload as what its type says, or as a mere file where its bytes are of no such kind. It
 * expires unless a message shows it.
 * @throws as `storeMedium`
 */
export async function storeAsItIs(
  core: Core,
  userId: UserId,
  incoming: IncomingFile,
): Promise<{ kind: MediaKind; body: MediumFields }> {
  const body = await storeMedium(core, userId, "file", incoming, (fields) => fields);
  const kind = kindOfType(body.content_type);
  const [key] = fileKeysIn(body.url);
  if (kind === "file" || body.size > maxBytesOf(kind) || !key) return { kind: "file", body };
  try {
    return { kind, body: await storedMedium(core, kind, key) };
  } catch (error) {
    if (error instanceof CoreError && error.code === "validation_failed") return { kind: "file", body };
    throw error;
  }
}

/** A file by its key; null: there is none. */
export function fileOf(core: Core, key: FileKey): Promise<StoredFile | null> {
  return findFile(core.db, key, Date.now());
}

async function mediumOf(core: Core, kind: MediaKind, file: StoredFile): Promise<Medium> {
  const read = (offset: number, length: number) => readBytes(core, file, { offset, length });
  const claimed = file.contentType === UNKNOWN_TYPE ? undefined : file.contentType;
  if (kind === "file")
    return { contentType: claimed ?? (await recognizedType(read)) ?? UNKNOWN_TYPE, size: null };
  // Forms may name a wrong type; the bytes decide.
  return examine(kind, claimed && kindOfType(claimed) === kind ? claimed : undefined, read);
}

function fieldsOf(file: StoredFile, { contentType, size }: Medium): MediumFields {
  return {
    ...{ url: fileUrl(file), name: withoutHidden(file.name), size: file.size, content_type: contentType },
    ...(size && { width: size.width, height: size.height }),
  };
}
