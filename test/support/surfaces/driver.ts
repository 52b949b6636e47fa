import type { ConversationId } from "../../../src/domain/ids.ts";
import type { SignedIn } from "../clients/api.ts";

/** A message as a reader gets it. */
export interface ReadMessage {
  seq: number;
  by: number;
  text: string;
}

/**
 * The steps of a story over one API, in the core's terms. A step without a call in the API is absent: the
 * story then uses v1. Each step throws where the API refuses it.
 */
export interface Driver {
  name: string;
  /** opens or finds the direct conversation with a user */
  open?(who: SignedIn, peer: SignedIn): Promise<ConversationId>;
  /** creates a group of `owner` and `members` */
  group?(owner: SignedIn, members: SignedIn[], name: string): Promise<ConversationId>;
  send?(who: SignedIn, id: ConversationId, text: string): Promise<void>;
  /** all readable messages that users wrote, in order */
  history?(who: SignedIn, id: ConversationId): Promise<ReadMessage[]>;
  /** the messages that contain the text, in order */
  search?(who: SignedIn, id: ConversationId, text: string): Promise<ReadMessage[]>;
  /** marks all messages up to this one as read */
  read?(who: SignedIn, id: ConversationId, seq: number): Promise<void>;
  unread?(who: SignedIn, id: ConversationId): Promise<number>;
  /** hides a message for this user */
  hide?(who: SignedIn, id: ConversationId, seq: number): Promise<void>;
  /** revokes a message for everyone */
  revoke?(who: SignedIn, id: ConversationId, seq: number): Promise<void>;
  setFlag?(who: SignedIn, id: ConversationId, flag: Flag, value: boolean): Promise<void>;
  flag?(who: SignedIn, id: ConversationId, flag: Flag): Promise<boolean>;
  /** deletes the conversation for this user */
  clear?(who: SignedIn, id: ConversationId): Promise<void>;
}

type Flag = "sticky" | "silent" | "validation";
