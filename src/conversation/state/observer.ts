import type { Conversation } from "../../domain/conversations/conversation.ts";
import type { Position, Seq, UserId } from "../../domain/ids.ts";
import type { SendOrigin, SendOutcome } from "../sending/send.ts";
import type { RoomSocket } from "../sockets/room-socket.ts";
import type { StoredChange } from "./change.ts";

/** What a room tells whoever listens there, once it is stored. */
export interface RoomObserver {
  sent(outcomes: SendOutcome<SendOrigin>[]): void;
  read(userId: UserId, seq: Position, from: RoomSocket | null): void;
  revoked(seq: Seq, by: UserId, rev: number): void;
  hidden(seq: Seq, userId: UserId, rev: number): void;
  typing(userId: UserId): void;
  changed(changed: StoredChange): void;
  /** whether it would like to hear what the conversation is like for this member */
  isInterestedIn(userId: UserId): boolean;
  /** what the conversation is like for a member now */
  conversationUpdated(userId: UserId, conversation: Conversation): void;
}
