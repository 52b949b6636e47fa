import { and, asc, eq, type SQL, sql } from "drizzle-orm";
import type { ConversationKind } from "../../domain/conversations/conversation.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { ConversationRef } from "../../domain/server/conversation-ref.ts";
import type { ServerConversation } from "../../domain/server/server-conversation.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { PROFILE } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations } from "../schema.ts";

/** What a backend's ref names. */
export interface NamedConversation {
  id: ConversationId;
  kind: ConversationKind;
  externalId: ExternalId | null;
}

/** The conversation that a backend names, dissolved ones included; null: there is none. */
export async function findNamedConversation(
  db: Database,
  ref: ConversationRef,
): Promise<NamedConversation | null> {
  const { id, kind, externalId } = conversations;
  const query = db.select({ id, kind, externalId }).from(conversations);
  const [found] = await queryD1(query.where("id" in ref ? eq(id, ref.id) : hasExternalId(ref.externalId)));
  return found ?? null;
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
