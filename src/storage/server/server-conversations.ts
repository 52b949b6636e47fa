import { and, asc, eq, type SQL, sql } from "drizzle-orm";
import type { ConversationKind } from "../../domain/conversations/conversation.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { ConversationRef } from "../../domain/server/conversation-ref.ts";
import type { ServerConversation } from "../../domain/server/server-conversation.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { PROFILE } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { conversations } from "../schema.ts";

/** What a backend's ref names. */
export interface NamedConversation {
  id: ConversationId;
  kind: ConversationKind;
  externalId: ExternalId | null;
  /** null: a direct conversation, or a group without one */
  ownerId: UserId | null;
}

/** The conversation that a backend names, dissolved ones included; null: there is none. */
export async function findNamedConversation(
  db: Database,
  ref: ConversationRef,
): Promise<NamedConversation | null> {
  const { id, kind, externalId, ownerId } = conversations;
  const query = db.select({ id, kind, externalId, ownerId }).from(conversations);
  const [found] = await queryD1(query.where("id" in ref ? eq(id, ref.id) : hasExternalId(ref.externalId)));
  return found ?? null;
}

/** The ids of the conversations that a backend names, in the order of its refs; null: there is none. */
export async function findConversationIds(
  db: Database,
  refs: readonly ConversationRef[],
): Promise<(ConversationId | null)[]> {
  const { id, externalId } = conversations;
  const ids = refs.flatMap((ref) => ("id" in ref ? ref.id : []));
  const externalIds = refs.flatMap((ref) => ("externalId" in ref ? ref.externalId : []));
  const isNamed = and(sql`external_id IS NOT NULL`, isAmong(externalId, externalIds));
  const [byId, byExternalId] = await queryD1(
    db.batch([
      db.select({ id }).from(conversations).where(isAmong(id, ids)),
      db.select({ id, externalId }).from(conversations).where(isNamed),
    ]),
  );
  const known = new Set(byId.map((row) => row.id));
  const named = new Map(byExternalId.map((row) => [row.externalId, row.id]));
  return refs.map((ref) =>
    "id" in ref ? (known.has(ref.id) ? ref.id : null) : (named.get(ref.externalId) ?? null),
  );
}

/** The external id of a conversation; null: it has none. */
export async function findConversationExternalId(
  db: Database,
  id: ConversationId,
): Promise<ExternalId | null> {
  const query = db.select({ externalId: conversations.externalId }).from(conversations);
  const [found] = await queryD1(query.where(eq(conversations.id, id)));
  return found?.externalId ?? null;
}

/**
 * Conversations behind this id, by their ids, dissolved ones included.
 * @param externalId only the one with this; null: all
 */
export async function listServerConversations(
  db: Database,
  { after, limit, externalId }: { after: number; limit: number; externalId: ExternalId | null },
): Promise<ServerConversation[]> {
  const rows = await queryD1(
    db
      .select({
        id: conversations.id,
        externalId: conversations.externalId,
        profile: PROFILE,
        dissolvedAt: conversations.dissolvedAt,
        memberCount: sql<number>`iif(${conversations.dissolvedAt} IS NULL,
          (SELECT count(*) FROM memberships m
            WHERE m.conversation_id = ${conversations.id} AND m.state = 'active'), 0)`,
      })
      .from(conversations)
      .where(
        and(sql`${conversations.id} > ${after}`, externalId === null ? undefined : hasExternalId(externalId)),
      )
      .orderBy(asc(conversations.id))
      .limit(limit),
  );
  return rows;
}

// IS NOT NULL is the condition of the partial index, in the same words.
function hasExternalId(externalId: ExternalId): SQL | undefined {
  return and(sql`external_id IS NOT NULL`, eq(conversations.externalId, externalId));
}
