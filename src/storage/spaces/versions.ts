import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { SpaceId } from "../../domain/ids.ts";
import { randomHex } from "../../lib/random.ts";
import type { Database } from "../database.ts";
import { spaces } from "../schema.ts";
import { type AuditNote, noteQueries } from "./audit-notes.ts";

/** Hexadecimal digits of a version: an exact double. */
const DIGITS = 13;

/** The same as `NEW_VERSION`, for a batch whose later statements name it. */
function newVersion(): number {
  return Number.parseInt(randomHex().slice(0, DIGITS), 16);
}

/** The state of a space from which a change of its rights begins. */
export interface ReadSpace {
  id: SpaceId;
  version: number;
  /** what the audit log is to say of the change; absent: nothing */
  note?: AuditNote | undefined;
}

/** What a change sets of the space itself. */
export type SpaceSet = Partial<
  Pick<
    typeof spaces.$inferInsert,
    "name" | "avatar" | "description" | "ownerId" | "everyone" | "discoverable" | "metadata" | "slowModeS"
  >
> & { memberCount?: SQL };

/**
 * The first statement of a batch that changes what is no right, by a right that was read, and the condition
 * for the others: nobody's rights have changed since.
 */
export function whileVersion(db: Database, { id, version, note }: ReadSpace) {
  const isRead = and(eq(spaces.id, id), isNull(spaces.dissolvedAt), eq(spaces.version, version));
  const isSame = sql`EXISTS (SELECT 1 FROM spaces WHERE id = ${id} AND version = ${version} AND dissolved_at IS NULL)`;
  return {
    /** returns a row if the batch changes something */
    first: db.select({ id: spaces.id }).from(spaces).where(isRead),
    isSame,
    /** come right behind the statement whose change they note */
    notes: noteQueries(db, id, note),
  };
}

/**
 * The first statement of a batch that changes who may do what in a space, and the condition for the others:
 * nothing of that has changed since the version that was read.
 * @param read `version` absent: any
 * @param condition which must hold, too
 * @param set what changes of the space itself
 */
export function fromVersion(
  db: Database,
  { id, version, note }: Pick<ReadSpace, "id" | "note"> & { version?: number | undefined },
  condition?: SQL,
  set: SpaceSet = {},
) {
  const next = newVersion();
  const isRead = version === undefined ? undefined : eq(spaces.version, version);
  return {
    /** returns a row if the batch changes something */
    first: db
      .update(spaces)
      .set({ ...set, version: next })
      .where(and(eq(spaces.id, id), isNull(spaces.dissolvedAt), isRead, condition))
      .returning({ id: spaces.id }),
    isNext: sql`EXISTS (SELECT 1 FROM spaces WHERE id = ${id} AND version = ${next})`,
    /** come right behind the statement whose change they note */
    notes: noteQueries(db, id, note),
  };
}
