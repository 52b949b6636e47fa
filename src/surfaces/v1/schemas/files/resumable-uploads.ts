import { z } from "@hono/zod-openapi";
import { ContentType, FileName } from "../../../../domain/files/file.ts";
import { ClientUploadId as ClientUploadIdText, FileKey } from "../../../../domain/ids.ts";
import { LIMITS } from "../../../../domain/limits.ts";
import { orNull, Time } from "../../common.ts";
import { File } from "./files.ts";

const ClientUploadId = ClientUploadIdText.meta({
  description: "Of your choice, random: a repeated call with it gives the same upload",
  example: "9f1c2a4e-upload",
});

const Size = z.int().nonnegative().openapi({ description: "Bytes", example: 12_582_912 });

export const NewUpload = z
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
export const UploadParams = z.object({ id: z.string() });

export const UploadPartParams = UploadParams.extend({
  part: z
    .string()
    .regex(/^\d{1,5}$/, "must be the number of a part")
    .transform(Number)
    .openapi({ type: "integer", minimum: 1, example: 1 }),
});
