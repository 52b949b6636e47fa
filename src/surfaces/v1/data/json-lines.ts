import { z } from "@hono/zod-openapi";
import { IMPORTED_TYPES, type ImportReport } from "../../../core/data/import/import-report.ts";
import type { Line } from "../../../core/data/import/run.ts";
import { ExportRecord, FORMAT_VERSION } from "../../../domain/data/records.ts";
import { attempt } from "../../../domain/errors.ts";
import type { FileOrigins } from "../../../domain/files/file-origins.ts";
import { parseJson, requireSound } from "../../../http/json.ts";
import { nextTurn } from "../../../lib/next-turn.ts";

/** The media type of JSON Lines. Its type is wide: a route would take one with `json` in it for JSON. */
export const JSON_LINES: string = "application/x-ndjson";

/** Lines that are read in one turn: others of the isolate wait no longer. */
const LINES_AT_ONCE = 50;

/**
 * The records of a body of JSON Lines. A line that is none is noted in the report, and empty ones are left
 * out.
 */
export async function readRecords(body: string, report: ImportReport): Promise<Line[]> {
  const lines: Line[] = [];
  for (const [i, text] of body.split("\n").entries()) {
    if (i % LINES_AT_ONCE === LINES_AT_ONCE - 1) await nextTurn();
    const record = text.trim() === "" ? null : readRecord(text, i + 1, report);
    if (record) lines.push({ line: i + 1, record });
  }
  return lines;
}

function readRecord(text: string, line: number, report: ImportReport): ExportRecord | null {
  const refuse = (type: ReturnType<typeof typeOf> | "version", reason: string) => {
    report.leaveOut({ line, type, externalId: null, reason });
    return null;
  };
  const json = attempt(() => {
    const value = parseJson(text, "line");
    requireSound(value, "line");
    return value;
  });
  if (!json.ok) return refuse(null, json.detail);
  const parsed = ExportRecord.safeParse(json.value);
  if (!parsed.success) return refuse(typeOf(json.value), z.prettifyError(parsed.error));
  const record = parsed.data;
  if (record.type !== "version" || record.version.format <= FORMAT_VERSION) return record;
  return refuse(
    "version",
    `The file has the format ${record.version.format}; this server reads up to ${FORMAT_VERSION}.`,
  );
}

const Typed = z.object({ type: z.enum(IMPORTED_TYPES) });

function typeOf(value: unknown) {
  const typed = Typed.safeParse(value);
  return typed.success ? typed.data.type : null;
}

/**
 * Records as a stream of lines, made as they are read. URLs of files have the origin of the server.
 * @param records a failure breaks the stream off: its reader finds no `end`
 */
export function linesOf(
  records: AsyncGenerator<ExportRecord>,
  origins: FileOrigins,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      let chunk = "";
      while (chunk.length < CHUNK) {
        const { done, value } = await records.next();
        if (!done) {
          chunk += `${origins.toShown(JSON.stringify(value))}\n`;
          continue;
        }
        if (chunk !== "") controller.enqueue(encoder.encode(chunk));
        controller.close();
        return;
      }
      controller.enqueue(encoder.encode(chunk));
      await nextTurn();
    },
    async cancel() {
      await records.return(undefined);
    },
  });
}

/** UTF-16 units that are sent together, and made in one turn. */
const CHUNK = 16 * 1024;

/** Lines of records, each one JSON: the document has their schema beside it. */
export const RECORDS = {
  type: "string" as const,
  contentSchema: { $ref: "#/components/schemas/ExportRecord" },
  description:
    "JSON Lines: each line is an `ExportRecord`, and the content of its messages is `ExportedContent` (both among the schemas of this document)",
};
