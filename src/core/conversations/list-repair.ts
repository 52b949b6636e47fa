import type { UserId } from "../../domain/ids.ts";
import type { RepairResult } from "../../domain/ports.ts";
import type { Core } from "../context.ts";

/**
 * Rebuilds the caller's list and its unread counts from the conversations themselves.
 * @throws `rate_limited` within a minute of the last repair, `unavailable` while D1 does not answer
 */
export function repairInbox(core: Core, caller: UserId): Promise<RepairResult> {
  return core.inboxes.repair(caller);
}
