import { z } from "zod";
import { deletedUser } from "../../domain/accounts/person.ts";
import type { User } from "../../domain/accounts/user.ts";
import type { Conversation, Membership } from "../../domain/conversations/conversation.ts";
import type { JoinPolicy, Role, Viewing } from "../../domain/conversations/group-kind.ts";
import type { GroupOutline } from "../../domain/conversations/group-outline.ts";
import type { JoinRequest, JoinState, OwnJoinRequest } from "../../domain/conversations/join-request.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import type { CustomFields } from "../../domain/custom-fields.ts";
import { CoreError, noUser, nullIfNotFound } from "../../domain/errors.ts";
import { ConversationId, type SpaceId, UserId } from "../../domain/ids.ts";
import { textsIn } from "../../domain/moderation/rules/shown.ts";
import { type Metadata, writeMetadata } from "../../domain/server/metadata.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { findLiveUsers, findUsersWithDeleted } from "../../storage/accounts/users.ts";
import { requestMembers } from "../../storage/contacts/message-requests.ts";
import { findMembersAmong } from "../../storage/conversations/members.ts";
import {
  mayAskToJoin,
  listOwnJoinRequests as ownRequests,
} from "../../storage/conversations/own-requests.ts";
import { noteChannel, noteChannelEnd } from "../../storage/spaces/audit.ts";
import { noteOf } from "../../storage/spaces/audit-notes.ts";
import { accountDeleted } from "../accounts/users.ts";
import { requireNoBlocks } from "../contacts/blocks.ts";
import { askingFirst, tellAllAsked } from "../contacts/message-requests.ts";
import type { Core } from "../context.ts";
import { getConversation } from "../conversations/conversations.ts";
import { requireAllowed, requireOutOfShadow } from "../moderation/shown-texts.ts";
import { requireNoStrangers } from "../policies.ts";
import { counted } from "../quotas.ts";
import { tellOnlineMembers } from "../spaces/tell-devices.ts";

/** A member as others see them. */
export interface GroupMember extends Omit<Membership, "userId"> {
  user: User;
}

/** A change of a member; absent fields are unchanged. */
export interface MemberChange {
  role?: "admin" | "member" | undefined;
  /** seconds from now; 0 ends a mute */
  mutedForS?: number | undefined;
  nameCard?: string | undefined;
  customFields?: CustomFields | undefined;
}

const MemberPosition = z.tuple([z.int(), UserId]);
const JoinRequestPosition = z.tuple([z.int()]);

/**
 * Changes a group's profile; absent fields are unchanged.
 * @throws `not_found`, `forbidden`; `refused` for a text that rules refuse
 */
export async function editGroup(
  core: Core,
  caller: UserId,
  id: ConversationId,
  change: {
    name?: string | undefined;
    avatar?: string | undefined;
    introduction?: string | undefined;
    announcement?: string | undefined;
    joinPolicy?: JoinPolicy | undefined;
    discoverable?: boolean | undefined;
    threads?: boolean | undefined;
    linkPreviews?: boolean | undefined;
    metadata?: Metadata | undefined;
    muteAll?: boolean | undefined;
    slowModeS?: number | undefined;
    audience?: boolean | undefined;
    viewers?: Exclude<Viewing, "none"> | undefined;
    customFields?: CustomFields | undefined;
  },
): Promise<Conversation> {
  const { metadata, name, introduction } = change;
  await requireEditable(core, caller, id, change);
  const stored = {
    ...core.fileOrigins.withStoredAvatar(change),
    metadata: metadata && writeMetadata(metadata),
  };
  const fields = Object.fromEntries(Object.entries(stored).filter(([, value]) => value !== undefined));
  const isOther = await core.conversations.edit(id, { userId: caller, change: fields });
  const conversation = await getConversation(core, caller, id);
  const { spaceId } = conversation;
  if (spaceId === null) return conversation;
  if (isOther.name || isOther.introduction) {
    const after = {
      ...(isOther.name && name !== undefined && { name }),
      ...(isOther.introduction && introduction !== undefined && { topic: introduction }),
    };
    await noteChannel(core.db, spaceId, noteOf(caller, "channel_changed", { conversationId: id, after }));
    tellOnlineMembers(core, spaceId);
  }
  return conversation;
}

/** Requires that the texts of a change of a group may be shown. @throws `refused`, `forbidden` */
export async function requireEditable(
  core: Core,
  caller: UserId,
  id: ConversationId,
  { name, introduction, announcement, customFields = {} }: GroupTexts,
): Promise<void> {
  await requireOutOfShadow(core, caller);
  const groupTexts = { group_name: name, group_text: [introduction, announcement] };
  await requireAllowed(core, { ...groupTexts, group_data: textsIn(customFields) }, id);
}

