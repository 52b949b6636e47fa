import {
  type ExtendedProfile,
  type ExtendedProfileChange,
  publicOf,
} from "../../domain/accounts/extended-profile.ts";
import type { Credential } from "../../domain/accounts/session.ts";
import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import {
  findExtendedProfile,
  findExtendedProfileByName,
  insertProvisioned,
  updateExtendedProfile,
} from "../../storage/accounts/extended-profiles.ts";
import type { Core } from "../context.ts";
import { RESERVED } from "./registration.ts";
import { accountDeleted, noUserWithName } from "./users.ts";

/** By what right particulars are asked for or changed: by who he is, by the rule key for the user in question. */
export interface ProvisioningClaim {
  caller: Credential | null;
  hasKey: boolean;
}

/**
 * Makes an account without a password.
 * @throws `unauthenticated` unless that is open to everybody, or the rule key was shown; `conflict` if the name is taken
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
 * A user's particulars. All of them are for himself, for who has the rule key, and where provisioning is open for
 * everybody, but of who has a password; somebody else who is signed in gets those that are for all.
 * @throws `unauthenticated` for who is nobody where that is not open, `not_found`
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
 * Changes the caller's own particulars, whomever he names; or, for who has the rule key or where provisioning is
 * open, those of whom he names.
 * @throws `unauthenticated` for who is neither; `forbidden` for a user with a password who is another's; `not_found`
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
      "user_id: this user has a password: only he and who has the rule key change him.",
    );
  }
  // Deleted meanwhile.
  throw noUserWithName([username]);
}

/** What everybody may know of these users, by id; of deleted ones what is left. One query whatever their number. */
export async function getPublicProfile(core: Core, ids: UserId[]): Promise<Map<UserId, ExtendedProfile>> {
  const found = await findExtendedProfile(core.db, ids);
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
