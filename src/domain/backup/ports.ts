import type {
  ConversationRest,
  DatabasePart,
  LogAnswer,
  LogItem,
  ObjectKind,
  ObjectRows,
  RestItem,
  TablePlace,
  TablesItem,
  TablesPart,
} from "./parts.ts";

/** The deployment that is backed up: the Worker itself, or its calls. */
export interface BackupSource {
  /** The ids of a class of objects behind one, in their order; none: there are no more. */
  ids(kind: ObjectKind, after: string | null): Promise<string[]>;
  /**
   * Parts of the tables of objects, null for one that was never used. An answer may have the first ones only.
   */
  tables(kind: ObjectKind, items: TablesItem[]): Promise<(TablesPart | null)[]>;
  /** Parts of the logs of conversations, in the same way. */
  logs(items: LogItem[]): Promise<(LogAnswer | null)[]>;
  /** The end of a conversation's copy; null: too much has changed meanwhile. */
  rest(item: RestItem): Promise<ConversationRest | null>;
  database(place: TablePlace | null): Promise<DatabasePart>;
  /** The bytes of a file; null: there are none. */
  file(key: string): Promise<{ bytes: ReadableStream<Uint8Array>; size: number } | null>;
}

/** The empty deployment that a backup is restored into. */
export interface RestoreTarget {
  /**
   * Begins, or goes on with the restore of the same backup.
   * @returns whether everything was written already, and objects may answer
   * @throws `conflict` for a deployment that is in use, or has a part of another backup
   */
  begin(backup: string): Promise<{ isLoaded: boolean }>;
  /** Writes rows of objects. May be repeated. */
  objects(rows: ObjectRows[]): Promise<void>;
  database(rows: string): Promise<void>;
  file(key: string, bytes: Blob): Promise<void>;
  /** Everything is written: from now on nothing is written again. */
  loaded(): Promise<void>;
  /** Has objects answer. Idempotent. */
  finish(kind: ObjectKind, ids: string[]): Promise<void>;
  end(): Promise<void>;
}

/** Where a backup is: a folder, or a bucket. */
export interface BackupStore {
  /** null: there is nothing under this name */
  get(name: string): Promise<Uint8Array | null>;
  has(name: string): Promise<boolean>;
  put(name: string, bytes: Uint8Array): Promise<void>;
  putStream(name: string, bytes: ReadableStream<Uint8Array>, size: number): Promise<void>;
  /** Deletes what is there of these. */
  delete(names: string[]): Promise<void>;
}
