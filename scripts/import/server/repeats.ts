import type { ExportRecordInput } from "../../../src/domain/data/records.ts";

/**
 * The records that a part needs again which others of an earlier part have: the server asks the record of a
 * channel who may read the messages that come with it.
 */
export class Repeats {
  /** by what they are about */
  readonly #known = new Map<string, ExportRecordInput[]>();
  /** what the part has */
  readonly #here = new Set<string>();

  /** What the part needs before a record of it. */
  before(record: ExportRecordInput): readonly ExportRecordInput[] {
    const about = record.type === "message" ? record.message.conversation : undefined;
    if (about === undefined || this.#here.has(about)) return [];
    return this.#known.get(about) ?? [];
  }

  /** Notes a record of the part. */
  note(record: ExportRecordInput): void {
    if (record.type !== "conversation") return;
    const { external_id: id, space, overrides = [], outside = [] } = record.conversation;
    if (!space || overrides.length + outside.length === 0) return;
    this.#known.set(id, [record]);
    this.#here.add(id);
  }

  /** Begins a new part. */
  begin(): void {
    this.#here.clear();
  }
}
