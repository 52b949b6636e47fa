import type { ExtendedProfile } from "../accounts/extended-profile.ts";
import type { Conversation } from "../conversations/conversation.ts";
import type { UserId } from "../ids.ts";

/** What D1 knows of a conversation for a message that is shown in it. */
export interface StoredContext
  extends Pick<Conversation, "id" | "kind" | "name" | "givenName" | "createdAt"> {
  /** the other one of a direct conversation */
  peer: ExtendedProfile | null;
}

/** Where a message is shown: to whom, and what its conversation is like for him. */
export interface MessageContext extends StoredContext, Pick<Conversation, "unreadCount"> {
  userId: UserId;
}
