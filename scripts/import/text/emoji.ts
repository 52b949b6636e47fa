import { emojiOf } from "../../../src/domain/foreign/emoji.ts";

const MAX_NAME = 30;

/** The key of a reaction by the name of an emoji; one of the team's own becomes a name between colons. */
export function reactionKeyOf(name: string): string {
  return emojiOf(name) ?? ownKey(name);
}

/** The key of an emoji of the team's own. */
export function ownKey(name: string): string {
  const plain = name.toLowerCase().slice(0, MAX_NAME);
  return `:${plain.replace(/[^a-z0-9_+-]/g, "_")}:`;
}
