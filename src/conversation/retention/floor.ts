import { Position } from "../../domain/ids.ts";
import type { MemberRow } from "../members/member-row.ts";
import { NO_MARK } from "../members/unread-mark.ts";

/** The floor of a conversation: messages up to `seq` have expired, `n` countable ones. */
export interface Floor {
  seq: Position;
  n: number;
}

/** Nothing has expired. */
export const NO_FLOOR: Floor = { seq: Position.parse(0), n: 0 };

/**
 * Has a member see nothing that has expired, in memory: every reader's history begins at the floor or later.
 * A mark on an expired message ends.
 * @returns the same row
 */
export function aboveFloor(member: MemberRow, { seq }: Floor): MemberRow {
  if (member.visible_from < seq) member.visible_from = seq;
  if (member.unread_from !== null && member.unread_from <= seq) Object.assign(member, NO_MARK);
  return member;
}
