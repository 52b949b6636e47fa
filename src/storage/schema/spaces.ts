import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { CategoryId, ClientSpaceId, ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import type { MetadataJson } from "../../domain/server/metadata.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import type { AuditFields, SpaceAction } from "../../domain/spaces/audit.ts";
import type { SpaceCode } from "../../domain/spaces/invitation.ts";
import { FIRST_RIGHTS, type PermissionBits } from "../../domain/spaces/permission.ts";
import type { RoleColor, RoleId } from "../../domain/spaces/role.ts";
import { userRef } from "./accounts.ts";
import { isFileUrl, keyInUrl } from "./file-urls.ts";

/** A version that no state of a space has had, also where D1 was set back to an earlier time. */
export const NEW_VERSION = sql`random() & 9007199254740991`;

/** The spaces. D1 is their authority: channels ask for what they rely on, and until when. */
export const spaces = sqliteTable(
  "spaces",
  {
    id: integer().primaryKey({ autoIncrement: true }).$type<SpaceId>(),
    name: text().notNull(),
    avatar: text().notNull().default(""),
    description: text().notNull().default(""),
    ownerId: userRef("owner_id"),
    /** who has created it, and with which client space id; null: without one */
    creatorId: integer("creator_id").$type<UserId>(),
    clientSpaceId: text("client_space_id").notNull().$type<ClientSpaceId>(),
    memberCount: integer("member_count").notNull(),
    /** another one after each change of what channels rely on: who the members are, and what they may do */
    version: integer().notNull(),
    createdAt: integer("created_at").notNull(),
    dissolvedAt: integer("dissolved_at"),
    /** what every member may do */
    everyone: integer().notNull().default(FIRST_RIGHTS).$type<PermissionBits>(),
    /** the id that the team's backend or an import has for it; null: none. It is never given twice. */
    externalId: text("external_id").$type<ExternalId>(),
    /** whether the directory shows it, and anybody may join it */
    discoverable: integer({ mode: "boolean" }).notNull().default(false),
    metadata: text().notNull().default("").$type<MetadataJson>(),
    /** seconds between two messages of a member in channels without a slow mode of their own; 0: off */
    slowModeS: integer("slow_mode_s").notNull().default(0),
  },
  (table) => [
    index("spaces_owner").on(table.ownerId),
    index("spaces_discoverable").on(table.id).where(sql`discoverable`),
    uniqueIndex("spaces_client_space").on(table.creatorId, table.clientSpaceId),
    uniqueIndex("spaces_external_id").on(table.externalId).where(sql`external_id IS NOT NULL`),
    index("spaces_avatar_file").on(keyInUrl("avatar")).where(isFileUrl("avatar")),
  ],
);

/** Who is in which space. Who leaves has no row. */
export const spaceMembers = sqliteTable(
  "space_members",
  {
    spaceId: integer("space_id")
      .notNull()
      .references(() => spaces.id)
      .$type<SpaceId>(),
    userId: userRef("user_id"),
    joinedAt: integer("joined_at").notNull(),
    nameCard: text("name_card").notNull().default(""),
    /** where the member has put the space in their list, from 0 on; null: nowhere, it stands before others */
    position: integer(),
    /** until when the member has muted the space (ms since 1970), or had; 0: not, -1: for ever */
    notificationsMutedUntil: integer("notifications_muted_until").notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.spaceId, table.userId] }),
    index("space_members_user").on(table.userId),
    index("space_members_joined").on(table.spaceId, table.joinedAt, table.userId),
  ],
);

/** What a new row of `space_members` has behind `joined_at`. */
export const NEW_SPACE_MEMBER = sql`'', NULL, 0`;

/** Who has left a space or was removed, at some time: an import does not bring them back. */
export const formerSpaceMembers = sqliteTable(
  "former_space_members",
  {
    spaceId: integer("space_id").notNull().$type<SpaceId>(),
    userId: integer("user_id").notNull().$type<UserId>(),
  },
  (table) => [
    primaryKey({ columns: [table.spaceId, table.userId] }),
    index("former_space_members_user").on(table.userId),
  ],
);

/** Who may not write in a space, and until when (ms since 1970): also who has left, and may come back. */
export const spaceMutes = sqliteTable(
  "space_mutes",
  {
    spaceId: integer("space_id").notNull().$type<SpaceId>(),
    userId: integer("user_id").notNull().$type<UserId>(),
    until: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.spaceId, table.userId] }),
    index("space_mutes_user").on(table.userId),
  ],
);

/** The roles of spaces, without `everyone`. */
export const spaceRoles = sqliteTable(
  "space_roles",
  {
    /** never given twice: what names a deleted role names nothing */
    id: integer().primaryKey({ autoIncrement: true }).$type<RoleId>(),
    spaceId: integer("space_id")
      .notNull()
      .references(() => spaces.id)
      .$type<SpaceId>(),
    name: text().notNull(),
    color: text().$type<RoleColor>(),
    /** higher is above */
    position: integer().notNull(),
    permissions: integer().notNull().$type<PermissionBits>(),
    /** whether every member may mention it */
    mentionable: integer({ mode: "boolean" }).notNull().default(false),
    /** whether its members are shown apart from others */
    hoist: integer({ mode: "boolean" }).notNull().default(false),
    /** unique in its space: the id that the team's backend has for it, or a random one. Never empty. */
    externalId: text("external_id").notNull().default("").$type<ExternalId>(),
  },
  (table) => [
    index("space_roles_position").on(table.spaceId, table.position),
    uniqueIndex("space_roles_external_id").on(table.spaceId, table.externalId),
  ],
);