/** What of a change of a group others read. */
interface GroupTexts {
  name?: string | undefined;
  introduction?: string | undefined;
  announcement?: string | undefined;
  customFields?: CustomFields | undefined;
}

/**
 * The members in the order in which they joined.
 * @param query `text`: only those with a name that contains it, as people read it; `role`: only those who
 *   have it
 * @throws `not_found` unless the caller is a member
 */
export async function listMembers(
  core: Core,
  caller: UserId,
  id: ConversationId,
  { limit, cursor, text, role }: PageQuery & { text?: string | undefined; role?: Role | undefined },
): Promise<Page<GroupMember>> {
  const position = cursor === undefined ? undefined : readCursor(MemberPosition, cursor);
  const range = {
    userId: caller,
    limit: limit + 1,
    ...(position && { after: { joinedAt: position[0], userId: position[1] } }),
    ...(role && { role }),
  };
  const { conversations } = core;
  const found = await (text === undefined
    ? conversations.members(id, range)
    : conversations.searchMembers(id, { ...range, text }));
  const { items, nextCursor } = pageOf(found, limit, ({ joinedAt, userId }) => [joinedAt, userId]);
  return { items: await withCurrentProfiles(core, caller, items), nextCursor };
}

/**
 * Adds users to a group; users who are members already are unchanged. Who wants to be asked first gets a
 * message request.
 * @returns the memberships of all of them but those who are asked
 * @throws `not_found` (also for an unknown user), `blocked`, `forbidden`, `group_full`, `quota` for more than
 *   the caller may add today; nobody is added then
 */
export async function addMembers(
  core: Core,
  caller: UserId,
  id: ConversationId,
  userIds: UserId[],
): Promise<{ members: GroupMember[]; asked: UserId[] }> {
  // First of all: a non-member gets `not_found` and learns nothing of the users.
  await core.conversations.describe(id, { userId: caller });
  const people = await findLiveUsers(core.db, userIds);
  const known = new Set(people.map((person) => person.id));
  const unknown = userIds.find((userId) => !known.has(userId));
  if (unknown !== undefined) throw noUser(unknown);
  await requireNoStrangers(core, caller, userIds);
  await requireNoBlocks(core, caller, userIds);
  const asked = await askingFirst(core, caller, id, userIds);
  const willing = people.filter((person) => !asked.includes(person.id));
  const added = await countedMembers(core, caller, id, userIds, () =>
    // The object checks that the caller may add somebody, also if all are asked.
    core.conversations.add(id, { userId: caller, people: willing }),
  );
  if (asked.length > 0) await askMembers(core, caller, id, asked);
  return { members: await withCurrentProfiles(core, caller, added), asked };
}

/**
 * Adds users to a group, or asks them, as far as the caller may do so today. Members cost nothing.
 * @throws `quota` for more, `refused` from the shadow: then nothing is done; whatever `work` throws
 */
export async function countedMembers<T>(
  core: Core,
  caller: UserId,
  id: ConversationId,
  userIds: UserId[],
  work: () => Promise<T>,
): Promise<T> {
  await requireOutOfShadow(core, caller);
  const members = core.settings.quotas.members === null ? [] : await newTo(core, id, userIds);
  return counted(core, caller, { members: members.map((userId) => `${id} ${userId}`) }, work);
}

/** Asks users whether they come into a group. */
export async function askMembers(
  core: Core,
  caller: UserId,
  id: ConversationId,
  userIds: UserId[],
): Promise<void> {
  await requestMembers(core.db, id, { fromId: caller, userIds, createdAt: Date.now() });
  tellAllAsked(core, userIds, { conversationId: id, fromId: caller });
}

/** Those of these users who are not in the group. */
async function newTo(core: Core, id: ConversationId, userIds: UserId[]): Promise<UserId[]> {
  const members = new Set(await findMembersAmong(core.db, id, userIds));
  return userIds.filter((userId) => !members.has(userId));
}

/**
 * Joins a group, or sends a join request.
 * @throws `not_found` if the group is closed, `group_full`, `quota` for one more request than the caller may
 *   make today
 */
export async function joinGroup(
  core: Core,
  caller: UserId,
  id: ConversationId,
  message: string,
): Promise<JoinState> {
  const [person] = await findLiveUsers(core.db, [caller]);
  if (!person) throw accountDeleted();
  if (message) await requireOutOfShadow(core, caller);
  await requireAllowed(core, { request: message }, id);
  const isCounted = core.settings.quotas.requests !== null && (await mayAskToJoin(core.db, caller, id));
  const { state } = await counted(core, caller, isCounted ? { requests: [`group ${id}`] } : {}, () =>
    core.conversations.join(id, { person, message }),
  );
  if (state === "gone") throw accountDeleted();
  return state;
}

