import { z } from "@hono/zod-openapi";
import { answerRead, DeploymentSource } from "../../../core/backup/deployment-source.ts";
import { restoreTarget, write } from "../../../core/backup/deployment-target.ts";
import {
  BACKUP_ANSWERS,
  BackupRead as Read,
  RestoreState as State,
  RestoreWrite as Write,
} from "../../../domain/backup/parts.ts";
import { CoreError, invalid } from "../../../domain/errors.ts";
import { FileKey } from "../../../domain/ids.ts";
import { jsonBody as readJson } from "../../../http/body.ts";
import { BYTES } from "../files/files.ts";
import { problems } from "../problems.ts";
import { jsonAnswer, jsonBody, serverRoutes } from "../route.ts";
import { v1Router } from "../router.ts";

const BackupRead = Read.openapi("BackupRead", {
  description: "What is read, by `what`. `rows` of answers are JSON Lines: docs/design/data.md#backups",
  example: { what: "ids", kind: "inbox", after: null },
});

const BackupAnswer = z
  .union([
    BACKUP_ANSWERS.ids,
    BACKUP_ANSWERS.tables,
    BACKUP_ANSWERS.logs,
    BACKUP_ANSWERS.rest,
    BACKUP_ANSWERS.database,
  ])
  .openapi("BackupAnswer", {
    description: "The answer to what was asked. Of the items the first ones may be answered alone",
    example: { ids: ["100001", "100002"] },
  });

const RestoreWrite = Write.openapi("RestoreWrite", {
  description: "What is written, by `what`",
  example: { what: "begin", backup: "0123456789abcdef0123456789abcdef" },
});

const RestoreState = State.openapi("RestoreState", {
  description: "`loaded`: everything is written, and objects begin to answer",
});

const BackupFileParams = z.object({ key: FileKey });

/** The bytes of a body: rows of one message with all that belongs to it may be large. */
const BODY_BYTES = 64 * 1024 * 1024;

const backupRoute = serverRoutes("backup", undefined, readJson(BODY_BYTES));

const readRoute = backupRoute("post", "/v1/server/backup/read", {
  operationId: "readBackup",
  summary: "Read rows for a backup",
  description:
    "For `npm run backup`. The rows are those of the database and of all objects as they are stored, with password hashes and secrets of hooks. Their form is no promise: it changes with releases.",
  request: { body: jsonBody(BackupRead) },
  responses: { 200: jsonAnswer("What was asked for", BackupAnswer) },
});

const readFileRoute = backupRoute("get", "/v1/server/backup/files/{key}", {
  operationId: "readBackupFile",
  summary: "Read the bytes of a file for a backup",
  request: { params: BackupFileParams },
  responses: {
    200: { description: "The bytes", content: { "application/octet-stream": { schema: BYTES } } },
    ...problems("not_found"),
  },
});

const writeRoute = backupRoute("post", "/v1/server/backup/write", {
  operationId: "writeBackup",
  summary: "Write rows of a backup",
  description:
    "For `npm run restore`. Only while the setting `RESTORE` is on, and into a deployment without users and conversations: otherwise 409. Each write may be repeated.",
  request: { body: jsonBody(RestoreWrite) },
  responses: { 200: jsonAnswer("It is written", RestoreState), ...problems("conflict") },
});

const writeFileRoute = backupRoute("put", "/v1/server/backup/files/{key}", {
  operationId: "writeBackupFile",
  summary: "Write the bytes of a file of a backup",
  description: "As `writeBackup`. The body needs a `Content-Length`.",
  request: {
    params: BackupFileParams,
    body: { required: true, content: { "application/octet-stream": { schema: BYTES } } },
  },
  responses: { 204: { description: "The bytes are stored" }, ...problems("conflict") },
});

export const serverBackup = v1Router()
  .openapi(readRoute, async (c) => {
    const answer = await answerRead(new DeploymentSource(c.var.core), c.req.valid("json"));
    return c.json(answer, 200);
  })
  .openapi(readFileRoute, async (c) => {
    const file = await new DeploymentSource(c.var.core).file(c.req.valid("param").key);
    if (!file) throw new CoreError("not_found", "There are no such bytes.");
    const { readable, writable } = new FixedLengthStream(file.size);
    c.var.core.waitUntil(file.bytes.pipeTo(writable).catch(() => undefined));
    return c.body(readable, 200, { "Content-Type": "application/octet-stream" });
  })
  .openapi(writeRoute, async (c) => {
    const isLoaded = await write(c.var.core, c.req.valid("json"));
    return c.json({ loaded: isLoaded }, 200);
  })
  .openapi(writeFileRoute, async (c) => {
    const target = restoreTarget(c.var.core);
    const size = Number(c.req.header("Content-Length") ?? Number.NaN);
    if (!Number.isSafeInteger(size)) throw invalid("header.Content-Length", "is missing");
    const { body } = c.req.raw;
    await target.file(c.req.valid("param").key, body ?? new Blob([]).stream(), size);
    return c.body(null, 204);
  });
