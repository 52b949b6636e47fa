import { and, asc, eq, sql } from "drizzle-orm";
import type { CategoryId, ConversationId, SpaceId } from "../../domain/ids.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import type { StoredCategory } from "../../domain/spaces/category.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations, spaceCategories } from "../schema.ts";
import { noteQueries } from "./audit-notes.ts";
import { type ReadSpace, whileVersion } from "./versions.ts";

const { id, name, position, spaceId } = spaceCategories;

/** The categories of a space, in their order. */
export async function listCategories(db: Database, space: SpaceId): Promise<StoredCategory[]> {
  return queryD1(
    db.select({ id, name }).from(spaceCategories).where(eq(spaceId, space)).orderBy(asc(position), asc(id)),
  );
}

/**
 * Adds a category behind the others.
 * @returns its id, which is null where the space has too many; null: the space is another one by now
 */
export async function insertCategory(
  db: Database,
  read: ReadSpace,
  { name, externalId, most }: { name: string; externalId: ExternalId; most: number },
): Promise<{ id: CategoryId | null } | null> {
  const { first, isSame, notes } = whileVersion(db, read);
  const ofSpace = sql`FROM space_categories WHERE space_id = ${read.id}`;
  const made = db
    .insert(spaceCategories)
    .select(
      sql`SELECT NULL, ${read.id}, ${name}, (SELECT coalesce(max(position), -1) + 1 ${ofSpace}),
        ${externalId} WHERE ${isSame} AND (SELECT count(*) ${ofSpace}) < ${most}`,
    )
    .returning({ id });
  const [rows, [category]] = await queryD1(db.batch([first, made, ...notes]));
  return rows.length > 0 ? { id: category?.id ?? null } : null;
}

/** Names a category. @returns false: the space is another one by now */
export async function renameCategory(
  db: Database,
  read: ReadSpace,
  category: CategoryId,
  name: string,
): Promise<boolean> {
  const { first, isSame, notes } = whileVersion(db, read);
  const isIt = and(eq(id, category), eq(spaceId, read.id), isSame);
  const [rows] = await queryD1(
    db.batch([first, db.update(spaceCategories).set({ name }).where(isIt), ...notes]),
  );
  return rows.length > 0;
}

/** Removes a category; its channels have none then. @returns as `renameCategory` */
export async function deleteCategory(db: Database, read: ReadSpace, category: CategoryId): Promise<boolean> {
  const { first, isSame, notes } = whileVersion(db, read);
  const ofIt = and(eq(conversations.spaceId, read.id), eq(conversations.categoryId, category), isSame);
  const [rows] = await queryD1(
    db.batch([
      first,
      db.update(conversations).set({ categoryId: null }).where(ofIt),
      db.delete(spaceCategories).where(and(eq(id, category), eq(spaceId, read.id), isSame)),
      ...notes,
    ]),
  );
  return rows.length > 0;
}

/** Where categories and channels of a space are to stand: each has its index. Others keep their place. */
export interface WantedOrder {
  categoryIds: readonly CategoryId[];
  channels: readonly { id: ConversationId; categoryId: CategoryId | null }[];
}

/** Puts categories and channels into an order. @returns as `renameCategory` */
export async function storeOrder(
  db: Database,
  read: ReadSpace,
  { categoryIds, channels }: WantedOrder,
): Promise<boolean> {
  const { first, isSame } = whileVersion(db, read);
  const rows = JSON.stringify(channels.map((channel) => [channel.id, channel.categoryId]));
  const wanted = sql`(SELECT key AS position, json_extract(value, '$[0]') AS id,
    json_extract(value, '$[1]') AS category_id FROM json_each(${rows})) AS wanted`;
  const place = sql`(SELECT key FROM json_each(${JSON.stringify(categoryIds)})
    WHERE value = space_categories.id)`;
  const [found] = await queryD1(
    db.batch([
      first,
      db
        .update(spaceCategories)
        .set({ position: place })
        .where(
          and(eq(spaceId, read.id), sql`${place} IS NOT ${position}`, sql`${place} IS NOT NULL`, isSame),
        ),
      db
        .update(conversations)
        .set({ position: sql`wanted.position`, categoryId: sql`wanted.category_id` })
        .from(wanted)
        .where(
          and(
            sql`${conversations.id} = wanted.id`,
            eq(conversations.spaceId, read.id),
            sql`(conversations.position, conversations.category_id) IS NOT (wanted.position, wanted.category_id)`,
            isSame,
          ),
        ),
      ...noteQueries(db, read.id, read.note, isSame),
    ]),
  );
  return found.length > 0;
}
