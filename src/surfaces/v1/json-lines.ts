import { z } from "zod";
import type { Line } from "../../core/data/import.ts";
import { IMPORTED_TYPES, type ImportReport } from "../../core/data/import-report.ts";
import { ExportRecord, FORMAT_VERSION } from "../../domain/data/records.ts";
import { attempt } from "../../domain/errors.ts";
import type { FileOrigins } from "../../domain/files/file-origins.ts";
import { parseJson, requireSound } from "../../http/json.ts";

/** The media type of JSON Lines. Its type is wide: a route would take one with `json` in it for JSON. */
export const JSON_LINES: string = "application/x-ndjson";

/**
 * The records of a body of JSON Lines. A line that is none is noted in the report, and empty ones are left
 * out.
 */
export function readRecords(body: string, report: ImportReport): Line[] {
  return body.split("\n").flatMap((text, i): Line[] => {
    if (text.trim() === "") return [];
    const line = i + 1;
    const json = attempt(() => {
      const value = parseJson(text, "line");
      requireSound(value, "line");
      return value;
    });
    if (!json.ok) {
      report.leaveOut({ line, type: null, externalId: null, reason: json.detail });
      return [];
    }
    const parsed = ExportRecord.safeParse(json.value);
    if (!parsed.success) {
      const reason = z.prettifyError(parsed.error);
      report.leaveOut({ line, type: typeOf(json.value), externalId: null, reason });
      return [];
    }
    const record = parsed.data;
    if (record.type !== "version" || record.version.format <= FORMAT_VERSION) return [{ line, record }];
    const reason = `The file has the format ${record.version.format}; this server reads up to ${FORMAT_VERSION}.`;
    report.leaveOut({ line, type: "version", externalId: null, reason });
    return [];
  });
}

const Typed = z.object({ type: z.enum(IMPORTED_TYPES) });

function typeOf(value: unknown) {
  const typed = Typed.safeParse(value);
  return typed.success ? typed.data.type : null;
}

/**
 * Records as a stream of lines, made as they are read. URLs of files have the origin of the server.
 * @param records a failure breaks the stream off: whoever reads it finds no `end`
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
    },
    async cancel() {
      await records.return(undefined);
    },
  });
}

/** UTF-16 units that are sent together. */
const CHUNK = 64 * 1024;
