import type { Relation } from "../../../../domain/contacts/relation.ts";
import { UNKNOWN_CODES } from "../../errors.ts";
import type { ChangedFriendGroup, FriendGroup } from "../../use-cases/contacts/friend-groups.ts";
import type { FailedName, FriendApplication, ShownFriend } from "../../use-cases/contacts/friends.ts";
import { seconds } from "../context.ts";
import { serializeProfile } from "../users.ts";

/** The SDK's code for who is no friend of the caller. */
const NOT_MY_FRIEND = 2_700;
/** The SDK's code for a request that waits for the other user: no failure. */
const WAITS = 30_539;

const REASONS: Record<FailedName["why"], { code: number; message: string }> = {
  unknown: { code: UNKNOWN_CODES.user, message: "There is no such user." },
  "no friend": { code: NOT_MY_FRIEND, message: "This user is not your friend." },
};

/** A friend in the shape of the SDK. */
export function serializeFriend({ profile, since, remark, groups }: ShownFriend) {
  return {
    userID: profile.username,
    ...{ profile: serializeProfile(profile), remark, groupList: groups },
    ...{ source: "", wording: "", addTime: seconds(since), timeStamp: seconds(since), friendCustomField: [] },
  };
}

/** The users for whom a call has failed. */
export function serializeFailures(failed: FailedName[]) {
  return failed.map(({ username, why }) => ({ userID: username, ...REASONS[why] }));
}

/** What users are to the caller. Every friendship is of both sides. */
export function serializeRelations(
  found: { username: string; relation: Relation }[],
  check: "single" | "both",
) {
  const friends = check === "single" ? "CheckResult_Type_AWithB" : "CheckResult_Type_BothWay";
  return found.map(({ username, relation }) => ({
    ...{ userID: username, code: 0 },
    relation: relation === "friends" ? friends : "CheckResult_Type_NoRelation",
  }));
}

/** The outcome of asking a user for friendship. */
export function serializeAsked(userID: string, outcome: "friends" | "requested") {
  if (outcome === "friends") return { userID, code: 0, message: "" };
  return { userID, code: WAITS, message: "The user has been asked, and has not answered yet." };
}

const DIRECTIONS: Record<FriendApplication["direction"], string> = {
  incoming: "Pendency_Type_ComeIn",
  outgoing: "Pendency_Type_SendOut",
};

/** A request for friendship. */
export function serializeApplication({ user, direction, createdAt, wording }: FriendApplication) {
  return {
    ...{ userID: user.username, nick: user.nickname, avatar: user.avatar, time: seconds(createdAt) },
    ...{ source: "", wording, type: DIRECTIONS[direction] },
  };
}

/** A group of friends. */
export function serializeFriendGroup({ name, members }: FriendGroup) {
  return { name, count: members.length, userIDList: members };
}

/** The same after a change of its members. */
export function serializeChangedGroup({ group, failed }: ChangedFriendGroup) {
  return { friendGroup: serializeFriendGroup(group), failureUserIDList: serializeFailures(failed) };
}
