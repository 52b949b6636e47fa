import type { UserWithRelation } from "../../domain/accounts/user.ts";
import type { UserId } from "../../domain/ids.ts";
import { comparisonForm } from "../../lib/text-forms.ts";
import { findUsersWithRelation } from "../../storage/accounts/users.ts";
import { findPeople } from "../../storage/contacts/people.ts";
import type { Core } from "../context.ts";

/** Where people are looked for: enough to find whom one writes to, and 3,000 rows of D1 at most. */
const LOOKED_AT = { conversations: 50, members: 50, friends: 500 } as const;

/**
 * People whom the caller knows: the members of the conversations at the top of their list, then their
 * friends. Deleted users are left out.
 * @param request `text`: only people whose name or username contains it, as people read it
 * @returns at most `limit`, those of the topmost conversation first
 */
export async function knownPeople(
  core: Core,
  caller: UserId,
  { text, limit }: { text: string; limit: number },
): Promise<UserWithRelation[]> {
  const { conversations, ...limits } = LOOKED_AT;
  const entries = await core.inboxes.list(caller, { limit: conversations });
  const ids = entries.map(({ conversationId }) => conversationId);
  const people = await findPeople(core.db, caller, ids, limits);
  const wanted = comparisonForm(text.trim());
  const found = people
    .filter((one) => [one.nickname, one.username].some((name) => comparisonForm(name).includes(wanted)))
    .slice(0, limit);
  const order = new Map(found.map(({ id }, place) => [id, place]));
  const users = await findUsersWithRelation(core.db, [...order.keys()], caller);
  return users.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
}
