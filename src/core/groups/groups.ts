import { z } from "zod";
import { deletedUser } from "../../domain/accounts/person.ts";
import type { User } from "../../domain/accounts/user.ts";
import type { Conversation, Membership } from "../../domain/conversations/conversation.ts";
import type { JoinPolicy } from "../../domain/conversations/group-kind.ts";
import type { JoinRequest, JoinState } from "../../domain/conversations/join-request.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import type { CustomFields } from "../../domain/custom-fields.ts";
import { CoreError } from "../../domain/errors.ts";
import { type ConversationId, UserId } from "../../domain/ids.ts";
import { findAccounts, findUsers } from "../../storage/accounts/users.ts";
import { accountDeleted, noUser } from "../accounts/users.ts";
import { requireNoBlocks } from "../contacts/blocks.ts";
import type { Core } from "../context.ts";
import { getConversation } from "../conversations/conversations.ts";

/** A member as others see him. */
export interface GroupMember extends Omit<Membership, "userId"> {
  user: User;
}

/** What may be changed of a member; absent is unchanged. */
export interface MemberChange {
  role?: "admin" | "member" | undefined;
  /** seconds from now; 0 ends a mute */
  mutedForS?: number | undefined;
  nameCard?: string | undefined;
  customFields?: CustomFields | undefined;
}

const MemberPlace = z.tuple([z.int(), UserId]);
const ApplicationPlace = z.tuple([z.int()]);

/** Changes a group's profile; absent fields stay. @throws `not_found`, `forbidden` */
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
    muteAll?: boolean | undefined;
    customFields?: CustomFields | undefined;
  },
): Promise<Conversation> {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  await core.conversations.edit(id, { userId: caller, change: given });
  return getConversation(core, caller, id);
}

/** The members in the order in which they joined. @throws `not_found` unless the caller is one */
export async function listMembers(
  core: Core,
  caller: UserId,
  id: ConversationId,
  { limit, cursor }: PageQuery,
): Promise<Page<GroupMember>> {
  const place = cursor === undefined ? undefined : readCursor(MemberPlace, cursor);
  const found = await core.conversations.members(id, {
    userId: caller,
    limit: limit + 1,
    ...(place && { after: { joinedAt: place[0], userId: place[1] } }),
  });
  const { items, nextCursor } = pageOf(found, limit, ({ joinedAt, userId }) => [joinedAt, userId]);
  return { items: await getDescribed(core, items), nextCursor };
}

/**
 * Adds people to a group; who is a member already stays as he is.
 * @returns the memberships of all of them
 * @throws `not_found` (for an unknown user too), `blocked`, `forbidden`, `group_full`: nobody is added then
 */
export async function addMembers(
  core: Core,
  caller: UserId,
  id: ConversationId,
  userIds: UserId[],
): Promise<GroupMember[]> {
  // Who is not in the group learns that first, and nothing else.
  await core.conversations.describe(id, { userId: caller });
  const people = await findAccounts(core.db, userIds);
  const known = new Set(people.map((person) => person.id));
  const unknown = userIds.find((wanted) => !known.has(wanted));
  if (unknown !== undefined) throw noUser(unknown);
  await requireNoBlocks(core, caller, userIds);
  return getDescribed(core, await core.conversations.add(id, { userId: caller, people }));
}

/** Joins a group, or asks to be let in. @throws `not_found` where nobody may come by himself, `group_full` */
export async function joinGroup(
  core: Core,
  caller: UserId,
  id: ConversationId,
  message: string,
): Promise<JoinState> {
  const [person] = await findAccounts(core.db, [caller]);
  if (!person) throw accountDeleted();
  const { state } = await core.conversations.join(id, { person, message });
  if (state === "gone") throw accountDeleted();
  return state;
}

/** Leaves a group. @throws `not_found`, `conflict` for an owner who has to hand over first */
export async function leaveGroup(core: Core, caller: UserId, id: ConversationId): Promise<void> {
  await core.conversations.leave(id, { userId: caller });
}

