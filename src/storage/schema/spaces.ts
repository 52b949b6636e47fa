import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { ClientSpaceId, ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import type { SpaceCode } from "../../domain/spaces/invitation.ts";
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
    /** another one after each change of what channels rely on: who the members are */
    version: integer().notNull(),
    createdAt: integer("created_at").notNull(),
    dissolvedAt: integer("dissolved_at"),
  },
  (table) => [
    index("spaces_owner").on(table.ownerId),
    uniqueIndex("spaces_client_space").on(table.creatorId, table.clientSpaceId),
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
  },
  (table) => [
    primaryKey({ columns: [table.spaceId, table.userId] }),
    index("space_members_user").on(table.userId),
    index("space_members_joined").on(table.spaceId, table.joinedAt, table.userId),
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
  },
  (table) => [
    index("space_invitations_space").on(table.spaceId, table.createdAt),
    index("space_invitations_maker").on(table.createdBy, table.spaceId),
  ],
);
