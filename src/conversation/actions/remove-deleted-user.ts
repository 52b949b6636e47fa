import type { UserId } from "../../domain/ids.ts";
import type { Polls } from "../polls/polls.ts";
import type { Reactions } from "../reactions/reactions.ts";
import type { RoomContext } from "../room/context.ts";
import { withNewVersion } from "../state/group-change.ts";
import type { Editing } from "./editing.ts";
import type { GroupChanges } from "./group.ts";
import type { Joining } from "./joining.ts";
import type { Redaction } from "./redaction.ts";

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
  {
    group,
    joining,
    editing,
    reactions,
    polls,
    redaction,
  }: {
    group: GroupChanges;
    joining: Joining;
    editing: Editing;
    reactions: Reactions;
    polls: Polls;
    redaction: Redaction;
  },
  userId: UserId,
  erases: boolean,
): void {
  // Pending sends come first: the user sent them before the deletion.
  room.flushSends();
  // Forget the profile first: the system message about the leaving is rendered in this turn.
  room.profiles.forget(userId);
  room.knownUsers.forget(userId);
  room.members.clearCard(userId);
  joining.forget(userId);
  editing.removeVersionsOf(userId);
  reactions.forget(userId);
  polls.forget(userId);
  room.log.hides.forget(userId);
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
