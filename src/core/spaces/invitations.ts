import { z } from "zod";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError, noInvitation, refusedFor } from "../../domain/errors.ts";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import {
  type InvitedSpace,
  newSpaceCode,
  type SpaceCode,
  type SpaceInvitation,
} from "../../domain/spaces/invitation.ts";
import { has } from "../../domain/spaces/permission.ts";
import { permissionsOf } from "../../domain/spaces/rights.ts";
import { randomHex } from "../../lib/random.ts";
import { findLiveUsers } from "../../storage/accounts/users.ts";
import {
  deleteInvitation,
  findInvitation,
  insertInvitation,
  listInvitations as listStored,
  useInvitation,
} from "../../storage/spaces/invitations.ts";
import { findSpace } from "../../storage/spaces/spaces.ts";
import type { Core } from "../context.ts";
import { requireOutOfShadow } from "../moderation/shown-texts.ts";
import { followDefaults } from "./channels.ts";
import { getSpace, type OwnSpace, requirePermission } from "./spaces.ts";
import { tellDevices } from "./tell-devices.ts";

const InvitationPlace = z.tuple([z.int(), z.string()]);

/**
 * Makes an invitation to a space.
 * @param terms `expiresInS`: how long it lasts (s), 7 days if absent; `maxUses`: how many users it lets in,
 *   any number if absent
 * @throws `not_found`, `forbidden`; `conflict` for too many that are open
 */
export async function createSpaceInvitation(
  core: Core,
  caller: UserId,
  id: SpaceId,
  terms: { expiresInS?: number | undefined; maxUses?: number | undefined },
): Promise<SpaceInvitation> {
  await requirePermission(core, caller, id, "invite", "invite others");
  await requireOutOfShadow(core, caller);
  const { expiresInS = LIMITS.invitationDefaultS, maxUses = null } = terms;
  const createdAt = Date.now();
  const times = { createdAt, expiresAt: createdAt + expiresInS * 1_000 };
  const invitation = { code: newSpaceCode(), createdBy: caller, ...times, maxUses, uses: 0 };
  if (!(await insertInvitation(core.db, id, invitation, LIMITS.invitations)))
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
  if (await deleteInvitation(core.db, id, code, makerOf(space, caller)))
    core.securityLog.record("invitation_withdrawn", { user: null, by: caller, space: id });
}

/** Whose invitations a member may see and withdraw; null: everybody's. */
function makerOf({ permissions }: OwnSpace, userId: UserId): UserId | null {
  return has(permissions, "manage_space") ? null : userId;
}

/** An invitation that lets the caller in, or shows a member its space: its maker may still invite others. */
async function findOpen(core: Core, caller: UserId | null, code: SpaceCode) {
  const found = await findInvitation(core.db, code, caller, Date.now());
  if (!found || found.isMember) return found;
  if (found.isBanned) throw refusedFor("banned", "You are banned from this space.");
  const maker = await findSpace(core.db, found.createdBy, found.space.id);
  return maker && has(permissionsOf(found.createdBy, maker), "invite") ? found : null;
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
 * Comes into a space by an invitation, and follows its default channels. A member gets the same answer, and
 * uses nothing up.
 * @throws `not_found`, `group_full`, `forbidden` for a banned user
 */
export async function acceptSpaceInvitation(
  core: Core,
  caller: UserId,
  code: SpaceCode,
): Promise<{ space: OwnSpace; channelId: ConversationId | null }> {
  const invited = await findOpen(core, caller, code);
  if (!invited) throw noInvitation();
  const { id } = invited.space;
  if (!invited.isMember) {
    const most = Math.min(LIMITS.spaceMembers, core.settings.crowdMembers);
    const by = { userId: caller, use: randomHex(), now: Date.now(), most };
    const isIn = await useInvitation(core.db, code, by);
    const now = isIn ? invited : await findInvitation(core.db, code, caller, Date.now());
    if (!now) throw noInvitation();
    if (now.isBanned) throw refusedFor("banned", "You are banned from this space.");
    if (!isIn && !now.isMember)
      throw new CoreError("group_full", `This space takes ${most} members at most.`);
    tellDevices(core, id, caller);
  }
  return { channelId: await followDefaults(core, caller, id), space: await getSpace(core, caller, id) };
}
