import type { ExtendedProfile } from "../accounts/extended-profile.ts";
import type { Person } from "../accounts/person.ts";
import type { Conversation } from "../conversations/conversation.ts";
import type { UserId } from "../ids.ts";
import type { Message } from "../messages/message.ts";

/** The part of a message context that D1 stores. */
export interface StoredContext
  extends Pick<Conversation, "id" | "kind" | "name" | "givenName" | "createdAt"> {
  /** the other user of a direct conversation */
  peer: ExtendedProfile | null;
}

/**
 * The context that a wire format shows beside a pushed message: the reader, and the conversation as they see
 * it.
 */
export interface MessageContext extends StoredContext, Pick<Conversation, "unreadCount"> {
  userId: UserId;
}

/** The context of shown messages: their conversation as the reader sees it. */
export interface ConversationContext
  extends Pick<Conversation, "id" | "kind" | "handle" | "name" | "peerRead"> {
  /** the other user of a direct conversation */
  peer?: Person;
  /** the reader */
  self: Person;
}

/** Messages of one conversation, with its context. */
export interface MessagesInContext {
  items: Message[];
  context: ConversationContext;
}
