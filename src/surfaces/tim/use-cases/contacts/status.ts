import { usersWithNames } from "../../../../core/accounts/users.ts";
import type { Core } from "../../../../core/context.ts";
import type { UserId } from "../../../../domain/ids.ts";

/** Whether users are online, as far as the caller is shown it, and the names that no user has. */
export interface Statuses {
  found: { username: string; online: boolean }[];
  unknown: string[];
}

/**
 * Whether these users are online: one query for any number. Who is neither a friend of the caller nor has
 * written with them is offline to them, as everywhere.
 * @throws `forbidden` as `requireMayLookUp`
 */
export async function statusesByName(core: Core, caller: UserId, usernames: string[]): Promise<Statuses> {
  const users = await usersWithNames(core, caller, usernames);
  const names = new Set(users.map(({ username }) => username));
  return {
    found: users.map(({ username, online }) => ({ username, online })),
    unknown: [...new Set(usernames)].filter((name) => !names.has(name)),
  };
}
