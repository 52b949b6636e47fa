import { z } from "zod";
import { ProfileFields } from "../../../domain/accounts/user.ts";
import type { JoinPolicy, PolicyName } from "../../../domain/conversations/group-kind.ts";
import { Handle } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { GroupName } from "../../../domain/names/names.ts";
import { textUpTo } from "../../../domain/text.ts";
import { integer } from "../../../http/fields.ts";
import { groupID, userID } from "../ids.ts";
import { fields } from "./common.ts";
import { orConstant } from "./constants.ts";

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
export const NewGroup = z
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
  })
  .transform((input) => ({
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
export const GroupChange = z
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
export const OneGroup = z.object({ groupID });

/** `joinGroup` */
export const JoinGroup = z.object({ groupID, applyMessage: textUpTo(LIMITS.joinRequest).default("") });

/** `changeGroupOwner` */
export const OwnerChange = z.object({ groupID, newOwnerID: userID });
