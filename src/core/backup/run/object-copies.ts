import {
  type ConversationRest,
  type LogAnswer,
  type LogHeadPosition,
  type LogPlace,
  MAX_BLOCKS,
  type ObjectKind,
  type TablesPart,
} from "../../../domain/backup/parts.ts";
import type { BackupSource, BackupStore } from "../../../domain/backup/ports.ts";
import type { FileWriter } from "./file-writer.ts";
import { type ObjectHead, otherFiles, readObject } from "./layout.ts";

/** How often an object is copied anew that changes while it is copied. */
const TRIES = 8;
/** Why an object is skipped. */
const CHANGING = "it changed all the time";
const START: LogPlace = { block: 0, after: 0 };
const NO_HEAD: ObjectHead = { version: 1, blocks: [], overlay: null };

/**
 * The files of an object in the backup: the first one names the others. `null`: the object was never used.
 * An Error: why it could not be copied.
 */
export type ObjectFiles = string[] | null | Error;

/** Copies objects into files. */
export class ObjectCopies {
  readonly #source: BackupSource;
  readonly #store: BackupStore;
  readonly #files: FileWriter;

  constructor(source: BackupSource, store: BackupStore, files: FileWriter) {
    this.#source = source;
    this.#store = store;
    this.#files = files;
  }

  /**
   * Copies some objects.
   * @param former the first file of each in the backup before
   */
  copy(
    kind: ObjectKind,
    ids: readonly string[],
    former: (id: string) => string | undefined,
  ): Promise<Map<string, ObjectFiles>> {
    return kind === "conversation" ? this.#conversations(ids, former) : this.#tables(kind, ids);
  }

  async #tables(kind: ObjectKind, ids: readonly string[]): Promise<Map<string, ObjectFiles>> {
    const copies = new Map<string, ObjectFiles>();
    await inParts(
      ids,
      (some) =>
        this.#source.tables(
          kind,
          some.map((id) => ({ id, place: null })),
        ),
      async (id, first) => {
        copies.set(id, first && (await this.#table(kind, id, first)));
      },
    );
    return copies;
  }

