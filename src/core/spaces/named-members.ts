import type { SpaceId, UserId } from "../../domain/ids.ts";
import type { ServerKeyId } from "../../domain/server/server-key.ts";
import type { RoleId } from "../../domain/spaces/role.ts";
import {
  findMemberStates,
  findSpaceById,
  type NamedMemberChange,
  type NamedMemberState,
  type NamedSpace,
  storeMembers,
} from "../../storage/data/imported-spaces.ts";
import { listChannels } from "../../storage/spaces/spaces.ts";
import type { Core } from "../context.ts";
import { spaceIsChanging } from "./from-space.ts";
import { noSpace } from "./spaces.ts";
import { tellChannels } from "./tell-channels.ts";

/** A member as a backend or an import wants them; what is absent stays, or is nothing of a new member. */
export interface NamedMember {
  userId: UserId;
  roleIds?: readonly RoleId[] | undefined;
  /** the roles that are not among these stay as they are; absent: none does */
  decided?: ReadonlySet<RoleId> | undefined;
  joinedAt?: number | undefined;
  mutedUntil?: number | undefined;
  nameCard?: string | undefined;
}

/** What became of a user. `former`: they have left, and stay out. */
export type Placed = "added" | "changed" | "unchanged" | "former" | "banned" | "full";

/** How often a change begins anew where others change the space at the same time. */
const TRIES = 5;

/**
 * Makes users members of a space, or changes their roles, mutes and name cards, whatever anybody's rights
 * are. Once this resolves, nobody has a right that it takes. Idempotent.
 * @param people without deleted users, who get no outcome
 * @param how `areFormerKept`: who has left the space, or was removed, stays out
 * @throws `not_found` for a space that is dissolved; `unavailable` if the space goes on changing, or a
 *   channel was not told: the same again completes it
 */
export async function placeMembers(
  core: Core,
  by: ServerKeyId,
  id: SpaceId,
  people: readonly NamedMember[],
  { areFormerKept }: { areFormerKept: boolean },
): Promise<Map<UserId, Placed>> {
  const wanted = new Map(people.map((one) => [one.userId, one]));
  const { results, isChanged } = await fromNamedSpace(core, id, async (space) => {
    const states = await findMemberStates(core.db, id, [...wanted.keys()]);
    const most = core.settings.maxSpaceMembers;
    let free = most - space.memberCount;
    let added = 0;
    const placed = new Map<UserId, Placed>();
    const changes: NamedMemberChange[] = [];
    for (const state of states) {
      const named = wanted.get(state.userId);
      if (!named) continue;
      const one = { ...named, roleIds: rolesOf(state, named) };
      const result = placeOf(state, one, areFormerKept);
      const isFull = result === "added" && free-- <= 0;
      placed.set(state.userId, isFull ? "full" : result);
      if (isFull || (result !== "added" && result !== "changed")) continue;
      if (result === "added") added++;
      const { userId, joinedAt = Date.now(), roleIds = null, mutedUntil = null, nameCard = null } = one;
      changes.push({ userId, joinedAt, roleIds, mutedUntil, nameCard });
    }
    const isStored = changes.length === 0 || (await storeMembers(core.db, space, changes, { added, most }));
    return isStored ? { results: placed, isChanged: changes.length > 0 } : null;
  });
  // Also in a repeat: the first call may have told none.
  const mayTake = people.some(({ roleIds }) => roleIds !== undefined);
  await tellChannels(core, id, mayTake && isChanged ? await listChannels(core.db, id) : []);
  if (isChanged)
    core.securityLog.record("rights_changed", { user: null, by: null, space: id, serverKey: by });
  return results;
}

/**
 * Makes a change of a space whatever anybody's rights are: of the space as it was read, or not at all, and
 * then again of the space as it is.
 * @param work makes the change; null: the space is another one by now
 * @throws `not_found` for a space that is dissolved; `unavailable` if it goes on changing
 */
export async function fromNamedSpace<Value>(
  core: Core,
  id: SpaceId,
  work: (space: NamedSpace) => Promise<Value | null>,
): Promise<Value> {
  for (let n = 0; n < TRIES; n++) {
    const space = await findSpaceById(core.db, id);
    if (!space || space.dissolvedAt !== null) throw noSpace();
    const value = await work(space);
    if (value !== null) return value;
  }
  throw spaceIsChanging();
}

/** All roles that a member is to have; undefined: those that they have. */
function rolesOf(state: NamedMemberState, { roleIds, decided }: NamedMember): RoleId[] | undefined {
  const kept = decided ? state.roleIds.filter((id) => !decided.has(id)) : [];
  return roleIds && [...new Set([...roleIds, ...kept])];
}

function placeOf(
  state: NamedMemberState,
  { roleIds, mutedUntil, nameCard }: NamedMember,
  areFormerKept: boolean,
): Placed {
  if (!state.isMember && state.isBanned) return "banned";
  if (!state.isMember) return areFormerKept && state.isFormer ? "former" : "added";
  const hasRoles =
    roleIds === undefined ||
    (roleIds.length === state.roleIds.length && roleIds.every((roleId) => state.roleIds.includes(roleId)));
  const isMuted = mutedUntil === undefined || mutedUntil === state.mutedUntil;
  const isNamed = nameCard === undefined || nameCard === state.nameCard;
  return hasRoles && isMuted && isNamed ? "unchanged" : "changed";
}
