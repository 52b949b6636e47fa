import { z } from "zod";
import { deleteBlock, findBlockedAmong, insertBlock, listBlocked } from "../storage/blocks.ts";
import type { Core } from "./core.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "./cursor.ts";
import { changingFlags } from "./direct-flags.ts";
import { CoreError } from "./errors.ts";
import { UserId } from "./ids.ts";
import { noUser, requireOther, type User } from "./users.ts";

const BlockPosition = z.tuple([UserId]);

/**
 * Blocks somebody: friendship and requests between the two end, and once this resolves neither of them
 * writes to the other. Repeating it changes nothing.
 * @throws `validation_failed` with oneself, `not_found` for an unknown user
 */
export async function block(core: Core, caller: UserId, other: UserId): Promise<void> {
  requireOther(caller, other);
  const exists = await changingFlags(core, caller, other, () =>
    insertBlock(core.db, caller, other, Date.now()),
  );
  if (!exists) throw noUser(other);
}

/**
 * Lifts the caller's own block, if there is one; what it ended stays ended.
 * @throws `validation_failed` with oneself, `not_found` for an unknown user
 */
export async function unblock(core: Core, caller: UserId, other: UserId): Promise<void> {
  requireOther(caller, other);
  const exists = await changingFlags(core, caller, other, () => deleteBlock(core.db, caller, other));
  if (!exists) throw noUser(other);
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
  if (blocked !== undefined) throw acrossBlock(blocked);
}

/** The refusal of what a block forbids. */
export function acrossBlock(other: UserId): CoreError {
  return new CoreError("blocked", `There is a block between you and user ${other}.`);
}
