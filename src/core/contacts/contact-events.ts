import type { FriendState } from "../../domain/contacts/friend-state.ts";
import type { UserId } from "../../domain/ids.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";
import { errorFields, log } from "../../lib/logger.ts";
import type { Core } from "../context.ts";

/** Sends a friend request to the receiver's devices, after the answer. */
export function notifyRequested(core: Core, sender: UserId, receiver: UserId): void {
  notifyContact(core, receiver, sender, "requested");
}

/** Sends the start or end of a friendship to the devices of both users, after the answer. */
export function notifyBoth(core: Core, userId: UserId, peer: UserId, state: "friends" | "none"): void {
  notifyContact(core, userId, peer, state);
  notifyContact(core, peer, userId, state);
}

/** Tells the user's own devices that the list of whom they block has changed, after the answer. */
export function notifyOfBlocks(core: Core, userId: UserId): void {
  sendContactEvent(core, userId, { type: "blocks" });
}

/** Tells the user's own devices that their remarks on friends or their friend groups have changed. */
export function notifyOfFriendMarks(core: Core, userId: UserId): void {
  sendContactEvent(core, userId, { type: "friend_marks" });
}

/** Best effort: D1 has the change by now, and clients find it in their lists if the event is lost. */
function notifyContact(core: Core, userId: UserId, about: UserId, state: FriendState): void {
  sendContactEvent(core, userId, { type: "friend", userId: about, state });
}

function sendContactEvent(core: Core, userId: UserId, event: DeviceEvent): void {
  const sent = core.inboxes.pushEvent(userId, { event });
  core.waitUntil(sent.catch((error: unknown) => log("warn", "friend_event_failed", errorFields(error))));
}
