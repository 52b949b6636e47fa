import { ExportedContent, ExportRecord, type ExportRecordInput } from "../../src/domain/data/records.ts";
import { firstIssue } from "./input/json.ts";
import type { LeftOut } from "./left-out.ts";

/** Checks records without a server. @returns how many there are, by type */
export async function check(
  records: AsyncIterable<ExportRecordInput>,
  leftOut: LeftOut,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for await (const record of records) {
    const error = ExportRecord.safeParse(record).error ?? contentError(record);
    if (!error) counts[record.type] = (counts[record.type] ?? 0) + 1;
    else {
      const where = nameOf(record);
      leftOut.add({ reason: `a ${record.type} that is no record`, where, what: firstIssue(error) });
    }
  }
  const { version: _version, end: _end, ...counted } = counts;
  return counted;
}

function contentError(record: ExportRecordInput) {
  if (record.type !== "message" || record.message.revoked) return undefined;
  return ExportedContent.safeParse(record.message).error;
}

/** The external ids of a record. */
function nameOf(record: ExportRecordInput): string {
  switch (record.type) {
    case "user":
      return record.user.external_id;
    case "file":
      return record.file.external_id;
    case "conversation":
      return record.conversation.external_id;
    case "message":
      return `${record.message.conversation}, ${record.message.external_id}`;
    case "member":
      return `${record.member.conversation}, ${record.member.user}`;
    case "read":
      return `${record.read.conversation}, ${record.read.user}`;
    default:
      return record.type;
  }
}
