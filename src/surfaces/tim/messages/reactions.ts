import type { ProfileLookup } from "../../../core/accounts/profile-lookup.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import type { Message } from "../../../domain/messages/message.ts";
import { type Reaction, ReactionKey } from "../../../domain/messages/reactions.ts";
import { wireMessageID } from "../ids.ts";

/**
 * The ids of reactions. The SDK takes any text as an id, its components `[TUIEmoji_Smile]`; the core takes an
 * emoji, or a short name between colons. Another id becomes a name: `:--` for brackets around it, else `:-_`,
 * and a `-` before each capital letter.
 */
const IN_BRACKETS = /^\[(\w+)\]$/;
const PLAIN = /^\w+$/;
const NAME = /^:-(?<form>[-_])(?<text>(?:[a-z0-9_]|-[a-z])+):$/;

/** The key of a reaction from its id; null: no reaction can have this id. */
export function keyOfReaction(id: string): ReactionKey | null {
  const own = ReactionKey.safeParse(id);
  if (own.success) return own.data;
  const inner = IN_BRACKETS.exec(id)?.[1];
  const text = inner ?? (PLAIN.test(id) ? id : undefined);
  if (text === undefined) return null;
  const form = inner === undefined ? "_" : "-";
  const name = text.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return ReactionKey.safeParse(`:-${form}${name}:`).data ?? null;
}

/** The id of a reaction, from its key. */
export function wireReactionID(key: string): string {
  const { form, text } = NAME.exec(key)?.groups ?? {};
  if (text === undefined) return key;
  const plain = text.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return form === "-" ? `[${plain}]` : plain;
}

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
