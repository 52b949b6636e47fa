import { and, asc, eq, isNull, or, type SQL, sql } from "drizzle-orm";
import type { Profile } from "../../domain/conversations/conversation.ts";
import { ownUserId } from "../../domain/data/own-ids.ts";
import type { StoredFile } from "../../domain/files/file.ts";
import type { ConversationId, FileKey, UserId } from "../../domain/ids.ts";
import { readMetadata } from "../../domain/server/metadata.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { suspensionOf } from "../accounts/suspension.ts";
import { PROFILE } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import {
  blocks,
  conversations,
  files,
  friends,
  importedFiles,
  importedUsers,
  isFileUrl,
  memberships,
  users,
} from "../schema.ts";

/** Where a list goes on, and how much of it is read. `since`: only what has changed since then (ms). */
interface Range<Id> {
  after: Id;
  limit: number;
  since: number | null;
}

const USER = {
  id: users.id,
  externalId: users.externalId,
  imported: importedUsers.externalId,
  username: users.username,
  nickname: users.nickname,
  avatar: users.avatar,
  email: users.email,
  metadata: sql`${users.metadata}`.mapWith(readMetadata).as("read_metadata"),
  bot: users.bot,
  gender: users.gender,
  birthday: users.birthday,
  location: users.location,
  language: users.language,
  signature: users.signature,
  friendPolicy: users.friendPolicy,
  whoMayWrite: users.whoMayWrite,
  whoMayAdd: users.whoMayAdd,
  createdAt: users.createdAt,
  deletedAt: users.deletedAt,
  suspendedUntil: users.suspendedUntil,
  shadowedUntil: users.shadowedUntil,
  suspensionReason: users.suspensionReason,
};

/** Users by their ids, deleted ones too. @param hasFile only those whose avatar is a file of this server */
export async function listExportedUsers(
  db: Database,
  { after, limit, since }: Range<number>,
  hasFile: boolean,
) {
  const changed =
    since === null
      ? undefined
      : sql`max(${users.updatedAt}, ${users.createdAt}, coalesce(${users.deletedAt}, 0)) >= ${since}`;
  const withFile = hasFile ? isFileUrl("avatar") : undefined;
  return usersWhere(db, and(sql`${users.id} > ${after}`, changed, withFile), limit);
}

/** These users. */
export function findExportedUsers(db: Database, ids: UserId[]) {
  return usersWhere(db, isAmong(users.id, ids), ids.length);
}

async function usersWhere(db: Database, condition: SQL | undefined, limit: number) {
  const rows = await queryD1(
    db
      .select(USER)
      .from(users)
      .leftJoin(importedUsers, eq(importedUsers.userId, users.id))
      .where(condition)
      .orderBy(asc(users.id))
      .limit(limit),
  );
  const now = Date.now();
  return rows.map(({ externalId, imported, ...user }) => ({
    ...user,
    suspension: suspensionOf(user, now),
    externalId: externalId ?? imported ?? ownUserId(user.id, user.createdAt),
  }));
}

/** The friends of users, and whom they block: pairs of a user and the other one. */
export async function listRelations(
  db: Database,
  ids: UserId[],
): Promise<{ friends: [UserId, UserId][]; blocked: [UserId, UserId][] }> {
  const [friendships, blockings] = await queryD1(
    db.batch([
      db
        .select({ id: friends.userId, other: friends.friendId })
        .from(friends)
        .where(isAmong(friends.userId, ids))
        .orderBy(friends.userId, friends.friendId),
      db
        .select({ id: blocks.userId, other: blocks.blockedId })
        .from(blocks)
        .where(isAmong(blocks.userId, ids))
        .orderBy(blocks.userId, blocks.blockedId),
    ]),
  );
  return {
    friends: friendships.map(({ id, other }) => [id, other]),
    blocked: blockings.map(({ id, other }) => [id, other]),
  };
}

/** A conversation for a file. */
export interface ExportedConversation {
  id: ConversationId;
  externalId: ExternalId | null;
  /** of a direct conversation */
  pair: [UserId, UserId] | null;
  profile: Profile;
  dissolvedAt: number | null;
}

/** Conversations by their ids, dissolved ones too. */
export async function listExportedConversations(
  db: Database,
  { after, limit, since }: Range<number>,
): Promise<ExportedConversation[]> {
  const changed =
    since === null
      ? undefined
      : sql`max(coalesce(${conversations.changedAt}, 0), ${conversations.createdAt}, coalesce(${conversations.dissolvedAt}, 0)) >= ${since}`;
  return conversationsWhere(db, and(sql`${conversations.id} > ${after}`, changed), limit);
}

