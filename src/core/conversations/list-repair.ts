import type { UserId } from "../../domain/ids.ts";
import type { RepairResult } from "../../domain/ports.ts";
import type { Core } from "../context.ts";

/**
 * Rebuilds the caller's list of conversations, with what he has not read in each, from the conversations
 * themselves: for a list that looks wrong.
 * @throws `rate_limited` within a minute of the last one, `unavailable` while D1 does not answer
 */
export function repairInbox(core: Core, caller: UserId): Promise<RepairResult> {
  return core.inboxes.repair(caller);
}
