import type { ReceivedNotification } from "../../../src/domain/sync/notification.ts";
import type { SignedIn } from "../clients/api.ts";
import { inboxObject } from "../objects/room.ts";

/** What groups, or one of them, have told somebody, the first one first. @param last of so many notices, the newest */
export async function noticesOf(
  { user }: SignedIn,
  groupId?: number,
  last = 1_000,
): Promise<ReceivedNotification[]> {
  const answer = await inboxObject(user.id).notificationPage({ limit: last });
  if (!answer.ok) throw new Error(`no notices: ${answer.detail}`);
  return answer.value.items.filter(({ group }) => groupId === undefined || group.id === groupId).reverse();
}

/** What they are about. */
export async function noticed(who: SignedIn, groupId?: number, last?: number): Promise<string[]> {
  return (await noticesOf(who, groupId, last)).map(({ event }) => event);
}
