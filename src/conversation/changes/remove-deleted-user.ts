import type { UserId } from "../../domain/ids.ts";
import { withNewVersion } from "../state/change.ts";
import type { RoomContext } from "../state/context.ts";
import type { GroupChanges } from "./group.ts";
import type { Joining } from "./joining.ts";

/**
 * Takes somebody out whose account was deleted, and what is known of him: his messages stay, under a
 * deleted user. In a group he leaves as others do; an owner is followed by somebody, or the group ends.
 * Idempotent. Of who was never a member what was known goes, and nothing else happens.
 */
export function removeDeletedUser(
  room: RoomContext,
  { group, joining }: { group: GroupChanges; joining: Joining },
  userId: UserId,
): void {
  // What he sent before comes before.
  room.flushSends();
  // First, as the tip of his leaving is shown in the same turn.
  room.profiles.forget(userId);
  room.knownUsers.forget(userId);
  room.members.clearCard(userId);
  joining.forget(userId);
  const member = room.members.find(userId);
  if (member?.state !== "active") return;
  if (room.members.isActive(userId)) group.removeDeleted(member, "session_ended");
  // A dissolved group is told nothing any more.
  else room.change({ members: [withNewVersion(member, { state: "left" })] });
}
