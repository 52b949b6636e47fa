import type { GroupMember } from "../../../core/groups/groups.ts";
import type { Conversation } from "../../../domain/conversations/conversation.ts";
import type { JoinPolicy, PolicyName, Role } from "../../../domain/conversations/group-kind.ts";
import { joinMode } from "../../../domain/conversations/group-policies.ts";
import type { JoinState } from "../../../domain/conversations/join-request.ts";
import { REMIND_TYPES, seconds, serializeFields } from "../context.ts";
import { wireGroupID } from "../ids.ts";
import { serializeLast } from "../messages/summary.ts";
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
    groupID: wireGroupID(group.id, group.handle),
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

/** The caller's own membership; lists have fewer fields of it. */
function serializeOwn(conversation: Conversation) {
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

/** A member as this API shows them. */
export function serializeMember({ user, role, joinedAt, nameCard, mutedUntil, customFields }: GroupMember) {
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
