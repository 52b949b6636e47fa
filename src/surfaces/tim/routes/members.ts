import { type Context, Hono } from "hono";
import type { MemberChange } from "../../../core/groups/groups.ts";
import type { GroupAddress } from "../../../domain/conversations/group-address.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { authenticated } from "../auth.ts";
import { parseBody } from "../body.ts";
import { succeed } from "../envelope.ts";
import {
  Additions,
  MemberFields,
  MemberNames,
  MemberPage,
  Mute,
  NameCardChange,
  OneGroup,
  Removal,
  RoleChange,
} from "../schemas/members.ts";
import { serializeGroup } from "../serialize/groups.ts";
import { serializeMember } from "../serialize/members.ts";
import {
  addMembersByName,
  changeMemberByName,
  countOnline,
  listMembersFrom,
  membersByName,
  removeMembersByName,
} from "../use-cases/members.ts";

/** Calls about the members of a group. Clients use them below `/member`, `/groupMember` and `/group`. */
export const members = new Hono<CallerEnv>({ strict: false });

/** `getGroupMemberList`: the members, in the order of joining. */
members.post("/getGroupMemberList", authenticated, weighs("page"), async (c) => {
  const { groupID, count, offset, role } = await parseBody(c, MemberPage);
  const range = { skip: offset, limit: count, role };
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

/** `deleteGroupMember`: removes all of the named members, or none. */
members.post("/deleteGroupMember", authenticated, async (c) => {
  const { groupID, userIDList, reason } = await parseBody(c, Removal);
  const { core, caller } = c.var;
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
