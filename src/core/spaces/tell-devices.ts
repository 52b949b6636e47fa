import type { SpaceId, UserId } from "../../domain/ids.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { findOnlineUsers, listOnlineBots, listOnlineMembers } from "../../storage/spaces/members.ts";
import type { Core } from "../context.ts";
import { usersChanged } from "../server/user-events.ts";

/** The most members who are told of a change: others load the space as they look at it. */
const MAX_TOLD = 500;
/** Members who are told at once. */
const AT_ONCE = 50;

/**
 * Tells the devices of a member, or of a former one, to load a space anew, after the answer. Best effort.
 * Hooks look, too.
 */
export function tellDevices(core: Core, spaceId: SpaceId, userId: UserId): void {
  core.waitUntil(tell(core, spaceId, userId));
  usersChanged(core);
}

/** The same, and bots of the space who are online, which hear of all members. */
export function tellOfMember(core: Core, spaceId: SpaceId, userId: UserId): void {
  tellDevices(core, spaceId, userId);
  tellBots(core, spaceId);
}

/** Tells bots of the space who are online to load it anew: of what they hear, and devices do not show. */
export function tellBots(core: Core, spaceId: SpaceId): void {
  core.waitUntil(tellAll(core, spaceId, listOnlineBots(core.db, spaceId, MAX_TOLD)));
}

/** Tells the devices of all members who are online. */
export function tellOnlineMembers(core: Core, spaceId: SpaceId): void {
  core.waitUntil(tellAll(core, spaceId, listOnlineMembers(core.db, spaceId, MAX_TOLD)));
  usersChanged(core);
}

/** The same for those of these users who are online, members or not. */
export function tellOnlineUsers(core: Core, spaceId: SpaceId, userIds: readonly UserId[]): void {
  if (userIds.length === 0) return;
  core.waitUntil(tellAll(core, spaceId, findOnlineUsers(core.db, userIds)));
  usersChanged(core);
}

async function tellAll(core: Core, spaceId: SpaceId, found: Promise<UserId[]>): Promise<void> {
  try {
    const userIds = await found;
    for (let i = 0; i < userIds.length; i += AT_ONCE)
      await Promise.all(userIds.slice(i, i + AT_ONCE).map((userId) => tell(core, spaceId, userId)));
  } catch (error) {
    failed(error);
  }
}

async function tell(core: Core, spaceId: SpaceId, userId: UserId): Promise<void> {
  await core.inboxes.pushEvent(userId, { event: { type: "space", spaceId } }).catch(failed);
}

function failed(error: unknown): void {
  log("warn", "space_event_failed", errorFields(error));
}
