import {
  cancelUpload,
  completeUpload,
  readUploadProgress,
  startUpload,
  storePart,
} from "../../../core/files/resumable-uploads.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { readBareBody } from "../../../http/uploads/upload.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { BYTES, File, MetadataQuery } from "../schemas/files/files.ts";
import {
  NewUpload,
  Upload,
  UploadParams,
  UploadPart,
  UploadPartParams,
} from "../schemas/files/resumable-uploads.ts";
import { serializeFile, serializePart, serializeUpload } from "../serialize/files.ts";

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
