import { invalid } from "../../../domain/errors.ts";
import type { SpaceId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { storeSpaceOrder, updateOwnMembership } from "../../../storage/spaces/spaces.ts";
import type { Core } from "../../context.ts";
import { requireAllowed, requireOutOfShadow } from "../../moderation/shown-texts.ts";
import { noMember, requireAboveMember } from "../roles.ts";
import { getSpace, noSpace, type OwnSpace, requireIn } from "../spaces.ts";
import { tellDevices, tellOfMember } from "../tell-devices.ts";

/**
 * Gives a member of a space a name card there; `""` takes it away. The caller's own, or, for the permission
 * `kick`, that of a member below them.
 * @throws `not_found`, also for a target who is no member; `forbidden`, `refused`
 */
export async function setNameCard(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { target, nameCard }: { target: UserId; nameCard: string },
): Promise<void> {
  const space = await getSpace(core, caller, id);
  if (target !== caller) {
    requireIn(space, "kick", "change name cards of others");
    await requireAboveMember(core, caller, space, target);
  }
  if (nameCard !== "") await requireOutOfShadow(core, caller);
  await requireAllowed(core, { name_card: nameCard });
  if (!(await updateOwnMembership(core.db, id, target, { nameCard }))) throw noMember(target);
  // Bots compare the members of no larger space.
  if (space.memberCount <= LIMITS.viewedMembers) tellOfMember(core, id, target);
  else tellDevices(core, id, target);
}

/**
 * Mutes a space for the caller: nothing in its channels is pushed to them meanwhile.
 * @param mutedUntil ms since 1970; 0: not, -1: for ever
 * @throws `not_found`
 */
export async function muteSpace(
  core: Core,
  caller: UserId,
  id: SpaceId,
  mutedUntil: number,
): Promise<OwnSpace> {
  const change = { notificationsMutedUntil: mutedUntil };
  if (!(await updateOwnMembership(core.db, id, caller, change))) throw noSpace();
  tellDevices(core, id, caller);
  return getSpace(core, caller, id);
}

/**
 * Puts spaces of the caller into their order. Spaces that are not named stand before them, the newest first.
 * @throws `validation_failed` for a space that is named twice, `not_found` for one that they are not in, with
 *   nothing changed
 */
export async function orderSpaces(core: Core, caller: UserId, ids: readonly SpaceId[]): Promise<void> {
  if (new Set(ids).size < ids.length) throw invalid("body.space_ids", "must name each space once");
  const [first] = ids;
  if (!(await storeSpaceOrder(core.db, caller, ids))) throw noSpace();
  if (first !== undefined) tellDevices(core, first, caller);
}
