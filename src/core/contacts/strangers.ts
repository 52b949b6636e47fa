import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { findStrangers, reserveLookups } from "../../storage/contacts/strangers.ts";
import type { Core } from "../context.ts";

const DAY_MS = 86_400_000;

/**
 * Counts the ids among those that a caller has named with which they share nothing. Numbers of users count
 * up: without a bound anybody could list all users.
 * @throws `rate_limited` for more of them than `LIMITS.strangersADay`
 */
export async function countNamed(core: Core, caller: UserId, ids: UserId[]): Promise<void> {
  if (!core.settings.rateLimits) return;
  const strangers = (await findStrangers(core.db, caller, ids, "anything")).length;
  const now = Date.now();
  if (strangers === 0) return;
  if (await reserveLookups(core.db, caller, strangers, { max: LIMITS.strangersADay, now })) return;
  throw new CoreError(
    "rate_limited",
    "You have named too many users by number today with whom you share nothing.",
    {
      retryAfter: Math.ceil((DAY_MS - (now % DAY_MS)) / 1_000),
    },
  );
}
