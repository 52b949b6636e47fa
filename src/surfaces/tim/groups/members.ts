import { type Context, Hono } from "hono";
import { z } from "zod";
import type { MemberChange } from "../../../core/groups/groups.ts";
import type { GroupAddress } from "../../../domain/conversations/group-address.ts";
import { invalid } from "../../../domain/errors.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { NameCard } from "../../../domain/names/names.ts";
import { textUpTo } from "../../../domain/text.ts";
import { countPages, weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { integer, pageSize } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { fields, parseBody } from "../body.ts";
import { orConstant } from "../constants.ts";
import { succeed } from "../envelope.ts";
import { groupID, spaceAt, userID } from "../ids.ts";
import { membersOfCommunity, nameInCommunity, removeFromCommunity } from "../use-cases/communities.ts";
import {
  addMembersByName,
  changeMemberByName,
  countOnline,
  listMembersFrom,
  membersByName,
  removeMembersByName,
} from "../use-cases/members.ts";
import { countedSpace } from "./communities.ts";
import { serializeCommunity, serializeCommunityMember, serializeGroup, serializeMember } from "./group.ts";

const MUST_NAME_SOMEBODY = "must name somebody";

/** `getGroupMemberList`: `count` members, from index `offset` on; with `role` only of those who have it. */
const MemberPage = z.object({
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
const MemberNames = z.object({
  groupID,
  userIDList: z.array(userID).min(1, MUST_NAME_SOMEBODY).max(50),
});

/** `getGroupOnlineMemberCount` */
const OneGroup = z.object({ groupID });

/** `addGroupMember` */
const Additions = z.object({
  groupID,
  userIDList: z.array(userID).min(1, MUST_NAME_SOMEBODY).max(500),
});

/** `deleteGroupMember`. The removed members get the reason. */
const Removal = z.object({
  groupID,
  userIDList: z.array(userID).min(1, MUST_NAME_SOMEBODY).max(LIMITS.page),
  reason: textUpTo(LIMITS.joinRequest).default(""),
});

/** `setGroupMemberMuteTime`, in seconds from now; 0 ends a mute. */
const Mute = z.object({
  groupID,
  userID,
  muteTime: integer.pipe(z.int().nonnegative().max(LIMITS.muteSeconds)),
});

/** `setGroupMemberRole` */
const RoleChange = z.object({
  groupID,
  userID,
  role: orConstant(
    z
      .literal(["Admin", "Member"], { error: "must be Admin or Member" })
      .transform((role) => (role === "Admin" ? "admin" : "member")),
  ),
});

/** `setGroupMemberNameCard`; without `userID` the caller's own. */
const NameCardChange = z.object({ groupID, userID: userID.optional(), nameCard: NameCard });

/** `setGroupMemberCustomField`; without `userID` the caller's own. Absent fields keep their value. */
const MemberFields = z.object({
  groupID,
  userID: userID.optional(),
  memberCustomField: fields.refine((named) => Object.keys(named).length > 0, "must name a field"),
});

/** Calls about the members of a group. Clients use them below `/member`, `/groupMember` and `/group`. */
export const members = new Hono<CallerEnv>({ strict: false });

/** `getGroupMemberList`: the members, in the order of joining. */
members.post("/getGroupMemberList", authenticated, weighs("page"), async (c) => {
  const { groupID, count, offset, role } = await parseBody(c, MemberPage);
  const range = { skip: offset, limit: count, role };
  const space = spaceAt(groupID);
  if (space) {
    const page = await membersOfCommunity(c.var.core, c.var.caller.userId, space, range);
    return succeed(c, { memberList: page.items.map(serializeCommunityMember), offset: page.next ?? 0 });
  }
  const { items, next } = await listMembersFrom(c.var.core, c.var.caller.userId, groupID, range);
  return succeed(c, { memberList: items.map(serializeMember), offset: next ?? 0 });
});

/** `getGroupMemberProfile`: the named members. */
members.post("/getGroupMemberProfile", authenticated, async (c) => {
  const { groupID, userIDList } = await parseBody(c, MemberNames);
  const listed = await membersByName(c.var.core, c.var.caller.userId, groupID, userIDList);
  return succeed(c, { memberList: listed.map(serializeMember) });
});

/** `getGroupOnlineMemberCount`: the number of members who are online. */
members.post("/getGroupOnlineMemberCount", authenticated, weighs("page"), async (c) => {
  const { groupID } = await parseBody(c, OneGroup);
  return succeed(c, { memberCount: await countOnline(c.var.core, c.var.caller.userId, groupID) });
});

/** `addGroupMember`: adds each user by itself, and answers the outcome of each. */
members.post("/addGroupMember", authenticated, async (c) => {
  const { groupID, userIDList } = await parseBody(c, Additions);
  const outcome = await addMembersByName(c.var.core, c.var.caller.userId, groupID, userIDList);
  return succeed(c, {
    successUserIDList: outcome.added,
    failureUserIDList: outcome.failed,
    existedUserIDList: outcome.alreadyMembers,
    overLimitUserIDList: outcome.overLimit,
    group: serializeGroup(outcome.group),
  });
});

/** The members whom one call removes from a community: all of its channels are told. */
const MAX_REMOVED = 20;

/**
 * `deleteGroupMember`: removes all of the named members, or none. Of a community it removes one after the
 * other, and each counts as a page.
 */
members.post("/deleteGroupMember", authenticated, async (c) => {
  const { groupID, userIDList, reason } = await parseBody(c, Removal);
  const { core, caller } = c.var;
  const space = await countedSpace(c, groupID);
  if (space) {
    if (userIDList.length > MAX_REMOVED)
      throw invalid("userIDList", `must have at most ${MAX_REMOVED} items for a community with topics`);
    await countPages(c, caller.userId, userIDList.length - 1);
    const left = await removeFromCommunity(core, caller.userId, space, userIDList);
    return succeed(c, { group: serializeCommunity(left, caller.userId), userIDList });
  }
  const { group, removed } = await removeMembersByName(core, caller.userId, groupID, userIDList, reason);
  return succeed(c, { group: serializeGroup(group), userIDList: removed });
});

/** `setGroupMemberMuteTime` */
members.post("/setGroupMemberMuteTime", authenticated, async (c) => {
  const { muteTime, ...member } = await parseBody(c, Mute);
  return changeMember(c, member, { mutedForS: muteTime });
});

/** `setGroupMemberRole` */
members.post("/setGroupMemberRole", authenticated, async (c) => {
  const { role, ...member } = await parseBody(c, RoleChange);
  return changeMember(c, member, { role });
});

/** `setGroupMemberNameCard` */
members.post("/setGroupMemberNameCard", authenticated, async (c) => {
  const { nameCard, ...member } = await parseBody(c, NameCardChange);
  const { core, caller } = c.var;
  const space = await countedSpace(c, member.groupID);
  if (space) {
    const named = await nameInCommunity(core, caller.userId, space, member.userID ?? null, nameCard);
    const group = serializeCommunity(named.community, caller.userId);
    return succeed(c, { group, member: serializeCommunityMember(named.member) });
  }
  return changeMember(c, member, { nameCard });
});

/** `setGroupMemberCustomField` */
members.post("/setGroupMemberCustomField", authenticated, async (c) => {
  const { memberCustomField, ...member } = await parseBody(c, MemberFields);
  return changeMember(c, member, { customFields: memberCustomField });
});

/** Changes a member. Answers the group and the member after the change. */
async function changeMember(
  c: Context<CallerEnv>,
  { groupID, userID }: { groupID: GroupAddress; userID?: string | undefined },
  change: MemberChange,
): Promise<Response> {
  const { core, caller } = c.var;
  const { group, member } = await changeMemberByName(core, caller.userId, groupID, userID ?? null, change);
  return succeed(c, { group: serializeGroup(group), member: serializeMember(member) });
}
