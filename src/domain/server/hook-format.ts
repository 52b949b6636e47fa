import type { Profile } from "../conversations/conversation.ts";
import type { ConversationId, Position, Seq, UserId } from "../ids.ts";
import type { Message } from "../messages/message.ts";
import type { UserEvent } from "./hook.ts";

/** What a hook is told of a conversation. */
export type ConversationHookData = {
  conversationId: ConversationId;
  /** of the message; of the conversation itself: its newest */
  seq: Seq | Position;
  /** of the message: its last change; of the conversation: the newest change of a message */
  rev: number;
} & (
  | { message: Message }
  | { member: { event: string; actor_id: UserId; user_ids: UserId[] } }
  | { conversation: { profile: Profile; memberCount: number; dissolvedAt: number | null } }
);

/** Writes the `data` of events, in the form of a surface. */
export interface HookFormat {
  data(data: ConversationHookData): object;
  user(event: UserEvent): object;
}
