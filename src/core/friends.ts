import { z } from "zod";
import {
  askFriendship,
  endFriendship,
  type FriendRequest,
  listFriends as friendsOf,
  listRequests,
} from "../storage/friends.ts";
import { acrossBlock } from "./blocks.ts";
import type { Core } from "./core.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "./cursor.ts";
import { changingFlags } from "./direct-flags.ts";
import { CoreError } from "./errors.ts";
import { UserId } from "./ids.ts";
import { noUser, requireOther, type User } from "./users.ts";

export type { FriendRequest };

/** What has come of asking for friendship: the other has yet to agree, or they are friends. */
export const FriendState = z.enum(["requested", "friends"]);
export type FriendState = z.infer<typeof FriendState>;

const FriendPosition = z.tuple([UserId]);
const RequestPosition = z.tuple([z.int().nonnegative(), UserId]);

/**
 * Asks somebody for friendship; where he has asked, or lets everybody be his friend, it is agreed at once.
 * Repeating it changes nothing.
 * @throws `validation_failed` with oneself, `not_found` for an unknown user, `blocked` across a block,
 *   `forbidden` if he wants nobody to ask
 */
export async function befriend(core: Core, caller: UserId, other: UserId): Promise<FriendState> {
  requireOther(caller, other);
  const asked = await changingFlags(core, caller, other, () =>
    askFriendship(core.db, caller, other, Date.now()),
  );
  switch (asked) {
    case "unknown":
      throw noUser(other);
    case "blocked":
      throw acrossBlock(other);
    case "denied":
      throw new CoreError("forbidden", `User ${other} does not want to be asked for friendship.`);
    default:
      return asked;
  }
}

/**
 * Ends a friendship, rejects what the other has asked, withdraws what the caller has. Where there is
 * nothing of these it changes nothing.
 * @throws `validation_failed` with oneself, `not_found` for an unknown user
 */
export async function unfriend(core: Core, caller: UserId, other: UserId): Promise<void> {
  requireOther(caller, other);
  const exists = await changingFlags(core, caller, other, () => endFriendship(core.db, caller, other));
  if (!exists) throw noUser(other);
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
