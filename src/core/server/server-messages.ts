import { invalid } from "../../domain/errors.ts";
import type { AnyDraft, Message, NoticeDraft } from "../../domain/messages/message.ts";
import type { ConversationRef } from "../../domain/server/conversation-ref.ts";
import type { ExternalIdsOfUsers } from "../../domain/server/hook-format.ts";
import type { UserRef } from "../../domain/server/user-ref.ts";
import { findExternalIds } from "../../storage/server/server-users.ts";
import type { Core } from "../context.ts";
import { boundsOf, type PageBounds, sendMessage } from "../messages/messages.ts";
import { requireConversation } from "./server-conversations.ts";
import { actingAs } from "./user-access.ts";

/**
 * Sends a message as a user, with all that holds for their sends.
 * @param isSilent it counts as unread for nobody
 * @returns the message, `isRepeated` if its client message id was known already
 * @throws as `sendMessage`; `not_found` for an unknown conversation, and for an unknown or deleted user;
 *   `suspended`; `validation_failed` for a silent message with mentions or in a thread
 */
export async function sendAs(
  core: Core,
  ref: ConversationRef,
  as: UserRef,
  draft: AnyDraft,
  isSilent: boolean,
): Promise<{ message: Message; isRepeated: boolean }> {
  const isCalling = draft.thread !== undefined || draft.mentions === "all" || draft.mentions.length > 0;
  if (isSilent && isCalling) throw invalid("body.silent", "must be false with mentions or a thread");
  const { id } = await requireConversation(core, ref);
  const { userId } = await actingAs(core, as);
  return sendMessage(core, userId, id, isSilent ? { ...draft, silent: true } : draft);
}

/**
 * Sends a notice by nobody.
 * @returns it, `isRepeated` if its client message id was known already
 * @throws `not_found` for an unknown conversation, `conflict` for a dissolved group
 */
export async function sendNotice(
  core: Core,
  ref: ConversationRef,
  notice: NoticeDraft,
): Promise<{ message: Message; isRepeated: boolean }> {
  const { id } = await requireConversation(core, ref);
  return core.conversations.notify(id, notice);
}

/** The ids that the team's backend has for the senders of messages. One query. */
export function externalIdsOfSenders(core: Core, messages: readonly Message[]): Promise<ExternalIdsOfUsers> {
  return findExternalIds(core.db, [...new Set(messages.map(({ sender }) => sender.id))]);
}

/** A page of all messages of a conversation. @throws `validation_failed` for several bounds, `not_found` */
export async function pageOfAllMessages(
  core: Core,
  ref: ConversationRef,
  bounds: PageBounds,
): Promise<{ items: Message[]; hasMore: boolean; hasEarlier?: boolean }> {
  const page = boundsOf(bounds);
  const { id } = await requireConversation(core, ref);
  return core.conversations.allMessages(id, page);
}
