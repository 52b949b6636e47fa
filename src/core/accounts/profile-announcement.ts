import type { VersionedPerson } from "../../domain/accounts/person.ts";
import { errorFields, log } from "../../lib/logger.ts";
import type { Core } from "../context.ts";

/**
 * Announces a new name or avatar, which D1 has, to the user's conversations and devices. Once this resolves
 * the conversations that were active last show it. Never rejects: without an announcement conversations find
 * the change within a minute.
 */
export async function announceProfile(core: Core, profile: VersionedPerson): Promise<void> {
  await core.inboxes
    .announceProfile(profile.id, { profile })
    .catch((error: unknown) =>
      log("warn", "profile_announcement_failed", { user: profile.id, ...errorFields(error) }),
    );
}
