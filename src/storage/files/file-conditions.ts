import { and, gt, isNotNull, isNull, lte, or, sql } from "drizzle-orm";
import { files, isFileUrl, keyInUrl } from "../schema.ts";

/** Matches if a column has the URL of the file. `+`: with the affinity of the key no index would do. */
const isIn = (column: string) => sql`${keyInUrl(column)} = +${files.key} AND ${isFileUrl(column)}`;

/** Matches files that a message shows. */
export const isReferenced = sql`EXISTS (SELECT 1 FROM file_references r WHERE r.key = ${files.key})`;

/**
 * Matches files that a message, a scheduled one, a stored draft, a user, a group, a space or the list of a
 * former member shows.
 * @param now ms since 1970
 */
export const isShown = (now: number) => sql`(${isReferenced}
  OR EXISTS (SELECT 1 FROM file_holds h WHERE h.key = ${files.key} AND h.until > ${now})
  OR EXISTS (SELECT 1 FROM users WHERE ${isIn("avatar")})
  OR EXISTS (SELECT 1 FROM conversations WHERE ${isIn("avatar")})
  OR EXISTS (SELECT 1 FROM spaces WHERE ${isIn("avatar")} AND dissolved_at IS NULL)
  OR EXISTS (SELECT 1 FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE ${isIn("left_avatar")} AND u.deleted_at IS NULL))`;

/**
 * Matches files that readers find: all but those that have expired and that nothing shows. For most files it
 * reads no further row.
 * @param now ms since 1970
 */
export const isReadable = (now: number) =>
  or(isNull(files.expiresAt), gt(files.expiresAt, now), isShown(now));

/** Matches files that expired by a time (ms since 1970). */
export const expiredBy = (time: number) => and(isNotNull(files.expiresAt), lte(files.expiresAt, time));

/** Matches the files of users whose accounts are deleted. */
export const isOfDeletedUser = sql`EXISTS
  (SELECT 1 FROM users u WHERE u.id = ${files.userId} AND u.deleted_at IS NOT NULL)`;
