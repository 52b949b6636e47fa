import type { ExportRecordInput } from "../../../src/domain/data/records.ts";

/**
 * The records that a part needs again which an earlier part had: the server asks the record of a channel who
 * may read the messages that come with it, and the records of roles which of them a member is to have.
 */
export class Repeats {
  /** by what needs them, then by their external ids */
  readonly #known = new Map<string, Map<string, ExportRecordInput>>();
  /** those that the part has */
  readonly #here = new Set<ExportRecordInput>();

  /** What the part lacks that a record needs. */
  before(record: ExportRecordInput): ExportRecordInput[] {
    const needed =
      record.type === "message"
        ? this.#known.get(ofChannel(record.message.conversation))
        : record.type === "space_member"
          ? this.#known.get(ofSpace(record.space_member.space))
          : undefined;
    return needed ? [...needed.values()].filter((one) => !this.#here.has(one)) : [];
  }

  /** Notes a record of the part. */
  note(record: ExportRecordInput): void {
    if (record.type === "role") this.#keep(ofSpace(record.role.space), record.role.external_id, record);
    if (record.type !== "conversation") return;
    const { external_id: id, space, overrides = [], outside = [] } = record.conversation;
    // Of an open channel there is nothing to ask.
    if (space && overrides.length + outside.length > 0) this.#keep(ofChannel(id), id, record);
  }

  /** Begins a new part. */
  begin(): void {
    this.#here.clear();
  }

  #keep(need: string, id: string, record: ExportRecordInput): void {
    const known = this.#known.get(need) ?? new Map<string, ExportRecordInput>();
    this.#known.set(need, known.set(id, record));
    this.#here.add(record);
  }
}

const ofChannel = (id: string) => `messages of ${id}`;
const ofSpace = (id: string) => `members of ${id}`;
