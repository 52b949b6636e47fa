import { fileURLToPath } from "node:url";
import { Collection } from "../../../scripts/import/collected/collection.ts";
import { People } from "../../../scripts/import/collected/people.ts";
import { recordsOf } from "../../../scripts/import/collected/records.ts";
import { Files } from "../../../scripts/import/files/files.ts";
import { openSource } from "../../../scripts/import/input/open.ts";
import { LeftOut } from "../../../scripts/import/left-out.ts";
import type { Origin } from "../../../scripts/import/options.ts";
import { CONVERTERS } from "../../../scripts/import/origins.ts";
import { ExportedContent, ExportRecord, type ExportRecordInput } from "../../../src/domain/data/records.ts";

type Message = Extract<ExportRecordInput, { type: "message" }>["message"];

/** What a converter makes of an export. */
export interface Conversion {
  records: ExportRecordInput[];
  /** how often something was left out, by reason */
  leftOut: Record<string, number>;
}

/** The fixture of each origin. */
export const FIXTURES: Readonly<Record<Origin, string>> = {
  ...{ slack: "slack", mattermost: "mattermost", discord: "discord", stream: "stream-import" },
};

/** The path of a fixture. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
}

/** Converts an export without the network. Throws on what is no record. */
export async function convert(
  origin: Origin,
  path: string,
  { people = new People(), workspace }: { people?: People; workspace?: string } = {},
): Promise<Conversion> {
  const source = await openSource(path);
  const leftOut = new LeftOut();
  const collection = new Collection(leftOut, people);
  const files = new Files({ source, downloads: { allows: () => false } });
  try {
    await CONVERTERS[origin].read(source, collection, workspace);
    const records: ExportRecordInput[] = [];
    for await (const record of recordsOf(collection, files, origin)) {
      ExportRecord.parse(record);
      if (record.type === "message" && !record.message.revoked) ExportedContent.parse(record.message);
      records.push(record);
    }
    return { records, leftOut: leftOut.counts };
  } finally {
    collection.close();
    files.close();
    source.close();
  }
}

/** The records of one type. */
export function ofType<Type extends ExportRecordInput["type"]>(
  { records }: Conversion,
  type: Type,
): Extract<ExportRecordInput, { type: Type }>[] {
  return records.filter(
    (record): record is Extract<ExportRecordInput, { type: Type }> => record.type === type,
  );
}

/** The messages of a conversation, in their order. */
export function messagesOf(conversion: Conversion, conversation: string): Message[] {
  return ofType(conversion, "message").flatMap(({ message }) =>
    message.conversation === conversation ? [message] : [],
  );
}
