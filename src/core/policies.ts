import type { ProfileShown } from "../domain/accounts/user.ts";
import { CoreError, noUser } from "../domain/errors.ts";
import type { UserId } from "../domain/ids.ts";
import { NO_QUOTAS } from "../domain/quotas.ts";
import { OPEN_POLICIES, type Policies } from "../domain/server/policies.ts";
import { findStrangers, type Sharing } from "../storage/contacts/strangers.ts";
import { findProfileRights } from "../storage/server/provisioned.ts";
import type { Core } from "./context.ts";

/**
 * What users may do by themselves, by the settings `PROFILES`, `DIRECT`, `GROUPS`, `SPACES`, `BOTS` and
 * `LOOKUP`.
 * Every API asks here. A server key that acts as a user has a core for which everything is allowed.
 */

const TRUSTED = { quotas: NO_QUOTAS, asksConsent: false };

/**
 * The core of calls that a server key makes as a user: the team trusts its backend. Nothing is counted, and
 * nobody is asked.
 */
export function withoutPolicies(core: Core): Core {
  const { settings } = core;
  // Where nobody makes spaces, the team's backend makes none either.
  const spaces = settings.policies.spaces === "off" ? "off" : OPEN_POLICIES.spaces;
  return { ...core, settings: { ...settings, ...TRUSTED, policies: { ...OPEN_POLICIES, spaces } } };
}

/** Whom a user may begin a direct conversation with, by `DIRECT`. */
const MAY_BEGIN: Record<Exclude<Policies["direct"], "anyone" | "server">, [Sharing, string]> = {
  shared: ["group", "friends, and with members of your groups"],
  friends: ["friendship", "friends"],
};

/** Checks that a user may begin a direct conversation with another. @throws `forbidden` */
export async function requireMayBegin(core: Core, caller: UserId, peer: UserId): Promise<void> {
  const { direct } = core.settings.policies;
  if (direct === "anyone") return;
  if (direct === "server")
    throw new CoreError("forbidden", "Direct conversations are begun by the operator of this server alone.");
  const [sharing, who] = MAY_BEGIN[direct];
  if ((await findStrangers(core.db, caller, [peer], sharing)).length === 0) return;
  throw new CoreError("forbidden", `You can begin direct conversations with ${who} alone.`);
}

/** Checks that users may create groups. @throws `forbidden` */
export function requireMayCreateGroups({ settings: { policies } }: Core): void {
  if (policies.groups === "server")
    throw new CoreError("forbidden", "Groups are created by the operator of this server alone.");
}

/** Checks that users may make spaces. @throws `forbidden` */
export function requireMayMakeSpaces(core: Core): void {
  requireSpaces(core);
  if (core.settings.policies.spaces === "server")
    throw new CoreError("forbidden", "Spaces are made by the operator of this server alone.");
}

/** Checks that spaces are made at all, also by a team's backend. @throws `forbidden` */
export function requireSpaces({ settings: { policies } }: Core): void {
  if (policies.spaces === "off") throw new CoreError("forbidden", "This server makes no spaces.");
}

/** Checks that members of spaces may make channels: as groups, or as spaces. @throws `forbidden` */
export function requireMayMakeChannels(core: Core): void {
  if (core.settings.policies.spaces !== "anyone") requireMayCreateGroups(core);
}

/** Checks that users may make bots. @throws `forbidden` */
export function requireMayMakeBots({ settings: { policies } }: Core): void {
  if (policies.bots === "server")
    throw new CoreError("forbidden", "Bots are made by the operator of this server alone.");
}

/** Checks that users may look users up. @throws `forbidden` */
export function requireMayLookUp({ settings: { policies } }: Core): void {
  if (policies.lookup === "off")
    throw new CoreError("forbidden", "This server lets nobody look users up by name or number.");
}

/**
 * Those of these users whom a caller may name, to be shown them or to come into a group with them: all, or
 * those with whom the caller shares something. The others do not exist for the caller.
 */
export async function withoutStrangers<Found extends { id: UserId }>(
  core: Core,
  caller: UserId,
  found: Found[],
): Promise<Found[]> {
  if (core.settings.policies.lookup === "anyone" || found.length === 0) return found;
  const ids = found.map(({ id }) => id);
  const strangers = new Set(await findStrangers(core.db, caller, ids, "lookup"));
  return found.filter(({ id }) => !strangers.has(id));
}

/** Checks that a caller may name these users, as `withoutStrangers`. @throws `not_found` */
export async function requireNoStrangers(core: Core, caller: UserId, ids: UserId[]): Promise<void> {
  const named = ids.map((id) => ({ id }));
  const known = new Set((await withoutStrangers(core, caller, named)).map(({ id }) => id));
  const stranger = ids.find((id) => !known.has(id));
  if (stranger !== undefined) throw noUser(stranger);
}

/**
 * Checks that a user may change how they are shown. What is as it was is no change.
 * @throws `forbidden` for names and an avatar that the user's issuer or the team sets
 */
export async function requireMayChangeProfile(
  core: Core,
  userId: UserId,
  { nickname, avatar, fullName, alias }: { [Field in keyof ProfileShown]?: string | undefined },
): Promise<void> {
  const fields = Object.entries({ nickname, avatar, fullName, alias });
  const change = fields.filter(([, value]) => value !== undefined);
  if (change.length === 0) return;
  const user = await findProfileRights(core.db, userId);
  if (!user || !isKept(core, user)) return;
  const shown = new Map<string, string>(Object.entries(user.shown));
  if (change.every(([field, value]) => shown.get(field) === value)) return;
  throw new CoreError("forbidden", "Name and avatar come from where you sign in: change them there.");
}

/** What a user may do, as the user's own apps are told. */
export function policiesFor(core: Core, user: { profileLocked: boolean; hasPassword: boolean }): Policies {
  return { ...core.settings.policies, profiles: isKept(core, user) ? "server" : "user" };
}

/** Whether not the user but their issuer, or the team's backend, says how the user is shown. */
function isKept({ settings }: Core, user: { profileLocked: boolean; hasPassword: boolean }): boolean {
  return user.profileLocked || (settings.policies.profiles === "server" && !user.hasPassword);
}
