import type { ImportOutcome } from "../../../domain/data/portable-message.ts";
import type { ExportRecord } from "../../../domain/data/records.ts";
import { CoreError } from "../../../domain/errors.ts";
import type { ServerKeyId } from "../../../domain/server/server-key.ts";
import type { ExternalId } from "../../../domain/server/user-ref.ts";
import type { Core } from "../../context.ts";
import type { ImportReport } from "./import-report.ts";
import type { Known } from "./known.ts";

/** A record of the input, and its line. */
export interface Line<Of = ExportRecord> {
  line: number;
  record: Of;
}

/** One call of an import. */
export interface ImportRun {
  core: Core;
  /** the key of who imports */
  by: ServerKeyId;
  report: ImportReport;
  known: Known;
  /** the roles with a record in this call, by space: members get exactly those of them that are theirs */
  roles: Map<ExternalId, Set<ExternalId>>;
  /** why a channel gets no messages, which some would read here alone */
  closed: Map<ExternalId, string>;
}

/** Why the core refuses a record. @throws an error that is no refusal */
export function leftOut(error: unknown): ImportOutcome {
  if (error instanceof CoreError) return { result: "left_out", reason: error.message };
  throw error;
}