/** Who has which role. */
export const spaceMemberRoles = sqliteTable(
  "space_member_roles",
  {
    spaceId: integer("space_id").notNull().$type<SpaceId>(),
    userId: integer("user_id").notNull().$type<UserId>(),
    roleId: integer("role_id")
      .notNull()
      .references(() => spaceRoles.id)
      .$type<RoleId>(),
  },
  (table) => [
    primaryKey({ columns: [table.spaceId, table.userId, table.roleId] }),
    index("space_member_roles_user").on(table.userId),
    index("space_member_roles_role").on(table.roleId, table.userId),
  ],
);

/** What channels change of the rights that members have by their space. */
export const channelOverrides = sqliteTable(
  "channel_overrides",
  {
    conversationId: integer("conversation_id").notNull().$type<ConversationId>(),
    /** of whom: the members with a role, */
    roleId: integer("role_id").$type<RoleId>(),
    /** or one member */
    userId: integer("user_id").$type<UserId>(),
    allow: integer().notNull().$type<PermissionBits>(),
    deny: integer().notNull().$type<PermissionBits>(),
  },
  (table) => [
    uniqueIndex("channel_overrides_role").on(table.conversationId, table.roleId),
    uniqueIndex("channel_overrides_user").on(table.conversationId, table.userId),
    index("channel_overrides_of_role").on(table.roleId),
    index("channel_overrides_of_user").on(table.userId),
  ],
);

/** What channels of a space are shown under. */
export const spaceCategories = sqliteTable(
  "space_categories",
  {
    /** never given twice: what names a deleted category names none */
    id: integer().primaryKey({ autoIncrement: true }).$type<CategoryId>(),
    spaceId: integer("space_id")
      .notNull()
      .references(() => spaces.id)
      .$type<SpaceId>(),
    name: text().notNull(),
    /** a lower one is shown before */
    position: integer().notNull(),
    /** unique in its space: the id that the team's backend has for it, or a random one */
    externalId: text("external_id").$type<ExternalId>(),
  },
  (table) => [
    index("space_categories_position").on(table.spaceId, table.position),
    uniqueIndex("space_categories_external_id").on(table.spaceId, table.externalId),
  ],
);

/** Who may not come into a space. */
export const spaceBans = sqliteTable(
  "space_bans",
  {
    /** counts them up, for pages */
    id: integer().primaryKey({ autoIncrement: true }),
    spaceId: integer("space_id")
      .notNull()
      .references(() => spaces.id)
      .$type<SpaceId>(),
    userId: userRef("user_id"),
    bannedBy: userRef("banned_by"),
    reason: text().notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("space_bans_user").on(table.spaceId, table.userId),
    index("space_bans_of_user").on(table.userId),
  ],
);

/** The channels that rely on what they know of their space, and until when (ms since 1970). */
export const spaceLeases = sqliteTable(
  "space_leases",
  {
    conversationId: integer("conversation_id").primaryKey().$type<ConversationId>(),
    spaceId: integer("space_id").notNull().$type<SpaceId>(),
    until: integer().notNull(),
  },
  (table) => [index("space_leases_space").on(table.spaceId)],
);

/** Codes with which users come into a space. */
export const spaceInvitations = sqliteTable(
  "space_invitations",
  {
    code: text().primaryKey().$type<SpaceCode>(),
    spaceId: integer("space_id")
      .notNull()
      .references(() => spaces.id)
      .$type<SpaceId>(),
    createdBy: userRef("created_by"),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    /** how many users it lets in; null: any number */
    maxUses: integer("max_uses"),
    uses: integer().notNull().default(0),
    /** names the call that has used it last */
    lastUse: text("last_use").notNull().default(""),
    /** what a newcomer gets: roles, and channels that they follow besides the default ones */
    roleIds: text("role_ids", { mode: "json" }).notNull().default([]).$type<RoleId[]>(),
    channelIds: text("channel_ids", { mode: "json" }).notNull().default([]).$type<ConversationId[]>(),
  },
  (table) => [
    index("space_invitations_space").on(table.spaceId, table.createdAt),
    index("space_invitations_maker").on(table.createdBy, table.spaceId),
  ],
);

/** What was done in a space by whom: rows are added, and neither changed nor deleted. */
export const spaceAudit = sqliteTable(
  "space_audit",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    spaceId: integer("space_id").notNull().$type<SpaceId>(),
    at: integer().notNull(),
    by: integer().notNull().$type<UserId>(),
    action: text().notNull().$type<SpaceAction>(),
    /** to whom and to what it was done */
    userId: integer("user_id").$type<UserId>(),
    roleId: integer("role_id").$type<RoleId>(),
    conversationId: integer("conversation_id").$type<ConversationId>(),
    categoryId: integer("category_id").$type<CategoryId>(),
    /** the fields that changed, before and after, as v1 shows them; null: none */
    before: text({ mode: "json" }).$type<AuditFields>(),
    after: text({ mode: "json" }).$type<AuditFields>(),
  },
  (table) => [index("space_audit_space").on(table.spaceId, table.id)],
);
