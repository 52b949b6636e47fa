/** The key of a reaction as it is drawn: in colour, where it is an emoji that could be a plain sign. */
export function emojiText(key: string): string {
  return /^\p{Emoji}$/u.test(key) && !/\p{Emoji_Presentation}/u.test(key) ? `${key}\uFE0F` : key;
}
