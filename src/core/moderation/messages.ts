import { CoreError, invalid } from "../../domain/errors.ts";
import type { Seq } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { Staff } from "../../domain/moderation/staff.ts";
import type { ConversationRef } from "../../domain/server/conversation-ref.ts";
import { hasReportIn } from "../../storage/moderation/reports.ts";
import type { Core } from "../context.ts";
import { boundsOf, type PageBounds } from "../messages/messages.ts";
import { requireConversation } from "../server/server-conversations.ts";
import { audit, requireActing } from "./staff.ts";
import { doneBy } from "./users.ts";

/**
 * A page of all messages of a conversation that somebody has reported.
 * @param readsAny the caller's key has the scope `data`
 * @throws `not_found`; `forbidden` without a report; `validation_failed` without a reason, and for several
 *   bounds
 */
export async function readReportedConversation(
  core: Core,
  staff: Staff,
  ref: ConversationRef,
  bounds: PageBounds,
  { reason, readsAny }: { reason: string; readsAny: boolean },
): Promise<{ items: Message[]; hasMore: boolean; hasEarlier?: boolean }> {
  const page = boundsOf(bounds);
  if (reason === "") throw invalid("header.Parley-Reason", "must say why these messages are read");
  const { id } = await requireConversation(core, ref);
  if (!readsAny && !(await hasReportIn(core.db, id)))
    throw new CoreError("forbidden", "Nobody has reported this conversation, or a message in it.");
  await audit(core, staff, "messages_read", { conversationId: id }, reason);
  return core.conversations.allMessages(id, page);
}

/**
 * Revokes a message for everybody. Idempotent.
 * @throws `not_found`; `forbidden` for an auditor, and for a notice of the server
 */
export async function revokeAsStaff(
  core: Core,
  staff: Staff,
  ref: ConversationRef,
  seq: Seq,
  reason: string,
): Promise<void> {
  requireActing(staff);
  const { id } = await requireConversation(core, ref);
  await audit(core, staff, "message_revoked", { conversationId: id, seq }, reason);
  await core.conversations.revokeByStaff(id, { seq });
}

/**
 * Dissolves a group. Idempotent.
 * @throws `not_found`; `forbidden` for an auditor; `validation_failed` for a direct conversation
 */
export async function dissolveAsStaff(
  core: Core,
  staff: Staff,
  ref: ConversationRef,
  reason: string,
): Promise<void> {
  requireActing(staff);
  const { id, kind } = await requireConversation(core, ref);
  if (kind === "direct") throw invalid("path.cref", "must be a group, and no direct conversation");
  await audit(core, staff, "group_dissolved", { conversationId: id }, reason);
  await core.conversations.dissolveByStaff(id, {});
  core.securityLog.record("group_dissolved", { user: null, conversation: id, ...doneBy(staff) });
}
