import { z } from "zod";
import type { Core } from "./core.ts";
import type { UserId } from "./ids.ts";
import { fault, log } from "./log.ts";

/** How somebody stands to a user: he asks him for friendship, is his friend, is neither. */
export const FriendState = z.enum(["requested", "friends", "none"]);
export type FriendState = z.infer<typeof FriendState>;

/** What has come of asking for friendship: the other has yet to agree, or they are friends. */
export const AskOutcome = FriendState.exclude(["none"]);
export type AskOutcome = z.infer<typeof AskOutcome>;

/** Tells the devices of whoever is asked for friendship, behind the answer. */
export function tellRequested(core: Core, from: UserId, asked: UserId): void {
  tell(core, asked, from, "requested");
}

/** Tells the devices of both that they are friends now, or are none any more, behind the answer. */
export function tellBoth(core: Core, one: UserId, other: UserId, state: "friends" | "none"): void {
  tell(core, one, other, state);
  tell(core, other, one, state);
}

/** D1 has it by now: what is lost here, a client finds in its lists. */
function tell(core: Core, userId: UserId, about: UserId, state: FriendState): void {
  const told = core.inboxes.tell(userId, { type: "friend", userId: about, state });
  core.waitUntil(told.catch((error: unknown) => log("warn", "friend_not_told", fault(error))));
}
