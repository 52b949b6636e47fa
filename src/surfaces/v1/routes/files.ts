import { createRoute } from "@hono/zod-openapi";
import { getFile, readFile, storeFile } from "../../../core/files.ts";
import { serveFile } from "../../../http/serve-file.ts";
import { readUpload } from "../../../http/upload.ts";
import { authenticated } from "../auth.ts";
import { v1Router } from "../router.ts";
import { problems } from "../schemas/common.ts";
import { BYTES, File, FileParams, UPLOAD_FORM, UploadQuery } from "../schemas/files.ts";
import { serializeFile } from "../serialize/files.ts";

/**
 * Stores a file of at most 20 MiB: 201. It comes as the field `file` of a form, or as the body itself,
 * with its `Content-Type` and `?name=`.
 */
const uploadRoute = createRoute({
  method: "post",
  path: "/v1/files",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: {
    query: UploadQuery,
    body: {
      required: true,
      content: { "multipart/form-data": { schema: UPLOAD_FORM }, "*/*": { schema: BYTES } },
    },
  },
  responses: {
    201: { description: "The file is stored", content: { "application/json": { schema: File } } },
    ...problems("validation_failed", "unauthenticated", "too_large", "unavailable"),
  },
});

const bytes = { "*/*": { schema: BYTES } };

/**
 * The bytes of a file, with its own Content-Type; HEAD tells the same without them. The key is the
 * secret: no token is needed. A wrong key, or another name: `not_found`.
 */
const readRoute = createRoute({
  method: "get",
  path: "/files/{key}/{name}",
  request: { params: FileParams },
  responses: {
    200: { description: "The whole file", content: bytes },
    206: { description: "The range that was asked for", content: bytes },
    304: { description: "The client has it: If-None-Match names its ETag" },
    ...problems("not_found", "range_not_satisfiable", "unavailable"),
  },
});

export const files = v1Router()
  .openapi(uploadRoute, async (c) => {
    const { name } = c.req.valid("query");
    const upload = await readUpload(c.req.raw, { field: "file", name });
    const file = await storeFile(c.var.core, c.var.caller.userId, upload);
    return c.json(serializeFile(file, c.req.url), 201);
  })
  .openapi(readRoute, async (c) => {
    const { key, name } = c.req.valid("param");
    const file = await getFile(c.var.core, key, name);
    return serveFile(c.req.raw, file, (range) => readFile(c.var.core, file, range));
  });
