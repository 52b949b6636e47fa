import type { Core } from "../../../core/context.ts";
import { fileForDraft, readBytes, receiveFile } from "../../../core/files/files.ts";
import { examine, kindOfType, type MediaClaims, type Medium } from "../../../core/files/media-type.ts";
import { type CoreError, fileRefused, invalid, isNotFound, type MediaKind } from "../../../domain/errors.ts";
import type { StoredFile } from "../../../domain/files/file.ts";
import type { FileKey, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { bodyJson, Content } from "../../../domain/messages/content.ts";
import { withoutHidden } from "../../../domain/names/characters.ts";
import { holdFiles } from "../../../storage/files/file-holds.ts";
import { createDraft, type DraftView, type NewContent, type NewDraft } from "./drafts.ts";

/**
 * The client's claims about a file that becomes a message. Without a kind, the kind follows from the file's
 * type.
 */
export interface FileContent extends MediaClaims {
  kind: MediaKind | undefined;
}

/** Makes the URL under which recipients read a file. */
type UrlOf = (file: StoredFile) => string;

/** A file that is uploaded together with its draft. */
interface IncomingFile {
  bytes: AsyncIterable<Uint8Array>;
  /** videos, and `file` messages, may have 90 MiB */
  mayBeLarge: boolean;
  /** the other inputs, known once `bytes` is consumed. Throws `validation_failed` */
  readInputs(): { newDraft: NewDraft; file: FileContent };
}

/**
 * The input of a draft: with a file in upload, with its own content, or with a file that was uploaded before.
 */
export type DraftInput =
  | IncomingFile
  | { newDraft: NewDraft; content: NewContent }
  | { newDraft: NewDraft; file: FileContent & { key: FileKey } };

/**
 * Makes a draft from any of the three inputs.
 * @throws as `createDraft`, `createFileDraft` and `createDraftWithFile`
 */
export function makeDraft(core: Core, caller: UserId, input: DraftInput, urlOf: UrlOf): Promise<DraftView> {
  if ("readInputs" in input) return createDraftWithFile(core, caller, input, urlOf);
  if ("file" in input) return createFileDraft(core, caller, input.newDraft, input.file, urlOf);
  return createDraft(core, caller, input.newDraft, input.content);
}

/**
 * Makes a draft from a file that was uploaded before. Type, size and pixels of an image are taken from the
 * file itself.
 * @throws as `createDraft`; `validation_failed` for a file that does not exist or is of another kind,
 *   `too_large`
 */
async function createFileDraft(
  core: Core,
  caller: UserId,
  newDraft: NewDraft,
  { key, ...claims }: FileContent & { key: FileKey },
  urlOf: UrlOf,
): Promise<DraftView> {
  const file = await uploaded(core, key);
  const storedKind = kindOfType(file.contentType);
  const kind = claims.kind ?? (storedKind === "file" ? kindOfType(claims.contentType) : storedKind);
  requireFit(kind, file, LIMITS.fileBytes);
  const medium = await examineStored(core, kind, file, file.contentType);
  const name = claims.name ?? file.name;
  const content = bodyOf(kind, { ...file, name }, medium, claims, urlOf(file));
  const draft = await createDraft(core, caller, newDraft, content);
  // What shows the file now may be revoked before the draft is sent.
  const { drafts, scheduled } = core.timing;
  await holdFiles(core.db, caller, draft.id, [key], Date.now() + drafts.lifetimeMs + scheduled.releaseMs);
  return draft;
}

/**
 * Makes a draft from a file in upload. The file is readable once the draft is stored; on an error its bytes
 * are deleted. The file expires with the draft: once the message is sent, the message shows it.
 */
async function createDraftWithFile(
  core: Core,
  caller: UserId,
  incoming: IncomingFile,
  urlOf: UrlOf,
): Promise<DraftView> {
  const maxBytes = incoming.mayBeLarge ? LIMITS.largeFileBytes : LIMITS.fileBytes;
  const claimedKind = () => kindOf(incoming.readInputs().file);
  const bytes = bounded(incoming.bytes, maxBytes, () => tooLarge(claimedKind(), maxBytes));
  const upload = { name: undefined, contentType: undefined, size: undefined, bytes };
  return receiveFile(core, caller, upload, async (received, publish) => {
    const { newDraft, file: claims } = incoming.readInputs();
    const kind = kindOf(claims);
    requireFit(kind, received, kind === "video" || kind === "file" ? maxBytes : LIMITS.fileBytes);
    const medium = await examineStored(core, kind, received, claims.contentType);
    const name = claims.name ?? received.name;
    const expiresAt = received.createdAt + core.timing.files.graceMs;
    const file = { ...received, name, contentType: medium.contentType, expiresAt };
    const draft = await createDraft(core, caller, newDraft, bodyOf(kind, file, medium, claims, urlOf(file)));
    await publish(file);
    return draft;
  });
}

const kindOf = ({ kind, contentType }: FileContent): MediaKind => kind ?? kindOfType(contentType);

async function uploaded(core: Core, key: FileKey): Promise<StoredFile> {
  try {
    return await fileForDraft(core, key);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw invalid("file.url", "must be the URL of a file that was uploaded here");
  }
}

function examineStored(core: Core, kind: MediaKind, file: StoredFile, claimed: string | undefined) {
  return examine(kind, claimed, (offset, length) => readBytes(core, file, { offset, length }));
}

function bodyOf(
  kind: MediaKind,
  { name, size }: Pick<StoredFile, "name" | "size">,
  { contentType, size: imageSize }: Medium,
  { width, height, durationMs }: MediaClaims,
  url: string,
) {
  const hasDuration = (kind === "audio" || kind === "video") && durationMs !== undefined;
  const body = {
    ...{ url, name: withoutHidden(name), size, content_type: contentType },
    ...(kind === "image" && imageSize),
    ...(kind === "video" && width && height && { width, height }),
    ...(hasDuration && { duration_ms: durationMs }),
  };
  return { kind, body: bodyJson(Content.parse({ kind, body })) };
}

/**
 * Passes on at most `maxBytes`. Further bytes are consumed without use, as the inputs after the file are
 * still needed.
 */
async function* bounded(
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
  refusal: () => CoreError,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size <= maxBytes) yield chunk;
  }
  if (size > maxBytes) throw refusal();
}

/** @throws `validation_failed`, `too_large` */
function requireFit(kind: MediaKind, { size }: Pick<StoredFile, "size">, maxBytes: number): void {
  if (size === 0) throw fileRefused(kind, "empty", "file: must not be empty");
  if (size > maxBytes) throw tooLarge(kind, maxBytes);
}

function tooLarge(kind: MediaKind, maxBytes: number): CoreError {
  return fileRefused(kind, "size", `file: must be at most ${maxBytes / 1_048_576} MiB`);
}
