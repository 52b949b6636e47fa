import { z } from "zod";
import { LIMITS } from "../../../domain/limits.ts";
import { NameCard } from "../../../domain/names/names.ts";
import { textUpTo } from "../../../domain/text.ts";
import { integer, pageSize } from "../../../http/fields.ts";
import { groupID, userID } from "../ids.ts";
import { fields } from "./common.ts";
import { orConstant } from "./constants.ts";

const MUST_NAME_SOMEBODY = "must name somebody";

/** `getGroupMemberList`: `count` members, from index `offset` on; with `role` only of those who have it. */
export const MemberPage = z.object({
  groupID,
  count: pageSize(LIMITS.page).default(15),
  offset: integer.pipe(z.int().nonnegative()).default(0),
  role: orConstant(
    z
      .literal(["", "Owner", "Admin", "Member"], { error: "must be Owner, Admin or Member" })
      .transform((role) => ROLES[role])
      .optional(),
  ),
});

const ROLES = { "": undefined, Owner: "owner", Admin: "admin", Member: "member" } as const;

/** `getGroupMemberProfile` */
export const MemberNames = z.object({
  groupID,
  userIDList: z.array(userID).min(1, MUST_NAME_SOMEBODY).max(50),
});

/** `getGroupOnlineMemberCount` */
export const OneGroup = z.object({ groupID });

/** `addGroupMember` */
export const Additions = z.object({
  groupID,
  userIDList: z.array(userID).min(1, MUST_NAME_SOMEBODY).max(500),
});

/** `deleteGroupMember`. The removed members get the reason. */
export const Removal = z.object({
  groupID,
  userIDList: z.array(userID).min(1, MUST_NAME_SOMEBODY).max(LIMITS.page),
  reason: textUpTo(LIMITS.joinRequest).default(""),
});

/** `setGroupMemberMuteTime`, in seconds from now; 0 ends a mute. */
export const Mute = z.object({
  groupID,
  userID,
  muteTime: integer.pipe(z.int().nonnegative().max(LIMITS.muteSeconds)),
});

/** `setGroupMemberRole` */
export const RoleChange = z.object({
  groupID,
  userID,
  role: orConstant(
    z
      .literal(["Admin", "Member"], { error: "must be Admin or Member" })
      .transform((role) => (role === "Admin" ? "admin" : "member")),
  ),
});

/** `setGroupMemberNameCard`; without `userID` the caller's own. */
export const NameCardChange = z.object({ groupID, userID: userID.optional(), nameCard: NameCard });

/** `setGroupMemberCustomField`; without `userID` the caller's own. Absent fields keep their value. */
export const MemberFields = z.object({
  groupID,
  userID: userID.optional(),
  memberCustomField: fields.refine((named) => Object.keys(named).length > 0, "must name a field"),
});
