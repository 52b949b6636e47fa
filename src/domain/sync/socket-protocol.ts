import { z } from "zod";
import type { Person } from "../accounts/person.ts";
import type { PassingMessage } from "../bots/passing.ts";
import type { Tap, TapAnswer, TapId } from "../bots/tap.ts";
import type { FriendState } from "../contacts/friend-state.ts";
import type { ComposerDraft } from "../conversations/composer-draft.ts";
import type { Conversation } from "../conversations/conversation.ts";
import type { AttributesState } from "../conversations/group-data.ts";
import type { JoinOutcome } from "../conversations/join-request.ts";
import type { Failure, Result } from "../errors.ts";
import type { ConversationId, Position, Seq, SessionId, SpaceId, UserId } from "../ids.ts";
import { GroupEvent } from "../messages/content.ts";
import type { AnyDraft, Mentioned, Message, OwnPart, Receipt } from "../messages/message.ts";
import type { Preview } from "../messages/preview.ts";
import type { ScheduledEvent, ScheduledMessage } from "../messages/scheduled.ts";
import type { ThreadState } from "../messages/thread.ts";
import type { HeldOutcome } from "../moderation/held-message.ts";
import type { EncodedMessage, EncodedPart } from "./encoded-message.ts";
import type { GatewayCommand, GatewayFrames } from "./gateway.ts";
import type { EncodingContext, MessageContext } from "./message-context.ts";
import type { ReceivedNotification } from "./notification.ts";
import type { OnlineMessage } from "./online-message.ts";

/** A client's request on a room socket, independent of the wire format. */
export type RoomCommand =
  | { type: "send"; items: SendItem[] }
  | { type: "read"; seq: Position }
  | { type: "typing" }
  | { type: "sync"; after: Position; rev: number | undefined }
  | RenewalCommand;

/** The client shows a newer token of its user, with which the socket goes on. */
interface RenewalCommand {
  type: "auth";
  token: string;
}

/** One send of a frame: a draft, or its validation failure. `clientMsgId` is echoed with the refusal. */
export type SendItem = { draft: Result<AnyDraft>; clientMsgId: string | undefined };

/** An event that a room sends to its sockets. */
export type RoomEvent =
  | {
      type: "ready";
      userId: UserId;
      sessionId: SessionId;
      conversationId: ConversationId;
      lastSeq: Position;
      readSeq: Position;
      rev: number;
      /** the user is no member, and looks */
      isViewer?: true;
    }
  | { type: "synced"; conversationId: ConversationId; lastSeq: Position; rev: number; hasMore: boolean }
  /** too many messages have changed, or those shown are gone: the client loads the conversation anew */
  | { type: "reset"; conversationId: ConversationId; lastSeq: Position; rev: number }
  | { type: "read"; conversationId: ConversationId; userId: UserId; seq: Position; unread?: OwnUnread }
  | {
      type: "thread_read";
      conversationId: ConversationId;
      root: Seq;
      thread: ThreadState;
      unread: ThreadsUnread;
    }
  | { type: "typing"; conversationId: ConversationId; userId: UserId }
  /** so many users look at an audience room */
  | { type: "viewers"; conversationId: ConversationId; count: number }
  /** a bot is making a message, which has this text so far */
  | { type: "draft_text"; conversationId: ConversationId; userId: UserId; stream: string; text: string }
  | { type: "revoked"; conversationId: ConversationId; seq: Seq; by: UserId; rev: number }
  | { type: "hidden"; conversationId: ConversationId; seq: Seq; rev: number }
  /** the user has deleted the conversation for themself, up to the message `seq` */
  | { type: "deleted"; conversationId: ConversationId; seq: Position }
  | { type: "conversation"; conversation: Conversation }
  | {
      type: "member";
      conversationId: ConversationId;
      event: MemberEvent;
      userIds: UserId[];
      /** of `removed`: by whom. Who was removed does not see the system message */
      actorId?: UserId;
    }
  /** a user has another name or avatar; `version` tells a newer profile from an older one */
  | { type: "profile"; user: Person; version: number }
  /** the socket has taken the token of an `auth`, which ends then (ms) */
  | { type: "authed"; expiresAt: number }
  | { type: "kicked"; reason: KickReason };

/**
 * The reader's own unread count, as of the message `lastSeq`. Only the reader's sockets get it: nobody learns
 * the count of another user.
 */
export interface OwnUnread {
  count: number;
  lastSeq: Position;
  /** the message that the reader has marked unread; null: none */
  from: Seq | null;
}

/** The reader's unread count in threads, as of the message `lastSeq`. */
export type ThreadsUnread = Omit<OwnUnread, "from">;

/** The close code after a `kicked` frame; the reason of the close is the frame's. */
export const KICKED = 4_001;

/**
 * The reason for which the server closes a socket with 4001. `invalid_token`: the socket never opened, as its
 * token is missing or not authentic.
 */
export const KickReason = z.enum([
  "session_ended",
  "token_expired",
  "invalid_token",
  "removed",
  "left",
  "dissolved",
]);
export type KickReason = z.infer<typeof KickReason>;

