import { z } from "zod";
import type { User } from "../../domain/accounts/user.ts";
import type { AskOutcome } from "../../domain/contacts/friend-state.ts";
import type { RequestDirection } from "../../domain/contacts/request-direction.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { askedTooSoon, CoreError, noUser } from "../../domain/errors.ts";
import { UserId } from "../../domain/ids.ts";
import {
  areInContact,
  askFriendship,
  endFriendship,
  type FriendRequest,
  type FriendWords,
  findFriendsAmong,
  listFriends as friendsOf,
  listRequests,
} from "../../storage/contacts/friends.ts";
import { requireOther } from "../accounts/users.ts";
import type { Core } from "../context.ts";
import { requireAllowed, requireOutOfShadow } from "../moderation/shown-texts.ts";
import { requireNoStrangers } from "../policies.ts";
import { counted } from "../quotas.ts";
import { includesBlocked } from "./blocks.ts";
import { notifyBoth, notifyRequested } from "./contact-events.ts";
import { changeDirectPermission } from "./direct-permission.ts";
import { acceptOfFriends } from "./message-requests.ts";
import { countNamed } from "./strangers.ts";

export type { FriendRequest, FriendWords };

const FriendPosition = z.tuple([UserId]);
const RequestPosition = z.tuple([z.int().nonnegative(), UserId]);
const SentRequestPosition = z.tuple([z.int().nonnegative(), UserId, z.literal("outgoing")]);

/**
 * Sends a friend request. If the other user has sent one too, or accepts all requests, the two are friends at
 * once. The devices of the users concerned are informed. A repeated request changes nothing and informs
 * nobody.
 * @throws `validation_failed` for the caller themself, `not_found` for an unknown user, and with
 *   `missing: "application"` for an answer to no request, `blocked` across a block, `forbidden` if the other
 *   user refuses all requests, `rate_limited` within a day after the other user rejected a request of the
 *   caller, `quota` for one more request than the caller may make today,
 *   `refused` for words that rules refuse
 * @param words what the caller says to the other, and what they will call them
 */
export async function askOrAcceptFriend(
  core: Core,
  caller: UserId,
  other: UserId,
  words: FriendWords = {},
): Promise<AskOutcome> {
  requireOther(caller, other);
  await countNamed(core, caller, [other]);
  await requireNoStrangers(core, caller, [other]);
  if (!words.answersOnly) await requireOutOfShadow(core, caller);
  await requireAllowed(core, { request: words.wording });
  const isCounted = core.settings.quotas.requests !== null && !(await areInContact(core.db, caller, other));
  return counted(core, caller, isCounted ? { requests: [`user ${other}`] } : {}, () =>
    ask(core, caller, other, words),
  );
}

async function ask(core: Core, caller: UserId, other: UserId, words: FriendWords): Promise<AskOutcome> {
  const { cooldownMs } = core.timing.rejections;
  const asked = await changeDirectPermission(core, caller, [other], async () => {
    const now = Date.now();
    const request = await askFriendship(core.db, caller, other, now, now - cooldownMs, words);
    if (request.changed && request.outcome === "requested") notifyRequested(core, caller, other);
    if (request.changed && request.outcome === "friends") notifyBoth(core, caller, other, "friends");
    return request;
  });
  switch (asked.outcome) {
    case "unknown":
      throw noUser(other);
    case "blocked":
      throw includesBlocked(other);
    case "denied":
      throw new CoreError("forbidden", `User ${other} does not want to be asked for friendship.`);
    case "unasked":
      throw new CoreError("not_found", `User ${other} has not asked you for friendship.`, {
        missing: "application",
      });
    case "rejected":
      throw askedTooSoon(asked.rejectedAt + cooldownMs, `User ${other} has rejected your request.`);
    default:
      if (asked.outcome === "friends") await acceptOfFriends(core, caller, other);
      return asked.outcome;
  }
}

/**
 * Ends a friendship, rejects the other user's request and withdraws the caller's own; the devices of both are
 * informed. Without any of these it changes nothing.
 * @throws `validation_failed` for the caller themself, `not_found` for an unknown user
 */
export async function unfriend(core: Core, caller: UserId, other: UserId): Promise<void> {
  requireOther(caller, other);
  const result = await changeDirectPermission(core, caller, [other], async () => {
    const outcome = await endFriendship(core.db, caller, other, Date.now());
    if (outcome?.ended) notifyBoth(core, caller, other, "none");
    return outcome;
  });
  if (!result) throw noUser(other);
}

/** Checks that all of these users are the caller's friends: one query for any number. @throws `forbidden` */
export async function requireFriends(core: Core, caller: UserId, others: UserId[]): Promise<void> {
  const found = new Set(await findFriendsAmong(core.db, caller, others));
  const stranger = others.find((id) => !found.has(id));
  if (stranger !== undefined) throw notFriends(stranger);
}

/** The `forbidden` for an operation that requires a friendship. */
export function notFriends(other: UserId): CoreError {
  return new CoreError("forbidden", `User ${other} is not your friend.`, { missing: "friendship" });
}

/** The caller's friends. @throws `validation_failed` for a cursor of another list */
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
 * The open friend requests that the caller has received or sent, the newest first.
 * @throws `validation_failed` for a cursor of another list
 */
export async function listFriendRequests(
  core: Core,
  caller: UserId,
  direction: RequestDirection,
  { limit, cursor }: PageQuery,
): Promise<Page<FriendRequest>> {
  const after = cursor === undefined ? undefined : REQUEST_POSITIONS[direction](cursor);
  const rows = await listRequests(core.db, caller, direction, { after, limit: limit + 1 });
  return pageOf(rows, limit, ({ createdAt, user }) => {
    const position = [createdAt, user.id];
    return direction === "incoming" ? position : [...position, direction];
  });
}

/** Reads the cursor of either list. Only that of sent requests names its list. */
const REQUEST_POSITIONS = {
  incoming: (cursor: string) => {
    const [createdAt, otherId] = readCursor(RequestPosition, cursor);
    return { createdAt, otherId };
  },
  outgoing: (cursor: string) => {
    const [createdAt, otherId] = readCursor(SentRequestPosition, cursor);
    return { createdAt, otherId };
  },
};