/** These conversations. */
export function findExportedConversations(
  db: Database,
  ids: ConversationId[],
): Promise<ExportedConversation[]> {
  return conversationsWhere(db, isAmong(conversations.id, ids), ids.length);
}

/** The ids of the conversations behind an id. */
export async function listConversationIds(db: Database, after: number, limit: number) {
  const { id } = conversations;
  const query = db.select({ id }).from(conversations).where(sql`${id} > ${after}`);
  return (await queryD1(query.orderBy(asc(id)).limit(limit))).map((row) => row.id);
}

async function conversationsWhere(
  db: Database,
  condition: SQL | undefined,
  limit: number,
): Promise<ExportedConversation[]> {
  const rows = await queryD1(
    db
      .select({
        id: conversations.id,
        externalId: conversations.externalId,
        low: conversations.lowUserId,
        high: conversations.highUserId,
        profile: PROFILE,
        dissolvedAt: conversations.dissolvedAt,
      })
      .from(conversations)
      .where(condition)
      .orderBy(asc(conversations.id))
      .limit(limit),
  );
  return rows.map(({ low, high, ...row }) => ({
    ...row,
    pair: low === null || high === null ? null : [low, high],
  }));
}

/** A conversation of a user. */
export interface OwnConversation {
  id: ConversationId;
  hasLeft: boolean;
  /** the name that the group had then; null: it was never changed, or the user is in it */
  leftName: string | null;
  /** the user's own marks, a bit each, and groups of conversations */
  marks: number;
  groups: string[];
}

/** The conversations in which a user is or was a member, by their ids. */
export async function listOwnConversations(
  db: Database,
  userId: UserId,
  after: number,
  limit: number,
): Promise<OwnConversation[]> {
  const { conversationId: id, state, leftName, marks, groups } = memberships;
  const isOwn = and(
    eq(memberships.userId, userId),
    sql`${id} > ${after}`,
    or(eq(state, "active"), sql`${memberships.version} > 0`),
  );
  const query = db.select({ id, state, leftName, marks, groups }).from(memberships).where(isOwn);
  const rows = await queryD1(query.orderBy(asc(id)).limit(limit));
  return rows.map(({ state: now, ...row }) => ({ ...row, hasLeft: now === "left" }));
}

/** What a user calls their friends, and how they group them; without friends of whom they note nothing. */
export async function listFriendNotes(
  db: Database,
  userId: UserId,
): Promise<{ user: UserId; remark: string; groups: string[] }[]> {
  const { friendId: user, remark, groups } = friends;
  const isNoted = or(sql`${remark} <> ''`, sql`${groups} <> '[]'`);
  return queryD1(
    db
      .select({ user, remark, groups })
      .from(friends)
      .where(and(eq(friends.userId, userId), isNoted))
      .orderBy(user),
  );
}

const FILE = {
  key: files.key,
  userId: files.userId,
  name: files.name,
  size: files.size,
  contentType: files.contentType,
  sha256: files.sha256,
  createdAt: files.createdAt,
  externalId: importedFiles.externalId,
};

/** A file as an export names it. */
export type ExportedFile = Pick<
  StoredFile,
  "key" | "userId" | "name" | "size" | "contentType" | "sha256" | "createdAt"
> & { externalId: ExternalId | null };

/** The files by their keys, without those that are about to expire. */
export function listExportedFiles(
  db: Database,
  { after, limit, since }: Range<string>,
): Promise<ExportedFile[]> {
  const changed = since === null ? undefined : sql`${files.createdAt} >= ${since}`;
  return filesWhere(db, and(sql`${files.key} > ${after}`, isNull(files.expiresAt), changed), limit);
}

/** These files. */
export function findExportedFiles(db: Database, keys: FileKey[]): Promise<ExportedFile[]> {
  return filesWhere(db, isAmong(files.key, keys), keys.length);
}

/** The files of one user by their keys. */
export function listOwnFiles(
  db: Database,
  userId: UserId,
  after: string,
  limit: number,
): Promise<ExportedFile[]> {
  return filesWhere(db, and(sql`${files.key} > ${after}`, eq(files.userId, userId)), limit);
}

function filesWhere(db: Database, condition: SQL | undefined, limit: number): Promise<ExportedFile[]> {
  return queryD1(
    db
      .select(FILE)
      .from(files)
      .leftJoin(importedFiles, eq(importedFiles.key, files.key))
      .where(condition)
      .orderBy(asc(files.key))
      .limit(limit),
  );
}
