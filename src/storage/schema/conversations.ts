import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { ConversationKind, MemberState } from "../../domain/conversations/conversation.ts";
import type { JoinPolicy, PolicyName, Role, Viewing } from "../../domain/conversations/group-kind.ts";
import type { CustomFields } from "../../domain/custom-fields.ts";
import type {
  CategoryId,
  ClientGroupId,
  ConversationCode,
  ConversationId,
  Handle,
  SpaceId,
  UserId,
} from "../../domain/ids.ts";
import type { MetadataJson } from "../../domain/server/metadata.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { userRef } from "./accounts.ts";
import { isFileUrl, keyInUrl } from "./file-urls.ts";
import { spaces } from "./spaces.ts";

/**
 * The projection of conversations for lists: what all members share. The Conversation object is the
 * authority.
 */
export const conversations = sqliteTable(
  "conversations",
  {
    id: integer().primaryKey({ autoIncrement: true }).$type<ConversationId>(),
    kind: text().notNull().$type<ConversationKind>(),
    /** the two users of a direct conversation, the lower id first */
    lowUserId: integer("low_user_id").$type<UserId>(),
    highUserId: integer("high_user_id").$type<UserId>(),
    name: text().notNull().default(""),
    avatar: text().notNull().default(""),
    introduction: text().notNull().default(""),
    announcement: text().notNull().default(""),
    joinPolicy: text("join_policy").notNull().default("approval").$type<JoinPolicy>(),
    ownerId: integer("owner_id").$type<UserId>(),
    createdAt: integer("created_at").notNull(),
    /** the group kind, by the name of its policy */
    policy: text().notNull().default("group").$type<PolicyName>(),
    /** a direct conversation in which only friends may write; set at creation, never after */
    friendsOnly: integer("friends_only", { mode: "boolean" }).notNull().default(false),
    /** 0 at creation; a projection of the profile is stored iff its version is higher */
    version: integer().notNull().default(0),
    dissolvedAt: integer("dissolved_at"),
    /** Never null in a stored row: a trigger sets it. */
    code: text().$type<ConversationCode>(),
    /** a group's handle; null: it is addressed by its number. A handle is never given twice. */
    handle: text().$type<Handle>(),
    /** nobody but the owner and admins may write */
    muteAll: integer("mute_all", { mode: "boolean" }).notNull().default(false),
    /** the group's own limit of members, below the limit of its kind; null: the limit of its kind */
    maxMembers: integer("max_members"),
    customFields: text("custom_fields", { mode: "json" }).notNull().default({}).$type<CustomFields>(),
    /** when the profile was last changed; null: never */
    changedAt: integer("changed_at"),
    /** whether strangers find the group; null: as its kind says */
    discoverable: integer({ mode: "boolean" }),
    /** projected from a direct conversation: both users have written */
    answered: integer({ mode: "boolean" }).notNull().default(false),
    /** the client group id of its creation, and who created it; null: it was created without one */
    clientGroupId: text("client_group_id").$type<ClientGroupId>(),
    creatorId: integer("creator_id").$type<UserId>(),
    /** whether members of a group may answer in threads */
    threads: integer({ mode: "boolean" }).notNull().default(true),
    /** the id that the team's backend has for it, set at creation; null: none. It is never given twice. */
    externalId: text("external_id").$type<ExternalId>(),
    metadata: text().notNull().default("").$type<MetadataJson>(),
    /** whether new members see what was before they came; null: as its kind says */
    history: integer({ mode: "boolean" }),
    mayLeave: integer("may_leave", { mode: "boolean" }).notNull().default(true),
    /** days after which a message expires; 0: never; null: as the deployment says */
    retentionDays: integer("retention_days"),
    /** nothing expires meanwhile */
    legalHold: integer("legal_hold", { mode: "boolean" }).notNull().default(false),
    /** seconds between two messages of a plain member; 0: slow mode is off */
    slowModeS: integer("slow_mode_s").notNull().default(0),
    /** whether messages of a group show previews of what they link to */
    linkPreviews: integer("link_previews", { mode: "boolean" }).notNull().default(true),
    /** what users may do who look and are no members */
    viewers: text().notNull().default("none").$type<Viewing>(),
    /** the space of which it is a channel; null: none */
    spaceId: integer("space_id")
      .references(() => spaces.id)
      .$type<SpaceId>(),
    /** the category of a channel; null: none, or it is deleted */
    categoryId: integer("category_id").$type<CategoryId>(),
    /** where a channel stands in its space: a lower one is shown before */
    position: integer().notNull().default(0),
    /** whether who comes into the space follows the channel */
    isDefault: integer("is_default", { mode: "boolean" }).notNull().default(false),
  },
  (table) => [
    uniqueIndex("conversations_pair").on(table.lowUserId, table.highUserId),
    uniqueIndex("conversations_code").on(table.code),
    uniqueIndex("conversations_handle").on(table.handle),
    index("conversations_owner").on(table.ownerId),
    index("conversations_space").on(table.spaceId).where(sql`space_id IS NOT NULL`),
    uniqueIndex("conversations_client_group")
      .on(table.creatorId, table.clientGroupId)
      .where(sql`client_group_id IS NOT NULL`),
    uniqueIndex("conversations_external_id").on(table.externalId).where(sql`external_id IS NOT NULL`),
    index("conversations_avatar_file").on(keyInUrl("avatar")).where(isFileUrl("avatar")),
    check("conversations_kind", sql`${table.kind} = 'group' OR ${table.lowUserId} < ${table.highUserId}`),
  ],
);

