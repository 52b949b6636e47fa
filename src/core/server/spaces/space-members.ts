import { z } from "zod";
import { type Page, type PageQuery, pageOf, readCursor } from "../../../domain/conversations/pagination.ts";
import { CoreError, noConversation, refusedFor } from "../../../domain/errors.ts";
import { type SpaceId, UserId } from "../../../domain/ids.ts";
import type { ServerKeyId } from "../../../domain/server/server-key.ts";
import type { ServerSpace, ServerSpaceMember } from "../../../domain/server/server-space.ts";
import type { SpaceRef } from "../../../domain/server/space-ref.ts";
import type { ExternalId, UserRef } from "../../../domain/server/user-ref.ts";
import { findMemberStates } from "../../../storage/data/imported-spaces.ts";
import {
  deleteSpaceMembers,
  findUnfollowing,
  listFollowedByAny,
  listServerMembers,
} from "../../../storage/server/server-spaces.ts";
import type { Core } from "../../context.ts";
import { fromNamedSpace, type Placed, placeMembers } from "../../spaces/named-members.ts";
import { tellChannels } from "../../spaces/tell-channels.ts";
import { tellOnlineUsers } from "../../spaces/tell-devices.ts";
import { usersByRef } from "../named-users.ts";
import type { NamedOutcome } from "../server-conversations.ts";
import { noSuchUser } from "../server-users.ts";
import { getServerSpace, requireSpace } from "./named-spaces.ts";
import { byName, firstChannels } from "./space-plan.ts";

const MemberPlace = z.tuple([z.int().nonnegative(), UserId]);

/** A page of the members, in the order in which they came. @throws `not_found`, `validation_failed` */
export async function listServerSpaceMembers(
  core: Core,
  ref: SpaceRef,
  { limit, cursor }: PageQuery,
): Promise<Page<ServerSpaceMember & { roles: ExternalId[] }>> {
  const space = await getServerSpace(core, ref);
  const [joinedAt, userId] = cursor === undefined ? [] : readCursor(MemberPlace, cursor);
  const after = joinedAt === undefined || userId === undefined ? undefined : { joinedAt, userId };
  const found = await listServerMembers(core.db, space.id, { after, limit: limit + 1 });
  const nameOf = new Map(space.roles.map((role) => [role.id, role.externalId]));
  const named = found.map((one) => ({ ...one, roles: one.roleIds.flatMap((id) => nameOf.get(id) ?? []) }));
  return pageOf(named, limit, (place) => [place.joinedAt, place.userId]);
}

/** A user whom a backend adds to a space. */
export interface SpaceMemberInput {
  ref: UserRef;
  /** all that the member has then; absent: as they are */
  roles?: readonly ExternalId[] | undefined;
}

/**
 * Adds users to a space, who are made where nobody has their external id and follow the channels of
 * newcomers, and removes members; each for themself. Once this resolves, nobody has a right that it takes.
 * The number of statements and of calls of objects does not rise with the users.
 * @returns what became of each, those to be added first
 * @throws `not_found`, `conflict` for a dissolved space; `unavailable` if a channel was not told
 */
