import { z } from "@hono/zod-openapi";
import {
  cancelUpload,
  completeUpload,
  readUploadProgress,
  startUpload,
  storePart,
} from "../../../core/files/resumable-uploads.ts";
import { ContentType, FileName } from "../../../domain/files/file.ts";
import {
  partCount,
  partSize,
  type ResumableUpload,
  type StoredPart,
  type UploadProgress,
} from "../../../domain/files/resumable-upload.ts";
import { ClientUploadId as ClientUploadIdText, FileKey } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { readBareBody } from "../../../http/uploads/upload.ts";
import { orNull, Time } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { BYTES, File, MetadataQuery, serializeFile } from "./files.ts";

const ClientUploadId = ClientUploadIdText.meta({
  description: "Of your choice, random: a repeated call with it gives the same upload",
  example: "9f1c2a4e-upload",
});

const Size = z.int().nonnegative().openapi({ description: "Bytes", example: 12_582_912 });

const NewUpload = z
  .object({
    client_upload_id: ClientUploadId,
    name: FileName.default("file"),
    size: Size,
    content_type: ContentType.default("application/octet-stream"),
  })
  .openapi("NewUpload");

export const UploadPart = z
  .object({
    part: z.int().positive().openapi({ description: "1, 2, 3 …", example: 1 }),
    size: z.int().positive().openapi({ description: "Bytes", example: LIMITS.partBytes }),
    sha256: z
      .string()
      .openapi({ description: "Of the bytes of the part as they were sent, 64 hexadecimal digits" }),
  })
  .openapi("UploadPart");

export const Upload = z
  .object({
    id: FileKey.meta({ example: "0f9b2c6d4e8a41738b5c1d2e3f405162" }),
    client_upload_id: ClientUploadId,
    name: z.string(),
    size: Size,
    content_type: z.string(),
    part_size: z
      .int()
      .positive()
      .openapi({ description: "Bytes of each part but the last", example: LIMITS.partBytes }),
    part_count: z.int().positive().openapi({ example: 3 }),
    parts: z.array(UploadPart).openapi({ description: "Those that are there; of a complete upload none" }),
    expires_at: Time.meta({ description: "The end of the upload; of a complete one: of its memory" }),
    file: orNull(File).openapi({ description: "Of a complete upload; else null" }),
  })
  .openapi("Upload");

/** Any id is accepted: a malformed one answers 404, as an unknown one does. */
const UploadParams = z.object({ id: z.string() });

const UploadPartParams = UploadParams.extend({
  part: z
    .string()
    .regex(/^\d{1,5}$/, "must be the number of a part")
    .transform(Number)
    .openapi({ type: "integer", minimum: 1, example: 1 }),
});

const lightRoute = callerRoutes("Files");
const pageRoute = callerRoutes("Files", weighs("page"));

const startRoute = pageRoute("post", "/v1/files/uploads", {
  operationId: "startUpload",
  summary: "Start an upload in parts",
  description:
    "For large files, up to 1 GiB (the setting `MAX_UPLOAD_MIB`), and for lines that break: each part is sent by a call of its own. The same `client_upload_id` with the same name, size and type answers the same upload, with the parts that are there; with others it is a `conflict`. You can have 10 open uploads; one more is a `conflict`. An upload ends 24 hours after its start.",
  request: { body: jsonBody(NewUpload) },
  responses: {
    201: jsonAnswer("The upload is open", Upload),
    200: jsonAnswer("The upload that you have started before", Upload),
    ...problems("conflict", "quota"),
  },
});

const readRoute = lightRoute("get", "/v1/files/uploads/{id}", {
  operationId: "readUpload",
  summary: "An upload, and the parts that are there",
  description:
    "To resume: send the parts that are not listed, and those whose `sha256` is not that of your bytes. A complete upload has its `file`, for 24 hours. An upload of another user, and one that has ended, is a 404.",
  request: { params: UploadParams },
  responses: {
    200: jsonAnswer("The upload", Upload),
    ...problems("not_found"),
  },
});

