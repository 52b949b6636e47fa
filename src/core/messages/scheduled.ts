import { randomUUID } from "node:crypto";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { resolveForward } from "../../domain/messages/copies/forwarding.ts";
import type { AnyDraft, Message } from "../../domain/messages/message.ts";
import {
  changedDraft,
  fileOf,
  noScheduled,
  noSuchFile,
  type ScheduledChange,
  ScheduledId,
  type ScheduledMessage,
  ScheduledPosition,
} from "../../domain/messages/scheduled.ts";
import { findFile } from "../../storage/files/files.ts";
import type { Core } from "../context.ts";
import { withdrawScheduled } from "../moderation/held-messages.ts";

/**
 * Schedules a message of the caller: their inbox sends it when it is due. What it refers to is checked now,
 * whether the caller may write when it is due. A repeated call with the same client message id gives the same
 * scheduled message, and once that is sent the message.
 * @param sendAt ms since 1970
 * @throws `validation_failed` for a time that is over or more than a year ahead, `conflict` for one message
 *   too many, `not_found` as `sendMessage` and for a file that does not exist, `not_forwardable`
 */
export async function scheduleMessage(
  core: Core,
  caller: UserId,
  conversationId: ConversationId,
  draft: AnyDraft,
  sendAt: number,
): Promise<{ scheduled: ScheduledMessage } | { sent: Message }> {
  const { clientMsgId } = draft;
  // The inbox is asked first. It deletes its copy once sent, so the other order could miss both.
  const known =
    clientMsgId === undefined
      ? null
      : await core.inboxes.scheduledAs(caller, { conversationId, clientMsgId });
  if (known) return { scheduled: known };
  const { sent } = await core.conversations.checkDraft(conversationId, { userId: caller, draft });
  if (sent) return { sent };
  const stored = core.fileOrigins.draftToStored(draft);
  await requireContent(core, caller, stored);
  const id = ScheduledId.parse(`scheduled-${randomUUID()}`);
  const identified = { ...stored, clientMsgId: clientMsgId ?? id };
  return {
    scheduled: await core.inboxes.schedule(caller, { id, conversationId, sendAt, draft: identified }),
  };
}

/**
 * A page of the caller's scheduled messages, also of failed ones, in the order in which they are due.
 * @throws `validation_failed` for a cursor of another list
 */
export async function listScheduled(
  core: Core,
  caller: UserId,
  { limit, cursor }: PageQuery,
): Promise<Page<ScheduledMessage>> {
  const after = cursor === undefined ? undefined : readCursor(ScheduledPosition, cursor);
  const rows = await core.inboxes.scheduledPage(caller, { limit: limit + 1, ...(after && { after }) });
  const { items, nextCursor } = pageOf(rows, limit, ({ position }) => position);
  return { items: items.map(({ message }) => message), nextCursor };
}

/** A scheduled message of the caller. @throws `not_found` */
export function getScheduled(core: Core, caller: UserId, id: string): Promise<ScheduledMessage> {
  return core.inboxes.scheduledMessage(caller, { id: known(id) });
}

/**
 * Changes a scheduled message of the caller until it is due. With a new time a failed one waits again.
 * @throws `not_found` as `scheduleMessage` and for one that is sent, `conflict` for one that is due, or
 *   failed and gets no new time; `validation_failed`
 */
export async function changeScheduled(
  core: Core,
  caller: UserId,
  id: string,
  change: ScheduledChange,
): Promise<ScheduledMessage> {
  const message = await getScheduled(core, caller, id);
  const { conversationId, draft } = message;
  const changed = core.fileOrigins.draftToStored(changedDraft(draft, change));
  if (change.mentions !== undefined || change.quoteSeq !== undefined) {
    const references = { ...changed, clientMsgId: undefined };
    await core.conversations.checkDraft(conversationId, { userId: caller, draft: references });
  }
  let stored = change;
  if (change.content && !("copy" in changed)) {
    await requireContent(core, caller, changed);
    const { kind, body, poll } = changed;
    stored = { ...change, content: { kind, body, ...(poll && { poll }) } };
  }
  const waiting = await core.inboxes.changeScheduled(caller, { id: known(id), change: stored });
  // What a moderator has is not what the caller wants to say any more, or not at that time.
  if (change.sendAt !== undefined) await withdrawScheduled(core, caller, message);
  return waiting;
}

/**
 * Deletes a scheduled message of the caller, and takes it back from a moderator whom it waits for.
 * @throws `not_found`, `conflict` for one that is due
 */
export async function deleteScheduled(core: Core, caller: UserId, id: string): Promise<void> {
  await withdrawScheduled(core, caller, await getScheduled(core, caller, id));
  await core.inboxes.deleteScheduled(caller, { id: known(id) });
}

/** @throws `not_found` for a text that is no id */
function known(id: string): ScheduledId {
  const parsed = ScheduledId.safeParse(id);
  if (!parsed.success) throw noScheduled();
  return parsed.data;
}

/**
 * Checks that what a draft consists of exists.
 * @throws `not_found`, `not_forwardable`, `validation_failed`
 */
async function requireContent(core: Core, caller: UserId, draft: AnyDraft): Promise<void> {
  if ("copy" in draft) {
    await resolveForward(core.conversations, caller, draft);
    return;
  }
  const file = fileOf(draft);
  if (file !== null && !(await findFile(core.db, file, Date.now()))) throw noSuchFile();
}
