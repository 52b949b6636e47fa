import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { StoredContext } from "../../domain/sync/message-context.ts";
import { findExtendedProfilesSeenBy } from "../accounts/extended-profiles.ts";
import type { Database } from "../database.ts";
import { findListRecords } from "./conversations.ts";

/**
 * The stored part of the message context of a conversation: kind, name, the other user's extended
 * profile as the user sees it.
 * @returns null if the user has never been in the conversation
 */
export async function findStoredContext(
  db: Database,
  userId: UserId,
  id: ConversationId,
): Promise<StoredContext | null> {
  const listed = (await findListRecords(db, userId, [{ id, senderId: null }], true)).get(id);
  if (!listed) return null;
  const { code, profile, title, peer } = listed;
  const [found] = peer ? await findExtendedProfilesSeenBy(db, [peer.id], userId) : [];
  const { kind, name: givenName, createdAt } = profile;
  const name = peer ? peer.nickname || peer.username : title;
  return { id, code, kind, name, givenName, createdAt, peer: found ?? null };
}
