import { z } from "zod";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError, noConversation, noInvitation } from "../../domain/errors.ts";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import {
  type InvitedSpace,
  newSpaceCode,
  type SpaceCode,
  type SpaceInvitation,
} from "../../domain/spaces/invitation.ts";
import { has } from "../../domain/spaces/permission.ts";
import { permissionsOf, rankOf } from "../../domain/spaces/rights.ts";
import type { RoleId } from "../../domain/spaces/role.ts";
import { randomHex } from "../../lib/random.ts";
import { findLiveUsers } from "../../storage/accounts/users.ts";
import { noteOf } from "../../storage/spaces/audit-notes.ts";
import {
  deleteInvitation,
  findInvitation,
  insertInvitation,
  listInvitations as listStored,
  useInvitation,
} from "../../storage/spaces/invitations.ts";
import { listRoles } from "../../storage/spaces/roles.ts";
import { findSpace } from "../../storage/spaces/spaces.ts";
import type { Core } from "../context.ts";
import { requireOutOfShadow } from "../moderation/shown-texts.ts";
import { limitOf } from "../quotas.ts";
import { followFirst, listChannels } from "./channels.ts";
import { bannedFromSpace, spaceFull, spaceIsChanging } from "./from-space.ts";
import { requireRoomForSpace } from "./own/room.ts";
import { requireGiving, roleOf } from "./roles.ts";
import { getSpace, type OwnSpace, requirePermission } from "./spaces.ts";
import { tellOfMember } from "./tell-devices.ts";

/** What an invitation is to be. */
interface InvitationTerms {
  expiresInS?: number | undefined;
  maxUses?: number | undefined;
  roleIds?: readonly RoleId[] | undefined;
  channelIds?: readonly ConversationId[] | undefined;
}

/** How often a use begins anew where the invitation or the space changes at the same time. */
const TRIES = 10;

const InvitationPlace = z.tuple([z.int(), z.string()]);

/**
 * Makes an invitation to a space.
 * @param terms `expiresInS`: how long it lasts (s), 7 days if absent; `maxUses`: how many users it lets in,
 *   any number if absent; `roleIds`: what it gives, for the permission `manage_roles`, as `setMemberRole`;
 *   `channelIds`: what who comes in follows besides the default channels, as far as they can read it
 * @throws `not_found`, also for a role that the space does not have, and a channel that the caller cannot
 *   read; `forbidden`; `conflict` for too many that are open
 */
export async function createSpaceInvitation(
  core: Core,
  caller: UserId,
  id: SpaceId,
  terms: InvitationTerms,
): Promise<SpaceInvitation> {
  const space = await requirePermission(core, caller, id, "invite", "invite others");
  await requireOutOfShadow(core, caller);
  const { expiresInS = LIMITS.invitationDefaultS, maxUses = null, roleIds = [], channelIds = [] } = terms;
  for (const roleId of roleIds) requireGiving(caller, space, await roleOf(core, space, roleId));
  const known = channelIds.length === 0 ? [] : await listChannels(core, caller, id);
  if (!channelIds.every((channel) => known.some((one) => one.id === channel))) throw noConversation();
  const createdAt = Date.now();
  const times = { createdAt, expiresAt: createdAt + expiresInS * 1_000 };
  const given = { roleIds, channelIds };
  const invitation = { code: newSpaceCode(), createdBy: caller, ...times, maxUses, uses: 0, ...given };
  const after = { expires_at: times.expiresAt, max_uses: maxUses, role_ids: [...roleIds] };
  const note = noteOf(caller, "invitation_created", { after });
  if (!(await insertInvitation(core.db, id, invitation, LIMITS.invitations, note)))
    throw new CoreError(
      "conflict",
      `You have ${LIMITS.invitations} open invitations to this space: withdraw one.`,
    );
  core.securityLog.record("invitation_created", { user: null, by: caller, space: id });
  return invitation;
}

/**
 * The open invitations of a space, oldest first: the caller's own, or all with the permission `manage_space`.
 * @throws `not_found`, `forbidden`
 */
export async function listSpaceInvitations(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { limit, cursor }: PageQuery,
): Promise<Page<SpaceInvitation>> {
  const space = await requirePermission(core, caller, id, "invite", "see invitations");
  const [createdAt, code] = cursor === undefined ? [] : readCursor(InvitationPlace, cursor);
  const after = createdAt === undefined || code === undefined ? undefined : { createdAt, code };
  const found = await listStored(core.db, id, {
    maker: makerOf(space, caller),
    after,
    limit: limit + 1,
    now: Date.now(),
  });
  return pageOf(found, limit, (invitation) => [invitation.createdAt, invitation.code]);
}

