import { BACKUP_FORMAT, MAX_ITEMS, ObjectKind } from "../../../domain/backup/parts.ts";
import type { BackupSource, BackupStore } from "../../../domain/backup/ports.ts";
import { parseRowText } from "../../../domain/backup/row-text.ts";
import { randomHex } from "../../../lib/random.ts";
import { FileWriter } from "./file-writer.ts";
import {
  BackupTotals,
  DatabaseIndex,
  FILE_TABLES,
  fileName,
  filesOf,
  MANIFEST,
  type Manifest,
  PROGRESS,
  type RunProgress,
  readJson,
  readManifest,
  readProgress,
  readText,
  Shard,
  shardOf,
  valuesIn,
  writePlain,
} from "./layout.ts";
import { ObjectCopies, type ObjectFiles } from "./object-copies.ts";

/** The parts of the database after which the progress is stored. */
const PARTS_AT_ONCE = 20;
/** So many objects in a row may fail: if more do, it is the deployment or the store that fails. */
const MAX_FAILED_IN_ROW = 3;
const NO_SHARD: Shard = { objects: {}, garbage: [] };

/** How a run goes on, and whom it tells. */
export interface RunOptions {
  /** Whether the run may do the next piece of work; otherwise it ends, and a later one goes on. */
  mayGoOn?: () => boolean;
  /** Called after each piece of work. */
  report?: (progress: Readonly<RunProgress>) => void;
}

/**
 * Brings the backup in a store up to date. A run that has broken off is gone on with. Until the run is over,
 * the store has the whole backup of the run before.
 * - Inboxes are copied before conversations: a copy of an inbox is never ahead of one of a conversation.
 *   After a restore each inbox asks its conversations.
 * - The database is read last: it knows everybody whom the objects know.
 * @returns the manifest; null: the run is not over
 * @throws an Error for a deployment without users, if the backup has some
 */
export async function backUp(
  source: BackupSource,
  store: BackupStore,
  options: RunOptions = {},
): Promise<Manifest | null> {
  const former = await readManifest(store);
  if (former && !former.isSwept) await sweep(store, former);
  const progress = (await readProgress(store)) ?? newProgress();
  return new BackupRun(source, store, former, progress, options).run();
}

function newProgress(): RunProgress {
  return {
    format: BACKUP_FORMAT,
    id: randomHex(),
    startedAt: Date.now(),
    step: "inbox",
    shards: { inbox: {}, conversation: {}, hook: {} },
    ...{ after: null, shard: null, place: null, parts: [], fileParts: 0, fileKeys: 0 },
    totals: BackupTotals.parse({}),
  };
}

class BackupRun {
  readonly #source: BackupSource;
  readonly #store: BackupStore;
  readonly #former: Manifest | null;
  readonly #progress: RunProgress;
  readonly #options: RunOptions;
  /** the parts of the database in the backup before */
  readonly #formerParts = new Set<string>();
  readonly #files: FileWriter;
  /** the index file of the backup before for the objects that are being copied */
  #formerShard: Shard = NO_SHARD;
  /** the objects that have failed one after the other, up to the last one */
  #failedInRow = 0;

  constructor(
    source: BackupSource,
    store: BackupStore,
    former: Manifest | null,
    progress: RunProgress,
    options: RunOptions,
  ) {
    this.#source = source;
    this.#store = store;
    this.#former = former;
    this.#progress = progress;
    this.#options = options;
    this.#files = new FileWriter(store, progress.totals, this.#formerParts);
  }