/** At most one row: how far the conversations were told of `RETENTION_DAYS`, after it has changed. */
export const retentionRound = sqliteTable("retention_round", {
  id: integer().primaryKey(),
  days: integer().notNull(),
  /** behind which conversation it goes on; null: all are told */
  after: integer(),
});

/**
 * Members and known users, projected from the Conversation object by `version`. The flags `pinned`, `silent`
 * and `validation`, the mute and the archive are the member's own, and D1 is their authority.
 */
export const memberships = sqliteTable(
  "memberships",
  {
    conversationId: integer("conversation_id")
      .notNull()
      .references(() => conversations.id)
      .$type<ConversationId>(),
    userId: userRef("user_id"),
    role: text().notNull().$type<Role>(),
    state: text().notNull().$type<MemberState>(),
    /** 0 at creation; a projection is stored iff its version is higher */
    version: integer().notNull().default(0),
    joinedAt: integer("joined_at").notNull(),
    pinned: integer({ mode: "boolean" }).notNull().default(false),
    silent: integer({ mode: "boolean" }).notNull().default(false),
    validation: integer({ mode: "boolean" }).notNull().default(false),
    /** the group's name and avatar when the member left; without meaning while the member is in it */
    leftName: text("left_name"),
    leftAvatar: text("left_avatar"),
    /** the custom fields of a first member at creation; the object has the current ones */
    customFields: text("custom_fields", { mode: "json" }).notNull().default({}).$type<CustomFields>(),
    /** projected: when the user made the join request that is open (ms since 1970); null: none is open */
    requestedAt: integer("requested_at"),
    /** the version of `requested_at`: it is replaced iff the projected one is higher */
    requestVersion: integer("request_version").notNull().default(0),
    /** while `silent` is set: until when (ms since 1970); null or -1: for ever */
    mutedUntil: integer("muted_until"),
    /** the countable messages as the member archived the conversation; null: it is not archived */
    archivedCount: integer("archived_count"),
    /** the marks that the member has put on the conversation: a bit each */
    marks: integer().notNull().default(0),
    /** the names of the member's groups of conversations that it is in */
    groups: text("group_names", { mode: "json" }).notNull().default([]).$type<string[]>(),
  },
  (table) => [
    primaryKey({ columns: [table.conversationId, table.userId] }),
    index("memberships_user").on(table.userId),
    index("memberships_requests")
      .on(table.userId, table.requestedAt, table.conversationId)
      .where(sql`requested_at IS NOT NULL`),
    index("memberships_avatar_file").on(keyInUrl("left_avatar")).where(isFileUrl("left_avatar")),
  ],
);
