import { z } from "zod";
import type { User } from "../../domain/accounts/user.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError, noUser } from "../../domain/errors.ts";
import { UserId } from "../../domain/ids.ts";
import {
  deleteBlocks,
  findBlockedAmong,
  findBlockedNames,
  insertBlocks,
  listBlocked,
} from "../../storage/contacts/blocks.ts";
import { getUsersByNames, requireOther } from "../accounts/users.ts";
import type { Core } from "../context.ts";
import { requireNoStrangers } from "../policies.ts";
import { notifyBoth, notifyOfBlocks } from "./contact-events.ts";
import { changeDirectPermission } from "./direct-permission.ts";
import { countNamed } from "./strangers.ts";

const BlockPosition = z.tuple([UserId]);

/**
 * Blocks a user. Friendship and friend requests between the two end, and the devices of both are informed.
 * Once this resolves, neither can write to the other. Idempotent.
 * @throws `validation_failed` for the caller themself, `not_found` for an unknown user, `rate_limited` as
 *   `countNamed`
 */
export async function block(core: Core, caller: UserId, other: UserId): Promise<void> {
  requireOther(caller, other);
  await countNamed(core, caller, [other]);
  await requireNoStrangers(core, caller, [other]);
  await blockEach(core, caller, [other]);
}

/**
 * Blocks the users of these usernames, all of them or none.
 * @returns the usernames of all users whom the caller blocks then
 * @throws as `block`
 */
export async function blockByName(core: Core, caller: UserId, usernames: string[]): Promise<string[]> {
  await blockEach(core, caller, await othersNamed(core, caller, usernames));
  return listBlockedNames(core, caller);
}

async function blockEach(core: Core, caller: UserId, others: UserId[]): Promise<void> {
  const { missing } = await changeDirectPermission(core, caller, others, async () => {
    const inserted = await insertBlocks(core.db, caller, others, Date.now());
    for (const other of inserted.ended) notifyBoth(core, caller, other, "none");
    return inserted;
  });
  notifyOfBlocks(core, caller);
  requireAll(missing);
}

/**
 * Removes the caller's own block, if there is one. The friendship and requests that the block ended are not
 * restored.
 * @throws `validation_failed` for the caller themself, `not_found` for an unknown user
 */
export async function unblock(core: Core, caller: UserId, other: UserId): Promise<void> {
  requireOther(caller, other);
  await unblockEach(core, caller, [other]);
}

/**
 * Unblocks the users of these usernames, all of them or none.
 * @returns as `blockByName`
 * @throws as `unblock`
 */
export async function unblockByName(core: Core, caller: UserId, usernames: string[]): Promise<string[]> {
  await unblockEach(core, caller, await othersNamed(core, caller, usernames));
  return listBlockedNames(core, caller);
}

async function unblockEach(core: Core, caller: UserId, others: UserId[]): Promise<void> {
  const missing = await changeDirectPermission(core, caller, others, () =>
    deleteBlocks(core.db, caller, others),
  );
  notifyOfBlocks(core, caller);
  requireAll(missing);
}

async function othersNamed(core: Core, caller: UserId, usernames: string[]): Promise<UserId[]> {
  const ids = (await getUsersByNames(core, caller, usernames)).map(({ id }) => id);
  for (const id of ids) requireOther(caller, id);
  return ids;
}

/** Refuses users whose account was deleted since they were looked up. @throws `not_found` */
function requireAll([missing]: UserId[]): void {
  if (missing !== undefined) throw noUser(missing);
}

/** The usernames of all users whom the caller blocks. */
export function listBlockedNames(core: Core, caller: UserId): Promise<string[]> {
  return findBlockedNames(core.db, caller);
}

/** The users whom the caller blocks. @throws `validation_failed` for a cursor of another list */
export async function listBlocks(
  core: Core,
  caller: UserId,
  { limit, cursor }: PageQuery,
): Promise<Page<User>> {
  const [after] = cursor === undefined ? [] : readCursor(BlockPosition, cursor);
  const rows = await listBlocked(core.db, caller, { after, limit: limit + 1 });
  return pageOf(rows, limit, ({ id }) => [id]);
}

/**
 * Checks that no block exists between the caller and these users, in either direction: one query for any
 * number. Used for operations that a block forbids, such as adding a user to a group.
 * @throws `blocked`
 */
export async function requireNoBlocks(core: Core, caller: UserId, others: UserId[]): Promise<void> {
  const [blocked] = await findBlockedAmong(core.db, caller, others);
  if (blocked !== undefined) throw includesBlocked(blocked);
}

/** The `blocked` for an operation that a block forbids. */
export function includesBlocked(other: UserId): CoreError {
  return new CoreError("blocked", `There is a block between you and user ${other}.`);
}