const partRoute = pageRoute("put", "/v1/files/uploads/{id}/parts/{part}", {
  operationId: "uploadPart",
  summary: "Send a part of an upload",
  description:
    "The body is the part: exactly `part_size` bytes, the last part what remains. Its `Content-Type` does not matter. Parts can be sent in any order and at the same time. A repeat replaces the part; a part can be sent 40 times. What breaks off leaves the part as it was. The first part of a JPEG, PNG, WebP, HEIC or AVIF is stored without the metadata of the picture, unless `keep_metadata` is true.",
  request: {
    params: UploadPartParams,
    query: MetadataQuery,
    body: { required: true, content: { "*/*": { schema: BYTES } } },
  },
  responses: {
    200: jsonAnswer("The part is there", UploadPart),
    ...problems("validation_failed", "not_found", "conflict"),
  },
});

const completeRoute = pageRoute("post", "/v1/files/uploads/{id}/complete", {
  operationId: "completeUpload",
  summary: "Make the file of an upload",
  description:
    "Once all parts are there; before that a `conflict`, and nothing has changed. Without room for it a `quota`: delete files, and complete it again. Every repeat answers the same file.",
  request: { params: UploadParams },
  responses: {
    200: jsonAnswer("The file is stored", File),
    ...problems("not_found", "conflict", "quota"),
  },
});

const cancelRoute = lightRoute("delete", "/v1/files/uploads/{id}", {
  operationId: "cancelUpload",
  summary: "Cancel an upload",
  description:
    "Its parts are deleted, and its `client_upload_id` is free. A complete upload is a `conflict`: delete its file.",
  request: { params: UploadParams },
  responses: { 204: { description: "The upload has ended" }, ...problems("not_found", "conflict") },
});

export const resumableUploads = v1Router()
  .openapi(startRoute, async (c) => {
    const { client_upload_id: clientUploadId, name, size, content_type: contentType } = c.req.valid("json");
    const announced = { clientUploadId, name, size, contentType };
    const { isNew, ...progress } = await startUpload(c.var.core, c.var.caller.userId, announced);
    return c.json(serializeUpload(progress), isNew ? 201 : 200);
  })
  .openapi(readRoute, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(serializeUpload(await readUploadProgress(c.var.core, c.var.caller.userId, id)), 200);
  })
  .openapi(partRoute, async (c) => {
    const { timing } = c.var.core;
    const { keep_metadata: keepsMetadata } = c.req.valid("query");
    const body = { ...readBareBody(c.req.raw, timing.uploads), keepsMetadata };
    const { upload, part } = await storePart(c.var.core, c.var.caller.userId, c.req.valid("param"), body);
    return c.json(serializePart(upload, part), 200);
  })
  .openapi(completeRoute, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(serializeFile(await completeUpload(c.var.core, c.var.caller.userId, id)), 200);
  })
  .openapi(cancelRoute, async (c) => {
    await cancelUpload(c.var.core, c.var.caller.userId, c.req.valid("param").id);
    return c.body(null, 204);
  });

/** An upload in parts as v1 shows it to its user. */
function serializeUpload({ upload, parts, file }: UploadProgress): z.infer<typeof Upload> {
  const { key, clientUploadId, name, size, contentType, expiresAt } = upload;
  return {
    ...{ id: key, client_upload_id: clientUploadId, name, size, content_type: contentType },
    part_size: LIMITS.partBytes,
    part_count: partCount(size),
    parts: parts.map((part) => serializePart(upload, part)),
    expires_at: expiresAt,
    file: file && serializeFile(file),
  };
}

/** A part that is there. */
function serializePart(
  { size }: Pick<ResumableUpload, "size">,
  { part, sha256 }: StoredPart,
): z.infer<typeof UploadPart> {
  return { part, size: partSize(size, part), sha256 };
}
