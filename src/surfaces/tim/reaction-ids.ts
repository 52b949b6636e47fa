import { ReactionKey } from "../../domain/messages/reactions.ts";

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
