import { Hono } from "hono";
import { countPages, weighs } from "../../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../../http/env.ts";
import { bodyFields } from "../../../../http/fields.ts";
import { authenticated } from "../../auth.ts";
import { parseBody } from "../../body.ts";
import { succeed } from "../../envelope.ts";
import { BODY } from "../../schemas/common.ts";
import {
  Acceptance,
  ApplicationDeletion,
  FriendAsking,
  FriendCheck,
  FriendGroupRename,
  FriendRefusal,
  FriendUpdate,
  GroupedFriends,
  NamedUsers,
  OneFriendGroup,
} from "../../schemas/contacts/friends.ts";
import {
  serializeApplication,
  serializeAsked,
  serializeChangedGroup,
  serializeFailures,
  serializeFriend,
  serializeFriendGroup,
  serializeRelations,
} from "../../serialize/contacts/friends.ts";
import {
  changeMembers,
  createFriendGroup,
  endFriendGroup,
  listOwnFriendGroups,
  renameOwnFriendGroup,
} from "../../use-cases/contacts/friend-groups.ts";
import {
  acceptByName,
  addFriendByName,
  deleteFriendsByName,
  endRequestByName,
  friendsByName,
  listAllFriends,
  listFriendApplications,
  readFriendApplications,
  relationsByName,
  updateFriendByName,
} from "../../use-cases/contacts/friends.ts";

/** Calls about friends, requests for friendship, and groups of friends. */
export const friends = new Hono<CallerEnv>({ strict: false });

/** `getFriendList`: all friends, with their profiles. */
friends.post("/getFriendList", authenticated, weighs("page"), async (c) => {
  await bodyFields(c.req.raw, BODY);
  const { core, caller } = c.var;
  const list = await listAllFriends(core, caller.userId, () => countPages(c, caller.userId, 1));
  return succeed(c, list.map(serializeFriend));
});

/** `getFriendProfile`: those of these users who are friends. */
friends.post("/getFriendProfile", authenticated, weighs("page"), async (c) => {
  const { userIDList } = await parseBody(c, NamedUsers);
  const { found, failed } = await friendsByName(c.var.core, c.var.caller.userId, userIDList);
  return succeed(c, { friendList: found.map(serializeFriend), failureUserIDList: serializeFailures(failed) });
});

/** `checkFriend`: who of these users is a friend. */
friends.post("/checkFriend", authenticated, weighs("page"), async (c) => {
  const { userIDList, type } = await parseBody(c, FriendCheck);
  const { found, failed } = await relationsByName(c.var.core, c.var.caller.userId, userIDList);
  return succeed(c, {
    successUserIDList: serializeRelations(found, type),
    failureUserIDList: serializeFailures(failed),
  });
});

/** `addFriend`: asks for friendship, or accepts the other user's request. */
friends.post("/addFriend", authenticated, async (c) => {
  const { to, words } = await parseBody(c, FriendAsking);
  const outcome = await addFriendByName(c.var.core, c.var.caller.userId, to, words);
  return succeed(c, serializeAsked(to, outcome));
});

/** `deleteFriend`: ends friendships, each by itself. */
friends.post("/deleteFriend", authenticated, weighs("page"), async (c) => {
  const { userIDList } = await parseBody(c, NamedUsers);
  const { deleted, failed } = await deleteFriendsByName(c.var.core, c.var.caller.userId, userIDList);
  return succeed(c, {
    successUserIDList: deleted.map((userID) => ({ userID })),
    failureUserIDList: serializeFailures(failed),
  });
});

/** `updateFriend`: sets what the caller calls a friend. */
friends.post("/updateFriend", authenticated, async (c) => {
  const { userID, remark } = await parseBody(c, FriendUpdate);
  const friend = await updateFriendByName(c.var.core, c.var.caller.userId, userID, { remark });
  return succeed(c, serializeFriend(friend));
});

/** `getFriendApplicationList`: the open requests, to the caller and of the caller. */
friends.post("/getFriendApplicationList", authenticated, weighs("page"), async (c) => {
  await bodyFields(c.req.raw, BODY);
  const { items, unread } = await listFriendApplications(c.var.core, c.var.caller.userId);
  return succeed(c, { friendApplicationList: items.map(serializeApplication), unreadCount: unread });
});

/** `acceptFriendApplication` */
friends.post("/acceptFriendApplication", authenticated, async (c) => {
  const { userID, remark } = await parseBody(c, Acceptance);
  await acceptByName(c.var.core, c.var.caller.userId, userID, { ...(remark !== undefined && { remark }) });
  return succeed(c, { userID });
});

/** `refuseFriendApplication` */
friends.post("/refuseFriendApplication", authenticated, async (c) => {
  const { userID } = await parseBody(c, FriendRefusal);
  await endRequestByName(c.var.core, c.var.caller.userId, userID, "incoming");
  return succeed(c, { userID });
});

/** `deleteFriendApplication`: rejects a request, or withdraws the caller's own. */
friends.post("/deleteFriendApplication", authenticated, async (c) => {
  const { userID, type } = await parseBody(c, ApplicationDeletion);
  await endRequestByName(c.var.core, c.var.caller.userId, userID, type);
  return succeed(c, { userID });
});

/** `setFriendApplicationRead`: the caller has seen the requests that there are. */
friends.post("/setFriendApplicationRead", authenticated, async (c) => {
  await bodyFields(c.req.raw, BODY);
  await readFriendApplications(c.var.core, c.var.caller.userId);
  return succeed(c, {});
});

/** `getFriendGroupList` */
friends.post("/getFriendGroupList", authenticated, weighs("page"), async (c) => {
  await bodyFields(c.req.raw, BODY);
  const groups = await listOwnFriendGroups(c.var.core, c.var.caller.userId);
  return succeed(c, groups.map(serializeFriendGroup));
});

/** `createFriendGroup`: with those of these users who are friends. */
friends.post("/createFriendGroup", authenticated, async (c) => {
  const { name, userIDList } = await parseBody(c, GroupedFriends);
  const changed = await createFriendGroup(c.var.core, c.var.caller.userId, name, userIDList);
  return succeed(c, serializeChangedGroup(changed));
});

/** `deleteFriendGroup`: its members stay friends. */
friends.post("/deleteFriendGroup", authenticated, async (c) => {
  const { name } = await parseBody(c, OneFriendGroup);
  const group = await endFriendGroup(c.var.core, c.var.caller.userId, name);
  return succeed(c, serializeFriendGroup(group));
});

/** `renameFriendGroup` */
friends.post("/renameFriendGroup", authenticated, async (c) => {
  const { oldName, newName } = await parseBody(c, FriendGroupRename);
  const group = await renameOwnFriendGroup(c.var.core, c.var.caller.userId, oldName, newName);
  return succeed(c, serializeFriendGroup(group));
});

/** `addToFriendGroup` */
friends.post("/addToFriendGroup", authenticated, async (c) => {
  const { name, userIDList } = await parseBody(c, GroupedFriends);
  const changed = await changeMembers(c.var.core, c.var.caller.userId, name, userIDList, true);
  return succeed(c, serializeChangedGroup(changed));
});

/** `removeFromFriendGroup` */
friends.post("/removeFromFriendGroup", authenticated, async (c) => {
  const { name, userIDList } = await parseBody(c, GroupedFriends);
  const changed = await changeMembers(c.var.core, c.var.caller.userId, name, userIDList, false);
  return succeed(c, serializeChangedGroup(changed));
});
