import type { Core } from "../../../core/context.ts";
import { deletedUser } from "../../../domain/accounts/person.ts";
import type { UserId } from "../../../domain/ids.ts";
import type { Notification, ReceivedNotification } from "../../../domain/sync/notification.ts";
import { findPeople } from "../../../storage/conversations/conversations.ts";

/**
 * A user's notifications for their list of conversations; null: there are none, or the user has hidden them.
 */
export interface NotificationSummary {
  newest: Notification;
  unreadCount: number;
}

/**
 * A page of a user's notifications, the newest first.
 * @param page `before`: only notifications before this id
 */
export async function listNotifications(
  core: Core,
  caller: UserId,
  page: { before?: number | undefined; limit: number },
): Promise<{ items: Notification[]; hasMore: boolean }> {
  const { before, limit } = page;
  const found = await core.inboxes.notificationPage(caller, {
    limit,
    ...(before !== undefined && { before }),
  });
  return { items: await withProfiles(core, caller, found.items), hasMore: found.hasMore };
}

/**
 * The summary of a user's notifications.
 * @param includeHidden also if the user has hidden them from their list
 */
export async function summarizeNotifications(
  core: Core,
  caller: UserId,
  { includeHidden = false } = {},
): Promise<NotificationSummary | null> {
  const { newest, unreadCount, isListed } = await core.inboxes.notificationBox(caller);
  const [notification] =
    newest && (isListed || includeHidden) ? await withProfiles(core, caller, [newest]) : [];
  return notification ? { newest: notification, unreadCount } : null;
}

/** Adds the current profiles: one query for any number of notifications. */
async function withProfiles(
  core: Core,
  caller: UserId,
  notifications: ReceivedNotification[],
): Promise<Notification[]> {
  if (notifications.length === 0) return [];
  const ids = [...new Set([caller, ...notifications.map(({ actorId }) => actorId)])];
  const people = new Map((await findPeople(core.db, ids)).map((person) => [person.id, person]));
  const profileOf = (id: UserId) => people.get(id) ?? deletedUser(id);
  return notifications.map(({ actorId, ...notification }) => ({
    ...notification,
    actor: profileOf(actorId),
    receiver: profileOf(caller),
  }));
}
