import type { BodyJson, Kind } from "./content.ts";
import type { MemberState } from "./conversation.ts";
import type { ConversationId, Position, Seq, UserId } from "./ids.ts";
import type { Mentions } from "./message.ts";

/**
 * The newest message that a member may see, as his inbox keeps it for the list of conversations.
 * Profiles and the quoted text are not part of it: they are looked up, or left out, when it is read.
 */
export interface Preview {
  seq: Seq;
  senderId: UserId;
  kind: Kind;
  body: BodyJson;
  quote?: { seq: Seq; senderId: UserId; kind: Kind };
  mentions: Mentions;
  revoked: boolean;
  clientMsgId?: string;
  createdAt: number;
}

/**
 * What a conversation tells a member's inbox: a snapshot, never a delta, so that a lost, doubled or
 * late one does no harm. The inbox takes it iff `ver` is higher than what it has.
 */
export interface Bump {
  conversationId: ConversationId;
  /** rises with every change of the conversation and of this member; persistent over leaving and rejoining */
  ver: number;
  state: MemberState;
  /** the member sees messages after this seq */
  visibleFrom: Position;
  lastSeq: Position;
  /** countable messages up to lastSeq (tips are not counted) */
  lastN: number;
  readSeq: Position;
  /** countable messages up to readSeq */
  readN: number;
  memberCount: number;
  preview: Preview | null;
  updatedAt: number;
}
