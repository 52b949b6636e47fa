import type { ComposerContent, ComposerDraft } from "../../domain/conversations/composer-draft.ts";
import type { ConversationId, SessionId, UserId } from "../../domain/ids.ts";
import type { Core } from "../context.ts";

/** A session of the caller: the others are told of its drafts. */
interface Author {
  userId: UserId;
  sessionId: SessionId;
}

/**
 * Stores what the caller is writing in a conversation. The last writer wins.
 * @throws `not_found` unless the caller is a member, `conflict` if the message with its client message id is
 *   stored already, or the caller has too many drafts
 */
export function putComposerDraft(
  core: Core,
  { userId, sessionId }: Author,
  id: ConversationId,
  content: ComposerContent,
): Promise<ComposerDraft> {
  return core.inboxes.putComposerDraft(userId, { conversationId: id, sessionId, content });
}

/** Deletes the caller's composer draft in a conversation. Idempotent. @throws `not_found` as above */
export async function discardComposerDraft(
  core: Core,
  { userId, sessionId }: Author,
  id: ConversationId,
): Promise<void> {
  await core.inboxes.discardComposerDraft(userId, { conversationId: id, sessionId });
}
