import type { WireConversation, WireMessage } from "../state/wire.ts";
import type { Reaction, User } from "../types.ts";

/** A message on the socket, with the numbers by which the client resumes. */
export interface MessageItem {
  conversation: number;
  revision: number;
  /** it counts as unread for nobody */
  silent?: boolean;
  /** absent: it never had any */
  reactions?: Reaction[];
  message: WireMessage;
}

/** A user has read up to a message. Of one's own: how many are unread, as of the last message. */
interface Read {
  type: "read";
  conversation: number;
  user: number;
  sequence: number;
  unreadCount?: number;
  lastSequence?: number;
}

/** A frame of the server's socket. */
export type Frame =
  | { type: "ready"; user: number }
  | { type: "messages"; items: MessageItem[] }
  | { type: "changed"; conversation: number; revision: number; items: MessageItem[] }
  | { type: "synced"; conversation: number; sequence: number; revision: number; hasMore: boolean }
  | { type: "reset" | "activity"; conversation: number; sequence: number; revision: number }
  | Read
  | { type: "online"; conversation: number; message: WireMessage }
  | { type: "typing"; conversation: number; user: number }
  | { type: "hidden" | "deleted"; conversation: number; sequence: number }
  | { type: "conversation"; conversation: number; sequence: number; item: WireConversation }
  | { type: "member"; conversation: number; event: string; userIDList: string[] }
  | { type: "profile"; user: User }
  | { type: "status"; userID: string; isOnline: boolean }
  | { type: "friend"; userID: string; state: string }
  | { type: "notice"; unreadCount: number; message: WireMessage }
  | { type: "noticesRead"; isListed: boolean }
  | { type: "community"; groupID: string }
  | { type: "blacklist" }
  | { type: "friendGroups" }
  | { type: "attributes"; conversation: number; groupAttributes: Record<string, string>; version: number }
  | { type: "counter"; conversation: number; key: string; value: number }
  | { type: "reload" }
  | { type: "error"; code: number; msg: string; conversation?: number }
  | { type: "authed"; expiresAt: number }
  | { type: "kicked"; reason: string };
