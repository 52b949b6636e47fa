import { eq, lte, sql } from "drizzle-orm";
import type { IncomingHookId } from "../domain/ids.ts";
import { LinkPreview } from "../domain/messages/link-preview.ts";
import type { PreviewSender } from "../domain/ports.ts";
import { sha256 } from "../lib/sha256.ts";
import { queryD1 } from "./d1-errors.ts";
import type { Database } from "./database.ts";
import { linkPreviews } from "./schema.ts";

/** Of a page without a preview: it is not asked again. */
const NONE = "";
const MINUTE_MS = 60_000;

/** What is known of a link. */
type Known = { state: "claimed" | "under_way" } | { state: "known"; preview: LinkPreview | null };

/**
 * What is known of a link; or the caller is the one who fetches it. One batch, so that one of many callers
 * fetches.
 * @param times `now` (ms since 1970); for so long a preview is kept; after so long a fetch has been cut short
 * @param perMinute links that the messages of one user or one hook may have fetched; beyond, there is no
 *   preview
 */
export async function claimLinkPreview(
  db: Database,
  { url, userId, hook }: { url: string } & PreviewSender,
  { now, keepMs, leaseMs }: { now: number; keepMs: number; leaseMs: number },
  perMinute: number,
): Promise<Known> {
  const key = sha256(url);
  const whose = hook === undefined ? userId : numberOf(hook);
  const ofSender = sql`(SELECT count(*) FROM link_previews p
    WHERE p.user_id = ${whose} AND p.begun_at > ${now - MINUTE_MS})`;
  const isOver = sql`${linkPreviews.begunAt} <= ${now - keepMs}
    OR (${linkPreviews.preview} IS NULL AND ${linkPreviews.begunAt} <= ${now - leaseMs})`;
  const [claimed, found] = await queryD1(
    db.batch([
      db
        .insert(linkPreviews)
        .select(sql`SELECT ${key}, ${whose}, ${now}, NULL WHERE ${ofSender} < ${perMinute}`)
        .onConflictDoUpdate({
          target: linkPreviews.key,
          set: { userId: whose, begunAt: now, preview: null },
          setWhere: isOver,
        })
        .returning({ key: linkPreviews.key }),
      db.select().from(linkPreviews).where(eq(linkPreviews.key, key)),
    ]),
  );
  if (claimed.length > 0) return { state: "claimed" };
  const [row] = found;
  if (!row || row.begunAt <= now - keepMs) return { state: "known", preview: null };
  if (row.preview === null) return { state: "under_way" };
  return {
    state: "known",
    preview: row.preview === NONE ? null : LinkPreview.parse(JSON.parse(row.preview)),
  };
}

/** A negative number for a hook, which no user has, of 48 bits of its hash. */
function numberOf(hook: IncomingHookId): number {
  return -Number.parseInt(sha256(hook).slice(0, 12), 16);
}

/** Keeps what a link shows. @param preview null: nothing */
export async function storeLinkPreview(
  db: Database,
  url: string,
  preview: LinkPreview | null,
): Promise<void> {
  await queryD1(
    db
      .update(linkPreviews)
      .set({ preview: preview ? JSON.stringify(preview) : NONE })
      .where(eq(linkPreviews.key, sha256(url))),
  );
}

/** Deletes what was fetched by a time (ms since 1970). */
export async function deleteOldLinkPreviews(db: Database, time: number): Promise<void> {
  await queryD1(db.delete(linkPreviews).where(lte(linkPreviews.begunAt, time)));
}
