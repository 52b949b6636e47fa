import type { ExportRecordInput } from "../../../src/domain/data/records.ts";
import type { Files } from "../files/files.ts";
import type { LeftOut } from "../left-out.ts";
import type { ImportServer, PartAnswer } from "./import-server.ts";
import { Repeats } from "./repeats.ts";

/** The server takes parts of 8 MiB; smaller ones let the operator see the progress. */
const PART_BYTES = 4 * 1024 * 1024;
const PART_LINES = 2_000;
/** Files that are handed over at once. */
const FILES_AT_ONCE = 4;

/** Counts of an import so far. */
export interface Done {
  imported: Record<string, number>;
  unchanged: Record<string, number>;
  files: number;
  fileBytes: number;
}

/**
 * Sends records in parts, each with the files that the server lacks. A part is done before the next one
 * begins.
 */
export class Sender {
  readonly done: Done = { imported: {}, unchanged: {}, files: 0, fileBytes: 0 };
  readonly #server: ImportServer;
  readonly #files: Files;
  readonly #leftOut: LeftOut;
  readonly #isDry: boolean;
  #lines: string[] = [];
  #records: ExportRecordInput[] = [];
  #bytes = 0;
  readonly #repeats = new Repeats();
  /** the indices of records that an earlier part had, too */
  #repeated = new Set<number>();

  constructor(server: ImportServer, files: Files, leftOut: LeftOut, isDry: boolean) {
    this.#server = server;
    this.#files = files;
    this.#leftOut = leftOut;
    this.#isDry = isDry;
  }

  /** Sends all records. @param progress is called after each part */
  async send(records: AsyncIterable<ExportRecordInput>, progress: (done: Done) => void): Promise<void> {
    for await (const record of records) {
      const line = JSON.stringify(record);
      const bytes = Buffer.byteLength(line) + 1;
      const isFull = this.#bytes + bytes > PART_BYTES || this.#lines.length >= PART_LINES;
      if (this.#lines.length > 0 && isFull && !isPictureOf(record, this.#records.at(-1))) {
        await this.#part();
        progress(this.done);
      }
      for (const again of this.#isDry ? [] : this.#repeats.before(record)) {
        this.#repeated.add(this.#records.length);
        this.#add(again, JSON.stringify(again));
      }
      this.#add(record, line);
    }
    if (this.#lines.length > 0) await this.#part();
    progress(this.done);
  }

  #add(record: ExportRecordInput, line: string): void {
    this.#lines.push(line);
    this.#records.push(record);
    this.#bytes += Buffer.byteLength(line) + 1;
    this.#repeats.note(record);
  }

  async #part(): Promise<void> {
    const records = this.#records;
    const repeated = this.#repeated;
    const answer = await this.#server.part(`${this.#lines.join("\n")}\n`, this.#isDry);
    this.#lines = [];
    this.#records = [];
    this.#bytes = 0;
    this.#repeated = new Set();
    this.#repeats.begin();
    add(this.done.imported, answer.imported);
    add(this.done.unchanged, answer.unchanged);
    // They have been counted, and are there already now, unless the server leaves them out again.
    const refused = new Set(answer.left_out.map(({ line }) => line - 1));
    for (const index of repeated)
      if (!refused.has(index)) add(this.done.unchanged, { [records[index]?.type ?? ""]: -1 });
    this.#note(answer, records, repeated);
    if (!this.#isDry) await this.#hand(answer.files_wanted.map(({ sha256 }) => sha256));
    for (const record of records)
      if (record.type === "file" && record.file.sha256) this.#files.release(record.file.sha256);
  }

  /** Hands the wanted files over, a few at once. */
  async #hand(wanted: readonly string[]): Promise<void> {
    const rest = [...new Set(wanted)];
    const worker = async () => {
      for (let sha256 = rest.pop(); sha256 !== undefined; sha256 = rest.pop()) {
        const held = await this.#files.bytes(sha256);
        const why = held
          ? await this.#server.file(sha256, held.size, held.open)
          : "its bytes are not at hand";
        if (why !== null) this.#leftOut.add({ reason: "the bytes of a file", where: sha256, what: why });
        else {
          this.done.files++;
          this.done.fileBytes += held?.size ?? 0;
        }
      }
    };
    await Promise.all(Array.from({ length: FILES_AT_ONCE }, worker));
  }

  /** Notes the records that the server has left out. */
  #note(
    { left_out: items, left_out_count: count }: PartAnswer,
    records: readonly ExportRecordInput[],
    repeated: ReadonlySet<number>,
  ): void {
    for (const { line, type, external_id: id, reason } of items) {
      if (repeated.has(line - 1)) continue;
      const record = records[line - 1];
      const where =
        record?.type === "message" ? `${record.message.conversation}, ${id}` : (id ?? `line ${line}`);
      this.#leftOut.add({ reason: `the server: ${type ?? "record"}: ${reason}`, where });
    }
    this.#leftOut.add({ reason: "the server: further records", where: "not listed" }, count - items.length);
  }
}

/** The server wants the picture of a user in the part of its user. */
function isPictureOf(record: ExportRecordInput, before: ExportRecordInput | undefined): boolean {
  return (
    record.type === "file" &&
    before?.type === "user" &&
    before.user.avatar === `file:${record.file.external_id}`
  );
}

function add(sum: Record<string, number>, more: Record<string, number>): void {
  for (const [name, count] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + count;
}
