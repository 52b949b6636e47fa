import { z } from "zod";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import type { ConversationId, Seq, UserId } from "../../domain/ids.ts";
import type { ReactionKey, Reactor } from "../../domain/messages/reactions.ts";
import { findUsersWithDeleted } from "../../storage/accounts/users.ts";
import type { Core } from "../context.ts";
import { usersById } from "../groups/groups.ts";

const ReactorPosition = z.tuple([z.int()]);

/** A message, and the key of a reaction to it. */
interface ReactionAddress {
  seq: Seq;
  key: ReactionKey;
}

/**
 * The users who reacted to a message with a key, in that order. Users who have left are among them.
 * @throws `not_found`
 */
export async function listReactors(
  core: Core,
  caller: UserId,
  id: ConversationId,
  address: ReactionAddress,
  { limit, cursor }: PageQuery,
): Promise<Page<Reactor>> {
  const [after] = cursor === undefined ? [0] : readCursor(ReactorPosition, cursor);
  const range = { after, limit: limit + 1 };
  const found = await core.conversations.reactors(id, { userId: caller, ...address, ...range });
  const { items, nextCursor } = pageOf(found, limit, ({ rev }) => [rev]);
  const ids = items.map(({ user_id }) => user_id);
  const userOf = usersById(await findUsersWithDeleted(core.db, ids, caller));
  return { items: items.map(({ user_id, at }) => ({ user: userOf(user_id), createdAt: at })), nextCursor };
}
