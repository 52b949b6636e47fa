import type { UserId } from "../../domain/ids.ts";
import type { RoomContext } from "../room/context.ts";
import { withNewVersion } from "../state/group-change.ts";
import type { GroupChanges } from "./group.ts";
import type { Redaction } from "./redaction.ts";

interface UserRemoval {
  group: Pick<GroupChanges, "endMembership">;
  redaction: Pick<Redaction, "erase">;
  /** what holds something of a user, and lets go of it with the account */
  forgetting: readonly { forget(userId: UserId): void }[];
}

/**
 * Removes a user whose account was deleted, and everything that the conversation knows about them.
 * Idempotent.
 * - Their messages stay, shown under a deleted user, without what they said before an edit. Their reactions
 *   and votes go, and so does what they have hidden and which threads they follow.
 * - With `erases` their messages are revoked, some now and the others by a job.
 * - A member of a group leaves as others do. An owner gets a successor, or the group is dissolved.
 * - Of a user who was never a member only the profile and the join requests are deleted.
 */
export function removeDeletedUser(
  room: RoomContext,
  { group, forgetting, redaction }: UserRemoval,
  userId: UserId,
  erases: boolean,
): void {
  // Pending sends come first: the user sent them before the deletion.
  room.flushSends();
  // Forget the profile first: the system message about the leaving is rendered in this turn.
  room.profiles.forget(userId);
  room.knownUsers.forget(userId);
  room.members.clearCard(userId);
  for (const feature of forgetting) feature.forget(userId);
  if (erases) redaction.erase(userId);
  const member = room.members.find(userId);
  if (member?.state !== "active") return;
  if (room.members.findSender(userId)) group.endMembership(member, "session_ended");
  // In a dissolved group only the row changes: no system message, no kick.
  else {
    const left = withNewVersion(member, { state: "left", visible_until: room.log.last.seq });
    room.commit((tx) => room.change(tx, { members: [left] }));
  }
}
