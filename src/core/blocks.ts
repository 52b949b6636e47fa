import { findBlockedAmong } from "../storage/blocks.ts";
import type { Core } from "./core.ts";
import { CoreError } from "./errors.ts";
import type { UserId } from "./ids.ts";

/**
 * Sees to it that there is no block between the caller and any of these users, whoever made it; one query
 * whatever their number. For whatever a block forbids, such as adding somebody to a group.
 * @throws `blocked`
 */
export async function requireNoBlocks(core: Core, caller: UserId, others: UserId[]): Promise<void> {
  const [blocked] = await findBlockedAmong(core.db, caller, others);
  if (blocked === undefined) return;
  throw new CoreError("blocked", `There is a block between you and user ${blocked}.`);
}
