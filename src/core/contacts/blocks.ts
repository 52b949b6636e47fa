import { z } from "zod";
import type { User } from "../../domain/accounts/user.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError } from "../../domain/errors.ts";
import { UserId } from "../../domain/ids.ts";
import {
  deleteBlocks,
  findBlockedAmong,
  findBlockedNames,
  insertBlocks,
  listBlocked,
} from "../../storage/contacts/blocks.ts";
import { allByName, noUser, requireOther } from "../accounts/users.ts";
import type { Core } from "../context.ts";
import { notifyBoth } from "./contact-events.ts";
import { changeDirectPermission } from "./direct-permission.ts";

const BlockPosition = z.tuple([UserId]);

/**
 * Blocks somebody: friendship and requests between the two end, of which the devices of both are told, and once
 * this resolves neither of them writes to the other. Repeating it changes nothing.
 * @throws `validation_failed` with oneself, `not_found` for an unknown user
 */
export async function block(core: Core, caller: UserId, other: UserId): Promise<void> {
  requireOther(caller, other);
  await blockEach(core, caller, [other]);
}

/**
 * The same with whoever has these usernames, all together.
 * @returns the names of all whom the caller blocks then
 * @throws as `block`, and then nobody is blocked
 */
export async function blockByName(core: Core, caller: UserId, usernames: string[]): Promise<string[]> {
  await blockEach(core, caller, await othersNamed(core, caller, usernames));
  return listBlockedNames(core, caller);
}

async function blockEach(core: Core, caller: UserId, others: UserId[]): Promise<void> {
  const { missing } = await changeDirectPermission(core, caller, others, async () => {
    const done = await insertBlocks(core.db, caller, others, Date.now());
    for (const other of done.ended) notifyBoth(core, caller, other, "none");
    return done;
  });
  requireAll(missing);
}

/**
 * Lifts the caller's own block, if there is one; what it ended stays ended.
 * @throws `validation_failed` with oneself, `not_found` for an unknown user
 */
export async function unblock(core: Core, caller: UserId, other: UserId): Promise<void> {
  requireOther(caller, other);
  await unblockEach(core, caller, [other]);
}

/** The same with whoever has these usernames. @returns as `blockNamed`. @throws as `unblock`, and then nothing is lifted */
export async function unblockByName(core: Core, caller: UserId, usernames: string[]): Promise<string[]> {
  await unblockEach(core, caller, await othersNamed(core, caller, usernames));
  return listBlockedNames(core, caller);
}

async function unblockEach(core: Core, caller: UserId, others: UserId[]): Promise<void> {
  requireAll(await changeDirectPermission(core, caller, others, () => deleteBlocks(core.db, caller, others)));
}

async function othersNamed(core: Core, caller: UserId, usernames: string[]): Promise<UserId[]> {
  const ids = (await allByName(core, usernames)).map(({ id }) => id);
  for (const id of ids) requireOther(caller, id);
  return ids;
}

/** Whoever is gone since he was looked up is as unknown. */
function requireAll([missing]: UserId[]): void {
  if (missing !== undefined) throw noUser(missing);
}

/** The names of all whom the caller blocks. */
export function listBlockedNames(core: Core, caller: UserId): Promise<string[]> {
  return findBlockedNames(core.db, caller);
}

/** Whom the caller blocks. @throws `validation_failed` for a cursor that is none of this list's */
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
 * Sees to it that there is no block between the caller and any of these users, whoever made it; one query
 * whatever their number. For whatever a block forbids, such as adding somebody to a group.
 * @throws `blocked`
 */
export async function requireNoBlocks(core: Core, caller: UserId, others: UserId[]): Promise<void> {
  const [blocked] = await findBlockedAmong(core.db, caller, others);
  if (blocked !== undefined) throw includesBlocked(blocked);
}

/** The refusal of what a block forbids. */
export function includesBlocked(other: UserId): CoreError {
  return new CoreError("blocked", `There is a block between you and user ${other}.`);
}
