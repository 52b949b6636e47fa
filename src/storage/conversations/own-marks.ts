import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { memberships } from "../schema.ts";

/** What a member sorts conversations by: a mark (one bit), or the name of one of their groups of them. */
export type SortedBy = { mark: number } | { group: string };

function isOwn(userId: UserId) {
  return and(eq(memberships.userId, userId), eq(memberships.state, "active"));
}

function isIn(group: string) {
  return sql`EXISTS (SELECT 1 FROM json_each(${memberships.groups}) n WHERE n.value = ${group})`;
}

function without(group: string) {
  return sql`(SELECT json_group_array(n.value) FROM json_each(${memberships.groups}) n WHERE n.value <> ${group})`;
}

/** The names of a user's groups, as often as a conversation is in one. */
function namesOf(userId: UserId) {
  return sql`memberships m, json_each(m.group_names) n WHERE m.user_id = ${userId} AND m.state = 'active'`;
}

function hasGroup(userId: UserId, group: string) {
  return sql`EXISTS (SELECT 1 FROM ${namesOf(userId)} AND n.value = ${group})`;
}

/**
 * Marks conversations of a user, or puts them into a group; or ends that. Idempotent.
 * @param maxGroups the groups that a user has at most
 * @returns those that the user is in; none if the group would be one too many
 */
export async function sortConversations(
  db: Database,
  userId: UserId,
  ids: ConversationId[],
  by: SortedBy,
  { isSet, maxGroups }: { isSet: boolean; maxGroups: number },
): Promise<ConversationId[]> {
  const hasRoom =
    "group" in by && isSet
      ? sql`(${hasGroup(userId, by.group)} OR
          (SELECT count(DISTINCT n.value) FROM ${namesOf(userId)}) < ${maxGroups})`
      : undefined;
  const set =
    "mark" in by
      ? { marks: isSet ? sql`${memberships.marks} | ${by.mark}` : sql`${memberships.marks} & ~${by.mark}` }
      : { groups: isSet ? withGroup(by.group) : without(by.group) };
  const rows = await queryD1(
    db
      .update(memberships)
      .set(set)
      .where(and(isOwn(userId), isAmong(memberships.conversationId, ids), hasRoom))
      .returning({ id: memberships.conversationId }),
  );
  return rows.map(({ id }) => id);
}

function withGroup(group: string) {
  return sql`iif(${isIn(group)}, ${memberships.groups}, json_insert(${memberships.groups}, '$[#]', ${group}))`;
}

const Name = z.object({ name: z.string() });

/** The names of a user's groups of conversations. A group is there while a conversation is in it. */
export async function listConversationGroups(db: Database, userId: UserId): Promise<string[]> {
  const rows = await queryD1(
    db.all(sql`SELECT DISTINCT n.value AS name FROM ${namesOf(userId)} ORDER BY n.value`),
  );
  return rows.map((row) => Name.parse(row).name);
}

/** The conversations of a user with a mark, or in a group of theirs. */
export async function findSorted(db: Database, userId: UserId, by: SortedBy): Promise<ConversationId[]> {
  const isSorted = "mark" in by ? sql`${memberships.marks} & ${by.mark} <> 0` : isIn(by.group);
  const rows = await queryD1(
    db
      .select({ id: memberships.conversationId })
      .from(memberships)
      .where(and(isOwn(userId), isSorted)),
  );
  return rows.map(({ id }) => id);
}

/**
 * Ends a group of conversations of a user, or gives it another name.
 * @param newName null: it ends
 * @returns the conversations that were in it; none if the user has another group of the new name
 */
export async function changeConversationGroup(
  db: Database,
  userId: UserId,
  name: string,
  newName: string | null,
): Promise<ConversationId[]> {
  const isFree = newName === null || newName === name ? undefined : sql`NOT ${hasGroup(userId, newName)}`;
  const renamed = sql`(SELECT json_group_array(iif(n.value = ${name}, ${newName}, n.value))
    FROM json_each(${memberships.groups}) n)`;
  const rows = await queryD1(
    db
      .update(memberships)
      .set({ groups: newName === null ? without(name) : renamed })
      .where(and(isOwn(userId), isIn(name), isFree))
      .returning({ id: memberships.conversationId }),
  );
  return rows.map(({ id }) => id);
}
