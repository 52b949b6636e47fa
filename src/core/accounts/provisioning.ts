import {
  type ExtendedProfile,
  type ExtendedProfileChange,
  publicOf,
} from "../../domain/accounts/extended-profile.ts";
import type { Credential } from "../../domain/accounts/session.ts";
import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import {
  findExtendedProfileByName,
  findExtendedProfiles,
  insertProvisioned,
  updateExtendedProfile,
} from "../../storage/accounts/extended-profiles.ts";
import type { Core } from "../context.ts";
import { RESERVED } from "./registration.ts";
import { accountDeleted, noUserWithName } from "./users.ts";

/**
 * The authorization to read or change an extended profile: the caller's session, or the rule key for the
 * user.
 */
export interface ProvisioningClaim {
  caller: Credential | null;
  hasKey: boolean;
}

/**
 * Creates an account without a password.
 * @throws `unauthenticated` unless provisioning is open or the rule key was shown; `conflict` if the name is
 *   taken
 */
export async function provision(
  core: Core,
  { hasKey }: ProvisioningClaim,
  { username, ...fields }: { username: string } & ExtendedProfileChange,
): Promise<ExtendedProfile> {
  if (!hasKey && !isOpen(core)) throw noClaim();
  const user = RESERVED.test(username)
    ? null
    : await insertProvisioned(core.db, { username, ...fields, createdAt: Date.now() });
  if (!user) throw new CoreError("conflict", "user_id: is taken. Choose another one.");
  return user;
}

/**
 * A user's extended profile. It is complete for the user, with the rule key, and for everybody if
 * provisioning is open and the user has no password. Other signed-in callers get the public fields.
 * @throws `unauthenticated` for a caller without session and key unless provisioning is open; `not_found`
 */
export async function getExtendedProfile(
  core: Core,
  { caller, hasKey }: ProvisioningClaim,
  username: string,
): Promise<ExtendedProfile> {
  if (!caller && !hasKey && !isOpen(core)) throw noClaim();
  const user = (await findExtendedProfileByName(core.db, username)) ?? raise(noUserWithName([username]));
  const isWhole = hasKey || caller?.userId === user.id || (isOpen(core) && !user.hasPassword);
  return isWhole ? user : publicOf(user);
}

/**
 * Changes an extended profile. With a session it is the caller's own, whatever `username` says. Otherwise it
 * is that of `username`, which requires the rule key or open provisioning.
 * @throws `unauthenticated` for a caller without either; `forbidden` without the key for a user with a
 *   password; `not_found`
 */
export async function changeExtendedProfile(
  core: Core,
  { caller, hasKey }: ProvisioningClaim,
  username: string,
  change: ExtendedProfileChange,
): Promise<ExtendedProfile> {
  if (caller)
    return (await updateExtendedProfile(core.db, caller.userId, change, "any")) ?? raise(accountDeleted());
  if (!hasKey && !isOpen(core)) throw noClaim();
  const user = (await findExtendedProfileByName(core.db, username)) ?? raise(noUserWithName([username]));
  const changed = await updateExtendedProfile(core.db, user.id, change, hasKey ? "any" : "passwordless");
  if (changed) return changed;
  if (user.hasPassword) {
    throw new CoreError(
      "forbidden",
      "user_id: this user has a password: changes need their own user_sig, or the rule key.",
    );
  }
  // The account was deleted during the call.
  throw noUserWithName([username]);
}

/**
 * The public fields of these users' extended profiles, by id; of deleted users the remaining fields. One
 * query.
 */
export async function getPublicProfile(core: Core, ids: UserId[]): Promise<Map<UserId, ExtendedProfile>> {
  const found = await findExtendedProfiles(core.db, ids);
  return new Map(found.map((user) => [user.id, publicOf(user)]));
}

function isOpen({ settings }: Core): boolean {
  return settings.provisioning === "open";
}

function noClaim(): CoreError {
  const detail =
    "user_sig or token: this needs the rule key as token, or the user's own user_sig in Authorization";
  return new CoreError("unauthenticated", detail);
}

function raise(error: CoreError): never {
  throw error;
}
