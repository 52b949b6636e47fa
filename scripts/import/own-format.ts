import { ExportRecord, type ExportRecordInput } from "../../src/domain/data/records.ts";
import { ImportFailure } from "./failure.ts";
import { firstIssue, readJsonLines } from "./input/json.ts";
import type { Source } from "./input/source.ts";
import type { LeftOut } from "./left-out.ts";

/**
 * The records of Parley's own format. The first reading of a file finds broken JSON, so that half a file
 * sends nothing; the second one yields the records.
 * @throws ImportFailure that names the file and line
 */
export async function* readRecords(source: Source, leftOut: LeftOut): AsyncGenerator<ExportRecordInput> {
  const files = source.paths.filter((path) => /\.(jsonl|ndjson)$/.test(path));
  if (files.length === 0) throw new ImportFailure(`${source.name} has no .jsonl file. Is --from missing?`);
  let isOurs = false;
  for (const path of files)
    for await (const { value } of readJsonLines(source, path))
      isOurs ||= ExportRecord.safeParse(value).success;
  if (!isOurs) throw new ImportFailure(`${source.name} has no record of Parley's format. Is --from missing?`);
  for (const path of files)
    for await (const { line, value } of readJsonLines(source, path)) {
      const record = ExportRecord.safeParse(value);
      if (record.success) yield record.data;
      else
        leftOut.add({
          ...{ reason: "a line that is no record", where: `${path}:${line}` },
          what: firstIssue(record.error),
        });
    }
}
