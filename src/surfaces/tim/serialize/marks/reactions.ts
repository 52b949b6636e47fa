import type { ProfileLookup } from "../../../../core/accounts/profile-lookup.ts";
import type { Person } from "../../../../domain/accounts/person.ts";
import type { Message } from "../../../../domain/messages/message.ts";
import type { Reaction } from "../../../../domain/messages/reactions.ts";
import { wireMessageID } from "../../ids.ts";
import { wireReactionID } from "../../reaction-ids.ts";

/** The reactions to messages. @param most the users of a reaction that are named at most */
export function serializeReactions(
  { items, profiles }: { items: Message[]; profiles: ProfileLookup },
  most: number,
) {
  return items.map(({ conversationId, seq, reactions = [], mine = [] }) => ({
    messageID: wireMessageID(conversationId, seq),
    reactionList: reactions.map((reaction) => ({
      ...serializeReaction(reaction, profiles, most),
      reactedByMyself: mine.includes(reaction.key),
    })),
  }));
}

/** What all users see alike of a reaction. @param most as `serializeReactions`; absent: all that there are */
export function serializeReaction(
  { key, count: totalUserCount, userIds }: Reaction,
  profiles: ProfileLookup,
  most?: number,
) {
  const partialUserList = userIds.slice(0, most).map((id) => serializeReactor(profiles(id)));
  return { reactionID: wireReactionID(key), totalUserCount, partialUserList };
}

/** A user who has reacted. */
export function serializeReactor({ username, nickname, avatar }: Person) {
  return { userID: username, nick: nickname, avatar };
}