export async function changeSpaceMembers(
  core: Core,
  by: ServerKeyId,
  ref: SpaceRef,
  { add, remove }: { add: SpaceMemberInput[]; remove: UserRef[] },
): Promise<NamedOutcome[]> {
  const space = await requireSpace(core, ref);
  const refs = add.map((one) => one.ref);
  const userOf = await usersByRef(core, by, refs, remove);
  const roleOf = byName(space.roles);
  const unknown = ({ roles = [] }: SpaceMemberInput) => roles.find((role) => !roleOf.has(role));
  const people = add.flatMap((one) => {
    const person = userOf(one.ref);
    if (!person || unknown(one) !== undefined) return [];
    return [{ userId: person.id, roleIds: one.roles?.flatMap((role) => roleOf.get(role)?.id ?? []) }];
  });
  const placed =
    people.length === 0
      ? new Map<UserId, Placed>()
      : await placeMembers(core, by, space.id, people, { areFormerKept: false });
  await welcome(
    core,
    space,
    [...placed].flatMap(([id, result]) => (isIn(result) ? id : [])),
    placed,
  );
  const leaving = remove.flatMap((one) => userOf(one)?.id ?? []);
  const left = await removeMembers(core, by, space.id, leaving);
  const changed = [...placed].flatMap(([id, result]) => (result === "unchanged" ? [] : id));
  tellOnlineUsers(core, space.id, [...changed, ...left.ids]);
  return [
    ...add.map((one): NamedOutcome => {
      const role = unknown(one);
      if (role !== undefined) return failed(userOf(one.ref)?.id ?? null, noRole(role));
      const id = userOf(one.ref)?.id;
      const result = id && placed.get(id);
      if (!id || !result) return failed(null, noSuchUser(one.ref));
      if (result === "banned") return failed(id, BANNED);
      if (result === "full") return failed(id, isFull(core));
      return { userId: id, result: result === "former" ? "unchanged" : result };
    }),
    ...remove.map((one): NamedOutcome => {
      const id = userOf(one)?.id;
      if (!id) return failed(null, noSuchUser(one));
      if (id === left.ownerId) return failed(id, IS_OWNER);
      return { userId: id, result: left.ids.has(id) ? "removed" : "unchanged" };
    }),
  ];
}

/**
 * Has members follow the channels of newcomers who have just come, or have never followed one: a call that
 * broke off has not come to that.
 * @param placed what became of users; absent: it is not known who has just come
 */
export async function welcome(
  core: Core,
  space: ServerSpace,
  userIds: readonly UserId[],
  placed: ReadonlyMap<UserId, Placed> = new Map(),
): Promise<void> {
  const channels = firstChannels(space);
  if (userIds.length === 0 || channels.length === 0) return;
  const added = userIds.filter((id) => placed.get(id) === "added");
  const others = await findUnfollowing(core.db, space.id, userIds);
  const newcomers = [...new Set([...added, ...others])];
  if (newcomers.length === 0) return;
  await Promise.all(
    channels.map((id) =>
      core.conversations.followAll(id, { userIds: newcomers }).catch((error: unknown) => {
        // It has ended meanwhile.
        if (!(error instanceof CoreError) || error.code !== noConversation().code) throw error;
      }),
    ),
  );
}

/** Ends memberships, and what channels have of them. Of the owner's it does not. */
async function removeMembers(
  core: Core,
  by: ServerKeyId,
  id: SpaceId,
  userIds: readonly UserId[],
): Promise<{ ids: Set<UserId>; ownerId: UserId | null }> {
  if (userIds.length === 0) return { ids: new Set(), ownerId: null };
  const left = await fromNamedSpace(core, id, async (space) => {
    const states = await findMemberStates(core.db, id, userIds);
    const present = states.filter((one) => one.isMember && one.userId !== space.ownerId);
    const ids = new Set(present.map(({ userId }) => userId));
    const isStored = ids.size === 0 || (await deleteSpaceMembers(core.db, space, [...ids]));
    return isStored ? { ids, ownerId: space.ownerId } : null;
  });
  const gone = userIds.filter((userId) => userId !== left.ownerId);
  // Also in a repeat: the first call may have told none.
  await tellChannels(core, id, await listFollowedByAny(core.db, id, gone));
  for (const user of left.ids)
    core.securityLog.record("member_removed", { user, by: null, space: id, serverKey: by });
  return left;
}

function isIn(result: Placed): boolean {
  return result === "added" || result === "changed" || result === "unchanged";
}

const BANNED = refusedFor("banned", "This user is banned from the space: lift the ban first.");
const IS_OWNER = new CoreError("conflict", "This is the owner of the space: name another owner first.");

function failed(userId: UserId | null, error: CoreError): NamedOutcome {
  const problem = error.toFailure();
  return userId === null ? { userId, result: "failed", problem } : { userId, result: "failed", problem };
}

function noRole(externalId: ExternalId): CoreError {
  return new CoreError("not_found", `There is no role \`${externalId}\` in this space.`);
}

function isFull(core: Core): CoreError {
  return new CoreError("group_full", `This space takes ${core.settings.maxSpaceMembers} members at most.`);
}
