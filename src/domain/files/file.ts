import { z } from "zod";
import { storedForm } from "../../lib/text-forms.ts";
import type { FileKey, Seq, UserId } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import { withoutHidden } from "../names/characters.ts";
import { nameUpTo } from "../text.ts";

/**
 * The name under which a file is kept: NFC, without what `hiddenFlaw` refuses, and with `_` for what
 * separates the parts of a path. A file has its name from somewhere else, so a name is mended where a
 * nickname would be refused.
 * @returns `file` if nothing is left, or for `.` and `..`, which a URL cannot end with
 */
function mendedFileName(name: string): string {
  const mended = withoutHidden(storedForm(name)).replace(/[/\\]/g, "_");
  return /^\.{0,2}$/.test(mended) ? "file" : mended;
}

/**
 * A file's name: 1–255 code points that paths and headers can carry. Nothing of it is hidden: a character
 * that turns the text around would show `photo<U+202E>gpj.exe` as `photoexe.jpg`. Other names are mended.
 */
export const FileName = nameUpTo(LIMITS.fileName).min(1, "must not be empty").overwrite(mendedFileName);

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

const CONTENT_TYPE = new RegExp(
  `^${TOKEN}/${TOKEN}(?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\\\x00-\\x1f\\x7f-\\uffff]|\\\\[\\x20-\\x7e])*"))*$`,
);

/** A media type as `Content-Type` has it, with or without parameters. */
export const ContentType = z.string().max(255).regex(CONTENT_TYPE, "must be a media type such as image/png");

/** A file in upload. */
export interface Upload {
  /** a `FileName`; absent where the client gave none */
  name: string | undefined;
  /** a `ContentType`; absent where the client gave none */
  contentType: string | undefined;
  /** the size in bytes, if it is known before; such an upload needs no buffer */
  size: number | undefined;
  /** whether a photograph keeps what it tells besides its pixels; absent: no */
  keepsMetadata?: boolean;
  /** throws a `CoreError` if the bytes end too early or are malformed */
  bytes: AsyncIterable<Uint8Array>;
}

/** A completely uploaded file. */
export interface StoredFile {
  key: FileKey;
  userId: UserId;
  name: string;
  /** bytes */
  size: number;
  contentType: string;
  /** of the bytes: 64 hexadecimal digits */
  sha256: string;
  /** of the bytes: 32 hexadecimal digits; `""` for files that were uploaded before the column existed */
  md5: string;
  /** milliseconds since 1970 */
  createdAt: number;
  /** when the file is deleted, unless something shows it then (ms since 1970); null: it stays */
  expiresAt: number | null;
}

/** A message that shows a file. */
export interface FileReference {
  key: FileKey;
  seq: Seq;
}

/** A message that showed files, and was revoked. */
export interface RevokedReferences {
  seq: Seq;
  senderId: UserId;
  keys: FileKey[];
}

/** A range of a file's bytes. */
export interface ByteRange {
  offset: number;
  length: number;
}
