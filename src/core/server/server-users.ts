import { z } from "zod";
import type { VersionedPerson } from "../../domain/accounts/person.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError, type Failure, noExternalUser, noUser } from "../../domain/errors.ts";
import { UserId } from "../../domain/ids.ts";
import type { Staff } from "../../domain/moderation/staff.ts";
import { looksDeleted } from "../../domain/names/names.ts";
import { isSameJson } from "../../domain/server/metadata.ts";
import type { ServerKey, ServerKeyId } from "../../domain/server/server-key.ts";
import type { ServerUser, ServerUserChange, UserState } from "../../domain/server/server-user.ts";
import type { ExternalId, UserRef } from "../../domain/server/user-ref.ts";
import {
  findServerUser,
  findServerUsers,
  insertServerUser,
  listServerUsers,
  updateServerUser,
} from "../../storage/server/server-users.ts";
import { announceProfile } from "../accounts/profile-announcement.ts";
import { usernameTaken } from "../accounts/registration.ts";
import type { Core } from "../context.ts";
import { requireLiveKey, requireMayGive } from "../moderation/giving.ts";
import { giveRole, requireMayHaveRole } from "../moderation/staff.ts";
import { madeUpUsername } from "./named-users.ts";
import { usersChanged } from "./user-events.ts";

/** What a backend's call made of a user. */
export interface Upserted {
  user: ServerUser;
  result: "created" | "updated" | "unchanged";
}

/** A call loses to others that change the same user at the same moment so often at most. */
const MAX_TRIES = 5;

/**
 * Makes a user without a password, or changes the given fields of one. The same again changes nothing.
 * @param by the key
 * @throws `not_found` for an id that nobody has; `conflict` for a username that is taken or looks like
 *   another user's; `forbidden` for a user with a password, for a role by a key without `moderate`, and for
 *   one of a bot of a user; `unavailable` while others change the user
 */
export async function upsertUser(
  core: Core,
  by: ServerKey,
  ref: UserRef,
  change: ServerUserChange,
): Promise<Upserted> {
  return upsert(core, by, ref, change, await findServerUser(core.db, ref, Date.now()));
}

/** @param found the user as they were read; null: nobody has this ref */
async function upsert(
  core: Core,
  by: ServerKey,
  ref: UserRef,
  asked: ServerUserChange,
  found: ServerUser | null,
): Promise<Upserted> {
  const change = core.fileOrigins.withStoredAvatar(asked);
  if (change.username !== undefined && looksDeleted(change.username)) throw usernameTaken("taken");
  let user = found;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const done = user ? await update(core, by, user, change) : await create(core, by, ref, change);
    if (done !== "again") return done;
    user = await findServerUser(core.db, ref, Date.now());
  }
  throw new CoreError("unavailable", "Others change this user at the same moment. Try again.", {
    retryAfter: 1,
  });
}

async function create(
  core: Core,
  by: ServerKey,
  ref: UserRef,
  change: ServerUserChange,
): Promise<Upserted | "again"> {
  if ("id" in ref) throw noUser(ref.id);
  const { externalId } = ref;
  const { role = "user" } = change;
  if (role !== "user") await requireMayChangeRole(core, by);
  const username = change.username ?? madeUpUsername();
  const made = await insertServerUser(core.db, {
    ...{ externalId, username, change, createdAt: Date.now() },
    profileLocked: false,
  });
  const user = await findServerUser(core.db, ref, Date.now());
  if (typeof made === "number") {
    core.securityLog.record("registered", { user: made, by: null, serverKey: by.id });
    usersChanged(core);
    if (!user) return "again";
    await giveRole(core, holderOf(by.id), user, role);
    return { user: { ...user, role }, result: "created" };
  }
  // Another call has made the user, or the name that was made up is somebody's.
  if (user || change.username === undefined) return "again";
  throw usernameTaken(made);
}

async function update(
  core: Core,
  by: ServerKey,
  user: ServerUser,
  { role, ...asked }: ServerUserChange,
): Promise<Upserted | "again"> {
  if (user.state === "deactivated") throw noUser(user.id);
  const isRoleAlone = role !== undefined && Object.keys(asked).length === 0;
  if (user.hasPassword && !isRoleAlone)
    throw new CoreError("forbidden", `User ${user.id} signs in with a password, and changes the profile.`);
  const change = differing(user, asked);
  const changesRole = role !== undefined && role !== user.role;
  if (role !== undefined && changesRole) {
    await requireMayChangeRole(core, by);
    await requireMayHaveRole(core, user, role);
  }
  const isAsIs = Object.keys(change).length === 0;
  if (isAsIs && !changesRole) return { user, result: "unchanged" };
  const updated = isAsIs ? null : await updateServerUser(core.db, user, change, Date.now());
  if (updated === "changed_meanwhile") return "again";
  if (typeof updated === "string") throw usernameTaken(updated);
  // The name may be refused, the role not any more.
  if (changesRole) await giveRole(core, holderOf(by.id), user, role);
  if (!updated) return { user: { ...user, role: role ?? user.role }, result: "updated" };
  usersChanged(core);
  await announce(core, updated.person);
  const after = await findServerUser(core.db, { id: user.id }, Date.now());
  return after ? { user: after, result: "updated" } : "again";
}

