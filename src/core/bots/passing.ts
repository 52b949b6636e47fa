import { newPassingId, type PassingId, requirePassingButtons } from "../../domain/bots/passing.ts";
import { invalid } from "../../domain/errors.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { AnyDraft } from "../../domain/messages/message.ts";
import type { Core } from "../context.ts";

/**
 * Shows a message of a bot to one member, on the devices that are connected. It is not stored, and has no
 * place in the conversation.
 * @throws `validation_failed` for a copy, a poll, and buttons that would be tapped on; else as `sendMessage`,
 *   `forbidden` for a caller who is no bot, `not_found` for a user who is no member
 */
export async function showTo(
  core: Core,
  bot: UserId,
  id: ConversationId,
  draft: AnyDraft,
  onlyFor: UserId,
): Promise<PassingId> {
  const stored = core.fileOrigins.draftToStored(draft);
  if ("copy" in stored || stored.poll)
    throw invalid("body.only_for", "must be absent of a forward, a merged message and a poll");
  const { kind, body, quoteSeq, buttons } = stored;
  requirePassingButtons(buttons);
  const shown = { kind, body, quoteSeq, ...(buttons && { buttons }), onlyFor };
  const message = await core.conversations.passingMessage(id, { userId: bot, draft: shown });
  if (message) await core.inboxes.pushEvent(onlyFor, { event: { type: "passing", message } });
  return message?.id ?? newPassingId();
}
