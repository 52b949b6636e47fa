import type { Person } from "../../domain/accounts/person.ts";
import type { Credential } from "../../domain/accounts/session.ts";
import type { MeWithEmail, OwnProfile, ProfileChange, UserWithRelation } from "../../domain/accounts/user.ts";
import { CoreError, invalid, noUser } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { textsIn } from "../../domain/moderation/rules/shown.ts";
import { storedForm } from "../../lib/text-forms.ts";
import {
  findLiveUsers,
  findLiveUsersByName,
  findMe,
  findProfilesByName,
  findUser,
  findUsersSeenBy,
  findUsersWithRelation,
  updateProfile,
} from "../../storage/accounts/users.ts";
import { DELETED_PROFILE } from "../../storage/columns.ts";
import { countNamed } from "../contacts/strangers.ts";
import type { Core } from "../context.ts";
import { requireAllowed, requireOutOfShadow } from "../moderation/shown-texts.ts";
import { requireMayChangeProfile, requireMayLookUp, withoutStrangers } from "../policies.ts";
import { usersChanged } from "../server/user-events.ts";
import { announceProfile } from "./profile-announcement.ts";

/**
 * A user by id, as the caller sees them.
 * @throws `not_found`; `forbidden` as `requireMayLookUp`; `rate_limited` as `countNamed`
 */
export async function getUser(core: Core, caller: UserId, id: UserId): Promise<UserWithRelation> {
  if (id !== caller) requireMayLookUp(core);
  const [user] = await Promise.all([findUser(core.db, id, caller), countNamed(core, caller, [id])]);
  const [shown] = user ? await withoutStrangers(core, caller, [user]) : [];
  if (!shown) throw noUser(id);
  return shown;
}

/**
 * The users of these ids as the caller sees them: each once, in the order of the ids. Unknown ones are
 * missing; deleted ones are shown as past lists show them.
 * @throws `forbidden` as `requireMayLookUp`; `rate_limited` as `countNamed`
 */
export async function usersWithIds(core: Core, caller: UserId, ids: UserId[]): Promise<UserWithRelation[]> {
  requireMayLookUp(core);
  const [found] = await Promise.all([
    findUsersWithRelation(core.db, ids, caller),
    countNamed(core, caller, ids),
  ]);
  const shown = await withoutStrangers(core, caller, found);
  const byId = new Map(shown.map((user) => [user.id, user]));
  return [...new Set(ids)].flatMap((id) => byId.get(id) ?? []);
}

/**
 * The users of these usernames as the caller sees them, after NFC normalization: each once, in the order of
 * the names. Unknown ones are missing.
 * @throws `forbidden` as `requireMayLookUp`
 */
export async function usersWithNames(
  core: Core,
  caller: UserId,
  usernames: string[],
): Promise<UserWithRelation[]> {
  requireMayLookUp(core);
  return withoutStrangers(core, caller, await namedUsers(core, caller, usernames));
}

/** The same without regard to who may look up whom: for what shows members alone. */
export function namedUsers(core: Core, caller: UserId, usernames: string[]): Promise<UserWithRelation[]> {
  return inOrder(usernames, (names) => findUsersSeenBy(core.db, names, caller));
}

/**
 * The profiles of these usernames, in the order of the names. Unknown ones are missing.
 * @param caller those whom this user may not name are missing, too; null: whoever has the names
 */
export async function findUsersByNames(
  core: Core,
  caller: UserId | null,
  usernames: string[],
): Promise<Person[]> {
  const found = await inOrder(usernames, (names) => findLiveUsersByName(core.db, names));
  return caller === null ? found : withoutStrangers(core, caller, found);
}

async function inOrder<Found extends Person>(
  usernames: string[],
  find: (names: string[]) => Promise<Found[]>,
): Promise<Found[]> {
  const names = [...new Set(usernames.map(storedForm))];
  const users = new Map((await find(names)).map((user) => [user.username, user]));
  return names.flatMap((name) => users.get(name) ?? []);
}

/** The profiles of these usernames, as `findUsersByNames`. @throws `not_found`, naming all unknown ones */
export async function getUsersByNames(
  core: Core,
  caller: UserId | null,
  usernames: string[],
): Promise<Person[]> {
  return requireAllFound(usernames, await findUsersByNames(core, caller, usernames));
}

/**
 * Checks that users were found for all usernames.
 * @returns `users`
 * @throws `not_found`, naming all unknown usernames
 */
export function requireAllFound(usernames: string[], users: Person[]): Person[] {
  const found = new Set(users.map(({ username }) => username));
  const missing = new Set(usernames.map(storedForm).filter((name) => !found.has(name)));
  if (missing.size > 0) throw noUserWithName([...missing]);
  return users;
}