  /** Copies an inbox or a hook of which a first part was read. */
  async #table(kind: ObjectKind, id: string, first: TablesPart): Promise<ObjectFiles> {
    const part = await this.#whole(kind, id, first);
    if (!part) return new Error(CHANGING);
    return this.#write(`${kind}/${id}`, { ...NO_HEAD, version: part.version }, part.rows);
  }

  async #conversations(
    ids: readonly string[],
    former: (id: string) => string | undefined,
  ): Promise<Map<string, ObjectFiles>> {
    const copies = new Map<string, ObjectFiles>();
    const heads = new Map<string, ObjectHead>();
    for (const id of ids) {
      const name = former(id);
      if (name !== undefined) heads.set(id, (await readObject(this.#store, name)).head);
    }
    const headOf = (id: string) => heads.get(id) ?? NO_HEAD;
    await inParts(
      ids,
      (some) =>
        this.#source.logs(some.map((id) => ({ id, from: START, known: printsOf(headOf(id), START) }))),
      async (id, first) => {
        copies.set(id, first && (await this.#conversation(id, headOf(id), first)));
      },
    );
    return copies;
  }

  /** Copies a conversation of which a first part was read. */
  async #conversation(id: string, former: ObjectHead, first: LogAnswer): Promise<ObjectFiles> {
    let head = former;
    let answer: LogAnswer | null = first;
    for (let tries = 1; tries <= TRIES; tries++) {
      answer ??= await this.#readLog(id, head, START);
      if (!answer) return null;
      const read = await this.#blocks(id, head, answer);
      head = { ...head, blocks: read.blocks };
      const changed = tries === TRIES ? "all" : "some";
      const rest = read.rest ?? (await this.#source.rest({ id, since: read.since, changed }));
      const tables = rest && (await this.#whole("conversation", id, rest.tables));
      answer = null;
      if (!rest || !tables) continue;
      const place = `conversation/${id}`;
      const overlay = rest.overlay === "" ? null : await this.#files.write(`${place}/overlay`, rest.overlay);
      return this.#write(
        `${place}/head`,
        { version: tables.version, blocks: head.blocks, overlay },
        tables.rows,
      );
    }
    return new Error(CHANGING);
  }

  /** Reads and writes all blocks that differ from those of a head. */
  async #blocks(id: string, head: ObjectHead, first: LogAnswer) {
    const known = new Map(head.blocks.map((block) => [block.block, block]));
    const blocks = new Map<number, ObjectHead["blocks"][number]>();
    const since: LogHeadPosition = first.head;
    let rest: ConversationRest | null = first.rest;
    for (let answer: LogAnswer | null = first; answer; ) {
      for (const { block, print, rows } of answer.blocks) {
        const same = known.get(block);
        if (rows === null && same) {
          blocks.set(block, same);
          continue;
        }
        // The rows of a block may come in several parts.
        const written = blocks.get(block) ?? { block, print, files: [] };
        if (rows) written.files.push(await this.#files.write(`conversation/${id}/log-${block}`, rows));
        blocks.set(block, written);
      }
      rest = answer.rest;
      answer = answer.next && (await this.#readLog(id, head, answer.next));
    }
    return { blocks: [...blocks.values()], since, rest };
  }

  async #readLog(id: string, head: ObjectHead, from: LogPlace): Promise<LogAnswer | null> {
    const [answer = null] = await this.#source.logs([{ id, from, known: printsOf(head, from) }]);
    return answer;
  }

  /** All tables of an object, of one moment. @returns undefined: it changed all the time */
  async #whole(kind: ObjectKind, id: string, first: TablesPart): Promise<TablesPart | undefined> {
    let begin: TablesPart = first;
    for (let tries = 0; tries < TRIES; tries++) {
      let part: TablesPart | null = begin;
      const rows = [part.rows];
      while (part?.next && part.mark === begin.mark) {
        [part = null] = await this.#source.tables(kind, [{ id, place: part.next }]);
        rows.push(part?.rows ?? "");
      }
      if (part?.mark === begin.mark) return { ...begin, rows: rows.join(""), next: null };
      // The blocks of a conversation would not be of the same moment.
      if (kind === "conversation") return undefined;
      const [again = null] = await this.#source.tables(kind, [{ id, place: null }]);
      if (!again) return undefined;
      begin = again;
    }
    return undefined;
  }

  async #write(place: string, head: ObjectHead, rows: string): Promise<string[]> {
    const name = await this.#files.write(place, `${JSON.stringify(head)}\n${rows}`);
    return [name, ...otherFiles(head)];
  }
}

/** The prints of a head's blocks from a place on. A block without one gets a print that none has. */
function printsOf({ blocks }: ObjectHead, { block: from }: LogPlace): string[] {
  const prints = new Map(blocks.map(({ block, print }) => [block, print]));
  const last = blocks.at(-1)?.block ?? -1;
  const count = Math.max(0, Math.min(MAX_BLOCKS, last - from + 1));
  return Array.from({ length: count }, (_, i) => prints.get(from + i) ?? "");
}

/** Asks for items until each has its answer: a call may answer the first ones alone. */
async function inParts<Answer>(
  ids: readonly string[],
  ask: (ids: string[]) => Promise<Answer[]>,
  take: (id: string, answer: Answer) => Promise<void>,
): Promise<void> {
  let left = [...ids];
  while (left.length > 0) {
    const answers = await ask(left);
    if (answers.length === 0) throw new Error("the deployment has answered nothing");
    for (const [i, answer] of answers.entries()) {
      const id = left[i];
      if (id !== undefined) await take(id, answer);
    }
    left = left.slice(answers.length);
  }
}
