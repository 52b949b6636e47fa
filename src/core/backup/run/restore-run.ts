import { MAX_ITEMS, ObjectKind, type ObjectRows } from "../../../domain/backup/parts.ts";
import type { BackupStore, RestoreTarget } from "../../../domain/backup/ports.ts";
import { parseRowText, RowText } from "../../../domain/backup/row-text.ts";
import {
  DatabaseIndex,
  FILE_TABLES,
  fileName,
  type Manifest,
  readJson,
  readManifest,
  readObject,
  readText,
  Shard,
  valuesIn,
} from "./layout.ts";

/** The UTF-16 units of rows after which a call ends. */
const CALL = 2 * 1024 * 1024;

/** What a restore has done so far. */
export interface RestoreProgress {
  step: "inbox" | "conversation" | "hook" | "database" | "files" | "finish";
  done: number;
}

/** Where a restore reads from: the bytes of files are read as they are. */
export interface RestoreStore extends BackupStore {
  /** The bytes under a name, which need not be in memory; null: there are none. */
  blob(name: string): Promise<Blob | null>;
}

/**
 * Restores a backup into an empty deployment. A restore that has broken off is begun again: each write may be
 * repeated. Objects answer nothing until everything is written.
 * @returns the manifest of the backup, and of how many files it lacks the bytes
 * @throws an Error if there is no backup, or it is damaged or of a newer release
 */
export async function restore(
  store: RestoreStore,
  target: RestoreTarget,
  report: (progress: RestoreProgress) => void = () => undefined,
): Promise<Manifest & { missing: number }> {
  const manifest = await readManifest(store);
  if (!manifest) throw new Error("There is no backup here: manifest.json is missing.");
  const index = await readJson(store, manifest.database, DatabaseIndex);
  const { isLoaded } = await target.begin(manifest.id);
  let missing = 0;
  if (!isLoaded) {
    for (const kind of ObjectKind.options) await loadObjects(store, target, manifest, kind, report);
    await loadDatabase(store, target, index, report);
    missing = await loadFiles(store, target, index, report);
    await target.loaded();
  }
  await finish(store, target, manifest, index, report);
  await target.end();
  return { ...manifest, missing };
}

async function loadObjects(
  store: BackupStore,
  target: RestoreTarget,
  { shards }: Manifest,
  kind: ObjectKind,
  report: (progress: RestoreProgress) => void,
): Promise<void> {
  let done = 0;
  let items: ObjectRows[] = [];
  let length = 0;
  const send = async () => {
    if (items.length > 0) await target.objects(items);
    [items, length] = [[], 0];
    report({ step: kind, done });
  };
  for (const name of Object.values(shards[kind])) {
    const { objects } = await readJson(store, name, Shard);
    for (const [id, file] of Object.entries(objects)) {
      for await (const part of rowsOf(store, kind, id, file)) {
        // Parts of an object that share a call are written in their order, as those of several calls are.
        if (length + part.rows.length > CALL) await send();
        items.push(part);
        length += part.rows.length;
      }
      done++;
      if (items.length >= MAX_ITEMS) await send();
    }
  }
  await send();
}

/** The rows of an object, in the order in which they are loaded. */
async function* rowsOf(
  store: BackupStore,
  kind: ObjectKind,
  id: string,
  file: string,
): AsyncGenerator<ObjectRows> {
  const { head, rows } = await readObject(store, file);
  const { version } = head;
  for (const name of head.blocks.flatMap((block) => block.files))
    yield { kind, id, version, rows: await readText(store, name), mode: "add" };
  if (head.overlay !== null)
    yield { kind, id, version, rows: await readText(store, head.overlay), mode: "replace" };
  for (const piece of inPieces(rows)) yield { kind, id, version, rows: piece, mode: "add" };
}

/** Rows in pieces that one call takes. */
function* inPieces(rows: string): Generator<string> {
  if (rows.length <= CALL) {
    yield rows;
    return;
  }
  let text = new RowText();
  for (const { table, columns, rows: all } of parseRowText(rows))
    for (const row of all) {
      text.add(table, columns, [row]);
      if (text.length < CALL) continue;
      yield text.toString();
      text = new RowText();
    }
  yield text.toString();
}

/** Tables that others refer to were read last, and are written first. */
async function loadDatabase(
  store: BackupStore,
  target: RestoreTarget,
  { parts }: DatabaseIndex,
  report: (progress: RestoreProgress) => void,
): Promise<void> {
  for (const [i, { name }] of parts.toReversed().entries()) {
    await target.database(await readText(store, name));
    report({ step: "database", done: i + 1 });
  }
}

/** @returns of how many files the backup has no bytes */
async function loadFiles(
  store: RestoreStore,
  target: RestoreTarget,
  index: DatabaseIndex,
  report: (progress: RestoreProgress) => void,
): Promise<number> {
  let done = 0;
  let missing = 0;
  for (const { table, name } of index.parts) {
    if (!FILE_TABLES.has(table)) continue;
    for (const key of valuesIn(await readText(store, name), "key")) {
      const bytes = await store.blob(fileName(key));
      // It was deleted while the backup was made.
      if (bytes) await target.file(key, bytes);
      else missing++;
      report({ step: "files", done: ++done });
    }
  }
  return missing;
}

/**
 * Has all objects answer. Inboxes come twice: before conversations, which would count those that do not
 * answer as failing, and behind them, as each repairs its list by asking them. A user without a copy of the
 * inbox may be in conversations, too.
 */
async function finish(
  store: BackupStore,
  target: RestoreTarget,
  { shards }: Manifest,
  index: DatabaseIndex,
  report: (progress: RestoreProgress) => void,
): Promise<void> {
  let done = 0;
  const all = async (kind: ObjectKind, ids: readonly string[]) => {
    for (let at = 0; at < ids.length; at += MAX_ITEMS) {
      const some = ids.slice(at, at + MAX_ITEMS);
      await target.finish(kind, some);
      done += some.length;
      report({ step: "finish", done });
    }
  };
  for (const kind of ["inbox", "conversation", "hook"] as const)
    for (const name of Object.values(shards[kind]))
      await all(kind, Object.keys((await readJson(store, name, Shard)).objects));
  for (const { table, name } of index.parts)
    if (table === "users") await all("inbox", valuesIn(await readText(store, name), "id"));
}
