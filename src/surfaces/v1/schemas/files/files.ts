import { z } from "@hono/zod-openapi";
import { FileName } from "../../../../domain/files/file.ts";
import { ThumbnailSize } from "../../../../domain/files/thumbnail.ts";
import { FileKey } from "../../../../domain/ids.ts";
import { flag, QueryText } from "../../common.ts";

export const MetadataQuery = z.object({
  keep_metadata: flag(
    "Whether a photograph keeps what it tells besides its pixels: place, time, camera, comments",
  ),
});

/** The name of a file sent as a bare body; a form names its file itself. */
export const UploadQuery = MetadataQuery.extend({ name: QueryText.pipe(FileName).optional() });

// Plain JSON schemas for the document: a zod validator would read the whole body into memory.

/** The bytes of a file. */
export const BYTES = { type: "string", format: "binary" } as const;

/** A form with the file in one field; its other fields are ignored. */
export const UPLOAD_FORM = {
  type: "object" as const,
  properties: { file: BYTES },
  required: ["file"],
};

export const File = z
  .object({
    key: FileKey,
    url: z.url().openapi({
      description:
        "Absolute, with the setting `PUBLIC_ORIGIN` of the server, or else the origin of the request",
    }),
    name: z.string(),
    size: z.int().nonnegative().openapi({ description: "Bytes" }),
    content_type: z.string(),
    sha256: z.string().openapi({
      description:
        "Of the bytes as they are kept, 64 hexadecimal digits. Of a file that came in parts: of the parts as they were sent; of several parts: of their SHA-256s, and `-` with their number",
    }),
  })
  .openapi("File");

/** Any text is accepted: a malformed key answers 404, as an unknown key does. */
export const FileParams = z.object({ key: z.string(), name: z.string() });
export const FileKeyParams = FileParams.pick({ key: true });

/** In which size a picture is wanted. */
export const FileQuery = z.object({
  size: ThumbnailSize.optional().openapi({
    description:
      "A smaller picture: at most 160 (`s`), 640 (`m`) or 1280 (`l`) pixels on its longer side, upright. Absent: the file itself",
  }),
});

/** The optional headers of a GET. No value is refused: a value that is not understood is ignored. */
export const FileHeaders = z.object({
  range: z.string().optional().openapi({ description: "One range of bytes", example: "bytes=0-99" }),
  "if-range": z
    .string()
    .optional()
    .openapi({ description: "The `ETag` of the file that the range belongs to" }),
  "if-none-match": z.string().optional().openapi({ description: "The `ETag` that the client has" }),
});

const always = (value: string, description: string) => ({
  required: true,
  description,
  schema: { type: "string" as const, const: value },
});
const text = (description: string) => ({ required: true, description, schema: { type: "string" as const } });

/** The headers of every answer for a file. */
export const KEPT_HEADERS = {
  ETag: text("The `sha256` of the file in quotes; of a smaller picture with `-` and its `size` behind it"),
  "Accept-Ranges": always("bytes", "Ranges of bytes are supported"),
  "Cache-Control": always("public, max-age=60, must-revalidate", "A file never changes, but may be deleted"),
  "Content-Security-Policy": always("sandbox; default-src 'none'", "Nothing in a file may run"),
  "Cross-Origin-Resource-Policy": always("cross-origin", "Pages of every origin may show it"),
  "X-Content-Type-Options": always("nosniff", "Browsers must not guess another type"),
};

/** Instead, of an answer for staff alone. */
export const NOT_CACHED = { "Cache-Control": always("no-store", "Nothing may keep it") };

export const WHOLE_HEADERS = {
  ...KEPT_HEADERS,
  "Content-Disposition": text("`inline` for bitmaps, audio and video, else `attachment`; with the file name"),
};

export const RANGE_HEADERS = {
  ...WHOLE_HEADERS,
  "Content-Range": text("The range, and the size of the file"),
};
