import type { Person } from "../accounts/person.ts";
import type { Conversation } from "../conversations/conversation.ts";
import type { Message } from "../messages/message.ts";

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
