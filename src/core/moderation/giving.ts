import { CoreError } from "../../domain/errors.ts";
import type { StaffRole } from "../../domain/moderation/staff.ts";
import { type Gift, mayGive, scopeToGive } from "../../domain/server/giving.ts";
import type { ServerKey } from "../../domain/server/server-key.ts";
import { findServerKey } from "../../storage/server/server-keys.ts";
import type { Core } from "../context.ts";

/** What the refusal of each gift says that a key does not do. */
const NOT_DONE: Record<Gift, string> = {
  role: "sets no role",
  session_with_role: "opens no session with a role",
  standing_of_staff: "neither suspends nor deletes a user with a role, and ends no suspension of theirs",
};

/** @throws `forbidden` for a key that may not give this */
export function requireMayGive(key: ServerKey, gift: Gift): void {
  if (!mayGive(key, gift))
    throw new CoreError(
      "forbidden",
      `The server key lacks the scope \`${scopeToGive(gift)}\`: without it, it ${NOT_DONE[gift]}.`,
    );
}

/** @throws `forbidden` for a key that may not change whether a user of this role may act */
export function requireMayChangeStanding(key: ServerKey, role: StaffRole): void {
  if (role !== "user") requireMayGive(key, "standing_of_staff");
}

/**
 * Reads a key anew before it gives something that stays: an isolate takes a revoked key for as long as it
 * keeps what it has looked up.
 * @throws `unauthenticated` for a key that is revoked or has ended
 */
export async function requireLiveKey(core: Core, { id }: ServerKey): Promise<void> {
  if (await findServerKey(core.db, id, Date.now())) return;
  core.keyCache.forget(id);
  throw new CoreError("unauthenticated", "The server key does not work: it is revoked or has ended.", {
    token: "invalid",
  });
}
