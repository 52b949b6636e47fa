import { z } from "@hono/zod-openapi";
import {
  BACKUP_ANSWERS,
  BackupRead as Read,
  RestoreState as State,
  RestoreWrite as Write,
} from "../../../../domain/backup/parts.ts";
import { FileKey } from "../../../../domain/ids.ts";

export const BackupRead = Read.openapi("BackupRead", {
  description: "What is read, by `what`. `rows` of answers are JSON Lines: docs/design/backups.md",
  example: { what: "ids", kind: "inbox", after: null },
});

export const BackupAnswer = z
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

export const RestoreWrite = Write.openapi("RestoreWrite", {
  description: "What is written, by `what`",
  example: { what: "begin", backup: "0123456789abcdef0123456789abcdef" },
});

export const RestoreState = State.openapi("RestoreState", {
  description: "`loaded`: everything is written, and objects begin to answer",
});

export const BackupFileParams = z.object({ key: FileKey });
