import { Hono } from "hono";
import { z } from "zod";
import type { Relation } from "../../../domain/contacts/relation.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { displayName } from "../../../domain/names/names.ts";
import { textUpTo } from "../../../domain/text.ts";
import { countPages, weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { BODY, parseBody } from "../body.ts";
import { orConstant } from "../constants.ts";
import { seconds } from "../context.ts";
import { succeed } from "../envelope.ts";
import { UNKNOWN_CODES } from "../errors.ts";
import { userID } from "../ids.ts";
import {
  type ChangedFriendGroup,
  changeMembers,
  createFriendGroup,
  endFriendGroup,
  type FriendGroup,
  listOwnFriendGroups,
  renameOwnFriendGroup,
} from "../use-cases/contacts/friend-groups.ts";
import {
  acceptByName,
  addFriendByName,
  deleteFriendsByName,
  endRequestByName,
  type FailedName,
  type FriendApplication,
  friendsByName,
  listAllFriends,
  listFriendApplications,
  readFriendApplications,
  relationsByName,
  type ShownFriend,
  updateFriendByName,
} from "../use-cases/contacts/friends.ts";
import { serializeProfile } from "./users.ts";

const userIDList = z
  .array(userID)
  .min(1, "must not be empty")
  .max(LIMITS.page, `must be ${LIMITS.page} at most`);

const remark = displayName(LIMITS.remark);

/** `getFriendProfile`, `deleteFriend`: several users. Friendships end on both sides, whatever `type` says. */
const NamedUsers = z.object({ userIDList });

/** The ways to check a friendship, of which every one is of both sides. */
const CHECKS = { CheckResult_Type_Single: "single", CheckResult_Type_Both: "both" } as const;

/** `checkFriend` */
const FriendCheck = z.object({
  userIDList,
  type: orConstant(
    z.enum(["CheckResult_Type_Single", "CheckResult_Type_Both"]).transform((type) => CHECKS[type]),
  ).default("both"),
});

/** `addFriend`: the one who is asked, what is said to them, and what they will be called. */
const FriendAsking = z
  .object({
    to: userID,
    wording: textUpTo(LIMITS.joinRequest).default(""),
    remark: remark.default(""),
  })
  .transform(({ to, ...words }) => ({ to, words }));

/** `updateFriend`: an absent remark keeps its value. */
const FriendUpdate = z.object({ userID, remark: remark.optional() });

/** `acceptFriendApplication`: the two are friends on both sides, whatever `type` says. */
const Acceptance = z.object({ userID, remark: remark.optional() });

/** `refuseFriendApplication` */
const FriendRefusal = z.object({ userID });

const DIRECTIONS = { Pendency_Type_ComeIn: "incoming", Pendency_Type_SendOut: "outgoing" } as const;

/** `deleteFriendApplication`: one that the caller has got, or one that they have sent. */
const ApplicationDeletion = z.object({
  userID,
  type: orConstant(
    z.enum(["Pendency_Type_ComeIn", "Pendency_Type_SendOut"]).transform((type) => DIRECTIONS[type]),
  ),
});

const name = displayName(LIMITS.groupLabel).refine((text) => text !== "", "must not be empty");
const members = z.array(userID).max(LIMITS.page, `must be ${LIMITS.page} at most`).default([]);

/** `createFriendGroup`, `addToFriendGroup`, `removeFromFriendGroup` */
const GroupedFriends = z.object({ name, userIDList: members });
/** `deleteFriendGroup` */
const OneFriendGroup = z.object({ name });
/** `renameFriendGroup` */
const FriendGroupRename = z.object({ oldName: name, newName: name });

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

/** The SDK's code for who is no friend of the caller. */
const NOT_MY_FRIEND = 2_700;
/** The SDK's code for a request that waits for the other user: no failure. */
const WAITS = 30_539;

const REASONS: Record<FailedName["why"], { code: number; message: string }> = {
  unknown: { code: UNKNOWN_CODES.user, message: "There is no such user." },
  "no friend": { code: NOT_MY_FRIEND, message: "This user is not your friend." },
};

/** A friend in the shape of the SDK. */
function serializeFriend({ profile, since, remark, groups }: ShownFriend) {
  return {
    userID: profile.username,
    ...{ profile: serializeProfile(profile), remark, groupList: groups },
    ...{ source: "", wording: "", addTime: seconds(since), timeStamp: seconds(since), friendCustomField: [] },
  };
}

/** The users for whom a call has failed. */
function serializeFailures(failed: FailedName[]) {
  return failed.map(({ username, why }) => ({ userID: username, ...REASONS[why] }));
}

/** What users are to the caller. Every friendship is of both sides. */
function serializeRelations(found: { username: string; relation: Relation }[], check: "single" | "both") {
  const friends = check === "single" ? "CheckResult_Type_AWithB" : "CheckResult_Type_BothWay";
  return found.map(({ username, relation }) => ({
    ...{ userID: username, code: 0 },
    relation: relation === "friends" ? friends : "CheckResult_Type_NoRelation",
  }));
}

/** The outcome of asking a user for friendship. */
function serializeAsked(userID: string, outcome: "friends" | "requested") {
  if (outcome === "friends") return { userID, code: 0, message: "" };
  return { userID, code: WAITS, message: "The user has been asked, and has not answered yet." };
}

const PENDENCY_TYPES: Record<FriendApplication["direction"], string> = {
  incoming: "Pendency_Type_ComeIn",
  outgoing: "Pendency_Type_SendOut",
};

/** A request for friendship. */
function serializeApplication({ user, direction, createdAt, wording }: FriendApplication) {
  return {
    ...{ userID: user.username, nick: user.nickname, avatar: user.avatar, time: seconds(createdAt) },
    ...{ source: "", wording, type: PENDENCY_TYPES[direction] },
  };
}

/** A group of friends. */
function serializeFriendGroup({ name, members }: FriendGroup) {
  return { name, count: members.length, userIDList: members };
}

/** The same after a change of its members. */
function serializeChangedGroup({ group, failed }: ChangedFriendGroup) {
  return { friendGroup: serializeFriendGroup(group), failureUserIDList: serializeFailures(failed) };
}
