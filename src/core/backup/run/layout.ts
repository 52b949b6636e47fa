import { z } from "zod";
import { BACKUP_FORMAT, ObjectKind, TablePlace } from "../../../domain/backup/parts.ts";
import type { BackupStore } from "../../../domain/backup/ports.ts";
import { parseRowText } from "../../../domain/backup/row-text.ts";
import { FileKey } from "../../../domain/ids.ts";

/**
 * The files of a backup. Each but two is named by its content, so it is written once and never changed.
 * - `manifest.json` names what the backup consists of. It is written last: a run that breaks off leaves the
 *   backup of the run before.
 * - `progress.json` is what a run has done that is not over.
 */
export const MANIFEST = "manifest.json";
export const PROGRESS = "progress.json";

/** So many ids share an index file. Hooks are a few. */
const SHARD_IDS = 1_000;

/** Some objects of a class: the file of each, by id. */
export const Shard = z.object({
  objects: z.record(z.string(), z.string()),
  /** files of the backup before, and of this run, that this backup does not need */
  garbage: z.array(z.string()),
});
export type Shard = z.infer<typeof Shard>;

/** The parts of the database, in the order in which they were read. */
export const DatabaseIndex = z.object({
  parts: z.array(z.object({ table: z.string(), name: z.string() })),
  garbage: z.array(z.string()),
});
export type DatabaseIndex = z.infer<typeof DatabaseIndex>;

/** The first line of the file of an object; the rows of its tables are behind it. */
export const ObjectHead = z.object({
  version: z.int().positive(),
  /** of a conversation: the blocks of its log, each of one or more files */
  blocks: z.array(z.object({ block: z.int(), print: z.string(), files: z.array(z.string()) })).default([]),
  /** the file of messages that have changed while the blocks were read */
  overlay: z.string().nullable().default(null),
});
export type ObjectHead = z.infer<typeof ObjectHead>;

/** What a backup has, and what its last run has written. */
export const BackupTotals = z.object({
  objects: z.int().default(0),
  files: z.int().default(0),
  /** files of the last run, and their bytes */
  written: z.int().default(0),
  writtenBytes: z.int().default(0),
  /** objects that could not be copied, and why: the backup has them as of an earlier run, or lacks them */
  skipped: z.array(z.string()).default([]),
});
export type BackupTotals = z.infer<typeof BackupTotals>;

const Shards = z.record(ObjectKind, z.record(z.string(), z.string()));

export const Manifest = z.object({
  format: z.int(),
  id: z.string(),
  /** milliseconds since 1970 */
  startedAt: z.int(),
  finishedAt: z.int(),
  /** by class, the name of each index file by its number */
  shards: Shards,
  database: z.string(),
  totals: BackupTotals,
  /** index files of the backup before that this one does not need */
  garbage: z.array(z.string()),
  /** the garbage is deleted */
  isSwept: z.boolean(),
});
export type Manifest = z.infer<typeof Manifest>;

/** The tables whose rows name files in the bucket, by `key`. */
export const FILE_TABLES: ReadonlySet<string> = new Set(["files", "report_files"]);

/** The steps of a run, in their order: inboxes come before their conversations, the database last. */
const Step = z.enum([...ObjectKind.options, "database", "files"]);

export const RunProgress = z.object({
  format: z.literal(BACKUP_FORMAT),
  id: z.string(),
  startedAt: z.int(),
  step: Step,
  /** the last object that is copied */
  after: z.string().nullable(),
  shards: Shards,
  /** the index file that is being filled */
  shard: z.object({ number: z.string(), ...Shard.shape }).nullable(),
  place: TablePlace.nullable(),
  parts: DatabaseIndex.shape.parts,
  /** the parts of the tables of files whose bytes are copied */
  fileParts: z.int(),
  /** the keys of the part behind them that are looked at */
  fileKeys: z.int(),
  totals: BackupTotals,
});
export type RunProgress = z.infer<typeof RunProgress>;

/** The number of the index file of an object. */
export function shardOf(kind: ObjectKind, id: string): string {
  return kind === "hook" ? "0" : String(Math.floor(Number(id) / SHARD_IDS));
}

/** The name of a file with this content. */
export async function nameOf(place: string, text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const hash = Array.from(new Uint8Array(digest).subarray(0, 12), (byte) =>
    byte.toString(16).padStart(2, "0"),
  );
  return `${place}-${hash.join("")}.gz`;
}

/** The name of the bytes of a file. @throws an Error for a text that is no key */
export function fileName(key: string): string {
  return `files/${FileKey.parse(key)}`;
}

export async function compress(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The text of a file. @throws an Error if the file is missing or damaged */
export async function readText(store: BackupStore, name: string): Promise<string> {
  const bytes = await store.get(name);
  if (!bytes) throw new Error(`the backup lacks its file ${name}`);
  const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return await new Response(stream).text();
  } catch {
    throw new Error(`the file ${name} of the backup is damaged`);
  }
}

export async function readJson<T>(store: BackupStore, name: string, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(JSON.parse(await readText(store, name)));
}

/** The manifest of a backup; null: there is none. @throws an Error for one of a newer release */
export async function readManifest(store: BackupStore): Promise<Manifest | null> {
  const found = await readPlain(store, MANIFEST);
  if (found === null) return null;
  const { format } = z.object({ format: z.int() }).parse(found);
  if (format > BACKUP_FORMAT)
    throw new Error(
      `This backup has format ${format}, and this release knows ${BACKUP_FORMAT}: use a newer release.`,
    );
  return Manifest.parse(found);
}

/** What a run that is not over has done; null: there is none, or one of another release. */
export async function readProgress(store: BackupStore): Promise<RunProgress | null> {
  return RunProgress.safeParse(await readPlain(store, PROGRESS)).data ?? null;
}

async function readPlain(store: BackupStore, name: string): Promise<unknown> {
  const bytes = await store.get(name);
  return bytes && JSON.parse(new TextDecoder().decode(bytes));
}

export async function writePlain(store: BackupStore, name: string, value: unknown): Promise<void> {
  await store.put(name, new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}

/** The values of a column, of all rows of a text. */
export function valuesIn(text: string, column: string): string[] {
  return parseRowText(text).flatMap(({ columns, rows }) =>
    rows.map((row) => String(row[columns.indexOf(column)])),
  );
}

/** The head of an object's file, and the rows behind it. */
export async function readObject(
  store: BackupStore,
  name: string,
): Promise<{ head: ObjectHead; rows: string }> {
  const text = await readText(store, name);
  const end = text.indexOf("\n");
  return { head: ObjectHead.parse(JSON.parse(text.slice(0, end))), rows: text.slice(end + 1) };
}

/** The files of the object whose first file this is. */
export async function filesOf(store: BackupStore, name: string): Promise<string[]> {
  const { head } = await readObject(store, name);
  return [name, ...otherFiles(head)];
}

/** The files of an object behind its first one. */
export function otherFiles({ blocks, overlay }: ObjectHead): string[] {
  return [...blocks.flatMap(({ files }) => files), ...(overlay === null ? [] : [overlay])];
}
