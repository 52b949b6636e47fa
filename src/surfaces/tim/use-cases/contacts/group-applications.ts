import type { Core } from "../../../../core/context.ts";
import { usersById } from "../../../../core/groups/groups.ts";
import type { Person } from "../../../../domain/accounts/person.ts";
import { CoreError } from "../../../../domain/errors.ts";
import type { ConversationId, UserId } from "../../../../domain/ids.ts";
import type { StoredNotification } from "../../../../domain/sync/notification.ts";
import { findUsersWithDeleted } from "../../../../storage/accounts/users.ts";

/** An open join request of a group in which the caller decides. */
export interface GroupApplication {
  group: StoredNotification["group"];
  applicant: Person;
  id: number;
  authentication: string;
  message: string;
}

/** The newest notifications that are looked through, the groups that are asked, and requests of each. */
const LOOKED_AT = { notifications: 200, groups: 20, requests: 100 } as const;

/**
 * The open join requests of the groups that have notified the caller of one last: one call of the inbox, one
 * of each group, and one query of D1. Groups in which the caller does not decide any more are left out.
 */
export async function listGroupApplications(core: Core, caller: UserId): Promise<GroupApplication[]> {
  const { items } = await core.inboxes.notificationPage(caller, { limit: LOOKED_AT.notifications });
  const applied = items.filter(({ event }) => event === "applied");
  const groups = new Map(applied.toReversed().map(({ group }) => [group.id, group]));
  const asked = [...groups.values()].toReversed().slice(0, LOOKED_AT.groups);
  const found = await Promise.all(
    asked.map(async (group) => {
      const requests = await openRequests(core, caller, group.id);
      return requests.map((request) => ({ group, request }));
    }),
  );
  const open = found.flat();
  const ids = open.map(({ request }) => request.user_id);
  if (ids.length === 0) return [];
  const userOf = usersById(await findUsersWithDeleted(core.db, [...new Set(ids)], caller));
  return open.map(({ group, request }) => ({
    ...{ group, applicant: userOf(request.user_id), id: request.id },
    ...{ authentication: request.authentication, message: request.message },
  }));
}

async function openRequests(core: Core, caller: UserId, id: ConversationId) {
  try {
    return await core.conversations.joinRequests(id, {
      userId: caller,
      limit: LOOKED_AT.requests,
      after: 0,
    });
  } catch (error) {
    // The caller has left the group, or is no admin any more.
    if (error instanceof CoreError && ["not_found", "forbidden"].includes(error.code)) return [];
    throw error;
  }
}
