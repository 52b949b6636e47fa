import { Position, type Seq } from "../../domain/ids.ts";
import type { MemberRow } from "./member-row.ts";

/** The columns of a mark. */
type MarkColumns = Pick<MemberRow, "unread_from" | "unread_n" | "unread_read_seq">;

/** No message is marked unread. */
export const NO_MARK: MarkColumns = { unread_from: null, unread_n: null, unread_read_seq: null };

/**
 * Marks a message unread.
 * @param readCount the countable messages that do not become unread: those before it, and own ones
 */
export function markedFrom(from: Seq, readCount: number, { read_seq }: MemberRow): MarkColumns {
  return { unread_from: from, unread_n: readCount, unread_read_seq: read_seq };
}

/**
 * The message from which on a member has marked the conversation unread; null: none. The mark ends when the
 * read position moves.
 */
export function markedUnreadFrom({ unread_from, unread_read_seq, read_seq }: MemberRow): Seq | null {
  return unread_read_seq === read_seq ? unread_from : null;
}

/** The number of countable messages that are not unread to a member, with a mark or without. */
export function readCountOf(member: MemberRow): number {
  return markedUnreadFrom(member) === null ? member.read_n : (member.unread_n ?? member.read_n);
}

/** The seq after which messages are unread to a member. */
export function readUpTo(member: MemberRow): Position {
  const from = markedUnreadFrom(member);
  return from === null ? member.read_seq : Position.parse(from - 1);
}
