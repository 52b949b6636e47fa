import { z } from "zod";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import type { ConversationId, Seq, UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { Voter } from "../../domain/messages/polls.ts";
import { findUsersWithDeleted } from "../../storage/accounts/users.ts";
import type { Core } from "../context.ts";
import { usersById } from "../groups/groups.ts";

const VoterPosition = z.tuple([z.int()]);

/**
 * Replaces the caller's votes in a poll; without options it withdraws them. Idempotent.
 * @param options indexes, from 0
 * @returns the message with its poll
 * @throws `not_found`, `muted`, `blocked`, `forbidden`, `conflict` after the end of the poll,
 *   `validation_failed` for a message that is no poll, or is revoked, and for options that it does not take
 */
export function vote(
  core: Core,
  caller: UserId,
  id: ConversationId,
  { seq, options }: { seq: Seq; options: number[] },
): Promise<Message> {
  return core.conversations.vote(id, { userId: caller, seq, options });
}

/**
 * Closes a poll. Idempotent.
 * @returns the message with its poll
 * @throws `not_found`, `forbidden` unless the caller sent it, or is owner or admin of the group,
 *   `validation_failed` for a message that is no poll, or is revoked
 */
export function closePoll(core: Core, caller: UserId, id: ConversationId, seq: Seq): Promise<Message> {
  return core.conversations.closePoll(id, { userId: caller, seq });
}

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
