import type { Position } from "../../domain/ids.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MemberRow, Members } from "./members.ts";

/**
 * Deletes a conversation for one member: he counts as having read up to the last message, and it is out of his list
 * until something comes. Twice changes nothing.
 * @param withHistory his history begins behind the last message
 * @param seers whose snapshots show how far he has read
 * @returns whether anything has changed, and whether his read position was moved
 */
export function deleteForMe(
  members: Members,
  member: MemberRow,
  { seq, n }: MessageLog["last"],
  { withHistory, seers }: { withHistory: boolean; seers: MemberRow[] },
): { changed: boolean; moved: boolean } {
  const isShown = !isDeletedForMe(member, seq);
  const hasHistory = withHistory && member.visible_from < seq;
  if (!isShown && !hasHistory) return { changed: false, moved: false };
  const moved = seq > member.read_seq;
  const read = moved ? { read_seq: seq, read_n: n, read_at: Date.now() } : {};
  const history = hasHistory ? { visible_from: seq } : {};
  members.affected(member, { ...read, ...history, cleared: 1, cleared_to: seq }, moved ? seers : [member]);
  return { changed: true, moved };
}

/** Whether it is out of a member's list: he has deleted it, and nothing has come since. */
export function isDeletedForMe({ cleared, cleared_to, visible_from }: MemberRow, last: Position): boolean {
  // The release before moves the beginning of the history alone.
  return cleared === 1 && last <= Math.max(cleared_to, visible_from);
}

/** Brings it back into his list, as it is. @returns whether anything has changed */
export function restoreToList(members: Members, member: MemberRow): boolean {
  if (member.cleared === 0) return false;
  members.affected(member, { cleared: 0 }, [member]);
  return true;
}
