import type { UserId } from "../core/ids.ts";
import { told } from "./change.ts";
import type { Room } from "./room.ts";

/**
 * Takes somebody out whose account was deleted, and what is known of him: his messages stay, under a
 * deleted user. In a group he leaves as others do; an owner is followed by somebody, or the group ends.
 * Idempotent. Of who was never a member what was known goes, and nothing else happens.
 */
export function farewell(room: Room, userId: UserId): void {
  // What he sent before comes before.
  room.settle();
  // First, as the tip of his leaving is shown in the same turn.
  room.people.forget(userId);
  room.acquaintances.forget(userId);
  room.members.forgetCard(userId);
  room.joining.forget(userId);
  const member = room.members.find(userId);
  if (member?.state !== "active") return;
  if (room.members.isActive(userId)) room.group.depart(member, "session_ended");
  // A dissolved group is told nothing any more.
  else room.change({ members: [told(member, { state: "left" })] });
}
