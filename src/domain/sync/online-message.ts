import type { Person } from "../accounts/person.ts";
import type { ConversationKind } from "../conversations/conversation.ts";
import type { SpaceId } from "../ids.ts";
import type { Message } from "../messages/message.ts";

/** A message for the devices that are connected. Nothing stores it: it has no place in the conversation. */
export interface OnlineMessage extends Pick<Message, "conversationId" | "kind" | "body" | "createdAt"> {
  /** the id that its sender's client has given it */
  clientMsgId: string;
  conversationKind: ConversationKind;
  /** of a group that has one */
  handle: string | null;
  /** of a channel */
  spaceId: SpaceId | null;
  sender: Person;
  nameCard: string | undefined;
  customData: string | undefined;
}
