import { z } from "zod";
import type { TipEvent } from "./content.ts";
import type { Conversation } from "./conversation.ts";
import type { Failure, Result } from "./errors.ts";
import type { ConversationId, Position, Seq, SessionId, UserId } from "./ids.ts";
import type { AnyDraft, Message, Receipt } from "./message.ts";

/** What a client asks of a room socket, whatever its wire format. */
export type Command =
  | { type: "send"; items: SendItem[] }
  | { type: "read"; seq: Position }
  | { type: "typing" }
  | { type: "sync"; after: Position; rev: number | undefined };

/** One send of a frame: a draft, or why it is none. `clientMsgId` is echoed with the refusal. */
export type SendItem = { draft: Result<AnyDraft>; clientMsgId: string | undefined };

/** What a room tells its sockets. */
export type RoomEvent =
  | {
      type: "ready";
      userId: UserId;
      sessionId: SessionId;
      conversationId: ConversationId;
      lastSeq: Position;
      readSeq: Position;
      rev: number;
    }
  | { type: "synced"; conversationId: ConversationId; lastSeq: Position; rev: number; hasMore: boolean }
  | { type: "read"; conversationId: ConversationId; userId: UserId; seq: Position }
  | { type: "typing"; conversationId: ConversationId; userId: UserId }
  | { type: "revoked"; conversationId: ConversationId; seq: Seq; by: UserId; rev: number }
  | { type: "hidden"; conversationId: ConversationId; seq: Seq; rev: number }
  | { type: "conversation"; conversation: Conversation }
  | { type: "member"; conversationId: ConversationId; event: MemberEvent; userIds: UserId[] }
  | { type: "kicked"; reason: KickReason };

/** Why a socket is closed by the server with 4001. */
export type KickReason = "session_ended" | "token_expired" | "removed" | "left" | "dissolved";

/** What happens to members: what tips tell, and, to those who may let people in, that somebody applied. */
export type MemberEvent = TipEvent | "applied";

/** An encoded message or ack, ready to be put into a frame alone or beside others. */
export const Piece = z.string().brand<"Piece">();
export type Piece = z.infer<typeof Piece>;

/**
 * A wire format of sockets. A surface implements it, `src/index.ts` hands it to the object: so an
 * object speaks a surface's frames without importing it. A message is encoded once for all sockets.
 */
export interface RoomProtocol {
  /** Parses one text frame; a failure is answered with `refused` and counts as an invalid frame. */
  decode(frame: string, conversationId: ConversationId): Result<Command>;
  message(message: Message): Piece;
  ack(conversationId: ConversationId, receipt: Receipt, clientMsgId: string | undefined): Piece;
  /** One frame of one or several messages. */
  messages(pieces: Piece[]): string;
  /** One frame of one or several acks. */
  acks(pieces: Piece[]): string;
  event(event: RoomEvent): string;
  refused(failure: Failure, clientMsgId: string | undefined): string;
}
