import { z } from "zod";
import { type Position, Seq, UserId } from "../ids.ts";
import { StoredTime } from "../time.ts";

/** The thread in which a message answers. */
export const ThreadPlace = z.object({
  /** the message that the thread belongs to */
  root: Seq,
  /** false: a thread-only reply, which is not in the main stream */
  alsoInMain: z.boolean(),
});
export type ThreadPlace = z.infer<typeof ThreadPlace>;

/** The replies to a root, without revoked ones. */
export const ThreadSummary = z.object({
  /** at least 1 */
  count: z.int().positive(),
  lastSeq: Seq,
  /** milliseconds since 1970 */
  lastAt: StoredTime,
  /** the users of the last replies, the newest first: at most `SUMMARY_USERS` */
  userIds: z.array(UserId),
});
export type ThreadSummary = z.infer<typeof ThreadSummary>;

/** The users whom a summary names. */
export const SUMMARY_USERS = 3;

/** A user's own state of a thread. */
export interface ThreadState {
  isFollowing: boolean;
  /** the user has read the replies up to this seq; 0 without a follow */
  readSeq: Position;
  /** unread thread-only replies; 0 without a follow */
  unreadCount: number;
}
