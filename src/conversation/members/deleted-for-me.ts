import type { Position } from "../../domain/ids.ts";
import type { MessageLog } from "../log/message-log.ts";
import { type MemberRow, OPENED } from "./member-row.ts";
import type { Members } from "./members.ts";
import { markedUnreadFrom, NO_MARK } from "./unread-mark.ts";

/**
 * Deletes a conversation for one member: their read position moves to the last message, and their list omits
 * the conversation until a new message arrives. Idempotent.
 * @param withHistory also hides the history: the member sees only messages after the last one
 * @param staysListed the conversation stays in the list: only the history is hidden
 * @param seers the members whose snapshots show this member's read position
 * @returns `changed`: anything was stored; `moved`: the read position moved; `unmarked`: it did not, but what
 *   was marked unread is read
 */
export function deleteForMe(
  members: Members,
  member: MemberRow,
  log: Pick<MessageLog, "last" | "main">,
  { withHistory, staysListed, seers }: { withHistory: boolean; staysListed: boolean; seers: MemberRow[] },
): { changed: boolean; moved: boolean; unmarked: boolean } {
  const { seq, n } = log.last;
  const leavesList = !staysListed && !isDeletedForMe(member, log.main.lastOf(member).seq);
  const hidesHistory = withHistory && member.visible_from < seq;
  const isMarked = markedUnreadFrom(member) !== null;
  if (!leavesList && !hidesHistory && !isMarked) return { changed: false, moved: false, unmarked: false };
  const moved = seq > member.read_seq;
  const read = moved ? { read_seq: seq, read_n: n, read_at: Date.now() } : {};
  const history = hidesHistory ? { visible_from: seq } : {};
  members.storeOwnFields(
    member,
    { ...read, ...history, ...NO_MARK, ...(!staysListed && { cleared: 1, cleared_to: seq }) },
    moved ? seers : [member],
  );
  return { changed: true, moved, unmarked: isMarked && !moved };
}

/**
 * Whether a member's list omits the conversation: the member has deleted it, and no message has arrived
 * since.
 * @param last the newest seq of the main stream that the member may see
 */
export function isDeletedForMe({ cleared, cleared_to }: MemberRow, last: Position): boolean {
  return cleared === 1 && last <= cleared_to;
}

/**
 * Opens a direct conversation for a member who has not opened it.
 * @returns whether anything changed
 */
export function openForMember(members: Members, member: MemberRow): boolean {
  if (member.unopened === OPENED) return false;
  members.storeOwnFields(member, { unopened: OPENED }, [member]);
  return true;
}

/**
 * Puts a deleted conversation back into the member's list, without its hidden history.
 * @returns whether anything changed
 */
export function restoreToList(members: Members, member: MemberRow): boolean {
  if (member.cleared === 0) return false;
  members.storeOwnFields(member, { cleared: 0 }, [member]);
  return true;
}
