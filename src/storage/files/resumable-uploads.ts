import { and, asc, eq, gt, lte, ne, type SQL, sql } from "drizzle-orm";
import type { StoredFile } from "../../domain/files/file.ts";
import type { ResumableUpload, StoredPart, UploadState } from "../../domain/files/resumable-upload.ts";
import type { ClientUploadId, FileKey, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { files, fileUploadParts, fileUploads } from "../schema.ts";
import { hasRoom } from "./file-usage.ts";

/** Uploads in parts, and which parts are in R2. Each change of state is one conditional statement. */

/** An upload with its parts that are in R2, in order. */
export interface UploadWithParts {
  upload: ResumableUpload;
  parts: StoredPart[];
}

/** Matches uploads that have not ended. A literal: the index of names has this very condition. */
const hasNotEnded = sql`${fileUploads.state} <> 'ended'`;

/** Matches uploads that have not come to their end: `open` or `completing`. */
const isUnderWay = and(hasNotEnded, ne(fileUploads.state, "complete"));

const stateIs = (state: UploadState) => eq(fileUploads.state, state);

/** Matches the parts of an upload whose bytes are in R2. */
const areStored = (key: FileKey) => and(eq(fileUploadParts.key, key), gt(fileUploadParts.stored, 0));

const STORED_PART = {
  part: fileUploadParts.part,
  stored: fileUploadParts.stored,
  etag: fileUploadParts.etag,
  sha256: fileUploadParts.sha256,
};

/**
 * Inserts an upload, unless its user has one with this client upload id, or too many.
 * @param max of the user's uploads that are under way
 * @param now ms since 1970
 * @returns the upload with this client upload id; null: the user has too many
 */
export async function insertUpload(
  db: Database,
  upload: ResumableUpload,
  max: number,
  now: number,
): Promise<ResumableUpload | null> {
  const { key, userId, clientUploadId, r2UploadId, name, size, contentType, state, expiresAt } = upload;
  const isNamed = isOfName(userId, clientUploadId);
  const isOver = lte(fileUploads.expiresAt, now);
  const values = sql`${key}, ${userId}, ${clientUploadId}, ${r2UploadId}, ${name}, ${size}, ${contentType}, ${state}, ${expiresAt}`;
  const underWay = sql`(SELECT count(*) FROM file_uploads
    WHERE ${and(eq(fileUploads.userId, userId), isUnderWay, gt(fileUploads.expiresAt, now))})`;
  const [, , , found] = await queryD1(
    db.batch([
      // The hourly job has not seen it yet: its name is free.
      db
        .update(fileUploads)
        .set({ state: "ended" })
        .where(and(isNamed, isOver, isUnderWay)),
      db.delete(fileUploads).where(and(isNamed, isOver, stateIs("complete"))),
      db.insert(fileUploads).select(sql`SELECT ${values} WHERE ${underWay} < ${max}`).onConflictDoNothing(),
      db.select().from(fileUploads).where(isNamed),
    ]),
  );
  return found[0] ?? null;
}

/** The upload of a user with this client upload id; null if there is none, or it is over. */
export async function findUploadOfName(
  db: Database,
  userId: UserId,
  id: ClientUploadId,
  now: number,
): Promise<ResumableUpload | null> {
  const isLive = gt(fileUploads.expiresAt, now);
  const query = db
    .select()
    .from(fileUploads)
    .where(and(isOfName(userId, id), isLive));
  return (await queryD1(query))[0] ?? null;
}

/** An upload of a user; null if it is another user's, or over. @param now ms since 1970 */
export async function findUpload(
  db: Database,
  userId: UserId,
  key: FileKey,
  now: number,
): Promise<ResumableUpload | null> {
  return (await queryD1(uploadQuery(db, userId, key, now)))[0] ?? null;
}

/** The same, with the parts that are there. */
export async function findUploadWithParts(
  db: Database,
  userId: UserId,
  key: FileKey,
  now: number,
): Promise<UploadWithParts | null> {
  const [[upload], parts] = await queryD1(db.batch([uploadQuery(db, userId, key, now), partsQuery(db, key)]));
  return upload ? { upload, parts } : null;
}

/**
 * Counts an attempt to send a part of an open upload.
 * @returns the number of the attempt; null if the upload is not open any more, or there were too many
 */
export async function beginAttempt(
  db: Database,
  key: FileKey,
  part: number,
  now: number,
): Promise<number | null> {
  const isOpen = and(eq(fileUploads.key, key), stateIs("open"), gt(fileUploads.expiresAt, now));
  const [begun] = await queryD1(
    db
      .insert(fileUploadParts)
      .select(sql`SELECT ${key}, ${part}, 1, 0, '', '' FROM file_uploads WHERE ${isOpen}`)
      .onConflictDoUpdate({
        target: [fileUploadParts.key, fileUploadParts.part],
        set: { attempts: sql`${fileUploadParts.attempts} + 1` },
        setWhere: sql`${fileUploadParts.attempts} < ${LIMITS.partAttempts}`,
      })
      .returning({ attempts: fileUploadParts.attempts }),
  );
  return begun?.attempts ?? null;
}

/**
 * Records that the bytes of an attempt are in R2. A later attempt that was recorded before stays.
 * @returns the part as it is recorded now; null if the upload is not open any more
 */
export async function recordPart(db: Database, key: FileKey, stored: StoredPart): Promise<StoredPart | null> {
  const { part, stored: attempt, etag, sha256 } = stored;
  const isPart = and(eq(fileUploadParts.key, key), eq(fileUploadParts.part, part));
  const isOpen = sql`EXISTS (SELECT 1 FROM file_uploads WHERE ${and(eq(fileUploads.key, key), stateIs("open"))})`;
  const [, [recorded]] = await queryD1(
    db.batch([
      db
        .update(fileUploadParts)
        .set({ stored: attempt, etag, sha256 })
        .where(and(isPart, sql`${fileUploadParts.stored} < ${attempt}`, isOpen)),
      db.select(STORED_PART).from(fileUploadParts).where(and(isPart, isOpen)),
    ]),
  );
  return recorded ?? null;
}

/**
 * Freezes an upload if all its parts are there: they do not change any more.
 * @returns the upload as it is then; null if it is another user's, or over
 */
export async function freezeUpload(
  db: Database,
  userId: UserId,
  key: FileKey,
  now: number,
): Promise<UploadWithParts | null> {
  const stored = sql`(SELECT count(*) FROM file_upload_parts WHERE ${areStored(key)})`;
  // D1 binds numbers as REAL, so a division would not be one of integers.
  const areAllThere = sql`${stored} * ${LIMITS.partBytes} >= ${fileUploads.size}`;
  const [, [upload], parts] = await queryD1(
    db.batch([
      db
        .update(fileUploads)
        .set({ state: "completing" })
        .where(and(isLiveOf(userId, key, now), stateIs("open"), areAllThere)),
      uploadQuery(db, userId, key, now),
      partsQuery(db, key),
    ]),
  );
  return upload ? { upload, parts } : null;
}

/** The bytes that the open uploads of a user announce. There are few: `insertUpload` limits them. */
export async function sizeOfOpenUploads(db: Database, userId: UserId, now: number): Promise<number> {
  const isOpen = and(eq(fileUploads.userId, userId), isUnderWay, gt(fileUploads.expiresAt, now));
  const bytes = sql<number>`coalesce(sum(${fileUploads.size}), 0)`;
  const [found] = await queryD1(db.select({ bytes }).from(fileUploads).where(isOpen));
  return found?.bytes ?? 0;
}

/**
 * Makes the file of a frozen upload readable, if its user has room. Of several calls the first one does.
 * @param end when the upload is forgotten then (ms since 1970), and the `limit` of the bytes of the user's
 *   files; null: any number
 * @returns the upload as it is then: still `completing` without room; null: there is none
 */
export async function publishUpload(
  db: Database,
  file: StoredFile,
  { keptUntil, limit }: { keptUntil: number; limit: number | null },
): Promise<Pick<ResumableUpload, "state"> | null> {
  const { key, userId, name, size, contentType, sha256, md5, createdAt } = file;
  const isIt = eq(fileUploads.key, key);
  const isFrozen = and(isIt, stateIs("completing"));
  const isStored = sql`EXISTS (SELECT 1 FROM files f WHERE f.key = ${key})`;
  const isComplete = sql`EXISTS (SELECT 1 FROM file_uploads WHERE ${and(isIt, stateIs("complete"))})`;
  const values = sql`${key}, ${userId}, ${name}, ${size}, ${contentType}, ${sha256}, ${md5}, ${createdAt}, NULL, 0`;
  const [, , , [upload]] = await queryD1(
    db.batch([
      db
        .insert(files)
        .select(sql`SELECT ${values} FROM file_uploads WHERE ${and(isFrozen, hasRoom(userId, size, limit))}`)
        .onConflictDoNothing(),
      db.update(fileUploads).set({ state: "complete", expiresAt: keptUntil }).where(and(isFrozen, isStored)),
      db.delete(fileUploadParts).where(and(eq(fileUploadParts.key, key), isComplete)),
      db.select({ state: fileUploads.state }).from(fileUploads).where(isIt),
    ]),
  );
  return upload ?? null;
}

/** Ends an upload of a user that is under way. @returns the upload; null if there is none */
export async function endUpload(db: Database, userId: UserId, key: FileKey): Promise<ResumableUpload | null> {
  const isOwn = and(eq(fileUploads.key, key), eq(fileUploads.userId, userId));
  const [ended] = await queryD1(
    db.update(fileUploads).set({ state: "ended", expiresAt: 0 }).where(and(isOwn, isUnderWay)).returning(),
  );
  return ended ?? null;
}

/** Ends all uploads of a user that are under way, if the condition holds. */
export function endUploadsQuery(db: Database, userId: UserId, condition: SQL) {
  return db
    .update(fileUploads)
    .set({ state: "ended", expiresAt: 0 })
    .where(and(eq(fileUploads.userId, userId), isUnderWay, condition));
}

/**
 * Ends the uploads that have expired, and forgets complete ones.
 * @returns up to `limit` ended ones that are still in R2, by key, after the key `after`
 */
export async function endExpiredUploads(
  db: Database,
  now: number,
  { after, limit }: { after: string; limit: number },
): Promise<ResumableUpload[]> {
  const isOver = lte(fileUploads.expiresAt, now);
  const [, , ended] = await queryD1(
    db.batch([
      db.update(fileUploads).set({ state: "ended" }).where(and(isOver, isUnderWay)),
      db.delete(fileUploads).where(and(isOver, stateIs("complete"))),
      db
        .select()
        .from(fileUploads)
        .where(and(isOver, stateIs("ended"), gt(fileUploads.key, sql`${after}`)))
        .orderBy(asc(fileUploads.key))
        .limit(limit),
    ]),
  );
  return ended;
}

/** Deletes the rows of ended uploads, and of their parts: R2 has nothing of them any more. */
export async function deleteEndedUploads(db: Database, keys: FileKey[]): Promise<void> {
  if (keys.length === 0) return;
  await queryD1(
    db.batch([
      db.delete(fileUploadParts).where(isAmong(fileUploadParts.key, keys)),
      db.delete(fileUploads).where(and(isAmong(fileUploads.key, keys), stateIs("ended"))),
    ]),
  );
}

/** Matches an upload of a user that is not over. */
function isLiveOf(userId: UserId, key: FileKey, now: number): SQL | undefined {
  const { key: id, userId: user, expiresAt } = fileUploads;
  return and(eq(id, key), eq(user, userId), hasNotEnded, gt(expiresAt, now));
}

function uploadQuery(db: Database, userId: UserId, key: FileKey, now: number) {
  return db
    .select()
    .from(fileUploads)
    .where(isLiveOf(userId, key, now));
}

function partsQuery(db: Database, key: FileKey) {
  return db
    .select(STORED_PART)
    .from(fileUploadParts)
    .where(areStored(key))
    .orderBy(asc(fileUploadParts.part));
}

/** Matches the upload of a user with this name. An ended one has none. */
function isOfName(userId: UserId, id: ClientUploadId): SQL | undefined {
  const { userId: user, clientUploadId } = fileUploads;
  return and(eq(user, userId), eq(clientUploadId, id), hasNotEnded);
}
