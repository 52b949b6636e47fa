import { announceProfile } from "../../../core/accounts/profile-announcement.ts";
import { getMe, noUserWithName, tooManyEmails } from "../../../core/accounts/users.ts";
import type { Core } from "../../../core/context.ts";
import { requireAllowed, requireOutOfShadow } from "../../../core/moderation/shown-texts.ts";
import { requireMayChangeProfile, requireMayLookUp, withoutStrangers } from "../../../core/policies.ts";
import { usersChanged } from "../../../core/server/user-events.ts";
import {
  type ExtendedProfile,
  type ExtendedProfileChange,
  nameOf,
  publicOf,
} from "../../../domain/accounts/extended-profile.ts";
import type { Credential } from "../../../domain/accounts/session.ts";
import { CoreError } from "../../../domain/errors.ts";
import type { UserId } from "../../../domain/ids.ts";
import { looksDeleted } from "../../../domain/names/names.ts";
import {
  findExtendedProfileByName,
  findExtendedProfilesSeenBy,
  insertProvisioned,
  updateExtendedProfile,
} from "../../../storage/accounts/extended-profiles.ts";
import type { NameTaken } from "../../../storage/accounts/name-conditions.ts";
import type { ChangedProfile } from "../../../storage/accounts/users.ts";
import { findBlockedAmong } from "../../../storage/contacts/blocks.ts";

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
 * taken or, without the rule key, looks like another user's; with `takenBy: "password"` if its user signs in
 *   with a password, who is not the service's user
 */
export async function provision(
  core: Core,
  { caller, hasKey }: ProvisioningClaim,
  { username, ...fields }: { username: string } & ExtendedProfileChange,
): Promise<ExtendedProfile> {
  if (!hasKey && !isOpen(core)) throw noClaim();
  if (looksDeleted(username)) throw userIdTaken("taken");
  if (!hasKey) await requireAllowed(core, { username, ...shownOf(fields) });
  // The ids of a service may look alike: `user11` and `user1l` are two of its users.
  const comparison = hasKey && core.settings.rule === "static" ? "spelling" : "looks";
  const user = await insertProvisioned(
    core.db,
    { username, ...core.fileOrigins.withStoredAvatar(fields), createdAt: Date.now() },
    comparison,
  );
  if (user === "taken") throw await spellingTaken(core, username);
  if (user === "looks_alike") throw userIdTaken(user);
  core.securityLog.record("registered", { user: user.id, by: caller?.userId ?? null });
  usersChanged(core);
  return user;
}

/**
 * A user's extended profile. It is complete for the user; of a user without a password also with the rule
 * key, and for everybody if provisioning is open. Others get the public fields, across a block only the names
 * and the avatar.
 * @throws `unauthenticated` for a caller without session and key unless provisioning is open; `not_found`
 */
export async function getExtendedProfile(
  core: Core,
  { caller, hasKey }: ProvisioningClaim,
  username: string,
): Promise<ExtendedProfile> {
  if (!caller && !hasKey && !isOpen(core)) throw noClaim();
  const user = (await findExtendedProfileByName(core.db, username)) ?? raise(noUserWithName([username]));
  if (!hasKey) await requireShown(core, caller, user);
  const isProvisioned = !user.hasPassword && (hasKey || isOpen(core));
  const isWhole = isProvisioned || caller?.userId === user.id;
  if (isWhole) return user;
  const isAcross = caller && (await findBlockedAmong(core.db, caller.userId, [user.id])).length > 0;
  return isAcross ? nameOf(user) : publicOf(user);
}

/**
 * Checks that a caller without the rule key may look a user up.
 * @param caller null: somebody without a session
 * @throws `forbidden`; `not_found` for a stranger, where strangers are not shown
 */
async function requireShown(core: Core, caller: Credential | null, user: ExtendedProfile): Promise<void> {
  if (caller?.userId === user.id) return;
  requireMayLookUp(core);
  const shown = caller
    ? (await withoutStrangers(core, caller.userId, [user])).length > 0
    : core.settings.policies.lookup === "anyone";
  if (!shown) throw noUserWithName([user.username]);
}

/**
 * Changes an extended profile. With a session it is the caller's own, whatever `username` says. Otherwise it
 * is that of `username`, which requires the rule key or open provisioning.
 * @throws `unauthenticated` for a caller without either; `forbidden` for a user with a password, and as
 *   `requireMayChangeProfile` without the key; `not_found`
 */
export async function changeExtendedProfile(
  core: Core,
  { caller, hasKey }: ProvisioningClaim,
  username: string,
  requested: ExtendedProfileChange,
): Promise<ExtendedProfile> {
  const change = core.fileOrigins.withStoredAvatar(requested);
  const rule = core.timing.emailChanges;
  if (caller) {
    await requireMayChangeProfile(core, caller.userId, change);
    await requireOutOfShadow(core, caller.userId);
    await requireAllowed(core, shownOf(change));
    const own = await updateExtendedProfile(core.db, caller.userId, change, "any", rule);
    if (own) return announced(core, own);
    await getMe(core, caller);
    throw tooManyEmails(core);
  }
  if (!hasKey && !isOpen(core)) throw noClaim();
  const user = (await findExtendedProfileByName(core.db, username)) ?? raise(noUserWithName([username]));
  if (!hasKey) {
    await requireMayChangeProfile(core, user.id, change);
    // What the service says of its users is not asked about.
    await requireAllowed(core, shownOf(change));
  }
  // The service answers for the addresses of its users.
  const unbounded = { ...rule, max: Number.MAX_SAFE_INTEGER };
  const changed = await updateExtendedProfile(core.db, user.id, change, "passwordless", unbounded);
  if (changed) return announced(core, changed);
  if (user.hasPassword)
    throw new CoreError("forbidden", "user_id: this user has a password: changes need their own token.");
  // The account was deleted during the call.
  throw noUserWithName([username]);
}

/** The texts of an extended profile that others are shown. */
function shownOf(change: ExtendedProfileChange) {
  const { fullName, nickname, alias, gender, province, city, avatar, signature } = change;
  return {
    nickname: [fullName, nickname, alias],
    profile: [gender, province, city, signature, avatar],
  };
}

/** Announces a changed profile, if its user looks different by it. @returns the whole profile */
async function announced(
  core: Core,
  { whole, person }: ChangedProfile<ExtendedProfile>,
): Promise<ExtendedProfile> {
  usersChanged(core);
  if (person) await announceProfile(core, person);
  return whole;
}

/**
 * The public fields of these users' extended profiles, by id; of deleted users the remaining fields. Across a
 * block only the names and the avatar. One query.
 */
export async function getPublicProfile(
  core: Core,
  caller: UserId,
  ids: UserId[],
): Promise<Map<UserId, ExtendedProfile>> {
  const found = await findExtendedProfilesSeenBy(core.db, ids, caller);
  return new Map(found.map((user) => [user.id, user]));
}

async function spellingTaken(core: Core, username: string): Promise<CoreError> {
  const holder = await findExtendedProfileByName(core.db, username);
  if (!holder?.hasPassword) return userIdTaken("taken");
  const detail =
    "user_id: is the name of a user with a password, for whom nobody can vouch. Choose another one.";
  return new CoreError("conflict", detail, { takenBy: "password" });
}

function userIdTaken(reason: NameTaken): CoreError {
  const detail = reason === "taken" ? "is taken" : "looks like the name of another user";
  return new CoreError("conflict", `user_id: ${detail}. Choose another one.`);
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