/**
 * An event about members.
 * - The events of system messages.
 * - `applied`: a user has asked to join; sent to the members who may approve it.
 * - `dissolved`: the group is dissolved; sent to device sockets, which stay open.
 * - `name_card`: a member has another name card.
 */
export const MemberEvent = z.enum([...GroupEvent.options, "applied", "dissolved", "name_card"]);
export type MemberEvent = z.infer<typeof MemberEvent>;

/** The sync position at which a client resumes in a conversation. */
export interface SyncPoint {
  conversationId: ConversationId;
  after: Position;
  rev: number | undefined;
}

/** One send of a device with its conversation, or its validation failure. */
export type DeviceSendItem = {
  send: Result<{ conversationId: ConversationId; draft: AnyDraft }>;
  clientMsgId: string | undefined;
  /** of a bot: the stream that becomes this message */
  endedStream?: string;
};

/** A client's request on a device socket. A frame has at most one sync point for each conversation. */
export type DeviceCommand =
  | { type: "send"; items: DeviceSendItem[] }
  | { type: "read"; conversationId: ConversationId; seq: Position }
  | { type: "typing"; conversationId: ConversationId }
  /** a bot is making a message, which has this text so far */
  | { type: "draft_text"; conversationId: ConversationId; stream: string; text: string }
  | { type: "sync"; items: SyncPoint[] }
  /** the client shows this conversation over its room socket; null: it shows none */
  | { type: "focus"; conversationId: ConversationId | null }
  | RenewalCommand
  | GatewayCommand
  /** the client asks the server to close the socket once all earlier requests are answered */
  | { type: "leave" };

/** Whose device socket is told of an event, and the profiles of the users whom the frame names. */
export interface EventPeople {
  reader: UserId;
  /** the profile of a user; that of a deleted one for a user who was not asked for */
  profileOf(id: UserId): Person;
}

/** An event that an inbox sends to device sockets: those of rooms, and what concerns the user alone. */
export type DeviceEvent =
  | Exclude<RoomEvent, { type: "ready" }>
  /** `dueReminders`: the number of reminders of saved messages that are due and not seen */
  | { type: "ready"; userId: UserId; sessionId: SessionId; dueReminders: number }
  /** what comes after this position is left to the room socket */
  | { type: "focused"; conversationId: ConversationId; lastSeq: Position; rev: number }
  /** a crowded group has changed: its messages wait for a sync */
  | {
      type: "activity";
      conversationId: ConversationId;
      lastSeq: Position;
      rev: number;
      preview: Preview | null;
      updatedAt: number;
      readSeq: Position;
      unreadCount: number;
      unreadFrom: Seq | null;
      threadsUnread: number;
      mentioned: Mentioned[];
    }
  | { type: "presence"; userId: UserId; online: boolean }
  | { type: "friend"; userId: UserId; state: FriendState }
  /** the user is asked for their consent to a conversation, or has answered with another device */
  | { type: "message_request"; conversationId: ConversationId; fromId: UserId }
  /** the user has come into a space, is in it no more, or it has changed */
  | { type: "space"; spaceId: SpaceId }
  /**
   * the user's composer draft, written by another session; null: the one of this client message id and time
   * has gone
   */
  | {
      type: "composer_draft";
      conversationId: ConversationId;
      draft: ComposerDraft | null;
      clientMsgId?: string;
      updatedAt?: number;
    }
  /** the time of a saved message's reminder has come; `dueCount`: the reminders that are due and not seen */
  | {
      type: "reminder";
      conversationId: ConversationId;
      seq: Seq;
      note: string;
      remindAt: number;
      dueCount: number;
    }
  /** a reminder that was due was seen, moved or removed, on any device */
  | { type: "reminder_seen"; conversationId: ConversationId; seq: Seq; dueCount: number }
  /** reports or held messages have changed, and the user has a role */
  | { type: "moderation" }
  /** staff has decided of the user's own message, which a rule had held */
  | { type: "held"; conversationId: ConversationId; clientMsgId: string; state: HeldOutcome }
  /** a user has tapped on a button of the bot */
  | { type: "tapped"; tap: Tap }
  /** a bot shows the user a message that nothing stores */
  | { type: "passing"; message: PassingMessage }
  /** a bot has answered the user's tap */
  | { type: "tap_answer"; tapId: TapId; conversationId: ConversationId; seq: Seq; answer: TapAnswer }
  /** the user's own join request was decided */
  | { type: "join_request"; conversationId: ConversationId; state: JoinOutcome }
  /** the user has a new notification; `unreadCount`: of all notifications */
  | { type: "notification"; notification: ReceivedNotification; unreadCount: number }
  /** the user has read their notifications, or taken them from the list, over any API */
  | { type: "notifications_read"; isListed: boolean }
  /** the user has blocked or unblocked others */
  | { type: "blocks" }
  /** the user has changed what they call their friends, or their groups of friends */
  | { type: "friend_marks" }
  /** a member shows a message that nothing stores */
  | { type: "online_message"; message: OnlineMessage }
  /** members have changed the attributes of a group */
  | { type: "attributes"; conversationId: ConversationId; state: AttributesState }
  /** members have changed a counter of a group */
  | { type: "counter"; conversationId: ConversationId; key: string; value: number }
  /** the user's own scheduled message, as it is now or was last; `seq`: of the message that it became */
  | { type: "scheduled"; event: ScheduledEvent; message: ScheduledMessage; seq?: Seq };

