import { z } from "zod";
import { type ConversationId, Seq, type SessionId } from "../ids.ts";

/**
 * What a user is writing in a conversation, before it is a message: the content of their composer. Not a
 * stored draft, which a later call sends.
 */
export const ComposerContent = z.object({
  text: z.string(),
  /** the message that it answers */
  replyTo: Seq.optional(),
  /** the thread that it is written in; absent: the conversation itself */
  thread: z.object({ root: Seq, alsoInMain: z.boolean().optional() }).optional(),
  /** the client message id under which it will be sent: that send clears it */
  clientMsgId: z.string().optional(),
});
export type ComposerContent = z.infer<typeof ComposerContent>;

/** The composer draft of a user in a conversation; they have one at most in each. */
export interface ComposerDraft extends ComposerContent {
  /** when it was last written (ms since 1970) */
  updatedAt: number;
}

/** A composer draft as a session of its author writes it. */
export interface WrittenDraft {
  conversationId: ConversationId;
  /** the author's other sessions are told of it */
  sessionId: SessionId;
  content: ComposerContent;
  /** what its author knew to be there: the `updatedAt` of a draft, 0: none; absent: it replaces any draft */
  replaces?: number | undefined;
}

/** The outcome of a write: the draft that is there now, and whether it is the one that was written. */
export interface DraftWrite {
  isWritten: boolean;
  draft: ComposerDraft;
}

/** Which draft a session of its author discards. */
export interface DiscardedDraft extends Pick<WrittenDraft, "conversationId" | "sessionId"> {
  /** only the draft of this `updatedAt`; absent: any */
  updatedAt?: number | undefined;
}