/** Takes a member out of a group; oneself: leaves. @throws `not_found`, `forbidden`, `conflict` as `leaveGroup` */
export async function removeMember(
  core: Core,
  caller: UserId,
  id: ConversationId,
  userId: UserId,
): Promise<void> {
  if (userId === caller) return leaveGroup(core, caller, id);
  await core.conversations.remove(id, { userId: caller, targetIds: [userId] });
}

/** Changes what a member is; custom fields that are not named stay. @throws `not_found`, `forbidden` */
export async function changeMember(
  core: Core,
  caller: UserId,
  id: ConversationId,
  userId: UserId,
  change: MemberChange,
): Promise<GroupMember> {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const found = await core.conversations.changeMember(id, {
    userId: caller,
    targetId: userId,
    change: given,
  });
  const [member] = await getDescribed(core, found);
  if (!member) throw new CoreError("not_found", `There is no member ${userId} in this group.`);
  return member;
}

/** Gives the group to another member; the caller is a plain member then. @throws `not_found`, `forbidden` */
export async function handOver(
  core: Core,
  caller: UserId,
  id: ConversationId,
  heirId: UserId,
): Promise<Conversation> {
  await core.conversations.handOver(id, { userId: caller, heirId });
  return getConversation(core, caller, id);
}

/** Ends a group for everybody. @throws `not_found`, `forbidden` unless the caller owns it */
export async function dissolveGroup(core: Core, caller: UserId, id: ConversationId): Promise<void> {
  await core.conversations.dissolve(id, { userId: caller });
}

/** Who asks to be let in, the first one first. @throws `not_found`, `forbidden` */
export async function listJoinRequests(
  core: Core,
  caller: UserId,
  id: ConversationId,
  { limit, cursor }: PageQuery,
): Promise<Page<JoinRequest>> {
  const [after] = cursor === undefined ? [0] : readCursor(ApplicationPlace, cursor);
  const found = await core.conversations.joinRequests(id, { userId: caller, limit: limit + 1, after });
  const page = pageOf(found, limit, (application) => [application.id]);
  const applicants = page.items.map(({ user_id }) => user_id);
  const users = byId(await findUsers(core.db, applicants));
  const items = page.items.map((row) => ({
    id: row.id,
    user: users(row.user_id),
    message: row.message,
    createdAt: row.created_at,
  }));
  return { items, nextCursor: page.nextCursor };
}

/**
 * Lets somebody in, or not.
 * @param decision `message`: what he is told with it; `shown`: what the caller knows from the notice of the application
 * @throws `not_found`, `forbidden`, `validation_failed` where what is shown belongs to no such application,
 *   `already_handled`, `group_full`
 */
export async function decideJoinRequest(
  core: Core,
  caller: UserId,
  id: ConversationId,
  decision: {
    applicationId: number;
    accept: boolean;
    message?: string | undefined;
    credential?: { userId: UserId; authentication: string };
  },
): Promise<void> {
  const { applicationId, accept, message = "", credential } = decision;
  const what = { applicationId, accept, message, ...(credential && { credential }) };
  await core.conversations.decideJoinRequest(id, { userId: caller, ...what });
}

/** Members with who they are today: one query. */
export async function getDescribed(core: Core, memberships: Membership[]): Promise<GroupMember[]> {
  const ids = memberships.map(({ userId }) => userId);
  return withUsers(memberships, await findUsers(core.db, ids));
}

/** Members with who they are. */
export function withUsers(memberships: Membership[], users: User[]): GroupMember[] {
  const userOf = byId(users);
  return memberships.map(({ userId, ...rest }) => ({ user: userOf(userId), ...rest }));
}

function byId(users: User[]): (id: UserId) => User {
  const known = new Map(users.map((user) => [user.id, user]));
  return (id) => known.get(id) ?? { ...deletedUser(id), online: false };
}
