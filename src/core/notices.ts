import { findUsers } from "../storage/users.ts";
import type { Core } from "./core.ts";
import type { UserId } from "./ids.ts";
import { goneUser } from "./message.ts";
import type { Notice, ReceivedNotice } from "./notice.ts";

/** What a user has of notices, for his list of conversations; null: nothing, or he wants to see none of it. */
export interface NoticeSummary {
  newest: Notice;
  unreadCount: number;
}

/** A user's notices, the newest first. @param page `before`: older than this one */
export async function listNotices(
  core: Core,
  caller: UserId,
  page: { before?: number | undefined; limit: number },
): Promise<{ items: Notice[]; hasMore: boolean }> {
  const { before, limit } = page;
  const found = await core.inboxes.notices(caller, { limit, ...(before !== undefined && { before }) });
  return { items: await withPeople(core, caller, found.items), hasMore: found.hasMore };
}

/** How a user stands to his notices. @param evenHidden also where he has taken them out of his list */
export async function summarizeNotices(
  core: Core,
  caller: UserId,
  { evenHidden = false } = {},
): Promise<NoticeSummary | null> {
  const { newest, unreadCount, isListed } = await core.inboxes.noticeBox(caller);
  const [notice] = newest && (isListed || evenHidden) ? await withPeople(core, caller, [newest]) : [];
  return notice ? { newest: notice, unreadCount } : null;
}

/** Marks all notices of a user as read. */
export async function readNotices(core: Core, caller: UserId): Promise<void> {
  await core.inboxes.readNotices(caller);
}

/** Takes the notices out of a user's list until there is a new one. @param forget and deletes those that are there */
export async function hideNotices(core: Core, caller: UserId, forget: boolean): Promise<void> {
  await core.inboxes.hideNotices(caller, { forget });
}

/** With today's profiles: one query whatever their number. */
async function withPeople(core: Core, caller: UserId, notices: ReceivedNotice[]): Promise<Notice[]> {
  if (notices.length === 0) return [];
  const ids = [...new Set([caller, ...notices.map(({ actorId }) => actorId)])];
  const people = new Map(
    (await findUsers(core.db, ids)).map(({ online: _, ...person }) => [person.id, person]),
  );
  const known = (id: UserId) => people.get(id) ?? goneUser(id);
  return notices.map(({ actorId, ...notice }) => ({
    ...notice,
    actor: known(actorId),
    receiver: known(caller),
  }));
}
