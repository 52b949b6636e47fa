import { ownConversationId, ownFileId } from "../../domain/data/own-ids.ts";
import type { PortableMember, PortableRead } from "../../domain/data/portable-message.ts";
import type {
  ConversationFields,
  FileRecord,
  MemberRecord,
  ReadRecord,
  UserRecord,
} from "../../domain/data/records.ts";
import { fileKeysIn } from "../../domain/files/file-keys.ts";
import { fileUrl, STORED_ORIGIN } from "../../domain/files/file-origins.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { readMetadata } from "../../domain/server/metadata.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { exportedTime } from "../../domain/time.ts";
import type { ExportedConversation, ExportedFile, findExportedUsers } from "../../storage/data/exported.ts";
import type { Refs } from "./refs.ts";

export type ExportedUser = Awaited<ReturnType<typeof findExportedUsers>>[number];

const SHA256 = /^[0-9a-f]{64}$/;

/** What a user's record says of others. */
interface Relations {
  friends: ExternalId[];
  blocked: ExternalId[];
}

/** A record for the team: who is suspended or in the shadow is told neither of it nor of the reason. */
export function fullUserRecord(user: ExportedUser, refs: Refs, relations: Relations): UserRecord {
  const { suspension } = user;
  return { ...userRecord(user, refs, relations), ...(suspension && { suspension }) };
}

export function userRecord(user: ExportedUser, refs: Refs, { friends, blocked }: Relations): UserRecord {
  const isDeleted = user.deletedAt !== null;
  return {
    external_id: user.externalId,
    ...(!isDeleted && { username: user.username }),
    nickname: user.nickname,
    avatar: avatarOf(user.avatar, refs),
    email: user.email,
    metadata: user.metadata,
    bot: user.bot,
    ...(!isDeleted && { profile: profileOf(user) }),
    created_at: exportedTime(user.createdAt),
    deleted: isDeleted,
    friends,
    blocked,
  };
}

function profileOf(user: ExportedUser) {
  const { gender, birthday, location, language, signature, friendPolicy, whoMayWrite, whoMayAdd } = user;
  const texts = Object.entries({ gender, birthday, location, language, signature });
  return {
    ...Object.fromEntries(texts.filter(([, text]) => text !== "")),
    friend_policy: friendPolicy,
    ...(whoMayWrite !== null && { who_may_write: whoMayWrite }),
    ...(whoMayAdd !== null && { who_may_add: whoMayAdd }),
  };
}

export function conversationRecord(
  { id, externalId, pair, profile, dissolvedAt }: ExportedConversation,
  refs: Refs,
  channel?: Pick<ConversationFields, "space" | "overrides"> & {
    place: Pick<ConversationFields, "category" | "position" | "default">;
  },
): ConversationFields {
  const { ownerId, history } = profile;
  return {
    external_id: externalId ?? ownConversationId(id, profile.createdAt),
    kind: profile.kind,
    created_at: exportedTime(profile.createdAt),
    ...(pair && { users: [refs.user(pair[0]), refs.user(pair[1])] satisfies [ExternalId, ExternalId] }),
    owner: ownerId === null ? null : refs.user(ownerId),
    name: profile.name,
    avatar: avatarOf(profile.avatar, refs),
    introduction: profile.introduction,
    announcement: profile.announcement,
    join_policy: profile.joinPolicy,
    // `space` makes it a channel elsewhere, too.
    policy: profile.policy === "channel" ? "group" : profile.policy,
    handle: profile.handle,
    history: history === null ? null : history ? "all" : "joined",
    leave: profile.mayLeave,
    threads: profile.threads,
    link_previews: profile.linkPreviews,
    mute_all: profile.muteAll,
    viewers: profile.viewers,
    slow_mode_s: profile.slowModeS,
    discoverable: profile.discoverable,
    max_members: profile.maxMembers,
    metadata: readMetadata(profile.metadata),
    custom_fields: profile.customFields,
    dissolved_at: dissolvedAt && exportedTime(dissolvedAt),
    retention_days: profile.retentionDays,
    legal_hold: profile.legalHold,
    space: channel?.space ?? null,
    overrides: channel?.overrides ?? [],
    ...(channel?.place ?? { category: null, default: false }),
  };
}

export function memberRecord(conversation: ExternalId, member: PortableMember, refs: Refs): MemberRecord {
  return {
    conversation,
    user: refs.user(member.userId),
    role: member.role,
    ...(member.joinedAt !== null && { joined_at: exportedTime(member.joinedAt) }),
    state: member.state,
    sees_after: member.seesAfter,
    ...(member.seesFrom !== null && { sees_from: member.seesFrom }),
    sees_until: member.seesUntil,
    ...(member.mutedUntil !== null && {
      muted_until: exportedTime(member.mutedUntil, LIMITS.muteSeconds * 1_000),
    }),
    ...(member.nameCard !== null && { name_card: member.nameCard }),
    ...(member.customFields !== null && { custom_fields: member.customFields }),
  };
}

export function readRecord(conversation: ExternalId, read: PortableRead, refs: Refs): ReadRecord {
  return { conversation, user: refs.user(read.userId), message: read.message, at: exportedTime(read.at) };
}

export function fileRecord(file: ExportedFile, refs: Refs): FileRecord {
  return {
    external_id: file.externalId ?? ownFileId(file.key),
    // Of a file in several parts it is no hash of the bytes.
    ...(SHA256.test(file.sha256) && { sha256: file.sha256 }),
    size: file.size,
    name: file.name,
    content_type: file.contentType,
    uploader: refs.user(file.userId),
    created_at: exportedTime(file.createdAt),
    url: fileUrl(file),
  };
}

/** The users whom records of conversations name. */
export function usersOfConversations(list: readonly ExportedConversation[]): UserId[] {
  return list.flatMap(({ pair, profile }) => [
    ...(pair ?? []),
    ...(profile.ownerId === null ? [] : [profile.ownerId]),
  ]);
}

/** An avatar of this server is a file of the export. */
export function avatarOf(url: string, refs: Refs): string {
  if (!url.startsWith(`${STORED_ORIGIN}/files/`)) return url;
  const [key] = fileKeysIn(url);
  const name = key && refs.file(key);
  return name === undefined ? url : `file:${name}`;
}
