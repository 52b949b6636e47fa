import { and, eq, sql } from "drizzle-orm";
import type { FileReference, RevokedReferences } from "../../domain/files/file.ts";
import type { ConversationId, FileKey } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { fileReferences, files } from "../schema.ts";
import { releaseQuery } from "./released-files.ts";

/**
 * Records that messages of a conversation show files. Keys without a file are left out, and so are files of
 * which not all references are known. Idempotent.
 */
export async function addFileReferences(
  db: Database,
  id: ConversationId,
  references: FileReference[],
): Promise<void> {
  const rows = JSON.stringify(references.map(({ key, seq }) => [key, seq]));
  await queryD1(
    db
      // The WHERE keeps SQLite from reading ON CONFLICT as part of the join.
      .insert(fileReferences)
      .select(
        sql`SELECT f.key, ${id}, json_extract(j.value, '$[1]')
          FROM json_each(${rows}) j JOIN files f ON f.key = json_extract(j.value, '$[0]')
          WHERE true`,
      )
      .onConflictDoNothing(),
  );
}

/**
 * Deletes the references of revoked messages. A file that its uploader has sent in one of them is released,
 * and so is one of a deleted account. Files of these messages that are released, and that no other message
 * shows, expire at `expiresAt`. Idempotent.
 * @param expiresAt ms since 1970
 * @returns the files that expire
 */
export async function removeFileReferences(
  db: Database,
  id: ConversationId,
  revoked: RevokedReferences[],
  expiresAt: number,
): Promise<FileKey[]> {
  const rows = JSON.stringify(
    revoked.flatMap(({ keys, seq, senderId }) => keys.map((key) => [key, seq, senderId])),
  );
  const isReference = sql`(${fileReferences.key}, ${fileReferences.seq}) IN
    (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(${rows}))`;
  const isNamed = sql`${files.key} IN (SELECT json_extract(value, '$[0]') FROM json_each(${rows}))`;
  const isOfSender = sql`EXISTS (SELECT 1 FROM json_each(${rows}) j
    WHERE json_extract(j.value, '$[0]') = ${files.key} AND json_extract(j.value, '$[2]') = ${files.userId})`;
  const [, released] = await queryD1(
    db.batch([
      db.delete(fileReferences).where(and(eq(fileReferences.conversationId, id), isReference)),
      releaseQuery(db, isNamed, isOfSender, expiresAt),
    ]),
  );
  return released.filter((file) => file.expiresAt === expiresAt).map(({ key }) => key);
}