/**
 * Removes a member from a group; the caller themself leaves.
 * @throws `not_found`, `forbidden`, `conflict` for an owner who has to hand over the group first
 */
export async function removeMember(
  core: Core,
  caller: UserId,
  id: ConversationId,
  userId: UserId,
): Promise<void> {
  if (userId === caller) await core.conversations.leave(id, { userId });
  else await removeMembers(core, caller, id, [userId]);
}

/**
 * Removes members from a group, all of them or none.
 * @param reason goes to them with the notification
 * @throws `not_found` also for a target who is no member, `forbidden` also for the caller themself
 */
export async function removeMembers(
  core: Core,
  caller: UserId,
  id: ConversationId,
  targetIds: UserId[],
  reason = "",
): Promise<void> {
  await requireAllowed(core, { reason }, id);
  await core.conversations.remove(id, { userId: caller, targetIds, reason });
  for (const user of targetIds)
    core.securityLog.record("member_removed", { user, by: caller, conversation: id });
}

/**
 * Removes the members among these users from a group: all of them or none, in one change of the group.
 * @returns whom it has removed; a repeat removes nobody
 * @throws `not_found` unless the caller is a member; `forbidden` also for a member whom the caller may not
 *   remove, and for the caller themself
 */
export async function removeMembersAmong(
  core: Core,
  caller: UserId,
  id: ConversationId,
  userIds: UserId[],
): Promise<UserId[]> {
  const removed = await core.conversations.removeAmong(id, { userId: caller, targetIds: userIds });
  for (const user of removed)
    core.securityLog.record("member_removed", { user, by: caller, conversation: id });
  return removed;
}

/**
 * Changes a member; custom fields that `change` does not name are unchanged.
 * @throws `not_found`, `forbidden`
 */
export async function changeMember(
  core: Core,
  caller: UserId,
  id: ConversationId,
  userId: UserId,
  change: MemberChange,
): Promise<GroupMember> {
  const { nameCard, customFields = {} } = change;
  if (nameCard || change.customFields) await requireOutOfShadow(core, caller);
  await requireAllowed(core, { name_card: nameCard, group_data: textsIn(customFields) }, id);
  const fields = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const found = await core.conversations.changeMember(id, {
    userId: caller,
    targetId: userId,
    change: fields,
  });
  const { role } = change;
  if (role) core.securityLog.record("role_changed", { user: userId, by: caller, conversation: id, role });
  const [member] = await withCurrentProfiles(core, caller, found);
  if (!member) throw new CoreError("not_found", `There is no member ${userId} in this group.`);
  return member;
}

/** Makes another member the owner; the caller becomes a plain member. @throws `not_found`, `forbidden` */
export async function handOver(
  core: Core,
  caller: UserId,
  id: ConversationId,
  successorId: UserId,
): Promise<Conversation> {
  await core.conversations.handOver(id, { userId: caller, successorId });
  core.securityLog.record("ownership_changed", { user: successorId, by: caller, conversation: id });
  return getConversation(core, caller, id);
}

/** Dissolves a group for everybody. @throws `not_found`, `forbidden` unless the caller owns it */
export async function dissolveGroup(core: Core, caller: UserId, id: ConversationId): Promise<void> {
  const spaceId = await dissolveUntold(core, caller, id);
  if (spaceId !== null) tellOnlineMembers(core, spaceId);
}

/**
 * The same for one of many channels: the members of its space are told once, of all.
 * @returns the space of a channel; null: it is none
 */
export async function dissolveUntold(
  core: Core,
  caller: UserId,
  id: ConversationId,
): Promise<SpaceId | null> {
  await core.conversations.dissolve(id, { userId: caller });
  core.securityLog.record("group_dissolved", { user: null, by: caller, conversation: id });
  const note = noteOf(caller, "channel_deleted");
  return noteChannelEnd(core.db, id, note).catch((error: unknown) => {
    // It is dissolved all the same.
    log("warn", "audit_not_noted", { conversation: id, ...errorFields(error) });
    return null;
  });
}

/** The pending join requests, the oldest first. @throws `not_found`, `forbidden` */
export async function listJoinRequests(
  core: Core,
  caller: UserId,
  id: ConversationId,
  { limit, cursor }: PageQuery,
): Promise<Page<JoinRequest>> {
  const [after] = cursor === undefined ? [0] : readCursor(JoinRequestPosition, cursor);
  const found = await core.conversations.joinRequests(id, { userId: caller, limit: limit + 1, after });
  const page = pageOf(found, limit, (request) => [request.id]);
  const requesterIds = page.items.map(({ user_id }) => user_id);
  const userOf = usersById(await findUsersWithDeleted(core.db, requesterIds, caller));
  const items = page.items.map((row) => ({
    id: row.id,
    user: userOf(row.user_id),
    message: row.message,
    createdAt: row.created_at,
  }));
  return { items, nextCursor: page.nextCursor };
}

