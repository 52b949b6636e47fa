import type { z } from "zod";
import type { BACKUP_ANSWERS, BackupRead } from "../../domain/backup/parts.ts";
import type { BackupSource } from "../../domain/backup/ports.ts";

/** The answer to a read. */
type BackupAnswer = {
  [What in keyof typeof BACKUP_ANSWERS]: z.infer<(typeof BACKUP_ANSWERS)[What]>;
}[BackupRead["what"]];

/** Reads what a call of a backup asks for. */
export async function answerRead(source: BackupSource, read: BackupRead): Promise<BackupAnswer> {
  switch (read.what) {
    case "ids":
      return { ids: await source.ids(read.kind, read.after) };
    case "tables":
      return { tables: await source.tables(read.kind, read.items) };
    case "logs":
      return { logs: await source.logs(read.items) };
    case "rest":
      return { rest: await source.rest(read.item) };
    case "database":
      return { database: await source.database(read.place) };
  }
}
