import type { ProfileFields } from "../../domain/accounts/user.ts";
import { CoreError } from "../../domain/errors.ts";
import { looksDeleted } from "../../domain/names/names.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { randomHex } from "../../lib/random.ts";
import { findByExternalId, type ProvisionedUser } from "../../storage/server/provisioned.ts";
import { insertServerUser } from "../../storage/server/server-users.ts";
import type { Core } from "../context.ts";
import { usersChanged } from "./user-events.ts";

/** Names are random, so that a second one is never needed but where the first was wanted by others too. */
const MAX_TRIES = 4;
/** The hexadecimal digits of a generated username. */
const DIGITS = 12;

/** What a new user gets. An existing one stays as they are. */
export interface Provision {
  externalId: ExternalId;
  /** a `NewUsername`, which they get if it is free; undefined: a generated one */
  username: string | undefined;
  nickname: string;
  avatar: ProfileFields["avatar"];
  profileLocked: boolean;
}

/**
 * The user of an external id, who is made without a password if there is none. Two calls at once make one.
 * @param made whether a missing user is made
 * @returns null: there is none, and none was to be made
 */
export async function findOrProvision(
  core: Core,
  { externalId, username, nickname, avatar, profileLocked }: Provision,
  made: boolean,
): Promise<ProvisionedUser | null> {
  const found = await findByExternalId(core.db, externalId);
  if (found || !made) return found;
  const wanted = username === undefined || looksDeleted(username) ? [] : [username];
  for (const name of [...wanted, ...Array.from({ length: MAX_TRIES }, generatedUsername)]) {
    const made = await insertServerUser(core.db, {
      ...{ externalId, username: name, profileLocked, createdAt: Date.now() },
      change: { nickname, avatar },
    });
    // Whose insert it was: another call may have made the user meanwhile.
    const user = await findByExternalId(core.db, externalId);
    if (user && user.id === made) {
      core.securityLog.record("registered", { user: user.id, by: null });
      usersChanged(core);
    }
    if (user) return user;
  }
  throw new CoreError("unavailable", "The user could not be made right now. Try again.", { retryAfter: 1 });
}

/** A username that tells nothing of the external id. */
function generatedUsername(): string {
  return `user-${randomHex().slice(0, DIGITS)}`;
}