/** @throws `forbidden` for a key that may not change a role; `unauthenticated` for one that is revoked */
async function requireMayChangeRole(core: Core, by: ServerKey): Promise<void> {
  requireMayGive(by, "role");
  await requireLiveKey(core, by);
}

/** The holder of a key, as staff. */
function holderOf(key: ServerKeyId): Staff {
  return { role: "admin", userId: null, key, from: null };
}

async function announce(core: Core, person: VersionedPerson | null): Promise<void> {
  if (person) await announceProfile(core, person);
}

/** The fields of a change that are other than the user has them. */
function differing(user: ServerUser, change: Omit<ServerUserChange, "role">): Omit<ServerUserChange, "role"> {
  const { username, nickname, avatar, email, metadata, bot } = change;
  return {
    ...(username !== undefined && username !== user.username && { username }),
    ...(nickname !== undefined && nickname !== user.nickname && { nickname }),
    ...(avatar !== undefined && avatar !== user.avatar && { avatar }),
    ...(email !== undefined && email !== user.email && { email }),
    ...(metadata !== undefined && !isSameJson(metadata, user.metadata) && { metadata }),
    ...(bot !== undefined && bot !== user.bot && { bot }),
  };
}

/** A user of a list that a backend sends. */
export interface ListedUser {
  externalId: ExternalId;
  change: ServerUserChange;
}

/** What became of a user of such a list. */
export type UpsertOutcome = { externalId: ExternalId } & (Upserted | { result: "failed"; problem: Failure });

/** Users of a list that are changed at once. */
const AT_ONCE = 8;

/**
 * Makes and changes users as `upsertUser`, each for itself. Those that are as the list has them cost one
 * query together.
 * @param list names each external id once
 * @returns the outcomes, in the order of the list
 */
export async function upsertUsers(core: Core, by: ServerKey, list: ListedUser[]): Promise<UpsertOutcome[]> {
  const ids = list.map(({ externalId }) => externalId);
  const known = new Map(
    (await findServerUsers(core.db, ids, Date.now())).map((user) => [user.externalId, user]),
  );
  const outcomes: UpsertOutcome[] = [];
  for (let at = 0; at < list.length; at += AT_ONCE) {
    const some = list.slice(at, at + AT_ONCE).map(async ({ externalId, change }): Promise<UpsertOutcome> => {
      try {
        const found = known.get(externalId) ?? null;
        return { externalId, ...(await upsert(core, by, { externalId }, change, found)) };
      } catch (error) {
        if (error instanceof CoreError) return { externalId, result: "failed", problem: error.toFailure() };
        throw error;
      }
    });
    outcomes.push(...(await Promise.all(some)));
  }
  return outcomes;
}

/** A user, deleted ones included by their id. @throws `not_found` */
export async function getServerUser(core: Core, ref: UserRef): Promise<ServerUser> {
  return (await findServerUser(core.db, ref, Date.now())) ?? raise(noSuchUser(ref));
}

/** A user who is not deleted. @throws `not_found` */
export async function requireServerUser(core: Core, ref: UserRef): Promise<ServerUser> {
  const user = await getServerUser(core, ref);
  if (user.state === "deactivated") throw noUser(user.id);
  return user;
}

const Position = z.tuple([UserId]);

/** A page of users in the order of their ids. @param state absent: all but the deleted ones */
export async function listUsers(
  core: Core,
  { limit, cursor, state }: PageQuery & { state?: UserState | undefined },
): Promise<Page<ServerUser>> {
  const [after] = cursor === undefined ? [0] : readCursor(Position, cursor);
  const query = { after, limit: limit + 1, state: state ?? null };
  return pageOf(await listServerUsers(core.db, query, Date.now()), limit, ({ id }) => [id]);
}

/** The `not_found` for a user whom a backend names. */
export function noSuchUser(ref: UserRef): CoreError {
  return "id" in ref ? noUser(ref.id) : noExternalUser();
}

function raise(error: CoreError): never {
  throw error;
}
