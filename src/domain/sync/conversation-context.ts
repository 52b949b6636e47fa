import type { Person } from "../accounts/person.ts";
import type { Conversation } from "../conversations/conversation.ts";
import type { Message } from "../messages/message.ts";

/** What a conversation is like in which messages are shown, as whom they are shown to sees it. */
export interface ConversationContext
  extends Pick<Conversation, "id" | "kind" | "handle" | "name" | "peerRead"> {
  /** the other one, in a direct conversation */
  peer?: Person;
  /** whom they are shown to */
  self: Person;
}

/** Messages, and what the conversation is like that they are in. */
export interface MessagesInContext {
  items: Message[];
  context: ConversationContext;
}
