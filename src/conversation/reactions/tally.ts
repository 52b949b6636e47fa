import { z } from "zod";
import type { UserId } from "../../domain/ids.ts";
import { Reaction, type ReactionKey } from "../../domain/messages/reactions.ts";

/** The users of a reaction whom a message names. */
export const FIRST_USERS = 3;

const StoredTally = z.array(Reaction);

/**
 * The reactions of a message in the order of their first use, as its row stores them (`messages.reactions`).
 * @param stored null: the message has never had any
 */
export function readTally(stored: string | null): Reaction[] {
  return stored === null ? [] : StoredTally.parse(JSON.parse(stored));
}

/** A tally with one more user of a key, who has not used it before. */
export function withUser(tally: readonly Reaction[], key: ReactionKey, userId: UserId): Reaction[] {
  if (!tally.some((reaction) => reaction.key === key))
    return [...tally, { key, count: 1, userIds: [userId] }];
  return tally.map((reaction) => {
    if (reaction.key !== key) return reaction;
    const userIds = [...reaction.userIds, userId].slice(0, FIRST_USERS);
    return { key, count: reaction.count + 1, userIds };
  });
}

/**
 * A tally with one user of a key less, who has used it.
 * @param firstUsers reads the first users of the key without that user, where they were one of those
 */
export function withoutUser(
  tally: readonly Reaction[],
  key: ReactionKey,
  userId: UserId,
  firstUsers: () => UserId[],
): Reaction[] {
  return tally.flatMap((reaction) => {
    if (reaction.key !== key) return reaction;
    if (reaction.count === 1) return [];
    const userIds = reaction.userIds.includes(userId) ? firstUsers() : reaction.userIds;
    return { key, count: reaction.count - 1, userIds };
  });
}
