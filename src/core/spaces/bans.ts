import { z } from "zod";
import type { Ban } from "../../domain/conversations/ban.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError } from "../../domain/errors.ts";
import type { SpaceId, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { rankOf } from "../../domain/spaces/rights.ts";
import { findLiveUsers, findUsersWithDeleted } from "../../storage/accounts/users.ts";
import { noteOf } from "../../storage/spaces/audit-notes.ts";
import { deleteSpaceBan, insertSpaceBan, listSpaceBans } from "../../storage/spaces/bans.ts";
import { findSpace } from "../../storage/spaces/spaces.ts";
import { countNamed } from "../contacts/strangers.ts";
import type { Core } from "../context.ts";
import { usersById } from "../groups/groups.ts";
import { requireAllowed } from "../moderation/shown-texts.ts";
import { requireNoStrangers } from "../policies.ts";
import { fromSpace, requireAbove } from "./from-space.ts";
import { finishLeaving } from "./members.ts";
import { noMember } from "./roles.ts";
import { requireIn, requirePermission } from "./spaces.ts";
import { tellBots } from "./tell-devices.ts";

const BanPosition = z.tuple([z.int(), z.literal("ban")]);

/**
 * Bans a user from a space, for the permission `ban`: a member who stands below the caller is removed in the
 * same batch. Until the ban is lifted no invitation lets the user in. A repeat changes the reason.
 * @throws `not_found`, also for an unknown user; `forbidden`, `refused`; `conflict` for too many bans;
 *   `rate_limited` as `countNamed`; `unavailable` if a channel was not told: the same again tells it
 */
export async function banFromSpace(
  core: Core,
  caller: UserId,
  id: SpaceId,
  target: UserId,
  reason: string,
): Promise<void> {
  await requirePermission(core, caller, id, "ban", "ban users");
  // Members of one space are no strangers to each other.
  if (!(await findSpace(core.db, target, id))) {
    await countNamed(core, caller, [target]);
    await requireNoStrangers(core, caller, [target]);
  }
  await requireAllowed(core, { reason });
  if ((await findLiveUsers(core.db, [target])).length === 0) throw noMember(target);
  const wasMember = await fromSpace(core, caller, id, async (space) => {
    requireIn(space, "ban", "ban users");
    const member = await findSpace(core.db, target, id);
    if (member) requireAbove(caller, space, rankOf(target, member));
    const ban = { userId: target, bannedBy: caller, reason, createdAt: Date.now() };
    const note = noteOf(caller, "member_banned", { userId: target });
    const wasMember = member !== null;
    const isStored = await insertSpaceBan(core.db, { ...space, note }, ban, { most: LIMITS.bans, wasMember });
    if (isStored === false) throw new CoreError("conflict", `A space has at most ${LIMITS.bans} bans.`);
    return isStored && { isMember: wasMember };
  });
  await finishLeaving(core, id, target, wasMember.isMember);
  tellBots(core, id);
  core.securityLog.record("banned", { user: target, by: caller, space: id });
}

/** Lifts a ban; without one nothing changes. @throws `not_found`, `forbidden` */
export async function liftSpaceBan(core: Core, caller: UserId, id: SpaceId, target: UserId): Promise<void> {
  const wasThere = await fromSpace(core, caller, id, (space) => {
    requireIn(space, "ban", "lift bans");
    const note = noteOf(caller, "ban_lifted", { userId: target });
    return deleteSpaceBan(core.db, { ...space, note }, target);
  });
  if (!wasThere) return;
  core.securityLog.record("ban_lifted", { user: target, by: caller, space: id });
  tellBots(core, id);
}

/** The banned users, the oldest ban first, for the permission `ban`. @throws `not_found`, `forbidden` */
export async function listBansOfSpace(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { limit, cursor }: PageQuery,
): Promise<Page<Ban>> {
  await requirePermission(core, caller, id, "ban", "see who is banned");
  const [after] = cursor === undefined ? [0] : readCursor(BanPosition, cursor);
  const found = await listSpaceBans(core.db, id, { after, limit: limit + 1 });
  const { items, nextCursor } = pageOf(found, limit, (ban) => [ban.id, "ban"]);
  const ids = items.map(({ userId }) => userId);
  const userOf = usersById(await findUsersWithDeleted(core.db, ids, caller));
  return { items: items.map(({ userId, ...ban }) => ({ user: userOf(userId), ...ban })), nextCursor };
}
