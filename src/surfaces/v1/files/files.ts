import { createRoute, z } from "@hono/zod-openapi";
import { deleteFile, getFile, readFile, storeFile } from "../../../core/files/files.ts";
import { describeThumbnail, thumbnailOf } from "../../../core/files/thumbnails.ts";
import { isNotFound } from "../../../domain/errors.ts";
import { FileName, type StoredFile } from "../../../domain/files/file.ts";
import { fileUrl } from "../../../domain/files/file-origins.ts";
import { ThumbnailSize } from "../../../domain/files/thumbnail.ts";
import { FileKey } from "../../../domain/ids.ts";
import { countRefused, mayMakeThumbnail, weighs } from "../../../http/access/rate-limit.ts";
import { isKnown, serveFile } from "../../../http/serve-file.ts";
import { readUpload } from "../../../http/uploads/upload.ts";
import { flag, QueryText } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer } from "../route.ts";
import { v1Router } from "../router.ts";

export const MetadataQuery = z.object({
  keep_metadata: flag(
    "Whether a photograph keeps what it tells besides its pixels: place, time, camera, comments",
  ),
});

/** The name of a file sent as a bare body; a form names its file itself. */
const UploadQuery = MetadataQuery.extend({ name: QueryText.pipe(FileName).optional() });

// Plain JSON schemas for the document: a zod validator would read the whole body into memory.

/** The bytes of a file. */
export const BYTES = { type: "string", format: "binary" } as const;

/** A form with the file in one field; its other fields are ignored. */
const UPLOAD_FORM = {
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
const FileParams = z.object({ key: z.string(), name: z.string() });
const FileKeyParams = FileParams.pick({ key: true });

/** In which size a picture is wanted. */
const FileQuery = z.object({
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

const lightRoute = callerRoutes("Files");
const pageRoute = callerRoutes("Files", weighs("page"));

const uploadRoute = pageRoute("post", "/v1/files", {
  operationId: "uploadFile",
  summary: "Upload a file",
  description:
    "At most 20 MiB: the field `file` of a form, or the body itself, with its `Content-Type` and `name`. Messages carry the `url` of the answer in their body. A JPEG, PNG, WebP, HEIC or AVIF is stored without place, time, camera, comments and small copies, in as many bytes and with the same pixels, unless `keep_metadata` is true.",
  request: {
    query: UploadQuery,
    body: {
      required: true,
      content: { "multipart/form-data": { schema: UPLOAD_FORM }, "*/*": { schema: BYTES } },
    },
  },
  responses: {
    201: jsonAnswer("The file is stored", File),
    ...problems("validation_failed", "too_large", "quota"),
  },
});

const deleteRoute = lightRoute("delete", "/v1/files/{key}", {
  operationId: "deleteFile",
  summary: "Delete a file of yours",
  description:
    "Its URL is a 404 from the answer on; caches may keep it for a minute. Messages that show it stay, with a URL that leads nowhere. A file of another user, and one that is deleted already, is a 404.",
  request: { params: FileKeyParams },
  responses: { 204: { description: "The file is deleted" }, ...problems("not_found") },
});

const readRoute = createRoute({
  method: "get",
  path: "/files/{key}/{name}",
  operationId: "readFile",
  tags: ["Files"],
  summary: "The bytes of a file",
  description:
    "With the file's own `Content-Type`. `HEAD` answers the same headers without the bytes. The key is the secret: no token is needed. A wrong name after the key is a 404. With `size` a picture comes smaller, as WebP, where the server can make it so; else the picture itself comes.",
  request: { params: FileParams, query: FileQuery, headers: FileHeaders },
  responses: {
    200: { description: "The whole file", headers: WHOLE_HEADERS, content: { "*/*": { schema: BYTES } } },
    206: {
      description: "One range of the file",
      headers: RANGE_HEADERS,
      content: { "*/*": { schema: BYTES } },
    },
    304: { description: "The client has the file: `If-None-Match` names its `ETag`", headers: KEPT_HEADERS },
    ...problems("validation_failed", "not_found", "range_not_satisfiable"),
  },
});

export const files = v1Router()
  .openapi(uploadRoute, async (c) => {
    const { name, keep_metadata: keepsMetadata } = c.req.valid("query");
    const upload = await readUpload(c.req.raw, { field: "file", name }, c.var.core.timing.uploads);
    const file = await storeFile(c.var.core, c.var.caller.userId, { ...upload, keepsMetadata });
    return c.json(serializeFile(file), 201);
  })
  .openapi(deleteRoute, async (c) => {
    await deleteFile(c.var.core, c.var.caller.userId, c.req.valid("param").key);
    return c.body(null, 204);
  })
  .openapi(readRoute, async (c) => {
    const { key, name } = c.req.valid("param");
    const file = await getFile(c.var.core, key, name).catch(async (error: unknown) => {
      if (isNotFound(error)) await countRefused(c, "file");
      throw error;
    });
    const { size } = c.req.valid("query");
    if (size !== undefined) {
      const described = describeThumbnail(file, size);
      const thumbnail = isKnown(c.req.raw, described)
        ? { file: described, open: () => Promise.reject(new Error("what the client has is not sent")) }
        : await thumbnailOf(c.var.core, file, size, () => mayMakeThumbnail(c, file.userId));
      if (thumbnail) return serveFile(c.req.raw, thumbnail.file, (range) => thumbnail.open(range));
    }
    return serveFile(c.req.raw, file, (range) => readFile(c.var.core, file, range));
  });

/** A file as v1 shows it to its uploader. */
export function serializeFile(file: StoredFile): z.infer<typeof File> {
  const { key, name, size, contentType, sha256 } = file;
  const url = fileUrl(file);
  return { key, url, name, size, content_type: contentType, sha256 };
}
