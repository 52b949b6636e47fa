import { z } from "@hono/zod-openapi";
import { FileName } from "../../../domain/files/file.ts";
import { FileKey } from "../../../domain/ids.ts";
import { QueryText } from "./common.ts";

/** What a bare body is called; a form says it of its file. */
export const UploadQuery = z.object({ name: QueryText.pipe(FileName).optional() });

// No zod: a validator would read the whole body to check it. These only describe.

/** The bytes of a file. */
export const BYTES = { type: "string", format: "binary" } as const;

/** A form with the file in one field; its other fields are passed over. */
export const UPLOAD_FORM = {
  type: "object" as const,
  properties: { file: BYTES },
  required: ["file"],
};

export const File = z
  .object({
    key: FileKey,
    url: z.url().openapi({ description: "Absolute, of the origin that was asked" }),
    name: z.string(),
    size: z.int().nonnegative().openapi({ description: "Bytes" }),
    content_type: z.string(),
    sha256: z.string().openapi({ description: "Of the bytes, 64 hexadecimal digits" }),
  })
  .openapi("File");

/** Whatever stands there: what is no key is as one that nobody has. */
export const FileParams = z.object({ key: z.string(), name: z.string() });

/** What a GET may ask besides. No value of these is refused: one that is not understood is passed over. */
export const FileHeaders = z.object({
  range: z.string().optional().openapi({ description: "One range of bytes", example: "bytes=0-99" }),
  "if-range": z.string().optional().openapi({ description: "The `ETag` to which the range belongs" }),
  "if-none-match": z.string().optional().openapi({ description: "The `ETag` which the client has" }),
});

const always = (value: string, description: string) => ({
  required: true,
  description,
  schema: { type: "string" as const, const: value },
});
const text = (description: string) => ({ required: true, description, schema: { type: "string" as const } });

/** What every answer for a file says. */
export const KEPT_HEADERS = {
  ETag: text("The SHA-256 in quotes"),
  "Accept-Ranges": always("bytes", "Ranges of bytes may be asked for"),
  "Cache-Control": always("public, max-age=31536000, immutable", "A file never changes"),
  "Content-Security-Policy": always("sandbox; default-src 'none'", "Nothing in a file may run"),
  "Cross-Origin-Resource-Policy": always("cross-origin", "Pages of every origin may show it"),
  "X-Content-Type-Options": always("nosniff", "Its type is what it says"),
};

export const WHOLE_HEADERS = {
  ...KEPT_HEADERS,
  "Content-Disposition": text("`inline` for images of pixels, audio and video, else `attachment`; the name"),
};

export const RANGE_HEADERS = { ...WHOLE_HEADERS, "Content-Range": text("Which bytes, of how many") };