  async run(): Promise<Manifest | null> {
    const formerIndex = await this.#formerDatabase();
    await this.#requireUsers(formerIndex);
    for (const { name } of formerIndex.parts) this.#formerParts.add(name);
    for (const kind of ObjectKind.options)
      if (this.#progress.step === kind && !(await this.#copyObjects(kind))) return null;
    if (this.#progress.step === "database" && !(await this.#copyDatabase())) return null;
    if (!(await this.#copyFiles())) return null;
    return this.#commit(formerIndex);
  }

  /** A copy of a deployment that has lost its database would replace the backup that it needs. */
  async #requireUsers(former: DatabaseIndex): Promise<void> {
    const hadUsers = former.parts.some(({ table }) => table === "users");
    if (!hadUsers || (await this.#source.ids("inbox", null)).length > 0) return;
    throw new Error(
      "This deployment has no users, and the backup here has some. It stays as it is: restore it, or make a backup elsewhere.",
    );
  }

  /** Copies the objects of a class. @returns whether the run may go on */
  async #copyObjects(kind: ObjectKind): Promise<boolean> {
    const progress = this.#progress;
    if (progress.shard) await this.#loadFormerShard(kind, progress.shard.number);
    for (;;) {
      const ids = await this.#source.ids(kind, progress.after);
      for (const some of batches(kind, ids)) {
        await this.#copySome(kind, some);
        progress.after = some.at(-1) ?? progress.after;
        if (!(await this.#checkpoint())) return false;
      }
      if (ids.length > 0) continue;
      await this.#closeShard(kind);
      const step = { inbox: "conversation", conversation: "hook", hook: "database" } as const;
      Object.assign(progress, { step: step[kind], after: null });
      return this.#checkpoint();
    }
  }

  /** Copies some objects that share an index file. */
  async #copySome(kind: ObjectKind, ids: readonly string[]): Promise<void> {
    const progress = this.#progress;
    const number = shardOf(kind, ids[0] ?? "0");
    if (progress.shard?.number !== number) {
      await this.#closeShard(kind);
      await this.#loadFormerShard(kind, number);
    }
    progress.shard ??= { number, objects: {}, garbage: [] };
    const formerOf = (id: string) => this.#formerShard.objects[id];
    const known = new Set(ids.flatMap((id) => formerOf(id) ?? []));
    const files = new FileWriter(this.#store, progress.totals, known);
    const copier = new ObjectCopies(this.#source, this.#store, files);
    const copies = await this.#copyEach(ids, (some) => copier.copy(kind, some, formerOf));
    const needed = new Set<string>();
    const unneeded: string[] = [];
    for (const [id, copy] of copies) {
      const former = formerOf(id);
      if (copy instanceof Error) progress.totals.skipped.push(`${kind} ${id}: ${copy.message}`);
      const kept = copy instanceof Error ? await this.#filesOf(former) : (copy ?? []);
      for (const name of kept) needed.add(name);
      const [first] = kept;
      if (first === undefined) continue;
      progress.shard.objects[id] = first;
      progress.totals.objects++;
      if (first !== former) unneeded.push(...(await this.#filesOf(former)));
    }
    // A copy that was made anew, or has failed, has written files that nothing names.
    const written = [...files.written, ...unneeded];
    progress.shard.garbage.push(...written.filter((name) => !needed.has(name)));
  }

  /** Copies objects at once, or each by itself where one fails: it keeps no other from the backup. */
  async #copyEach(
    ids: readonly string[],
    copy: (ids: readonly string[]) => Promise<Map<string, ObjectFiles>>,
  ): Promise<Map<string, ObjectFiles>> {
    try {
      const all = await copy(ids);
      this.#failedInRow = 0;
      return all;
    } catch {
      // The object that fails does so once more below, where it is named.
    }
    const copies = new Map<string, ObjectFiles>();
    for (const id of ids)
      try {
        for (const [, files] of await copy([id])) copies.set(id, files);
        this.#failedInRow = 0;
      } catch (error) {
        if (++this.#failedInRow > MAX_FAILED_IN_ROW || !(error instanceof Error)) throw error;
        copies.set(id, error);
      }
    return copies;
  }

  async #filesOf(first: string | undefined): Promise<string[]> {
    return first === undefined ? [] : filesOf(this.#store, first);
  }

  async #loadFormerShard(kind: ObjectKind, number: string): Promise<void> {
    const name = this.#former?.shards[kind][number];
    this.#formerShard = name === undefined ? NO_SHARD : await readJson(this.#store, name, Shard);
  }

  /** Writes the index file that is being filled. */
  async #closeShard(kind: ObjectKind): Promise<void> {
    const { shard, shards } = this.#progress;
    if (!shard) return;
    const { number, objects, garbage } = shard;
    // Objects that are gone, as deleted hooks.
    for (const [id, former] of Object.entries(this.#formerShard.objects))
      if (objects[id] === undefined) garbage.push(...(await this.#filesOf(former)));
    shards[kind][number] = await this.#files.write(
      `index/${kind}-${number}`,
      JSON.stringify({ objects, garbage } satisfies Shard),
    );
    this.#progress.shard = null;
  }

  async #formerDatabase(): Promise<DatabaseIndex> {
    if (!this.#former) return { parts: [], garbage: [] };
    return readJson(this.#store, this.#former.database, DatabaseIndex);
  }

  async #copyDatabase(): Promise<boolean> {
    const progress = this.#progress;
    for (let count = 1; ; count++) {
      const { rows, next } = await this.#source.database(progress.place);
      const [first] = parseRowText(rows.slice(0, rows.indexOf("\n") + 1));
      if (first) {
        const { table } = first;
        progress.parts.push({ table, name: await this.#files.write(`database/${table}`, rows) });
        if (table === "files") progress.totals.files += valuesIn(rows, "key").length;
      }
      progress.place = next;
      if (!next) break;
      if (count % PARTS_AT_ONCE === 0 && !(await this.#checkpoint())) return false;
    }
    progress.step = "files";
    return this.#checkpoint();
  }

  /** Copies the bytes of files that are not there yet. The backup before has those of its parts. */
  async #copyFiles(): Promise<boolean> {
    const progress = this.#progress;
    const parts = progress.parts.filter(({ table }) => FILE_TABLES.has(table));
    for (const { name } of parts.slice(progress.fileParts)) {
      const keys = this.#formerParts.has(name) ? [] : await this.#keysIn(name);
      while (progress.fileKeys < keys.length) {
        const some = keys.slice(progress.fileKeys, progress.fileKeys + MAX_ITEMS);
        for (const key of some) await this.#copyFile(key);
        progress.fileKeys += some.length;
        if (!(await this.#checkpoint())) return false;
      }
      progress.fileParts++;
      progress.fileKeys = 0;
    }
    return true;
  }

  async #copyFile(key: string): Promise<void> {
    if (await this.#store.has(fileName(key))) return;
    const file = await this.#source.file(key);
    // It was deleted a moment ago.
    if (!file) return;
    await this.#store.putStream(fileName(key), file.bytes, file.size);
    this.#files.count(file.size);
  }

  async #keysIn(part: string): Promise<string[]> {
    return valuesIn(await readText(this.#store, part), "key");
  }

  /** Makes what was copied the backup, then deletes what it does not need. */
  async #commit(formerIndex: DatabaseIndex): Promise<Manifest> {
    const { id, startedAt, shards, parts, totals } = this.#progress;
    const database = await this.#files.write(
      "index/database",
      JSON.stringify({ parts, garbage: await this.#databaseGarbage(formerIndex) } satisfies DatabaseIndex),
    );
    const needed = new Set([database, ...ObjectKind.options.flatMap((kind) => Object.values(shards[kind]))]);
    const manifest: Manifest = {
      format: BACKUP_FORMAT,
      ...{ id, startedAt, finishedAt: Date.now(), shards, database, totals },
      garbage: this.#former ? await this.#goneWith(this.#former, needed) : [],
      isSwept: false,
    };
    await writePlain(this.#store, MANIFEST, manifest);
    await this.#store.delete([PROGRESS]);
    return sweep(this.#store, manifest);
  }

  /** The index files that are not needed any more, and all files of those that have no successor. */
  async #goneWith(former: Manifest, needed: ReadonlySet<string>): Promise<string[]> {
    const gone = indexFiles(former).filter((name) => !needed.has(name));
    for (const kind of ObjectKind.options)
      for (const [number, name] of Object.entries(former.shards[kind])) {
        if (this.#progress.shards[kind][number] !== undefined) continue;
        const { objects } = await readJson(this.#store, name, Shard);
        for (const file of Object.values(objects)) gone.push(...(await this.#filesOf(file)));
      }
    return gone;
  }

  /** The parts that are gone, and the files of whose keys none is left. */
  async #databaseGarbage(former: DatabaseIndex): Promise<string[]> {
    const isNow = new Set(this.#progress.parts.map(({ name }) => name));
    const isBefore = new Set(former.parts.map(({ name }) => name));
    const gone = former.parts.filter(({ name }) => !isNow.has(name));
    const keysOf = async (some: DatabaseIndex["parts"]) => {
      const keys: string[] = [];
      for (const { table, name } of some)
        if (FILE_TABLES.has(table)) keys.push(...(await this.#keysIn(name)));
      return keys;
    };
    // The same key may be in a part of the other table, which has not changed.
    const isReport = ({ table }: { table: string }) => table === "report_files";
    const all = gone.some(isReport);
    const keeping = this.#progress.parts.filter((part) => all || isReport(part) || !isBefore.has(part.name));
    const kept = new Set(await keysOf(keeping));
    const files = (await keysOf(gone)).filter((key) => !kept.has(key)).map(fileName);
    return [...gone.map(({ name }) => name), ...files];
  }

  /** Stores what is done. @returns whether the run may go on */
  async #checkpoint(): Promise<boolean> {
    await writePlain(this.#store, PROGRESS, this.#progress);
    this.#options.report?.(this.#progress);
    return this.#options.mayGoOn?.() ?? true;
  }
}

function indexFiles({ shards, database }: Manifest): string[] {
  return [database, ...ObjectKind.options.flatMap((kind) => Object.values(shards[kind]))];
}

/** Deletes what the backup before had and this one has not: erased messages leave the backup here. */
async function sweep(store: BackupStore, manifest: Manifest): Promise<Manifest> {
  for (const kind of ObjectKind.options)
    for (const name of Object.values(manifest.shards[kind])) {
      const { garbage } = await readJson(store, name, Shard);
      if (garbage.length > 0) await store.delete(garbage);
    }
  const { garbage } = await readJson(store, manifest.database, DatabaseIndex);
  await store.delete([...garbage, ...manifest.garbage]);
  const swept = { ...manifest, isSwept: true };
  await writePlain(store, MANIFEST, swept);
  return swept;
}

/** Ids in batches, each within one index file. */
function* batches(kind: ObjectKind, ids: readonly string[]): Generator<string[]> {
  let batch: string[] = [];
  for (const id of ids) {
    const [first] = batch;
    const isFull = batch.length === MAX_ITEMS;
    if (first !== undefined && (isFull || shardOf(kind, first) !== shardOf(kind, id))) {
      yield batch;
      batch = [];
    }
    batch.push(id);
  }
  if (batch.length > 0) yield batch;
}
