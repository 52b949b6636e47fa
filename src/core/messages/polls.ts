import { z } from "zod";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import type { ConversationId, Seq, UserId } from "../../domain/ids.ts";
import type { Voter } from "../../domain/messages/polls.ts";
import { findUsersWithDeleted } from "../../storage/accounts/users.ts";
import type { Core } from "../context.ts";
import { usersById } from "../groups/groups.ts";

const VoterPosition = z.tuple([z.int()]);

/**
 * The users who voted for an option, in that order. Users who have left are among them.
 * @throws `not_found`, `forbidden` in an anonymous poll, `validation_failed` for a message that is no poll,
 *   or is revoked, and for an option that it does not have
 */
export async function listVoters(
  core: Core,
  caller: UserId,
  id: ConversationId,
  address: { seq: Seq; option: number },
  { limit, cursor }: PageQuery,
): Promise<Page<Voter>> {
  const [after] = cursor === undefined ? [0] : readCursor(VoterPosition, cursor);
  const range = { after, limit: limit + 1 };
  const found = await core.conversations.voters(id, { userId: caller, ...address, ...range });
  const { items, nextCursor } = pageOf(found, limit, ({ rev }) => [rev]);
  const ids = items.map(({ user_id }) => user_id);
  const userOf = usersById(await findUsersWithDeleted(core.db, ids, caller));
  return { items: items.map(({ user_id, at }) => ({ user: userOf(user_id), createdAt: at })), nextCursor };
}
