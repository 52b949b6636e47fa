import type { ConversationId, Seq, UserId } from "../../domain/ids.ts";
import type { EditOutcome, FormerVersion, MessageEdit } from "../../domain/messages/edit.ts";
import type { Core } from "../context.ts";

/**
 * Edits a message of the caller. The same content again changes nothing.
 * @returns the message as it is now; `conflict`: it has another version than `baseVersion`, and is unchanged
 * @throws `validation_failed`, `not_found`, `forbidden`, `muted`, `blocked`, `too_late`, `rate_limited`
 * @see Editing.edit
 */
export function editMessage(
  core: Core,
  caller: UserId,
  id: ConversationId,
  { seq, ...edit }: MessageEdit & { seq: Seq },
): Promise<EditOutcome> {
  return core.conversations.editMessage(id, { userId: caller, seq, ...edit });
}

/**
 * What a message said before it was edited: at most `LIMITS.formerVersions`, newest first.
 * @throws `not_found`, `forbidden` where the kind of the group does not show it to the caller
 */
export function formerVersions(
  core: Core,
  caller: UserId,
  id: ConversationId,
  seq: Seq,
): Promise<FormerVersion[]> {
  return core.conversations.formerVersions(id, { userId: caller, seq });
}
