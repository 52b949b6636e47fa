import type { ConversationId } from "../../../src/domain/ids.ts";
import type { SignedIn } from "../clients/api.ts";

/** What somebody has said, as somebody reads it. */
export interface Said {
  seq: number;
  by: number;
  text: string;
}

/**
 * What a story does over one API, in the core's words. What an API has no call for is not there: the story then
 * goes on over v1. Every one throws where the API refuses.
 */
export interface Driver {
  name: string;
  /** opens the direct conversation with somebody, or finds it */
  open?(who: SignedIn, peer: SignedIn): Promise<ConversationId>;
  /** creates a group of its owner and these */
  group?(owner: SignedIn, members: SignedIn[], name: string): Promise<ConversationId>;
  send?(who: SignedIn, id: ConversationId, text: string): Promise<void>;
  /** all that somebody wrote and that can still be read, in order */
  history?(who: SignedIn, id: ConversationId): Promise<Said[]>;
  /** where the text is found, in order */
  search?(who: SignedIn, id: ConversationId, text: string): Promise<Said[]>;
  /** marks everything up to a message as read */
  read?(who: SignedIn, id: ConversationId, seq: number): Promise<void>;
  unread?(who: SignedIn, id: ConversationId): Promise<number>;
  /** takes a message out of one's own sight */
  hide?(who: SignedIn, id: ConversationId, seq: number): Promise<void>;
  /** takes a message back for everybody */
  revoke?(who: SignedIn, id: ConversationId, seq: number): Promise<void>;
  setFlag?(who: SignedIn, id: ConversationId, flag: Flag, value: boolean): Promise<void>;
  flag?(who: SignedIn, id: ConversationId, flag: Flag): Promise<boolean>;
  /** deletes the conversation for oneself */
  clear?(who: SignedIn, id: ConversationId): Promise<void>;
}

type Flag = "sticky" | "silent" | "validation";
