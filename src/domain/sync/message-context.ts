import type { ExtendedProfile } from "../accounts/extended-profile.ts";
import type { Conversation } from "../conversations/conversation.ts";
import type { UserId } from "../ids.ts";

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
