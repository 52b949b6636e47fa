import { CoreError, invalid, noMessage } from "../../domain/errors.ts";
import { type ConversationId, NOBODY, Position, type Seq, type UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { Staff } from "../../domain/moderation/staff.ts";
import { hiddenFrom } from "../../domain/moderation/staff-rights.ts";
import type { ConversationRef } from "../../domain/server/conversation-ref.ts";
import { hasReportIn } from "../../storage/moderation/reports.ts";
import type { Core } from "../context.ts";
import { boundsOf, type PageBounds } from "../messages/messages.ts";
import { requireConversation } from "../server/server-conversations.ts";
import { audit, requireActing } from "./staff.ts";
import { requireMay } from "./staff-rights.ts";
import { doneBy } from "./users.ts";

/**
 * A page of all messages of a conversation that somebody has reported. What the caller has reported, and what
 * was reported about them, opens it to others alone.
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
  const others = {
    besides: hiddenFrom(staff, "see_report"),
    notBy: hiddenFrom(staff, "read_by_report_of"),
  };
  if (!readsAny && !(await hasReportIn(core.db, id, others)))
    throw new CoreError(
      "forbidden",
      staff.userId === null
        ? "Nobody has reported this conversation, or a message in it."
        : "Nobody else has reported this conversation, or a message of others in it.",
    );
  await audit(core, staff, "messages_read", { conversationId: id }, reason);
  return core.conversations.allMessages(id, page);
}

/**
 * Revokes a message for everybody. Idempotent.
 * @throws `not_found`; `forbidden` for an auditor, for a notice of the server, and for a message of the
 *   caller, or of a user of the same or a higher role
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
  if (staff.userId !== null) await requireMay(core, staff, "act_on", await senderOf(core, id, seq));
  await audit(core, staff, "message_revoked", { conversationId: id, seq }, reason);
  await core.conversations.revokeByStaff(id, { seq });
}

/** The sender of a message; null: no user has sent it. @throws `not_found` */
async function senderOf(core: Core, id: ConversationId, seq: Seq): Promise<UserId | null> {
  const before = Position.parse(seq + 1);
  const { items } = await core.conversations.allMessages(id, { before, limit: 1, scope: "all" });
  const message = items.at(-1);
  if (message?.seq !== seq) throw noMessage(seq);
  return message.sender.id === NOBODY ? null : message.sender.id;
}

/**
 * Dissolves a group. Idempotent.
 * @throws `not_found`; `forbidden` for an auditor, and for a group of the caller, or of a user of the same or
 *   a higher role; `validation_failed` for a direct conversation
 */
export async function dissolveAsStaff(
  core: Core,
  staff: Staff,
  ref: ConversationRef,
  reason: string,
): Promise<void> {
  requireActing(staff);
  const { id, kind, ownerId } = await requireConversation(core, ref);
  if (kind === "direct") throw invalid("path.cref", "must be a group, and no direct conversation");
  await requireMay(core, staff, "act_on", ownerId);
  await audit(core, staff, "group_dissolved", { conversationId: id }, reason);
  await core.conversations.dissolveByStaff(id, {});
  core.securityLog.record("group_dissolved", { user: null, conversation: id, ...doneBy(staff) });
}
