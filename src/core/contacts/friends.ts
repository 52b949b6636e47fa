import { z } from "zod";
import type { User } from "../../domain/accounts/user.ts";
import type { AskOutcome } from "../../domain/contacts/friend-state.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError } from "../../domain/errors.ts";
import { UserId } from "../../domain/ids.ts";
import {
  askFriendship,
  endFriendship,
  type FriendRequest,
  findFriendsAmong,
  listFriends as friendsOf,
  listRequests,
} from "../../storage/contacts/friends.ts";
import { noUser, requireOther } from "../accounts/users.ts";
import type { Core } from "../context.ts";
import { includesBlocked } from "./blocks.ts";
import { notifyBoth, notifyRequested } from "./contact-events.ts";
import { changeDirectPermission } from "./direct-permission.ts";

export type { FriendRequest };

const FriendPosition = z.tuple([UserId]);
const RequestPosition = z.tuple([z.int().nonnegative(), UserId]);

/**
 * Asks somebody for friendship; where he has asked, or lets everybody be his friend, it is agreed at once.
 * The devices of whom it concerns are told. Repeating it changes nothing, and tells nobody.
 * @throws `validation_failed` with oneself, `not_found` for an unknown user, `blocked` across a block,
 *   `forbidden` if he wants nobody to ask
 */
export async function askOrAcceptFriend(core: Core, caller: UserId, other: UserId): Promise<AskOutcome> {
  requireOther(caller, other);
  const outcome = await changeDirectPermission(core, caller, [other], async () => {
    const asked = await askFriendship(core.db, caller, other, Date.now());
    if (asked.changed && asked.outcome === "requested") notifyRequested(core, caller, other);
    if (asked.changed && asked.outcome === "friends") notifyBoth(core, caller, other, "friends");
    return asked.outcome;
  });
  switch (outcome) {
    case "unknown":
      throw noUser(other);
    case "blocked":
      throw includesBlocked(other);
    case "denied":
      throw new CoreError("forbidden", `User ${other} does not want to be asked for friendship.`);
    default:
      return outcome;
  }
}

/**
 * Ends a friendship, rejects what the other has asked, withdraws what the caller has; the devices of both are
 * told. Where there is nothing of these it changes nothing.
 * @throws `validation_failed` with oneself, `not_found` for an unknown user
 */
export async function unfriend(core: Core, caller: UserId, other: UserId): Promise<void> {
  requireOther(caller, other);
  const result = await changeDirectPermission(core, caller, [other], async () => {
    const done = await endFriendship(core.db, caller, other);
    if (done?.ended) notifyBoth(core, caller, other, "none");
    return done;
  });
  if (!result) throw noUser(other);
}

/** Sees to it that all of these are the caller's friends; one query whatever their number. @throws `forbidden` */
export async function requireFriends(core: Core, caller: UserId, others: UserId[]): Promise<void> {
  const found = new Set(await findFriendsAmong(core.db, caller, others));
  const stranger = others.find((id) => !found.has(id));
  if (stranger !== undefined) throw notFriends(stranger);
}

/** The refusal of what only friends may do together. */
export function notFriends(other: UserId): CoreError {
  return new CoreError("forbidden", `User ${other} is not your friend.`, { missing: "friendship" });
}

/** The caller's friends. @throws `validation_failed` for a cursor that is none of this list's */
export async function listFriends(
  core: Core,
  caller: UserId,
  { limit, cursor }: PageQuery,
): Promise<Page<User>> {
  const [after] = cursor === undefined ? [] : readCursor(FriendPosition, cursor);
  const rows = await friendsOf(core.db, caller, { after, limit: limit + 1 });
  return pageOf(rows, limit, ({ id }) => [id]);
}

/**
 * What others have asked of the caller, the newest first.
 * @throws `validation_failed` for a cursor that is none of this list's
 */
export async function listFriendRequests(
  core: Core,
  caller: UserId,
  { limit, cursor }: PageQuery,
): Promise<Page<FriendRequest>> {
  const [createdAt, fromId] = cursor === undefined ? [] : readCursor(RequestPosition, cursor);
  const after = createdAt !== undefined && fromId !== undefined ? { createdAt, fromId } : undefined;
  const rows = await listRequests(core.db, caller, { after, limit: limit + 1 });
  return pageOf(rows, limit, (request) => [request.createdAt, request.user.id]);
}
