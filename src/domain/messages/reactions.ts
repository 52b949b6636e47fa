import { z } from "zod";
import { type Seq, UserId } from "../ids.ts";

/** One emoji as Unicode recommends it for interchange, with its variation selectors. */
const EMOJI = /^\p{RGI_Emoji}$/v;
/** A name of the client's own emoji. */
const NAME = /^:[a-z0-9_+-]{1,30}:$/;
/** U+FE0E and U+FE0F, which ask for an emoji as text or in colour. */
const VARIATION_SELECTORS = /[\u{fe0e}\u{fe0f}]/gu;
/** What is shown as text unless U+FE0F follows, as a heart or the digit of a keycap. */
const TEXT_BY_DEFAULT = /[\p{Emoji}--\p{Emoji_Presentation}](?!\p{Emoji_Modifier})/gv;
/** UTF-16 units: the longest emoji has 15, with selectors 17. */
const MAX_LENGTH = 64;

/**
 * A reaction as text without variation selectors, so that one emoji is one key. Which characters are emoji is
 * what the runtime's version of Unicode says.
 */
function withoutSelectors(text: string): string {
  return text.normalize("NFC").replace(VARIATION_SELECTORS, "");
}

/** Whether text without selectors is one emoji: with the selectors that it needs Unicode recommends it. */
function isEmoji(text: string): boolean {
  return EMOJI.test(text.replace(TEXT_BY_DEFAULT, "$&\u{fe0f}"));
}

/** The key of a reaction: one emoji without variation selectors, or a name between colons. */
export const ReactionKey = z
  .string()
  .max(MAX_LENGTH)
  .transform(withoutSelectors)
  .refine((key) => NAME.test(key) || isEmoji(key), "must be one emoji, or a name as in :party_parrot:")
  .brand<"ReactionKey">();
export type ReactionKey = z.infer<typeof ReactionKey>;

/** The reactions of a message with one key: how many users, and the first three, in order. */
export const Reaction = z.object({
  key: z.string().brand<"ReactionKey">(),
  count: z.int().positive(),
  userIds: z.array(UserId),
});
export type Reaction = z.infer<typeof Reaction>;

/** A reaction to a message: who has put it, when (ms since 1970), and the change that this was. */
export interface PutReaction {
  seq: Seq;
  userId: UserId;
  key: ReactionKey;
  at: number;
  rev: number;
}

/** What a caller gets of a message's reactions: all, and the keys of their own. */
export interface ReactionState {
  reactions: Reaction[];
  mine: ReactionKey[];
}
