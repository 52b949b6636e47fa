import { and, desc, eq, gt, isNull, or } from "drizzle-orm";
import type { ServerKey, ServerKeyId } from "../../domain/server/server-key.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { serverKeys } from "../schema.ts";

const KEY = {
  id: serverKeys.id,
  name: serverKeys.name,
  scopes: serverKeys.scopes,
  createdAt: serverKeys.createdAt,
  lastUsedOn: serverKeys.lastUsedOn,
  expiresAt: serverKeys.expiresAt,
};

/** A key with the hash of its secret. */
export type HashedServerKey = ServerKey & { hash: string };

/** Stores a new key. */
export async function insertServerKey(db: Database, key: HashedServerKey): Promise<void> {
  await queryD1(db.insert(serverKeys).values(key));
}

/** The key of this id, unless it is revoked or has ended. Reads one row. */
export async function findServerKey(
  db: Database,
  id: ServerKeyId,
  now: number,
): Promise<HashedServerKey | null> {
  const [found] = await queryD1(
    db
      .select({ ...KEY, hash: serverKeys.hash })
      .from(serverKeys)
      .where(and(eq(serverKeys.id, id), isLive(now))),
  );
  return found ?? null;
}

/** All keys that are neither revoked nor ended, the newest first. */
export function listServerKeys(db: Database, now: number): Promise<ServerKey[]> {
  return queryD1(
    db.select(KEY).from(serverKeys).where(isLive(now)).orderBy(desc(serverKeys.createdAt), serverKeys.id),
  );
}

/** Revokes a key. @returns false: there is no such key, or it is revoked already */
export async function revokeServerKey(db: Database, id: ServerKeyId, now: number): Promise<boolean> {
  const isOpen = and(eq(serverKeys.id, id), isNull(serverKeys.revokedAt));
  const revoked = await queryD1(
    db.update(serverKeys).set({ revokedAt: now }).where(isOpen).returning({ id: serverKeys.id }),
  );
  return revoked.length > 0;
}

/** Notes on which day a key was last used. @param day a date in UTC */
export async function noteServerKeyUse(db: Database, id: ServerKeyId, day: string): Promise<void> {
  await queryD1(db.update(serverKeys).set({ lastUsedOn: day }).where(eq(serverKeys.id, id)));
}

function isLive(now: number) {
  return and(isNull(serverKeys.revokedAt), or(isNull(serverKeys.expiresAt), gt(serverKeys.expiresAt, now)));
}
