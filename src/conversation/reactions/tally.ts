import { z } from "zod";
import type { PortableMark } from "../../domain/data/portable-message.ts";
import type { UserId } from "../../domain/ids.ts";
import { Reaction, type ReactionKey } from "../../domain/messages/reactions.ts";
import type { MarkKind } from "../marks/mark-store.ts";

/** The users of a reaction whom a message names. */
const FIRST_USERS = 3;

const StoredTally = z.array(Reaction);

/** The key of a row that stands for none. */
const NO_KEY = Reaction.shape.key.parse("");

/** Reactions as marks. An empty tally stays: the message has had reactions. */
export const REACTIONS: MarkKind<ReactionKey> = {
  ...{ table: "reactions", column: "key", hadSome: NO_KEY, tally: "reactions", revoked: "[]" },
  count(stored, { userId, before, after }, firstUsers) {
    const firstOf = (key: ReactionKey) => firstUsers(key, FIRST_USERS);
    const removed = before.filter((key) => !after.includes(key));
    const added = after.filter((key) => !before.includes(key));
    const rest = removed.reduce(
      (tally, key) => withoutUser(tally, key, userId, () => firstOf(key)),
      readTally(stored),
    );
    return JSON.stringify(added.reduce((tally, key) => withUser(tally, key, userId), rest));
  },
  ownPart: (mine) => ({ mine }),
};

/**
 * The reactions of a message in the order of their first use, as its row stores them (`messages.reactions`).
 * @param stored null: the message has never had any
 */
export function readTally(stored: string | null): Reaction[] {
  return stored === null ? [] : StoredTally.parse(JSON.parse(stored));
}

/** The tally of reactions, in the order in which they were put, as a row stores it. */
export function tallyOf(reactions: readonly PortableMark<string>[]): string {
  const { key: Key } = Reaction.shape;
  return JSON.stringify(
    reactions.reduce<Reaction[]>((tally, { mark, userId }) => withUser(tally, Key.parse(mark), userId), []),
  );
}

/** A tally with one more user of a key, who has not used it before. */
function withUser(tally: Reaction[], key: ReactionKey, userId: UserId): Reaction[] {
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
function withoutUser(
  tally: Reaction[],
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
