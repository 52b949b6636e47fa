import { CoreError, fileRefused, invalid, type MediaKind } from "../../domain/errors.ts";
import type { StoredFile } from "../../domain/files/file.ts";
import type { FileKey, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { bodyJson, Content } from "../../domain/messages/content.ts";
import type { Core } from "../context.ts";
import { fileOfKey, readBytes, receiveFile } from "../files/files.ts";
import { examine, kindOfType, type MediaClaims, type Medium } from "../files/media-type.ts";
import { createDraft, type DraftView, type NewContent, type NewDraft } from "./drafts.ts";

/** What is said of a file that is to be a message; without a kind it is one of what the file holds. */
export interface FileContent extends MediaClaims {
  kind: MediaKind | undefined;
}

/** Where a file is read, as those are to be told whom it is sent to. */
type UrlOf = (file: StoredFile) => string;

/** A file that comes in with the draft which it is for. */
interface IncomingFile {
  bytes: AsyncIterable<Uint8Array>;
  /** films, and files of no particular kind, may be of 90 MiB */
  mayBeLarge: boolean;
  /** what else is said, known once the bytes are through. Throws `validation_failed` */
  said(): { made: NewDraft; file: FileContent };
}

/** What a draft is made of: a file that comes in with it, or nothing that comes. */
export type DraftInput =
  | IncomingFile
  | { made: NewDraft; content: NewContent }
  | { made: NewDraft; file: FileContent & { key: FileKey } };

/** Makes a draft of whatever it is made of. @throws as `createDraft`, `createFileDraft` and `createDraftWithFile` */
export function makeDraft(core: Core, caller: UserId, input: DraftInput, urlOf: UrlOf): Promise<DraftView> {
  if ("said" in input) return createDraftWithFile(core, caller, input, urlOf);
  if ("file" in input) return createFileDraft(core, caller, input.made, input.file, urlOf);
  return createDraft(core, caller, input.made, input.content);
}

/**
 * Makes a draft of a file that was uploaded before. Its type, its size, and how large a picture is, are what the file
 * itself says.
 * @throws as `createDraft`; `validation_failed` for a file that there is not, or is none of this kind, `too_large`
 */
async function createFileDraft(
  core: Core,
  caller: UserId,
  made: NewDraft,
  { key, ...said }: FileContent & { key: FileKey },
  urlOf: UrlOf,
): Promise<DraftView> {
  const file = await uploaded(core, key);
  const held = kindOfType(file.contentType);
  const kind = said.kind ?? (held === "file" ? kindOfType(said.contentType) : held);
  requireFit(kind, file, LIMITS.fileBytes);
  const medium = await examineStored(core, kind, file, file.contentType);
  const name = said.name ?? file.name;
  return createDraft(core, caller, made, bodyOf(kind, { ...file, name }, medium, said, urlOf(file)));
}

/** The same of a file that comes in now, which is readable once the draft is kept: where this throws nothing is left of it. */
async function createDraftWithFile(
  core: Core,
  caller: UserId,
  incoming: IncomingFile,
  urlOf: UrlOf,
): Promise<DraftView> {
  const most = incoming.mayBeLarge ? LIMITS.largeFileBytes : LIMITS.fileBytes;
  const kindSaid = () => kindOf(incoming.said().file);
  const bytes = bounded(incoming.bytes, most, () => tooLarge(kindSaid(), most));
  const upload = { name: undefined, contentType: undefined, size: undefined, bytes };
  return receiveFile(core, caller, upload, async (received, publish) => {
    const { made, file: said } = incoming.said();
    const kind = kindOf(said);
    requireFit(kind, received, kind === "video" || kind === "file" ? most : LIMITS.fileBytes);
    const medium = await examineStored(core, kind, received, said.contentType);
    const file = { ...received, name: said.name ?? received.name, contentType: medium.contentType };
    const draft = await createDraft(core, caller, made, bodyOf(kind, file, medium, said, urlOf(file)));
    await publish(file);
    return draft;
  });
}

const kindOf = ({ kind, contentType }: FileContent): MediaKind => kind ?? kindOfType(contentType);

async function uploaded(core: Core, key: FileKey): Promise<StoredFile> {
  try {
    return await fileOfKey(core, key);
  } catch (error) {
    if (!(error instanceof CoreError) || error.code !== "not_found") throw error;
    throw invalid("file.url", "must be the URL of a file that was uploaded here");
  }
}

function examineStored(core: Core, kind: MediaKind, file: StoredFile, claimed: string | undefined) {
  return examine(kind, claimed, (offset, length) => readBytes(core, file, { offset, length }));
}

function bodyOf(
  kind: MediaKind,
  { name, size }: Pick<StoredFile, "name" | "size">,
  { contentType, size: picture }: Medium,
  { width, height, durationMs }: MediaClaims,
  url: string,
) {
  const lasts = (kind === "audio" || kind === "video") && durationMs !== undefined;
  const body = {
    ...{ url, name, size, content_type: contentType },
    ...(kind === "image" && picture),
    ...(kind === "video" && width && height && { width, height }),
    ...(lasts && { duration_ms: durationMs }),
  };
  return { kind, body: bodyJson(Content.parse({ kind, body })) };
}

/** Bytes up to so many; what comes behind them is passed over, as what is said behind the file is still wanted. */
async function* bounded(
  bytes: AsyncIterable<Uint8Array>,
  most: number,
  refusal: () => CoreError,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size <= most) yield chunk;
  }
  if (size > most) throw refusal();
}

/** @throws `validation_failed`, `too_large` */
function requireFit(kind: MediaKind, { size }: Pick<StoredFile, "size">, most: number): void {
  if (size === 0) throw fileRefused(kind, "empty", "file: must not be empty");
  if (size > most) throw tooLarge(kind, most);
}

function tooLarge(kind: MediaKind, most: number): CoreError {
  return fileRefused(kind, "size", `file: must be at most ${most / 1_048_576} MiB`);
}
