import type { ReceivedNotification } from "../../../src/domain/sync/notification.ts";
import type { SignedIn } from "../clients/api.ts";
import { inboxObject } from "../objects/room.ts";

/**
 * A user's notifications, of all groups or of one, the oldest first.
 * @param last reads at most this many of the newest
 */
export async function notificationsOf(
  { user }: SignedIn,
  groupId?: number,
  last = 1_000,
): Promise<ReceivedNotification[]> {
  const answer = await inboxObject(user.id).notificationPage({ limit: last });
  if (!answer.ok) throw new Error(`no notices: ${answer.detail}`);
  return answer.value.items.filter(({ group }) => groupId === undefined || group.id === groupId).reverse();
}

/** The `event` of each notification of a user, the oldest first. */
export async function notificationEvents(who: SignedIn, groupId?: number, last?: number): Promise<string[]> {
  return (await notificationsOf(who, groupId, last)).map(({ event }) => event);
}
