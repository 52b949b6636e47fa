import type { ImportOutcome } from "../../../domain/data/portable-message.ts";
import type { ExportRecord } from "../../../domain/data/records.ts";
import type { ExternalId } from "../../../domain/server/user-ref.ts";

/** The types of records that an import stores. */
export const IMPORTED_TYPES = [
  ...([
    "user",
    "file",
    "space",
    "role",
    "category",
    "space_member",
    "conversation",
    "message",
    "member",
    "read",
  ] as const),
] as const;
export type ImportedType = (typeof IMPORTED_TYPES)[number];

/** A record that was not stored, or only in part. */
export interface LeftOut {
  /** of the input, from 1 on */
  line: number;
  /** null: the line is no record */
  type: ExportRecord["type"] | null;
  externalId: ExternalId | null;
  reason: string;
}

/** What an import names one by one; the others it counts. */
const MAX_LISTED = 1_000;

/** What became of the lines of an import. */
export class ImportReport {
  readonly imported = zeros();
  readonly unchanged = zeros();
  readonly leftOut: LeftOut[] = [];
  leftOutCount = 0;
  /** the files of which the bytes are missing */
  readonly filesWanted: { externalId: ExternalId; sha256: string }[] = [];

  /** Notes the outcome of a record, and what of it has no place. */
  note(
    type: ImportedType,
    at: Omit<LeftOut, "reason" | "type">,
    outcome: ImportOutcome,
    notes: string[] = [],
  ): void {
    if (outcome.result === "left_out") {
      this.leaveOut({ ...at, type, reason: outcome.reason });
      return;
    }
    this[outcome.result][type]++;
    const lost = outcome.note === undefined ? notes : [...notes, outcome.note];
    if (lost.length > 0)
      this.leaveOut({ ...at, type, reason: `stored, but ${[...new Set(lost)].join("; ")}` });
  }

  /** Counts the records of a dry run. */
  wouldImport(types: ExportRecord["type"][]): void {
    for (const type of types) if (isImported(type)) this.imported[type]++;
  }

  leaveOut(what: LeftOut): void {
    this.leftOutCount++;
    if (this.leftOut.length < MAX_LISTED) this.leftOut.push(what);
  }
}

function zeros(): Record<ImportedType, number> {
  return {
    ...{ user: 0, file: 0, space: 0, role: 0, category: 0, space_member: 0 },
    ...{ conversation: 0, message: 0, member: 0, read: 0 },
  };
}

function isImported(type: ExportRecord["type"]): type is ImportedType {
  return type !== "version" && type !== "end";
}
