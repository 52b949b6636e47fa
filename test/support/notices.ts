import type { ReceivedNotice } from "../../src/core/notice.ts";
import type { SignedIn } from "./api.ts";
import { inboxObject } from "./room.ts";

/** What groups, or one of them, have told somebody, the first one first. */
export async function noticesOf({ user }: SignedIn, groupId?: number): Promise<ReceivedNotice[]> {
  const answer = await inboxObject(user.id).notices({ limit: 1_000 });
  if (!answer.ok) throw new Error(`no notices: ${answer.detail}`);
  return answer.value.items.filter(({ group }) => groupId === undefined || group.id === groupId).reverse();
}

/** What they are about. */
export async function noticed(who: SignedIn, groupId?: number): Promise<string[]> {
  return (await noticesOf(who, groupId)).map(({ event }) => event);
}
