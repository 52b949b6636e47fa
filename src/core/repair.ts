import type { Core } from "./core.ts";
import type { UserId } from "./ids.ts";
import type { RepairResult } from "./ports.ts";

/**
 * Rebuilds the caller's list of conversations, with what he has not read in each, from the conversations
 * themselves: for a list that looks wrong.
 * @throws `rate_limited` within a minute of the last one, `unavailable` while D1 does not answer
 */
export function repairInbox(core: Core, caller: UserId): Promise<RepairResult> {
  return core.inboxes.repair(caller);
}
