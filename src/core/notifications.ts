import { deletedUser } from "../domain/accounts/person.ts";
import type { UserId } from "../domain/ids.ts";
import type { Notification, ReceivedNotification } from "../domain/sync/notification.ts";
import { findUsers } from "../storage/accounts/users.ts";
import type { Core } from "./context.ts";

/** What a user has of notices, for his list of conversations; null: nothing, or he wants to see none of it. */
export interface NotificationSummary {
  newest: Notification;
  unreadCount: number;
}

/** A user's notices, the newest first. @param page `before`: older than this one */
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
  return { items: await withPeople(core, caller, found.items), hasMore: found.hasMore };
}

/** How a user stands to his notices. @param evenHidden also where he has taken them out of his list */
export async function summarizeNotifications(
  core: Core,
  caller: UserId,
  { evenHidden = false } = {},
): Promise<NotificationSummary | null> {
  const { newest, unreadCount, isListed } = await core.inboxes.notificationBox(caller);
  const [notification] = newest && (isListed || evenHidden) ? await withPeople(core, caller, [newest]) : [];
  return notification ? { newest: notification, unreadCount } : null;
}

/** Marks all notices of a user as read. */
export async function readNotifications(core: Core, caller: UserId): Promise<void> {
  await core.inboxes.readNotifications(caller);
}

/** Takes the notices out of a user's list until there is a new one. @param forget and deletes those that are there */
export async function hideNotifications(core: Core, caller: UserId, forget: boolean): Promise<void> {
  await core.inboxes.hideNotifications(caller, { forget });
}

/** With today's profiles: one query whatever their number. */
async function withPeople(
  core: Core,
  caller: UserId,
  notifications: ReceivedNotification[],
): Promise<Notification[]> {
  if (notifications.length === 0) return [];
  const ids = [...new Set([caller, ...notifications.map(({ actorId }) => actorId)])];
  const people = new Map(
    (await findUsers(core.db, ids)).map(({ online: _, ...person }) => [person.id, person]),
  );
  const known = (id: UserId) => people.get(id) ?? deletedUser(id);
  return notifications.map(({ actorId, ...notification }) => ({
    ...notification,
    actor: known(actorId),
    receiver: known(caller),
  }));
}
