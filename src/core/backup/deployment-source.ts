import type { z } from "zod";
import type {
  BACKUP_ANSWERS,
  BackupRead,
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
} from "../../domain/backup/parts.ts";
import type { BackupSource } from "../../domain/backup/ports.ts";
import { invalid } from "../../domain/errors.ts";
import { ConversationId, FileKey, UserId } from "../../domain/ids.ts";
import { HookId } from "../../domain/server/hook.ts";
import { forEachConcurrent } from "../../object/concurrency.ts";
import { listIds, readDatabase } from "../../storage/backup/database-rows.ts";
import { fromR2 } from "../../storage/files/blobs.ts";
import type { Core } from "../context.ts";

/** Ids of one answer. */
const MAX_IDS = 1_000;
/** Objects that are asked at once. */
const CONCURRENT = 6;
/** The UTF-16 units of rows after which an answer has no further objects. */
const ANSWER = 4 * 1024 * 1024;

/** What the reading and the writing of a backup need. */
export type BackupCore = Pick<Core, "db" | "files" | "conversations" | "inboxes" | "hooks">;

const TABLES = { inbox: "users", conversation: "conversations", hook: "hooks" } as const;

/** This deployment, as it is backed up. */
export class DeploymentSource implements BackupSource {
  readonly #core: BackupCore;

  constructor(core: BackupCore) {
    this.#core = core;
  }

  ids(kind: ObjectKind, after: string | null): Promise<string[]> {
    return listIds(this.#core.db, TABLES[kind], after, MAX_IDS);
  }

  tables(kind: ObjectKind, items: TablesItem[]): Promise<(TablesPart | null)[]> {
    return answerSome(
      items,
      ({ id, place }) => callsOf(this.#core, kind, id).copyTables({ place }),
      (part) => part?.rows.length ?? 0,
    );
  }

  logs(items: LogItem[]): Promise<(LogAnswer | null)[]> {
    return answerSome(
      items,
      ({ id, ...item }) => this.#core.conversations.copyLog(conversationId(id), item),
      (answer) => {
        const ofBlocks = answer?.blocks.reduce((sum, { rows }) => sum + (rows?.length ?? 0), 0) ?? 0;
        return ofBlocks + (answer?.rest?.tables.rows.length ?? 0);
      },
    );
  }

  rest({ id, ...item }: RestItem): Promise<ConversationRest | null> {
    return this.#core.conversations.copyRest(conversationId(id), item);
  }

  database(place: TablePlace | null): Promise<DatabasePart> {
    return readDatabase(this.#core.db, place);
  }

  async file(key: string): Promise<{ bytes: ReadableStream<Uint8Array>; size: number } | null> {
    const found = await fromR2(this.#core.files.get(fileKey(key)));
    return found && { bytes: found.body, size: found.size };
  }
}

/** The calls for the backup of one object. @throws `validation_failed` for an id that none can have */
export function callsOf({ conversations, inboxes, hooks }: BackupCore, kind: ObjectKind, id: string) {
  if (kind === "inbox") return bound(inboxes, UserId.safeParse(Number(id)).data);
  if (kind === "conversation") return bound(conversations, conversationId(id));
  return bound(hooks, HookId.safeParse(id).data);
}

/** @throws `validation_failed` */
export function fileKey(key: string): FileKey {
  const { data } = FileKey.safeParse(key);
  if (data === undefined) throw invalid("path.key", "must be the key of a file");
  return data;
}

type BackupClient<Id> = {
  copyTables(id: Id, input: { place: TablePlace | null }): Promise<TablesPart | null>;
  loadRows(id: Id, rows: Omit<ObjectRows, "kind" | "id">): Promise<null>;
  finishRestore(id: Id, input: object): Promise<null>;
};

function bound<Id>(client: BackupClient<Id>, id: Id | undefined) {
  if (id === undefined) throw noSuchId();
  return {
    copyTables: (input: { place: TablePlace | null }) => client.copyTables(id, input),
    loadRows: (rows: Omit<ObjectRows, "kind" | "id">) => client.loadRows(id, rows),
    finishRestore: () => client.finishRestore(id, {}),
  };
}

function conversationId(id: string): ConversationId {
  const { data } = ConversationId.safeParse(Number(id));
  if (data === undefined) throw noSuchId();
  return data;
}

function noSuchId() {
  return invalid("body.id", "must be the id of an object");
}

/** Asks for items until the answer is large. @returns the answers of the first ones, one at least */
async function answerSome<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
  lengthOf: (answer: Answer) => number,
): Promise<Answer[]> {
  const answers = new Map<number, Answer>();
  let length = 0;
  await forEachConcurrent(CONCURRENT, [...items.entries()], async ([i, item]) => {
    if (length >= ANSWER) return;
    const answer = await ask(item);
    answers.set(i, answer);
    length += lengthOf(answer);
  });
  const first: Answer[] = [];
  for (let i = 0; i < items.length && answers.has(i); i++) {
    const answer = answers.get(i);
    if (answer !== undefined) first.push(answer);
  }
  return first;
}

/** The answer to a read. */
type BackupAnswer = {
  [What in keyof typeof BACKUP_ANSWERS]: z.infer<(typeof BACKUP_ANSWERS)[What]>;
}[BackupRead["what"]];

/** Reads what a call of a backup asks for. */
export async function answerRead(source: BackupSource, read: BackupRead): Promise<BackupAnswer> {
  switch (read.what) {
    case "ids":
      return { ids: await source.ids(read.kind, read.after) };
    case "tables":
      return { tables: await source.tables(read.kind, read.items) };
    case "logs":
      return { logs: await source.logs(read.items) };
    case "rest":
      return { rest: await source.rest(read.item) };
    case "database":
      return { database: await source.database(read.place) };
  }
}
