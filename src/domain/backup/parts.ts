import { z } from "zod";
import { RowKey } from "../../lib/sql/key-order.ts";

/** The version of the layout of a backup. Raise it when an older release could not read a new one. */
export const BACKUP_FORMAT = 1;

/** The messages of a conversation are read and stored in blocks of so many seqs. */
export const BLOCK_SEQS = 256;
/** So many blocks are compared in one turn of a conversation. */
export const MAX_BLOCKS = 32;
/** The most objects that one call reads. */
export const MAX_ITEMS = 50;

/** The classes of Durable Objects, in the order in which they are copied. */
export const ObjectKind = z.enum(["inbox", "conversation", "hook"]);
export type ObjectKind = z.infer<typeof ObjectKind>;

/** Where the reading of tables goes on: behind a row of a table. */
export const TablePlace = z.object({ table: z.string(), key: RowKey.nullable() });
export type TablePlace = z.infer<typeof TablePlace>;

/** Where the reading of a log goes on: in a block, behind a seq. */
export const LogPlace = z.object({ block: z.int().nonnegative(), after: z.int().nonnegative() });
export type LogPlace = z.infer<typeof LogPlace>;

/** The tables of an object, or of a conversation those that are no log: all, or a part. */
export const TablesPart = z.object({
  /** the newest migration of the object */
  version: z.int().positive(),
  /** `RowText` */
  rows: z.string(),
  next: TablePlace.nullable(),
  /** parts with the same mark are of one moment */
  mark: z.string(),
});
export type TablesPart = z.infer<typeof TablesPart>;

/** What is read of the tables of an object. */
export const TablesItem = z.object({ id: z.string(), place: TablePlace.nullable() });
export type TablesItem = z.infer<typeof TablesItem>;

/** What of a log is read: from a place on. */
export const LogItem = z.object({
  id: z.string(),
  from: LogPlace,
  /** the prints of the blocks from the place on, as far as the reader has these blocks */
  known: z.array(z.string()).max(MAX_BLOCKS),
});
export type LogItem = z.infer<typeof LogItem>;

/** A block of a log, or a part of one. */
export const BlockPart = z.object({
  block: z.int().nonnegative(),
  /** changes with the content of the block */
  print: z.string(),
  /** `RowText`; null: the reader has the block */
  rows: z.string().nullable(),
});
export type BlockPart = z.infer<typeof BlockPart>;

/** The end of a conversation's copy: with the blocks it is the conversation at one moment. */
export const ConversationRest = z.object({
  /** the messages that have changed since the blocks were read, with what belongs to them: `RowText` */
  overlay: z.string(),
  tables: TablesPart,
});
export type ConversationRest = z.infer<typeof ConversationRest>;

/** The newest message and the newest change of a conversation. */
export const LogHeadPosition = z.object({ seq: z.int().nonnegative(), rev: z.int().nonnegative() });
export type LogHeadPosition = z.infer<typeof LogHeadPosition>;

/** A part of a conversation's log. */
export const LogAnswer = z.object({
  head: LogHeadPosition,
  blocks: z.array(BlockPart),
  /** null: this was the end */
  next: LogPlace.nullable(),
  /** where one turn has read all: the rest */
  rest: ConversationRest.nullable(),
});
export type LogAnswer = z.infer<typeof LogAnswer>;

/** Which rest of a conversation is read: what has changed since a position. */
export const RestItem = z.object({
  id: z.string(),
  since: LogHeadPosition,
  /** `some`: no more changed messages than one turn may read, else none; `all`: any number */
  changed: z.enum(["some", "all"]),
});
export type RestItem = z.infer<typeof RestItem>;

/** A part of the database. */
export const DatabasePart = z.object({
  /** `RowText` of one table */
  rows: z.string(),
  next: TablePlace.nullable(),
});
export type DatabasePart = z.infer<typeof DatabasePart>;

/** Rows that an object takes. */
export const ObjectRows = z.object({
  kind: ObjectKind,
  id: z.string(),
  /** the newest migration of the object that the rows are from */
  version: z.int().positive(),
  rows: z.string(),
  /** `replace`: the messages among the rows replace what was loaded of them */
  mode: z.enum(["add", "replace"]),
});
export type ObjectRows = z.infer<typeof ObjectRows>;

/** What a backup reads. */
export const BackupRead = z.discriminatedUnion("what", [
  z.object({ what: z.literal("ids"), kind: ObjectKind, after: z.string().nullable() }),
  z.object({ what: z.literal("tables"), kind: ObjectKind, items: z.array(TablesItem).min(1).max(MAX_ITEMS) }),
  z.object({ what: z.literal("logs"), items: z.array(LogItem).min(1).max(MAX_ITEMS) }),
  z.object({ what: z.literal("rest"), item: RestItem }),
  z.object({ what: z.literal("database"), place: TablePlace.nullable() }),
]);
export type BackupRead = z.infer<typeof BackupRead>;

/** The answers to it, by `what`. Of `items` the first ones may be answered alone. */
export const BACKUP_ANSWERS = {
  ids: z.object({ ids: z.array(z.string()) }),
  tables: z.object({ tables: z.array(TablesPart.nullable()) }),
  logs: z.object({ logs: z.array(LogAnswer.nullable()) }),
  rest: z.object({ rest: ConversationRest.nullable() }),
  database: z.object({ database: DatabasePart }),
};

/** What a restore writes. */
export const RestoreWrite = z.discriminatedUnion("what", [
  z.object({ what: z.literal("begin"), backup: z.string().min(1).max(64) }),
  z.object({ what: z.literal("objects"), items: z.array(ObjectRows).min(1).max(1_000) }),
  z.object({ what: z.literal("database"), rows: z.string() }),
  z.object({ what: z.literal("loaded") }),
  z.object({ what: z.literal("finish"), kind: ObjectKind, ids: z.array(z.string()).min(1).max(MAX_ITEMS) }),
  z.object({ what: z.literal("end") }),
]);
export type RestoreWrite = z.infer<typeof RestoreWrite>;

/** How far a restore is. */
export const RestoreState = z.object({
  /** everything is written; objects begin to answer */
  loaded: z.boolean(),
});
