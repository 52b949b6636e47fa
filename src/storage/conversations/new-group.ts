import { type SQL, sql } from "drizzle-orm";
import type { Profile } from "../../domain/conversations/conversation.ts";
import type { Role } from "../../domain/conversations/group-kind.ts";
import type { CustomFields } from "../../domain/custom-fields.ts";
import type { CategoryId, ClientGroupId, ConversationCode, UserId } from "../../domain/ids.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { requestMembersQuery } from "../contacts/message-requests.ts";
import { allFriends, allLive, noneBlocked } from "../contacts/pair-conditions.ts";
import type { Database } from "../database.ts";
import { conversations, memberships } from "../schema.ts";

/** The fields of a new group. */
export interface NewGroup
  extends Omit<
    Profile,
    "kind" | "threads" | "linkPreviews" | "version" | "changedAt" | "ownerId" | "spaceId"
  > {
  ownerId: UserId;
  /** the id of the creation; null: it has none */
  clientGroupId: ClientGroupId | null;
  /** a unique code that no other conversation has */
  code: ConversationCode;
  /** includes the owner */
  members: { userId: UserId; role: Role; customFields: CustomFields }[];
  /** users who want to be asked before they come into it */
  asked: UserId[];
  /** the backend's id of the group; null: it has none */
  externalId: ExternalId | null;
  /**
   * what the group is created for alone: members of whom none blocks the owner, or whom the owner is friends
   * with too; `anybody`: a team's backend decides
   */
  among: "anybody" | "unblocked" | "friends";
}

/** Where a new group stands as a channel of a space. */
export interface ChannelPlace {
  /** the id of the space */
  space: SQL;
  position: SQL;
  categoryId: CategoryId | null;
  isDefault: boolean;
}

const NO_CHANNEL: ChannelPlace = {
  space: sql`NULL`,
  position: sql`0`,
  categoryId: null,
  isDefault: false,
};

/**
 * The statements that create a group, of which the first one returns its id. They belong into one batch.
 * @param place where it stands, if it is a channel
 * @param condition which must hold, too
 */
export function groupQueries(
  db: Database,
  group: NewGroup,
  place: ChannelPlace = NO_CHANNEL,
  condition = sql`TRUE`,
) {
  const { name, avatar, introduction, announcement, joinPolicy, policy, ownerId, createdAt } = group;
  const { code, handle, maxMembers, customFields, discoverable, members, clientGroupId } = group;
  const { externalId, metadata, history, mayLeave, retentionDays, legalHold, among, asked } = group;
  const { slowModeS, muteAll, viewers } = group;
  const creatorId = clientGroupId === null ? null : ownerId;
  const memberIds = members.map(({ userId }) => userId);
  const live = allLive(memberIds);
  const permitted = among === "anybody" ? live : sql`${live} AND ${noneBlocked(ownerId, memberIds)}`;
  const allowed = among === "friends" ? sql`${permitted} AND ${allFriends(ownerId, memberIds)}` : permitted;
  const isFirst = sql`NOT EXISTS (SELECT 1 FROM conversations
    WHERE creator_id = ${creatorId} AND client_group_id = ${clientGroupId})
    AND NOT EXISTS (SELECT 1 FROM conversations WHERE external_id IS NOT NULL AND external_id = ${externalId})`;
  const rows = members.map(({ userId, role, customFields }) => [userId, role, JSON.stringify(customFields)]);
  return [
    db
      .insert(conversations)
      .select(
        sql`SELECT NULL, 'group', NULL, NULL, ${name}, ${avatar}, ${introduction}, ${announcement}, ${joinPolicy},
            ${ownerId}, ${createdAt}, ${policy}, 0, 0, NULL, ${code}, ${handle}, ${Number(muteAll)}, ${maxMembers},
            ${JSON.stringify(customFields)}, NULL, ${discoverable}, 0, ${clientGroupId}, ${creatorId}, 1,
            ${externalId}, ${metadata}, ${history === null ? null : Number(history)}, ${Number(mayLeave)},
            ${retentionDays}, ${Number(legalHold)}, ${slowModeS}, 1, ${viewers}, ${place.space},
            ${place.categoryId}, ${place.position}, ${Number(place.isDefault)}
            WHERE ${allowed} AND ${isFirst} AND ${condition}`,
      )
      .onConflictDoNothing({ target: conversations.handle })
      .returning({ id: conversations.id }),
    db.insert(memberships).select(
      sql`SELECT c.id, json_extract(m.value, '$[0]'), json_extract(m.value, '$[1]'), 'active', 0, ${createdAt},
            0, 0, 0, NULL, NULL, json_extract(m.value, '$[2]'), NULL, 0, NULL, NULL, 0, '[]'
          FROM conversations c, json_each(${JSON.stringify(rows)}) m WHERE c.code = ${code}`,
    ),
    ...(asked.length === 0
      ? []
      : [requestMembersQuery(db, sql`c.code = ${code}`, { fromId: ownerId, userIds: asked, createdAt })]),
  ] as const;
}
