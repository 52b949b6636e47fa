import type { VersionedPerson } from "../../domain/accounts/person.ts";
import type { Conversation } from "../../domain/conversations/conversation.ts";
import type { Position, Seq, UserId } from "../../domain/ids.ts";
import type { ThreadState } from "../../domain/messages/thread.ts";
import type { ChangeAnnouncement } from "../changes/change-feed.ts";
import type { MessageRow } from "../log/row.ts";
import type { SendOrigin, SendOutcome } from "../sending/send.ts";
import type { RoomSocket } from "../sockets/room-socket.ts";
import type { StoredChange } from "./change.ts";

/** The place of a revoked message. */
type RevokedRow = Pick<MessageRow, "seq" | "in_main" | "thread_root">;

/**
 * The users to whom a revoked message was unread: in the conversation, and in its thread, with that state.
 */
export interface UnreadRevoke {
  users: ReadonlySet<UserId>;
  threads: ReadonlyMap<UserId, ThreadState>;
}

/** A part of the room that is informed of events after their commit. Typing is not stored. */
export interface RoomObserver {
  /** the outcomes of sends, stored and refused, in order */
  sent(outcomes: SendOutcome<SendOrigin>[]): void;
  /** a read position moved; `from`: the socket that asked, which needs no event */
  read(userId: UserId, seq: Position, from: RoomSocket | null): void;
  /** a member has followed, left or read a thread; `describe`: its state for them */
  threadRead(userId: UserId, root: Seq, describe: () => ThreadState): void;
  /** stored messages have changed since the last announcement, each once or often */
  messagesChanged(announcement: ChangeAnnouncement): void;
  /**
   * What is unread to a member has changed, and their read position has not moved: for their own sockets
   * alone. `from`: the socket that asked, which needs no event
   */
  unreadChanged(userId: UserId, from: RoomSocket | null): void;
  /**
   * Follows the announcement of the changed message for the same revoke. `row`: the message before it was
   * emptied; `unread`: to whom it was unread, and now is not
   */
  revoked(row: RevokedRow, by: UserId, rev: number, unread: UnreadRevoke): void;
  hidden(seq: Seq, userId: UserId, rev: number): void;
  /** a member has deleted the conversation for themself, up to a message: for their own sockets alone */
  deletedFor(userId: UserId, upTo: Position): void;
  typing(userId: UserId): void;
  /** a change of the group was stored */
  changed(changed: StoredChange): void;
  /** a user who is a member has another name or avatar */
  profileChanged(profile: VersionedPerson): void;
  /** whether a receiver is told of changed messages as a whole alone */
  tellsWhole(): boolean;
  /** whether the observer has a receiver for conversation updates of this user */
  isInterestedIn(userId: UserId): boolean;
  /**
   * A member sees the conversation otherwise; called only if an observer is interested in the member.
   * @param describe the conversation as they see it, while they are a member
   */
  conversationUpdated(userId: UserId, describe: () => Conversation): void;
}
