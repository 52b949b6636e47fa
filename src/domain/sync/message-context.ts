import type { ExtendedProfile } from "../accounts/extended-profile.ts";
import type { Person } from "../accounts/person.ts";
import type { Conversation, Profile } from "../conversations/conversation.ts";
import type { SpaceId, UserId } from "../ids.ts";
import type { Message } from "../messages/message.ts";

/** Where a message stands, for wire formats that write it beside the message: the same for all members. */
export interface EncodingContext extends Pick<Profile, "kind" | "handle" | "name" | "spaceId"> {
  /** the two users of a direct conversation */
  users(): Person[];
  /** a user whom the message names */
  profileOf(id: UserId): Person;
}

/** The part of a message context that D1 stores. */
export interface StoredContext
  extends Pick<Conversation, "id" | "code" | "kind" | "name" | "givenName" | "createdAt"> {
  /** the other user of a direct conversation */
  peer: ExtendedProfile | null;
}

/**
 * The context that a wire format shows beside a message on a device socket: the reader, and the conversation
 * as they see it.
 */
export interface MessageContext extends Omit<StoredContext, "code">, Pick<Conversation, "unreadCount"> {
  userId: UserId;
}

/** The context of shown messages: their conversation as the reader sees it. */
export interface ConversationContext
  extends Pick<Conversation, "id" | "kind" | "handle" | "name" | "peerRead"> {
  /** the other user of a direct conversation */
  peer?: Person;
  /** the reader */
  self: Person;
  /** of a channel */
  spaceId?: SpaceId;
}

/** Messages of one conversation, with its context. */
export interface MessagesInContext {
  items: Message[];
  context: ConversationContext;
}
