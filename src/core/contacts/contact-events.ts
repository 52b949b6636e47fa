import type { FriendState } from "../../domain/contacts/friend-state.ts";
import type { UserId } from "../../domain/ids.ts";
import { errorFields, log } from "../../lib/logger.ts";
import type { Core } from "../context.ts";

/** Tells the devices of whoever is asked for friendship, behind the answer. */
export function notifyRequested(core: Core, from: UserId, asked: UserId): void {
  notifyContact(core, asked, from, "requested");
}

/** Tells the devices of both that they are friends now, or are none any more, behind the answer. */
export function notifyBoth(core: Core, one: UserId, other: UserId, state: "friends" | "none"): void {
  notifyContact(core, one, other, state);
  notifyContact(core, other, one, state);
}

/** D1 has it by now: what is lost here, a client finds in its lists. */
function notifyContact(core: Core, userId: UserId, about: UserId, state: FriendState): void {
  const told = core.inboxes.pushEvent(userId, { event: { type: "friend", userId: about, state } });
  core.waitUntil(told.catch((error: unknown) => log("warn", "friend_not_told", errorFields(error))));
}
