import { type Context, Hono } from "hono";
import type { z } from "zod";
import {
  createGroupByName,
  findGroupByAddress,
  getGroup,
  groupAfter,
  handOverByName,
  joinGroupByName,
  listGroups,
  withGroup,
} from "../../../core/by-name/groups.ts";
import { dissolveGroup, editGroup, leaveGroup } from "../../../core/groups/groups.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields, checked } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { wireGroupName } from "../ids.ts";
import { SPEECH } from "../schemas/common.ts";
import { GroupChange, Heir, NewGroup, OneGroup, Wish } from "../schemas/groups.ts";
import { JOIN_STATES, serializeGroup } from "../serialize/groups.ts";

/** Groups as such; their members are another router's, whose calls stand below the same path too. */
export const groups = new Hono<CallerEnv>({ strict: false });

/** `getGroupList`: the groups which the caller is in. */
groups.post("/getGroupList", authenticated, async (c) => {
  await bodyFields(c.req.raw, SPEECH);
  const list = await listGroups(c.var.core, c.var.caller.userId);
  return succeed(c, { groupList: list.map(serializeGroup) });
});

/** `getGroupProfile`: who is not in the group sees it without what is his in it, and no private one. */
groups.post("/getGroupProfile", authenticated, async (c) => {
  const { groupID } = await said(c, OneGroup);
  return succeed(c, { group: serializeGroup(await getGroup(c.var.core, c.var.caller.userId, groupID)) });
});

/** `searchGroupByID`: finds what anybody may see. */
groups.post("/searchGroupByID", authenticated, async (c) => {
  const { groupID } = await said(c, OneGroup);
  return succeed(c, { group: serializeGroup(await findGroupByAddress(c.var.core, groupID)) });
});

/** `createGroup`: with those for whom there is room. */
groups.post("/createGroup", authenticated, async (c) => {
  const { wish, founders: initialMembers } = await said(c, NewGroup);
  const { group, leftOut } = await createGroupByName(c.var.core, c.var.caller.userId, wish, initialMembers);
  return succeed(c, { group: serializeGroup(group), overLimitUserIDList: leftOut });
});

/** `dismissGroup`: ends it for everybody. */
groups.post("/dismissGroup", authenticated, async (c) => {
  const { groupID } = await said(c, OneGroup);
  await withGroup(c.var.core, groupID, (id) => dissolveGroup(c.var.core, c.var.caller.userId, id));
  return succeed(c, { groupID: wireGroupName(groupID) });
});

/** `quitGroup`: leaves it. */
groups.post("/quitGroup", authenticated, async (c) => {
  const { groupID } = await said(c, OneGroup);
  await withGroup(c.var.core, groupID, (id) => leaveGroup(c.var.core, c.var.caller.userId, id));
  return succeed(c, { groupID: wireGroupName(groupID) });
});

/** `updateGroupProfile`: absent fields stay, custom ones too that are not named. */
groups.post("/updateGroupProfile", authenticated, async (c) => {
  const { groupID, change } = await said(c, GroupChange);
  const { core, caller } = c.var;
  const group = await groupAfter(core, groupID, (id) => editGroup(core, caller.userId, id, change));
  return succeed(c, { group: serializeGroup(group) });
});

/** `joinGroup`: comes in, or asks to be let in; who is in it already is told so. */
groups.post("/joinGroup", authenticated, async (c) => {
  const { groupID, applyMessage } = await said(c, Wish);
  const { state, group } = await joinGroupByName(c.var.core, c.var.caller.userId, groupID, applyMessage);
  return succeed(c, { status: JOIN_STATES[state], ...(group && { group: serializeGroup(group) }) });
});

/** `changeGroupOwner`: gives it to another member. */
groups.post("/changeGroupOwner", authenticated, async (c) => {
  const { groupID, newOwnerID } = await said(c, Heir);
  const group = await handOverByName(c.var.core, c.var.caller.userId, groupID, newOwnerID);
  return succeed(c, { group: serializeGroup(group) });
});

/** What a call says, as its schema has it. */
async function said<T>(c: Context<CallerEnv>, schema: z.ZodType<T>): Promise<T> {
  return checked(schema, await bodyFields(c.req.raw, SPEECH));
}
