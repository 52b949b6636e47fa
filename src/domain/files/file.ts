import { z } from "zod";
import type { FileKey, UserId } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import { textUpTo } from "../text.ts";

/** A file's name: 1–255 code points, without what a path or a header could not carry. */
export const FileName = textUpTo(LIMITS.fileName).refine(
  // No URL ends in a segment "." or "..": whoever reads one takes it away.
  (name) => /^[^\p{Cc}/\\]+$/u.test(name) && name !== "." && name !== "..",
  'must not be empty, "." or "..", nor hold control characters, "/" or "\\"',
);

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

const CONTENT_TYPE = new RegExp(
  `^${TOKEN}/${TOKEN}(?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\\\x00-\\x1f\\x7f-\\uffff]|\\\\[\\x20-\\x7e])*"))*$`,
);

/** What a file holds: a media type as `Content-Type` writes it, with or without parameters. */
export const ContentType = z.string().max(255).regex(CONTENT_TYPE, "must be a media type such as image/png");

/** A file whose bytes are still coming in. */
export interface Upload {
  /** a `FileName`; absent where the client gave none */
  name: string | undefined;
  /** a `ContentType`; absent where the client gave none */
  contentType: string | undefined;
  /** how many bytes will come, where that is known beforehand: then none need be held */
  size: number | undefined;
  /** throws a `CoreError` where they end too early, or are malformed */
  bytes: AsyncIterable<Uint8Array>;
}

/** A file that was uploaded whole. */
export interface StoredFile {
  key: FileKey;
  userId: UserId;
  name: string;
  /** bytes */
  size: number;
  contentType: string;
  /** of the bytes, 64 hexadecimal digits */
  sha256: string;
  /** of the bytes, 32 hexadecimal digits; `""` of files from before it was kept */
  md5: string;
  /** milliseconds since 1970 */
  createdAt: number;
}

/** A part of a file: so many bytes from there on. */
export interface ByteRange {
  offset: number;
  length: number;
}
