import { Hono } from "hono";
import { z } from "zod";
import type { Core } from "../../../core/context.ts";
import { dissolveGroup, editGroup } from "../../../core/groups/groups.ts";
import { followChannel } from "../../../core/spaces/channels.ts";
import { ProfileFields } from "../../../domain/accounts/user.ts";
import type { GroupAddress } from "../../../domain/conversations/group-address.ts";
import type { JoinPolicy, PolicyName } from "../../../domain/conversations/group-kind.ts";
import { atPath, invalid } from "../../../domain/errors.ts";
import { Handle, type UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import type { MessageReference } from "../../../domain/messages/message.ts";
import { GroupName } from "../../../domain/names/names.ts";
import { textUpTo } from "../../../domain/text.ts";
import { countPages, weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields, integer } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { BODY, fields, parseBody } from "../body.ts";
import { orConstant } from "../constants.ts";
import { succeed } from "../envelope.ts";
import { groupID, isTopic, userID, wireGroupName } from "../ids.ts";
import { GroupPin, serializeShown } from "../messages/messages.ts";
import {
  createCommunity,
  dismissCommunity,
  editCommunity,
  getCommunity,
  handOverCommunity,
  joinCommunity,
  quitCommunity,
} from "../use-cases/communities.ts";
import {
  createGroupByName,
  findGroupByAddress,
  getGroup,
  groupAfter,
  handOverByName,
  joinGroupByName,
  listGroups,
  withGroup,
} from "../use-cases/groups.ts";
import { type ShownMessages, withProfiles } from "../use-cases/messages/by-id.ts";
import { asCommunity, countedSpace } from "./communities.ts";
import { JOIN_STATES, serializeCommunity, serializeGroup } from "./group.ts";

/** The group kinds, by the names of clients. Two kinds have an older and a newer name. */
const TYPES = {
  Private: "private",
  Work: "private",
  Public: "public",
  ChatRoom: "chatroom",
  Meeting: "chatroom",
  Community: "community",
  AVChatRoom: "livestream",
} as const satisfies Record<string, PolicyName>;

const JOIN_OPTIONS = {
  FreeAccess: "free",
  NeedPermission: "approval",
  DisableApply: "closed",
} as const satisfies Record<string, JoinPolicy>;

const ROLES = { Admin: "admin", Member: "member" } as const;

/** The type of a group: its kind. */
export const groupType = orConstant(
  z
    .enum(["Private", "Work", "Public", "ChatRoom", "Meeting", "Community", "AVChatRoom"])
    .transform((name) => TYPES[name]),
);
const joinOption = orConstant(
  z.enum(["FreeAccess", "NeedPermission", "DisableApply"]).transform((name) => JOIN_OPTIONS[name]),
);

const text = textUpTo(LIMITS.description);
const { avatar } = ProfileFields.shape;

const InitialMember = z.object({
  userID,
  role: orConstant(
    z
      .enum(["Admin", "Member"])
      .transform((name) => ROLES[name])
      .optional(),
  ),
  memberCustomField: fields.optional(),
});

/** `createGroup` */
const NewGroup = z
  .object({
    name: GroupName,
    type: groupType.optional(),
    groupID: Handle.optional(),
    introduction: text.optional(),
    notification: text.optional(),
    avatar: avatar.optional(),
    maxMemberNum: integer.pipe(z.int().positive("must be 1 or more")).optional(),
    joinOption: joinOption.optional(),
    memberList: z.array(InitialMember).max(LIMITS.groupMembers).default([]),
    groupCustomField: fields.optional(),
    isSupportTopic: z.boolean().default(false),
  })
  .transform((input) => ({
    community: input.type === "community" && input.isSupportTopic ? { joinPolicy: input.joinOption } : null,
    group: {
      name: input.name,
      policy: input.type ?? "private",
      joinPolicy: input.joinOption ?? "approval",
      handle: input.groupID,
      avatar: input.avatar,
      introduction: input.introduction,
      announcement: input.notification,
      maxMembers: input.maxMemberNum,
      customFields: input.groupCustomField,
    },
    initialMembers: input.memberList.map(({ userID: username, role, memberCustomField: customFields }) => {
      return { username, role, customFields };
    }),
  }));

/** `updateGroupProfile`. Absent fields keep their value. */
const GroupChange = z
  .object({
    groupID,
    name: GroupName.optional(),
    avatar: avatar.optional(),
    introduction: text.optional(),
    notification: text.optional(),
    muteAllMembers: z.boolean().optional(),
    joinOption: joinOption.optional(),
    groupCustomField: fields.optional(),
  })
  .transform(
    ({
      groupID,
      notification: announcement,
      muteAllMembers: muteAll,
      joinOption: joinPolicy,
      groupCustomField: customFields,
      ...plain
    }) => ({ groupID, change: { ...plain, announcement, muteAll, joinPolicy, customFields } }),
  );

/** A call with a group and no other parameter. */
const OneGroup = z.object({ groupID });

/** `joinGroup` */
const JoinGroup = z.object({ groupID, applyMessage: textUpTo(LIMITS.joinRequest).default("") });

/** `changeGroupOwner` */
const OwnerChange = z.object({ groupID, newOwnerID: userID });

/** Calls about groups. The calls about members, below the same path, are in `members.ts`. */
export const groups = new Hono<CallerEnv>({ strict: false });

/** `getGroupList`: the groups that the caller is in. Each hundred count as a page. */
groups.post("/getGroupList", authenticated, weighs("page"), async (c) => {
  await bodyFields(c.req.raw, BODY);
  const { core, caller } = c.var;
  const list = await listGroups(core, caller.userId, (calls) => countPages(c, caller.userId, calls - 1));
  return succeed(c, { groupList: list.map(serializeGroup) });
});

/**
 * `getGroupProfile`: the profile of a group. Strangers get a part of a discoverable one.
 */
groups.post("/getGroupProfile", authenticated, async (c) => {
  const { groupID } = await parseBody(c, OneGroup);
  const { core, caller } = c.var;
  const space = await countedSpace(c, groupID);
  return succeed(c, {
    group: space
      ? serializeCommunity(await getCommunity(core, caller.userId, space), caller.userId)
      : serializeGroup(await getGroup(core, caller.userId, groupID)),
  });
});

/** `searchGroupByID`: finds a group of the caller's, or a discoverable one, of which strangers get a part. */
groups.post("/searchGroupByID", authenticated, async (c) => {
  const { groupID } = await parseBody(c, OneGroup);
  return succeed(c, {
    group: serializeGroup(await findGroupByAddress(c.var.core, c.var.caller.userId, groupID)),
  });
});

/** `createGroup`: creates a group, with as many members as it has room for. */
groups.post("/createGroup", authenticated, async (c) => {
  const { group: newGroup, initialMembers, community } = await parseBody(c, NewGroup);
  const { core, caller } = c.var;
  if (community) {
    const fields = asCommunity({ ...newGroup, ...community }, initialMembers.length > 0);
    const made = await createCommunity(core, caller.userId, { ...fields, name: newGroup.name });
    return succeed(c, { group: serializeCommunity(made, caller.userId), overLimitUserIDList: [] });
  }
  const { group, leftOut } = await createGroupByName(core, caller.userId, newGroup, initialMembers);
  return succeed(c, { group: serializeGroup(group), overLimitUserIDList: leftOut });
});

/** `dismissGroup`: dissolves a group. */
groups.post("/dismissGroup", authenticated, async (c) => {
  const { groupID } = await parseBody(c, OneGroup);
  const { core, caller } = c.var;
  const space = await countedSpace(c, groupID);
  await (space
    ? dismissCommunity(core, caller.userId, space)
    : withGroup(core, caller.userId, groupID, (id) => dissolveGroup(core, caller.userId, id)));
  return succeed(c, { groupID: wireGroupName(groupID) });
});

/** `quitGroup`: leaves a group. */
groups.post("/quitGroup", authenticated, async (c) => {
  const { groupID } = await parseBody(c, OneGroup);
  const { core, caller } = c.var;
  const space = await countedSpace(c, groupID);
  await (space ? quitCommunity(core, caller.userId, space) : quit(core, caller.userId, groupID));
  return succeed(c, { groupID: wireGroupName(groupID) });
});

/** `updateGroupProfile`: changes a group's profile. Absent fields and custom fields keep their value. */
groups.post("/updateGroupProfile", authenticated, async (c) => {
  const { groupID, change } = await parseBody(c, GroupChange);
  const { core, caller } = c.var;
  const space = await countedSpace(c, groupID);
  if (space) {
    const changed = await editCommunity(core, caller.userId, space, asCommunity(change));
    return succeed(c, { group: serializeCommunity(changed, caller.userId) });
  }
  const group = await groupAfter(core, caller.userId, groupID, (id) =>
    editGroup(core, caller.userId, id, change),
  );
  return succeed(c, { group: serializeGroup(group) });
});

/** `joinGroup`: joins a group, or makes a join request. For a member it answers `AlreadyInGroup`. */
groups.post("/joinGroup", authenticated, async (c) => {
  const { groupID, applyMessage } = await parseBody(c, JoinGroup);
  const { core, caller } = c.var;
  const space = await countedSpace(c, groupID);
  if (space) {
    const { state, community } = await joinCommunity(core, caller.userId, space);
    return succeed(c, { status: JOIN_STATES[state], group: serializeCommunity(community, caller.userId) });
  }
  if (isTopic(groupID)) {
    const group = await getGroup(core, caller.userId, groupID);
    await followChannel(core, caller.userId, group.id, true);
    return succeed(c, { status: JOIN_STATES.joined, group: serializeGroup(group) });
  }
  const { state, group } = await joinGroupByName(core, caller.userId, groupID, applyMessage);
  return succeed(c, { status: JOIN_STATES[state], ...(group && { group: serializeGroup(group) }) });
});

/** `changeGroupOwner`: hands the group over to another member. */
groups.post("/changeGroupOwner", authenticated, async (c) => {
  const { groupID, newOwnerID } = await parseBody(c, OwnerChange);
  const { core, caller } = c.var;
  const space = await countedSpace(c, groupID);
  if (space) {
    const handed = await handOverCommunity(core, caller.userId, space, newOwnerID);
    return succeed(c, { group: serializeCommunity(handed, caller.userId) });
  }
  const group = await handOverByName(core, caller.userId, groupID, newOwnerID);
  return succeed(c, { group: serializeGroup(group) });
});

/** `pinGroupMessage`: for all members, by the owner and the admins. */
groups.post("/pinGroupMessage", authenticated, async (c) => {
  const { group, place, isPinned } = await parseBody(c, GroupPin);
  await pinInGroup(c.var.core, c.var.caller.userId, group, place, isPinned);
  return succeed(c, {});
});

/** `getPinnedGroupMessageList`: the pinned messages, the newest pin first. */
groups.post("/getPinnedGroupMessageList", authenticated, weighs("page"), async (c) => {
  const { groupID } = await parseBody(c, OneGroup);
  const pinned = await pinsOfGroup(c.var.core, c.var.caller.userId, groupID);
  return succeed(c, { messageList: serializeShown(pinned) });
});

/** Leaves a group. A topic is followed no more. @throws as `withGroup`, `conflict` */
function quit(core: Core, caller: UserId, group: GroupAddress): Promise<void> {
  return withGroup(core, caller, group, async (id) => {
    if (isTopic(group)) await followChannel(core, caller, id, false);
    else await core.conversations.leave(id, { userId: caller });
  });
}

/** Pins a message of a group for all, or unpins it. @throws as `withGroup`, `forbidden`, `conflict` */
function pinInGroup(
  core: Core,
  caller: UserId,
  group: GroupAddress,
  { conversationId, seq }: MessageReference,
  isPinned: boolean,
): Promise<void> {
  return withGroup(core, caller, group, async (id) => {
    if (id !== conversationId) {
      // Who is not in the group learns nothing else.
      await core.conversations.messagesInContext(id, { userId: caller, seqs: [] });
      throw invalid("message", "must be a message of this group");
    }
    const input = { userId: caller, seq };
    await atPath("group", () =>
      isPinned ? core.conversations.pin(id, input) : core.conversations.unpin(id, input),
    );
  });
}

/** The pinned messages of a group that the caller sees, the newest pin first. @throws as `withGroup` */
function pinsOfGroup(core: Core, caller: UserId, group: GroupAddress): Promise<ShownMessages> {
  return withGroup(core, caller, group, async (id) => {
    const items = await core.conversations.pins(id, { userId: caller });
    const { context } = await core.conversations.messagesInContext(id, { userId: caller, seqs: [] });
    return withProfiles(core, { items, context });
  });
}