/**
 * Withdraws an invitation of the caller's, or anybody's with the permission `manage_space`; without one
 * nothing changes.
 * @throws `not_found`, `forbidden`
 */
export async function withdrawSpaceInvitation(
  core: Core,
  caller: UserId,
  id: SpaceId,
  code: string,
): Promise<void> {
  const space = await requirePermission(core, caller, id, "invite", "withdraw invitations");
  const note = noteOf(caller, "invitation_withdrawn");
  if (await deleteInvitation(core.db, id, code, makerOf(space, caller), note))
    core.securityLog.record("invitation_withdrawn", { user: null, by: caller, space: id });
}

/** Whose invitations a member may see and withdraw; null: everybody's. */
function makerOf({ permissions }: OwnSpace, userId: UserId): UserId | null {
  return has(permissions, "manage_space") ? null : userId;
}

/** An invitation that lets the caller in, or shows a member its space: its maker may still invite others. */
async function findOpen(core: Core, caller: UserId | null, code: SpaceCode) {
  const found = await findInvitation(core.db, code, caller, Date.now());
  if (!found || found.isMember) return found && { ...found, maker: null };
  if (found.isBanned) throw bannedFromSpace();
  const maker = await findSpace(core.db, found.createdBy, found.space.id);
  const permissions = maker && permissionsOf(found.createdBy, maker);
  return permissions && has(permissions, "invite") ? { ...found, maker: { ...maker, permissions } } : null;
}

/** Those of the roles of an invitation that its maker may give now. */
async function givenRoles(core: Core, maker: UserId, space: OwnSpace, roleIds: readonly RoleId[]) {
  const roles = await listRoles(core.db, space.id);
  return roles.flatMap((role) => {
    const mayGive =
      has(space.permissions, "manage_roles") &&
      role.position < rankOf(maker, space) &&
      (role.permissions & ~space.permissions) === 0;
    return roleIds.includes(role.id) && mayGive ? [role.id] : [];
  });
}

/**
 * The space of an invitation, as somebody sees it.
 * @param caller null: somebody without a token
 * @throws `not_found`, `forbidden` for a banned user
 */
export async function lookAtSpaceInvitation(
  core: Core,
  caller: UserId | null,
  code: SpaceCode,
): Promise<InvitedSpace> {
  const found = await findOpen(core, caller, code);
  if (!found) throw noInvitation();
  const { space, expiresAt, isMember, createdBy } = found;
  const [inviter = null] = await findLiveUsers(core.db, [createdBy]);
  return { space, expiresAt, isMember, inviter };
}

/**
 * Comes into a space by an invitation, with the roles that its maker may still give, and follows its channels
 * and the default ones. A member gets the same answer, and uses nothing up.
 * @throws `not_found`, `group_full`, `forbidden` for a banned user; `quota` for one space more than they may
 *   be in; `unavailable` if the space goes on changing
 */
export async function acceptSpaceInvitation(
  core: Core,
  caller: UserId,
  code: SpaceCode,
): Promise<{ space: OwnSpace; channelId: ConversationId | null }> {
  for (let n = 0; n < TRIES; n++) {
    const invited = await findOpen(core, caller, code);
    if (!invited) throw noInvitation();
    const { maker, createdBy, roleIds, channelIds } = invited;
    const { id, memberCount } = invited.space;
    if (maker) {
      const most = core.settings.maxSpaceMembers;
      if (memberCount >= most) throw spaceFull(most);
      // They follow from what the maker may give: in no other version of the space.
      const roles = roleIds.length === 0 ? null : await givenRoles(core, createdBy, maker, roleIds);
      const given = roles && { given: roles, version: maker.version };
      const mostSpaces = await limitOf(core, caller, "in_spaces");
      const by = { userId: caller, use: randomHex(), now: Date.now(), most, mostSpaces, roles: given };
      if (!(await useInvitation(core.db, code, by))) {
        if (!(await findSpace(core.db, caller, id))) await requireRoomForSpace(core, caller, mostSpaces);
        continue;
      }
      tellOfMember(core, id, caller);
    }
    const channelId = await followFirst(core, caller, id, { named: channelIds, isNew: maker !== null });
    return { channelId, space: await getSpace(core, caller, id) };
  }
  throw spaceIsChanging();
}