/**
 * The profiles of these usernames, after NFC normalization, in this order: one query for any number. The
 * e-mail address is only in the caller's own. Across a block a profile has the name and the avatar only.
 * @throws `forbidden` as `requireMayLookUp`
 */
export async function profilesByName(
  core: Core,
  caller: UserId,
  usernames: string[],
): Promise<MeWithEmail[]> {
  requireMayLookUp(core);
  const names = [...new Set(usernames.map(storedForm))];
  const found = await withoutStrangers(core, caller, await findProfilesByName(core.db, names, caller));
  const byName = new Map(found.map((profile) => [profile.username, profile]));
  return names.flatMap((name) => {
    const profile = byName.get(name);
    if (!profile || profile.id === caller) return profile ?? [];
    const { email: _, hasPassword, blocked, ...visible } = profile;
    if (blocked) return nameOf(visible);
    // A provisioned account's birthday may be confidential: the provisioning server set it, not the user.
    return hasPassword ? visible : { ...visible, birthday: "" };
  });
}

/** A profile as it is shown across a block: the username, the nickname, the avatar. */
function nameOf({ id, username, nickname, avatar }: MeWithEmail): MeWithEmail {
  const { email: _, ...empty } = DELETED_PROFILE;
  return { ...empty, id, username, nickname, avatar, createdAt: 0 };
}

/** The caller's own profile. @throws `unauthenticated` if the account is deleted */
export async function getMe(core: Core, caller: Pick<Credential, "userId">): Promise<OwnProfile> {
  return (await findMe(core.db, caller.userId)) ?? throwDeleted();
}

/**
 * Changes the caller's profile.
 * @returns the changed profile
 * @throws `unauthenticated` as `getMe`; `forbidden` as `requireMayChangeProfile`; `refused` for a text
 *   that rules refuse; `rate_limited` for a sixth e-mail address within a day: a user who sets any number of
 *   addresses could find out which ones others sign in by
 */
export async function changeProfile(
  core: Core,
  caller: Pick<Credential, "userId">,
  asked: ProfileChange,
): Promise<OwnProfile> {
  const change = core.fileOrigins.withStoredAvatar(asked);
  await requireMayChangeProfile(core, caller.userId, change);
  const shown = [change.nickname, change.avatar, ...shownOf(change)];
  if (shown.some(Boolean)) await requireOutOfShadow(core, caller.userId);
  await requireAllowed(core, { nickname: change.nickname, profile: shownOf(change) });
  const changed = await updateProfile(core.db, caller.userId, change, core.timing.emailChanges);
  if (changed) {
    usersChanged(core);
    if (changed.person) await announceProfile(core, changed.person);
    return changed.whole;
  }
  await getMe(core, caller);
  throw tooManyEmails(core);
}

/** The texts of a profile that others are shown besides the nickname, over one API or another. */
function shownOf(change: ProfileChange): string[] {
  const { gender, birthday, location, language, signature, messageSettings, details = {} } = change;
  const { adminForbidType, level, role } = change;
  const fields = [gender, birthday, location, language, signature, messageSettings];
  return [...fields, adminForbidType, level, role, ...textsIn(details)].flatMap((text) => text ?? []);
}

/** The `rate_limited` for an e-mail address that is one too many for this day. */
export function tooManyEmails({ timing: { emailChanges } }: Core): CoreError {
  const detail = `The e-mail address was changed ${emailChanges.max} times today. Try again tomorrow.`;
  return new CoreError("rate_limited", detail, { retryAfter: emailChanges.dayMs / 1_000 });
}

/** @throws `not_found`, naming the first unknown user */
export async function requireUsers(core: Core, ids: UserId[]): Promise<void> {
  const existing = new Set((await findLiveUsers(core.db, ids)).map((user) => user.id));
  const unknown = ids.find((id) => !existing.has(id));
  if (unknown !== undefined) throw noUser(unknown);
}

/** @throws `validation_failed` for `path.user_id` if the two users of an operation are the same */
export function requireOther(caller: UserId, other: UserId): void {
  if (caller === other) throw invalid("path.user_id", "must be somebody else");
}

/** The `not_found` for usernames that do not exist. */
export function noUserWithName(usernames: string[]): CoreError {
  return new CoreError("not_found", `There is no user ${usernames.join(", ")}.`, { missing: "user" });
}

/** The `unauthenticated` for a caller whose account is deleted. */
export function accountDeleted(): CoreError {
  return new CoreError("unauthenticated", "This account does not exist any more.", {
    gone: true,
    token: "ended",
  });
}

function throwDeleted(): never {
  throw accountDeleted();
}
