import { z } from "@hono/zod-openapi";
import { FileName } from "../../../core/files.ts";
import { FileKey } from "../../../core/ids.ts";
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
    url: z.url(),
    name: z.string(),
    size: z.int().nonnegative(),
    content_type: z.string(),
    sha256: z.string().openapi({ description: "of the bytes, 64 hexadecimal digits" }),
  })
  .openapi("File");

/** Whatever stands there: what is no key is as one that nobody has. */
export const FileParams = z.object({ key: z.string(), name: z.string() });
