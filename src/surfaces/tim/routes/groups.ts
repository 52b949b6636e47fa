import { Hono } from "hono";
import { dissolveGroup, editGroup } from "../../../core/groups/groups.ts";
import { countPages, weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { parseBody } from "../body.ts";
import { succeed } from "../envelope.ts";
import { wireGroupName } from "../ids.ts";
import { BODY } from "../schemas/common.ts";
import { GroupChange, JoinGroup, NewGroup, OneGroup, OwnerChange } from "../schemas/groups.ts";
import { GroupPin } from "../schemas/messages.ts";
import { JOIN_STATES, serializeGroup } from "../serialize/groups.ts";
import { serializeShown } from "../serialize/marks/receipts.ts";
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
import { pinInGroup, pinsOfGroup } from "../use-cases/pins.ts";

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
  return succeed(c, { group: serializeGroup(await getGroup(c.var.core, c.var.caller.userId, groupID)) });
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
  const { group: newGroup, initialMembers } = await parseBody(c, NewGroup);
  const { group, leftOut } = await createGroupByName(
    c.var.core,
    c.var.caller.userId,
    newGroup,
    initialMembers,
  );
  return succeed(c, { group: serializeGroup(group), overLimitUserIDList: leftOut });
});

/** `dismissGroup`: dissolves a group. */
groups.post("/dismissGroup", authenticated, async (c) => {
  const { groupID } = await parseBody(c, OneGroup);
  await withGroup(c.var.core, c.var.caller.userId, groupID, (id) =>
    dissolveGroup(c.var.core, c.var.caller.userId, id),
  );
  return succeed(c, { groupID: wireGroupName(groupID) });
});

/** `quitGroup`: leaves a group. */
groups.post("/quitGroup", authenticated, async (c) => {
  const { groupID } = await parseBody(c, OneGroup);
  await withGroup(c.var.core, c.var.caller.userId, groupID, (id) =>
    c.var.core.conversations.leave(id, { userId: c.var.caller.userId }),
  );
  return succeed(c, { groupID: wireGroupName(groupID) });
});

/** `updateGroupProfile`: changes a group's profile. Absent fields and custom fields keep their value. */
groups.post("/updateGroupProfile", authenticated, async (c) => {
  const { groupID, change } = await parseBody(c, GroupChange);
  const { core, caller } = c.var;
  const group = await groupAfter(core, caller.userId, groupID, (id) =>
    editGroup(core, caller.userId, id, change),
  );
  return succeed(c, { group: serializeGroup(group) });
});

/** `joinGroup`: joins a group, or makes a join request. For a member it answers `AlreadyInGroup`. */
groups.post("/joinGroup", authenticated, async (c) => {
  const { groupID, applyMessage } = await parseBody(c, JoinGroup);
  const { state, group } = await joinGroupByName(c.var.core, c.var.caller.userId, groupID, applyMessage);
  return succeed(c, { status: JOIN_STATES[state], ...(group && { group: serializeGroup(group) }) });
});

/** `changeGroupOwner`: hands the group over to another member. */
groups.post("/changeGroupOwner", authenticated, async (c) => {
  const { groupID, newOwnerID } = await parseBody(c, OwnerChange);
  const group = await handOverByName(c.var.core, c.var.caller.userId, groupID, newOwnerID);
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