/**
 * Writes the frames of a wire format. A surface implements it and `src/worker.ts` hands it to the object, so
 * that an object speaks a surface's frames without importing the surface. A message is encoded once for all
 * sockets.
 */
export interface Encoder<Event> {
  message(message: Message): EncodedPart;
  /** A message for a client that has its body: without it. */
  part(message: Message): EncodedPart;
  /** @param message the stored message, for sockets that ask for it; absent: the ack has none */
  ack(
    conversationId: ConversationId,
    receipt: Receipt,
    clientMsgId: string | undefined,
    message?: EncodedPart,
  ): EncodedPart;
  /**
   * One frame of messages.
   * @param sampled the messages of which these are a part, or none of them; absent: there are no others
   */
  messages(parts: EncodedPart[], sampled?: SampledRange): string;
  /** One frame of one or several acks. */
  acks(parts: EncodedPart[]): string;
  /**
   * One frame of messages as they are after a change.
   * @param rev with these messages a client has every change up to it
   */
  changed(conversationId: ConversationId, rev: number, parts: EncodedPart[]): string;
  event(event: Event): string;
  refused(failure: Failure, about?: RefusalContext): string;
}

/** Messages of which a frame has a part, after one and up to another. */
export interface SampledRange {
  after: Position;
  lastSeq: Position;
}

/** The send and the conversation that a refusal is about, as far as they are known. */
export interface RefusalContext {
  clientMsgId?: string | undefined;
  conversationId?: ConversationId | undefined;
}

/** A wire format of room sockets. */
export interface RoomProtocol extends Encoder<RoomEvent> {
  /** the name of the wire format of device sockets that writes messages in the same way */
  deviceProtocol: string;
  /** Parses one text frame; a failure is answered with `refused` and counts as an invalid frame. */
  decode(frame: string, conversationId: ConversationId): Result<RoomCommand>;
}

/**
 * A wire format of device sockets. `event` and `encode` return null where the format has no frame for the
 * input; then nothing is sent.
 */
export interface DeviceProtocol extends Pick<Encoder<never>, "messages"> {
  /** null: the format has no frame for a refusal */
  refused(...refusal: Parameters<Encoder<never>["refused"]>): string | null;
  /** @see RoomProtocol.decode */
  decode(frame: string): Result<DeviceCommand>;
  /** @param people the reader, and the profiles of the users whom `names` gives */
  event(event: DeviceEvent, people: EventPeople): string | null;
  /**
   * The users whom the frame of an event names, so that their profiles are looked up before it is written.
   * Absent: the format names none. @see DeviceProtocol.event
   */
  names?(event: DeviceEvent, reader: UserId): UserId[];
  /** The frame in place of an event whose users could not be looked up; absent: none is sent. */
  lost?: string;
  /** the name under which the composition root registers the format */
  name: string;
  /**
   * What all users are shown of a message; null: nothing. A conversation calls it once for all.
   * @param place the conversation, and the profiles of the users whom the message names
   */
  encode(message: Message, place: EncodingContext): EncodedPart | null;
  /** Adds to an encoded message what depends on its reader, and needs no look-up. Absent: nothing does. */
  forReader?(text: EncodedPart, message: EncodedMessage, reader: UserId): EncodedPart;
  /**
   * Completes an encoded message for one user, at their inbox. Absent: the text is complete.
   * @returns the part of a frame; null: the user is shown nothing
   */
  complete?(text: EncodedPart, message: EncodedMessage, context: MessageContext): EncodedPart | null;
  /** The part of an encoded message for a client that has its body. Absent: the format has no parts. */
  withoutBody?(text: EncodedPart): EncodedPart;
  /** Adds its reader's own part to an encoded message. Absent: the format shows none. */
  withOwn?(text: EncodedPart, own: OwnPart): EncodedPart;
  /** One frame of changed messages; absent: the format shows no changes but its events. */
  changed?: Encoder<never>["changed"];
  /** the maximum number of messages in a frame; absent: no maximum of its own */
  maxMessagesPerFrame?: 1;
  /** null: a sender gets the stored message, in its order, instead of an ack */
  acks: Pick<Encoder<never>, "ack" | "acks"> | null;
  /** clients send their sync position when they resume: messages to a new socket wait for it */
  supportsResume: boolean;
  /** sockets stay open when the tokens that opened them expire */
  survivesTokenExpiry: boolean;
  /** its sockets are those of a gateway: they are told of events from a queue, not of messages */
  gateway?: GatewayFrames;
  /** frames of clients may be the bytes of a text; absent: they may not */
  takesBytes?: boolean;
  /** invalid frames are only refused, however many in a row; otherwise the tenth closes the socket */
  toleratesInvalidFrames: boolean;
}