/**
 * Accepts or rejects a join request.
 * @param decision `message`: a text for the user; `credential`: the caller's data from the notification of
 *   the request
 * @throws `not_found`, `forbidden`, `validation_failed` if `credential` does not match the request,
 *   `already_handled`, `group_full`
 */
export async function decideJoinRequest(
  core: Core,
  caller: UserId,
  id: ConversationId,
  decision: {
    joinRequestId: number;
    accept: boolean;
    message?: string | undefined;
    credential?: { userId: UserId; authentication: string };
  },
): Promise<void> {
  const { joinRequestId, accept, message = "", credential } = decision;
  await requireAllowed(core, { reason: message }, id);
  const input = { joinRequestId, accept, message, ...(credential && { credential }) };
  await core.conversations.decideJoinRequest(id, { userId: caller, ...input });
}

/** Adds the current profiles to memberships, as the caller sees them: one query. */
export async function withCurrentProfiles(
  core: Core,
  caller: UserId,
  memberships: Membership[],
): Promise<GroupMember[]> {
  const ids = memberships.map(({ userId }) => userId);
  return withUsers(memberships, await findUsersWithDeleted(core.db, ids, caller));
}

/** Adds users to memberships; unknown users appear as deleted. */
export function withUsers(memberships: Membership[], users: User[]): GroupMember[] {
  const userOf = usersById(users);
  return memberships.map(({ userId, ...membership }) => ({ user: userOf(userId), ...membership }));
}

/** Gives each of these users by their id; of an unknown one, what is shown of a deleted user. */
export function usersById(users: User[]): (id: UserId) => User {
  const known = new Map(users.map((user) => [user.id, user]));
  return (id) => known.get(id) ?? { ...deletedUser(id), online: false };
}

/**
 * Deletes a conversation: a direct conversation for the caller only, a group for everybody.
 * @throws `not_found` unless the caller is a member, `forbidden` for a group that the caller may not dissolve
 */
export async function deleteConversation(core: Core, caller: UserId, id: ConversationId): Promise<void> {
  const { profile } = await core.conversations.describe(id, { userId: caller });
  if (profile.kind === "group") await dissolveGroup(core, caller, id);
  else await core.conversations.deleteForMe(id, { userId: caller });
}

/** A group as users see it who are not in it, with the profile of its owner. */
export interface OutlineWithOwner extends GroupOutline {
  owner: User | null;
}

/**
 * A group as the caller finds it by its number, before they join it.
 * @throws `not_found` for strangers unless it is discoverable, and for a banned user: the same as for a group
 *   that does not exist
 */
export async function lookAtGroup(core: Core, caller: UserId, id: ConversationId): Promise<OutlineWithOwner> {
  const outline = await core.conversations.outline(id, { userId: caller });
  const { ownerId } = outline;
  if (ownerId === null) return { ...outline, owner: null };
  const userOf = usersById(await findUsersWithDeleted(core.db, [ownerId], caller));
  return { ...outline, owner: userOf(ownerId) };
}

const RequestPosition = z.tuple([z.int().nonnegative(), ConversationId, z.literal("join")]);

/**
 * The caller's own open join requests, the newest first.
 * @throws `validation_failed` for a cursor of another list
 */
export async function listOwnJoinRequests(
  core: Core,
  caller: UserId,
  { limit, cursor }: PageQuery,
): Promise<Page<OwnJoinRequest>> {
  const after = cursor === undefined ? undefined : requestPositionIn(cursor);
  const rows = await ownRequests(core.db, caller, { after, limit: limit + 1 });
  return pageOf(rows, limit, ({ createdAt, conversationId }) => [createdAt, conversationId, "join"]);
}

function requestPositionIn(cursor: string): OwnJoinRequest {
  const [createdAt, conversationId] = readCursor(RequestPosition, cursor);
  return { createdAt, conversationId };
}

/**
 * Withdraws the caller's open join request to a group. Without one nothing changes, and nobody learns whether
 * there is such a group. Idempotent.
 * @throws `conflict` for a member of the group
 */
export async function withdrawJoinRequest(core: Core, caller: UserId, id: ConversationId): Promise<void> {
  await core.conversations.withdrawJoinRequest(id, { userId: caller }).catch(nullIfNotFound);
}
