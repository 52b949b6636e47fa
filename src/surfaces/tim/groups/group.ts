import type { GroupMember } from "../../../core/groups/groups.ts";
import type { Conversation } from "../../../domain/conversations/conversation.ts";
import type { JoinPolicy, PolicyName, Role } from "../../../domain/conversations/group-kind.ts";
import { joinMode } from "../../../domain/conversations/group-policies.ts";
import type { JoinState } from "../../../domain/conversations/join-request.ts";
import type { UserId } from "../../../domain/ids.ts";
import { REMIND_TYPES, seconds, serializeFields } from "../context.ts";
import { wireCommunityID, wireGroupID } from "../ids.ts";
import { serializeLast } from "../messages/summary.ts";
import type { Community, CommunityMember } from "../use-cases/communities.ts";
import { reminderOf } from "../use-cases/conversations.ts";
import type { GroupByName } from "../use-cases/groups.ts";

/** This API's names of the group kinds. Groups of other APIs count as public ones. */
export const TYPES: Record<PolicyName, string> = {
  group: "Public",
  private: "Private",
  public: "Public",
  chatroom: "ChatRoom",
  community: "Community",
  livestream: "AVChatRoom",
  channel: "Public",
};

export const JOIN_OPTIONS: Record<JoinPolicy, string> = {
  ...{ free: "FreeAccess", approval: "NeedPermission", closed: "DisableApply" },
};

/** This API's names of the outcomes of joining. */
export const JOIN_STATES: Record<JoinState, string> = {
  joined: "JoinedSuccess",
  member: "AlreadyInGroup",
  requested: "WaitAdminApproval",
};

/** A group as the caller sees it. */
export function serializeGroup(group: GroupByName) {
  const { name, avatar, introduction, announcement, owner, own } = group;
  return {
    groupID: wireGroupID(group.id, group),
    ...{ name, avatar, type: TYPES[group.policy], introduction, notification: announcement },
    ownerID: owner?.username ?? "",
    createTime: seconds(group.createdAt),
    ...{ infoSequence: group.version, lastInfoTime: seconds(group.changedAt) },
    ...(own && { selfInfo: serializeOwn(own) }),
    lastMessage: serializeLast(own?.lastMessage ?? null),
    nextMessageSeq: own ? own.lastSeq + 1 : 0,
    ...{ memberCount: group.memberCount, maxMemberCount: group.capacity, muteAllMembers: group.muteAll },
    joinOption: JOIN_OPTIONS[joinMode(group)],
    groupCustomField: serializeFields(group.customFields),
    isSupportTopic: false,
  };
}

/** A community with topics as the caller sees it. Nobody writes in it: messages are in its topics. */
export function serializeCommunity({ space, owner, capacity }: Community, caller: UserId) {
  const { id, name, avatar, description, createdAt, memberCount, discoverable } = space;
  return {
    ...{ groupID: wireCommunityID(id), name, avatar, type: TYPES.community },
    ...{ introduction: description, notification: "", ownerID: owner.username },
    ...{ createTime: seconds(createdAt), infoSequence: 0, lastInfoTime: seconds(createdAt) },
    selfInfo: {
      role: owner.id === caller ? ROLES.owner : ROLES.member,
      ...{ joinTime: 0, messageRemindType: REMIND_TYPES.usual, readedSequence: 0 },
      ...{ nameCard: "", muteUntil: 0, memberCustomField: [] },
    },
    ...{ lastMessage: serializeLast(null), nextMessageSeq: 0 },
    ...{ memberCount, maxMemberCount: capacity, muteAllMembers: false },
    joinOption: discoverable ? JOIN_OPTIONS.free : JOIN_OPTIONS.closed,
    ...{ groupCustomField: [], isSupportTopic: true },
  };
}

/** A member of a community with topics. */
export function serializeCommunityMember({ isOwner, ...member }: CommunityMember) {
  return serializeMember({ ...member, role: isOwner ? "owner" : "member", customFields: {} });
}

/** The caller's own membership; lists have fewer fields of it. */
export function serializeOwn(conversation: Conversation) {
  const { role, joinedAt, readSeq, own } = conversation;
  return {
    role: ROLES[role],
    joinTime: seconds(joinedAt),
    messageRemindType: REMIND_TYPES[reminderOf(conversation)],
    readedSequence: readSeq,
    ...(own && {
      nameCard: own.nameCard,
      muteUntil: Math.ceil(own.mutedUntil / 1_000),
      memberCustomField: serializeFields(own.customFields),
    }),
  };
}

/** This API's names of roles. */
const ROLES: Record<Role, string> = { owner: "Owner", admin: "Admin", member: "Member" };

/** What of a member is shown. */
type ShownMember = Pick<
  GroupMember,
  "user" | "role" | "joinedAt" | "nameCard" | "mutedUntil" | "customFields"
>;

/** A member as this API shows them. */
export function serializeMember({ user, role, joinedAt, nameCard, mutedUntil, customFields }: ShownMember) {
  const { username, nickname, avatar, online } = user;
  return {
    ...{ userID: username, nick: nickname, avatar, role: ROLES[role], nameCard },
    joinTime: seconds(joinedAt),
    // Rounded up: the member may not write before the mute ends.
    muteUntil: Math.ceil(mutedUntil / 1_000),
    memberCustomField: serializeFields(customFields),
    isOnline: online,
  };
}
