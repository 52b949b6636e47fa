import { z } from "zod";
import type { FriendState } from "../contacts/friend-state.ts";
import type { Conversation } from "../conversations/conversation.ts";
import type { Failure, Result } from "../errors.ts";
import type { ConversationId, Position, Seq, SessionId, UserId } from "../ids.ts";
import type { SystemEvent } from "../messages/content.ts";
import type { AnyDraft, Message, Receipt } from "../messages/message.ts";
import type { MessageContext } from "./message-context.ts";

/** What a client asks of a room socket, whatever its wire format. */
export type RoomCommand =
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

/**
 * What happens to members: what tips tell; to those who may let people in, that somebody applied; to devices,
 * which are not closed by it, that the group is no more.
 */
export type MemberEvent = SystemEvent | "applied" | "dissolved";

/** An encoded message or ack, ready to be put into a frame alone or beside others. */
export const EncodedPart = z.string().brand<"Piece">();
export type EncodedPart = z.infer<typeof EncodedPart>;

/** From where a client wants to go on in a conversation. */
export interface SyncPoint {
  conversationId: ConversationId;
  after: Position;
  rev: number | undefined;
}

/** One send of a device, and what conversation it is for: part of what may be wrong with it. */
export type DeviceSendItem = {
  send: Result<{ conversationId: ConversationId; draft: AnyDraft }>;
  clientMsgId: string | undefined;
};

/** What a client asks of a device's socket; of one conversation there is at most one sync point in a frame. */
export type DeviceCommand =
  | { type: "send"; items: DeviceSendItem[] }
  | { type: "read"; conversationId: ConversationId; seq: Position }
  | { type: "typing"; conversationId: ConversationId }
  | { type: "sync"; items: SyncPoint[] }
  /** wants to be closed, once all that it asked before is answered */
  | { type: "leave" };

/** What an inbox tells its user's devices: what rooms tell, and what is about people. */
export type DeviceEvent =
  | Exclude<RoomEvent, { type: "ready" }>
  | { type: "ready"; userId: UserId; sessionId: SessionId }
  | { type: "presence"; userId: UserId; online: boolean }
  | { type: "friend"; userId: UserId; state: FriendState };

/**
 * How a wire format writes what sockets are told. A surface implements it, `src/worker.ts` hands it to the
 * object: so an object speaks a surface's frames without importing it. A message is encoded once for all
 * sockets.
 */
export interface Encoder<Event> {
  message(message: Message): EncodedPart;
  ack(conversationId: ConversationId, receipt: Receipt, clientMsgId: string | undefined): EncodedPart;
  /** One frame of one or several messages. */
  messages(pieces: EncodedPart[]): string;
  /** One frame of one or several acks. */
  acks(pieces: EncodedPart[]): string;
  event(event: Event): string;
  refused(failure: Failure, about?: RefusalContext): string;
}

/** What a refusal is about, as far as that is known: a send, a conversation. */
export interface RefusalContext {
  clientMsgId?: string | undefined;
  conversationId?: ConversationId | undefined;
}

/** A wire format of room sockets. */
export interface RoomProtocol extends Encoder<RoomEvent> {
  /** Parses one text frame; a failure is answered with `refused` and counts as an invalid frame. */
  decode(frame: string, conversationId: ConversationId): Result<RoomCommand>;
}

/**
 * A wire format of devices' sockets. It may have no word for an event, or show no message of some kind: then it gives
 * null, and nothing is sent.
 */
export interface DeviceProtocol extends Pick<Encoder<never>, "messages" | "refused"> {
  /** @see RoomProtocol.decode */
  decode(frame: string): Result<DeviceCommand>;
  event(event: DeviceEvent): string | null;
  /** @param scene where `inScene` says that it is wanted */
  message(message: Message, scene?: MessageContext): EncodedPart | null;
  /** how many messages a frame has at most */
  perFrame?: 1;
  /** null: what a socket sends is shown to it too, in its place */
  acks: Pick<Encoder<never>, "ack" | "acks"> | null;
  /** messages are written beside the conversation which they are in */
  wantsContext: boolean;
  /** clients say where they left off: what comes waits until a new one has had the time for it */
  supportsResume: boolean;
  /** sockets stay open when the tokens expire with which they came */
  survivesTokenExpiry: boolean;
  /** however many frames in a row cannot be read, each is refused and nothing more; else the tenth closes the socket */
  toleratesInvalidFrames: boolean;
}
