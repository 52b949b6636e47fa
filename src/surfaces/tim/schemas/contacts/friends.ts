import { z } from "zod";
import { LIMITS } from "../../../../domain/limits.ts";
import { displayName } from "../../../../domain/names/names.ts";
import { textUpTo } from "../../../../domain/text.ts";
import { userID } from "../../ids.ts";
import { orConstant } from "../constants.ts";

const userIDList = z
  .array(userID)
  .min(1, "must not be empty")
  .max(LIMITS.page, `must be ${LIMITS.page} at most`);

const remark = displayName(LIMITS.remark);

/** `getFriendProfile`, `deleteFriend`: several users. Friendships end on both sides, whatever `type` says. */
export const NamedUsers = z.object({ userIDList });

/** The ways to check a friendship, of which every one is of both sides. */
const CHECKS = { CheckResult_Type_Single: "single", CheckResult_Type_Both: "both" } as const;

/** `checkFriend` */
export const FriendCheck = z.object({
  userIDList,
  type: orConstant(
    z.enum(["CheckResult_Type_Single", "CheckResult_Type_Both"]).transform((type) => CHECKS[type]),
  ).default("both"),
});

/** `addFriend`: the one who is asked, what is said to them, and what they will be called. */
export const FriendAsking = z
  .object({
    to: userID,
    wording: textUpTo(LIMITS.joinRequest).default(""),
    remark: remark.default(""),
  })
  .transform(({ to, ...words }) => ({ to, words }));

/** `updateFriend`: an absent remark keeps its value. */
export const FriendUpdate = z.object({ userID, remark: remark.optional() });

/** `acceptFriendApplication`: the two are friends on both sides, whatever `type` says. */
export const Acceptance = z.object({ userID, remark: remark.optional() });

/** `refuseFriendApplication` */
export const FriendRefusal = z.object({ userID });

const DIRECTIONS = { Pendency_Type_ComeIn: "incoming", Pendency_Type_SendOut: "outgoing" } as const;

/** `deleteFriendApplication`: one that the caller has got, or one that they have sent. */
export const ApplicationDeletion = z.object({
  userID,
  type: orConstant(
    z.enum(["Pendency_Type_ComeIn", "Pendency_Type_SendOut"]).transform((type) => DIRECTIONS[type]),
  ),
});

const name = displayName(LIMITS.groupLabel).refine((text) => text !== "", "must not be empty");
const members = z.array(userID).max(LIMITS.page, `must be ${LIMITS.page} at most`).default([]);

/** `createFriendGroup`, `addToFriendGroup`, `removeFromFriendGroup` */
export const GroupedFriends = z.object({ name, userIDList: members });
/** `deleteFriendGroup` */
export const OneFriendGroup = z.object({ name });
/** `renameFriendGroup` */
export const FriendGroupRename = z.object({ oldName: name, newName: name });
