import { z } from "zod";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import type { ConversationId, Seq, UserId } from "../../domain/ids.ts";
import type { UserOfMark } from "../../domain/messages/message.ts";
import type { ReactionKey } from "../../domain/messages/reactions.ts";
import { findUsersWithDeleted } from "../../storage/accounts/users.ts";
import type { Core } from "../context.ts";
import { usersById } from "../groups/groups.ts";

const Position = z.tuple([z.int()]);

/** A part of the list: `limit` users after the change with the rev `after`. */
interface Range {
  after: number;
  limit: number;
}

type StoredMark = { user_id: UserId; at: number; rev: number };

/**
 * The users who reacted to a message with a key, in that order. Users who have left are among them.
 * @throws `not_found`
 */
export function listReactors(
  core: Core,
  caller: UserId,
  id: ConversationId,
  address: { seq: Seq; key: ReactionKey },
  query: PageQuery,
): Promise<Page<UserOfMark>> {
  const read = (range: Range) => core.conversations.reactors(id, { userId: caller, ...address, ...range });
  return listUsers(core, caller, query, read);
}

/**
 * The users who voted for an option, in that order. Users who have left are among them.
 * @throws `not_found`, `forbidden` in an anonymous poll, `validation_failed` for a message that is no poll,
 *   or is revoked, and for an option that it does not have
 */
export function listVoters(
  core: Core,
  caller: UserId,
  id: ConversationId,
  address: { seq: Seq; option: number },
  query: PageQuery,
): Promise<Page<UserOfMark>> {
  const read = (range: Range) => core.conversations.voters(id, { userId: caller, ...address, ...range });
  return listUsers(core, caller, query, read);
}

async function listUsers(
  core: Core,
  caller: UserId,
  { limit, cursor }: PageQuery,
  read: (range: Range) => Promise<StoredMark[]>,
): Promise<Page<UserOfMark>> {
  const [after] = cursor === undefined ? [0] : readCursor(Position, cursor);
  const found = await read({ after, limit: limit + 1 });
  const { items, nextCursor } = pageOf(found, limit, ({ rev }) => [rev]);
  const ids = items.map(({ user_id }) => user_id);
  const userOf = usersById(await findUsersWithDeleted(core.db, ids, caller));
  return { items: items.map(({ user_id, at }) => ({ user: userOf(user_id), createdAt: at })), nextCursor };
}
