import { createRoute } from "@hono/zod-openapi";
import { deleteFile, getFile, readFile, storeFile } from "../../../core/files/files.ts";
import { describeThumbnail, thumbnailOf } from "../../../core/files/thumbnails.ts";
import { isNotFound } from "../../../domain/errors.ts";
import { countRefused, mayMakeThumbnail, weighs } from "../../../http/access/rate-limit.ts";
import { isKnown, serveFile } from "../../../http/serve-file.ts";
import { readUpload } from "../../../http/uploads/upload.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer } from "../route.ts";
import { v1Router } from "../router.ts";
import {
  BYTES,
  File,
  FileHeaders,
  FileKeyParams,
  FileParams,
  FileQuery,
  KEPT_HEADERS,
  RANGE_HEADERS,
  UPLOAD_FORM,
  UploadQuery,
  WHOLE_HEADERS,
} from "../schemas/files/files.ts";
import { serializeFile } from "../serialize/files.ts";

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
