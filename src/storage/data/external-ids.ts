import { and, eq, or, sql } from "drizzle-orm";
import type { Person } from "../../domain/accounts/person.ts";
import type { ConversationKind } from "../../domain/conversations/conversation.ts";
import { ownConversationId, ownFileId, ownUserId, readOwnId } from "../../domain/data/own-ids.ts";
import type { ConversationId, FileKey, SpaceId, UserId } from "../../domain/ids.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { PERSON } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { conversations, files, importedFiles, importedUsers, users } from "../schema.ts";

/** The external ids of users for a file, deleted users too. One query. */
export async function findUserNames(db: Database, ids: UserId[]): Promise<Map<UserId, ExternalId>> {
  const { id, externalId, createdAt } = users;
  const rows = await queryD1(
    db
      .select({ id, externalId, createdAt, imported: importedUsers.externalId })
      .from(users)
      .leftJoin(importedUsers, eq(importedUsers.userId, users.id))
      .where(isAmong(id, ids)),
  );
  return new Map(
    rows.map((row) => [row.id, row.externalId ?? row.imported ?? ownUserId(row.id, row.createdAt)]),
  );
}

/** The external ids of conversations for a file. One query. */
export async function findConversationNames(
  db: Database,
  ids: ConversationId[],
): Promise<Map<ConversationId, ExternalId>> {
  const { id, externalId, createdAt } = conversations;
  const rows = await queryD1(
    db.select({ id, externalId, createdAt }).from(conversations).where(isAmong(id, ids)),
  );
  return new Map(rows.map((row) => [row.id, row.externalId ?? ownConversationId(row.id, row.createdAt)]));
}

/** The external ids of files for a file of records. Files that are gone are missing. One query. */
export async function findFileNames(db: Database, keys: FileKey[]): Promise<Map<FileKey, ExternalId>> {
  const rows = await queryD1(
    db
      .select({ key: files.key, imported: importedFiles.externalId })
      .from(files)
      .leftJoin(importedFiles, eq(importedFiles.key, files.key))
      .where(isAmong(files.key, keys)),
  );
  return new Map(rows.map(({ key, imported }) => [key, imported ?? ownFileId(key)]));
}

/** A user whom an import names. `person` null: the account is deleted. */
export interface ImportedUser {
  id: UserId;
  person: Person | null;
}

/**
 * The users with these external ids, deleted ones too. Unknown ids are missing. Three queries in one call.
 */
export async function findImportedUsers(
  db: Database,
  externalIds: ExternalId[],
): Promise<Map<ExternalId, ImportedUser>> {
  const own = externalIds.flatMap((externalId) => {
    const read = readOwnId(externalId);
    return read?.kind === "user" ? [{ externalId, ...read }] : [];
  });
  const columns = { ...PERSON, deletedAt: users.deletedAt, createdAt: users.createdAt };
  const [named, deleted, byId] = await queryD1(
    db.batch([
      db
        .select({ ...columns, name: users.externalId })
        .from(users)
        .where(and(sql`external_id IS NOT NULL`, isAmong(users.externalId, externalIds))),
      db.select().from(importedUsers).where(isAmong(importedUsers.externalId, externalIds)),
      db
        .select(columns)
        .from(users)
        .where(
          isAmong(
            users.id,
            own.map(({ id }) => id),
          ),
        ),
    ]),
  );
  const found = new Map<ExternalId, ImportedUser>();
  const userOf = ({ deletedAt, createdAt: _, ...person }: (typeof byId)[number]): ImportedUser => ({
    id: person.id,
    person: deletedAt === null ? person : null,
  });
  const rows = new Map(byId.map((row) => [row.id, row]));
  for (const { externalId, id, createdAt } of own) {
    const row = rows.get(id);
    if (row?.createdAt === createdAt) found.set(externalId, userOf(row));
  }
  for (const { externalId, userId } of deleted) found.set(externalId, { id: userId, person: null });
  for (const { name, ...row } of named) if (name !== null) found.set(name, userOf(row));
  return found;
}

/** A conversation that an import names. */
export interface ImportedConversation {
  id: ConversationId;
  kind: ConversationKind;
  spaceId: SpaceId | null;
}

/** The conversations with these external ids, dissolved ones too. Unknown ids are missing. */
export async function findImportedConversations(
  db: Database,
  externalIds: ExternalId[],
): Promise<Map<ExternalId, ImportedConversation>> {
  const own = externalIds.flatMap((externalId) => {
    const read = readOwnId(externalId);
    return read?.kind === "conversation" ? [{ externalId, ...read }] : [];
  });
  const { id, kind, externalId, createdAt, spaceId } = conversations;
  const rows = await queryD1(
    db
      .select({ id, kind, externalId, createdAt, spaceId })
      .from(conversations)
      .where(
        or(
          and(sql`external_id IS NOT NULL`, isAmong(externalId, externalIds)),
          isAmong(
            id,
            own.map((one) => one.id),
          ),
        ),
      ),
  );
  const found = new Map<ExternalId, ImportedConversation>();
  const aliases = new Map(own.map((one) => [one.id, one]));
  for (const row of rows) {
    const alias = aliases.get(row.id);
    const name = row.externalId ?? (alias?.createdAt === row.createdAt ? alias.externalId : undefined);
    if (name !== undefined) found.set(name, { id: row.id, kind: row.kind, spaceId: row.spaceId });
  }
  return found;
}

/** The keys of imported files by their external ids; those of this deployment too. */
export async function findImportedFiles(
  db: Database,
  externalIds: ExternalId[],
): Promise<Map<ExternalId, { key: FileKey; name: string }>> {
  const own = externalIds.filter((id) => id.startsWith("parley:f")).map((id) => id.slice("parley:f".length));
  const [imported, known] = await queryD1(
    db.batch([
      db
        .select({
          ...{ externalId: importedFiles.externalId, key: importedFiles.key },
          name: sql<string>`coalesce(${files.name}, ${importedFiles.name})`,
        })
        .from(importedFiles)
        .leftJoin(files, eq(files.key, importedFiles.key))
        .where(isAmong(importedFiles.externalId, externalIds)),
      db.select({ key: files.key, name: files.name }).from(files).where(isAmong(files.key, own)),
    ]),
  );
  return new Map([
    ...known.map(({ key, name }) => [ownFileId(key), { key, name }] as const),
    ...imported.map(({ externalId, key, name }) => [externalId, { key, name }] as const),
  ]);
}
