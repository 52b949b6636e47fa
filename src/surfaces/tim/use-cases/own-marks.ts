import type { Core } from "../../../core/context.ts";
import { setPreferences } from "../../../core/conversations/conversations.ts";
import { readEach, sumUnread } from "../../../core/conversations/unread.ts";
import type { ConversationKind } from "../../../domain/conversations/conversation.ts";
import type { ConversationId, UserId } from "../../../domain/ids.ts";
import { errorFields, log } from "../../../lib/logger.ts";
import { findListRecords } from "../../../storage/conversations/conversations.ts";
import { type ConversationAddress, idByName } from "./conversations.ts";

/** Conversations of which D1 is asked at once. */
const BATCH_SIZE = 100;

/**
 * Pins a conversation to the top of the caller's list, or unpins it.
 * @throws `not_found` unless the caller is a member
 */
export async function pinByName(
  core: Core,
  caller: UserId,
  name: ConversationAddress,
  isPinned: boolean,
): Promise<void> {
  await setPreferences(core, caller, await idByName(core, caller, name), { pinned: isPinned });
}

/**
 * Deletes the history of a conversation for the caller. It stays in their list; all messages count as read.
 * @throws `not_found` unless the caller is a member
 */
export async function clearByName(core: Core, caller: UserId, name: ConversationAddress): Promise<void> {
  const id = await idByName(core, caller, name);
  await core.conversations.deleteForMe(id, { userId: caller, staysListed: true });
  // The caller's other devices are informed, best effort and after the answer.
  core.waitUntil(
    core.conversations
      .pushConversation(id, { userId: caller })
      .catch((error: unknown) => log("warn", "preferences_not_sent", errorFields(error))),
  );
}

/**
 * Marks all messages of the caller's list as read: of all conversations, or of those of one kind.
 * @param admit is told the number of conversations before they are read
 * @throws as `admit`
 */
export async function readAll(
  core: Core,
  caller: UserId,
  kind: ConversationKind | undefined,
  admit: (conversations: number) => Promise<void>,
): Promise<void> {
  const unread = (await core.inboxes.unread(caller)).map(({ conversationId }) => conversationId);
  const ids = kind === undefined ? unread : await ofKind(core, caller, unread, kind);
  await admit(ids.length);
  await readEach(core, caller, ids);
}

async function ofKind(
  core: Core,
  caller: UserId,
  ids: ConversationId[],
  kind: ConversationKind,
): Promise<ConversationId[]> {
  const found: ConversationId[] = [];
  for (let i = 0; i < ids.length; i += BATCH_SIZE) {
    const batch = ids.slice(i, i + BATCH_SIZE).map((id) => ({ id, senderId: null }));
    const records = await findListRecords(core.db, caller, batch);
    found.push(...[...records.values()].filter(({ profile }) => profile.kind === kind).map(({ id }) => id));
  }
  return found;
}

/** The unread messages of the caller, without those of conversations that are silent for them. */
export async function totalUnread(core: Core, caller: UserId): Promise<number> {
  return (await sumUnread(core, caller)).audible.unreadCount;
}
