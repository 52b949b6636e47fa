import { type Context, Hono } from "hono";
import type { z } from "zod";
import {
  addMembersByName,
  changeMemberByName,
  countOnline,
  listMembersFrom,
  membersByName,
  removeMembersByName,
} from "../../../core/by-name/members.ts";
import type { MemberChange } from "../../../core/groups/groups.ts";
import type { GroupAddress } from "../../../domain/conversations/group-address.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields, checked } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { SPEECH } from "../schemas/common.ts";
import {
  Additions,
  MemberFields,
  MemberNames,
  MemberPage,
  Mute,
  NameCard,
  OneGroup,
  Removal,
  RoleGiven,
} from "../schemas/members.ts";
import { serializeGroup } from "../serialize/groups.ts";
import { serializeMember } from "../serialize/members.ts";

/** What a group's members are asked and told. Clients know these calls below `/member`, `/groupMember` and `/group`. */
export const members = new Hono<CallerEnv>({ strict: false });

/** `getGroupMemberList`: the members in the order in which they joined. */
members.post("/getGroupMemberList", authenticated, async (c) => {
  const { groupID, count, offset } = await said(c, MemberPage);
  const range = { skip: offset, limit: count };
  const { items, next } = await listMembersFrom(c.var.core, c.var.caller.userId, groupID, range);
  return succeed(c, { memberList: items.map(serializeMember), offset: next ?? 0 });
});

/** `getGroupMemberProfile`: some of them. */
members.post("/getGroupMemberProfile", authenticated, async (c) => {
  const { groupID, userIDList } = await said(c, MemberNames);
  const found = await membersByName(c.var.core, c.var.caller.userId, groupID, userIDList);
  return succeed(c, { memberList: found.map(serializeMember) });
});

/** `getGroupOnlineMemberCount`: how many have a socket open. */
members.post("/getGroupOnlineMemberCount", authenticated, async (c) => {
  const { groupID } = await said(c, OneGroup);
  return succeed(c, { memberCount: await countOnline(c.var.core, c.var.caller.userId, groupID) });
});

/** `addGroupMember`: each for himself, with what became of him. */
members.post("/addGroupMember", authenticated, async (c) => {
  const { groupID, userIDList } = await said(c, Additions);
  const each = await addMembersByName(c.var.core, c.var.caller.userId, groupID, userIDList);
  return succeed(c, {
    successUserIDList: each.added,
    failureUserIDList: each.failed,
    existedUserIDList: each.existed,
    overLimitUserIDList: each.overLimit,
    group: serializeGroup(each.group),
  });
});

/** `deleteGroupMember`: all of them, or nobody. */
members.post("/deleteGroupMember", authenticated, async (c) => {
  const { groupID, userIDList, reason } = await said(c, Removal);
  const { core, caller } = c.var;
  const { group, removed } = await removeMembersByName(core, caller.userId, groupID, userIDList, reason);
  return succeed(c, { group: serializeGroup(group), userIDList: removed });
});

/** `setGroupMemberMuteTime` */
members.post("/setGroupMemberMuteTime", authenticated, async (c) => {
  const { muteTime, ...whose } = await said(c, Mute);
  return changed(c, whose, { mutedForS: muteTime });
});

/** `setGroupMemberRole` */
members.post("/setGroupMemberRole", authenticated, async (c) => {
  const { role, ...whose } = await said(c, RoleGiven);
  return changed(c, whose, { role });
});

/** `setGroupMemberNameCard` */
members.post("/setGroupMemberNameCard", authenticated, async (c) => {
  const { nameCard, ...whose } = await said(c, NameCard);
  return changed(c, whose, { nameCard });
});

/** `setGroupMemberCustomField` */
members.post("/setGroupMemberCustomField", authenticated, async (c) => {
  const { memberCustomField, ...whose } = await said(c, MemberFields);
  return changed(c, whose, { customFields: memberCustomField });
});

/** Changes what a member is, and tells how he and the group are then. */
async function changed(
  c: Context<CallerEnv>,
  { groupID, userID }: { groupID: GroupAddress; userID?: string | undefined },
  change: MemberChange,
): Promise<Response> {
  const { core, caller } = c.var;
  const { group, member } = await changeMemberByName(core, caller.userId, groupID, userID ?? null, change);
  return succeed(c, { group: serializeGroup(group), member: serializeMember(member) });
}

/** What a call says, as its schema has it. */
async function said<T>(c: Context<CallerEnv>, schema: z.ZodType<T>): Promise<T> {
  return checked(schema, await bodyFields(c.req.raw, SPEECH));
}
