import { outsideCode } from "../text/code.ts";
import type { Converted } from "../text/converted.ts";
import { underlineAsBold } from "../text/underline.ts";

/** Users and channels that a text of Discord names by their ids. */
export interface DiscordNames {
  user(id: string): { id: string; name: string } | undefined;
  channel(id: string): string | undefined;
}

const EVERYBODY = /(?<![\p{L}\p{N}@])@(everyone|here)\b/gu;

/**
 * Turns the Markdown of Discord into that of messages here. Underlined words become bold, and ids
 * become names. An export may have names already.
 * @see https://docs.discord.com/developers/reference#message-formatting
 */
export function fromDiscord(source: string, names: DiscordNames): Converted {
  const mentions = new Set<string>();
  let mentionsAll = false;
  const text = outsideCode(source, (part) =>
    underlineAsBold(quoted(part))
      .replace(/<@!?(\d+)>/g, (_, id: string) => {
        const user = names.user(id);
        if (user) mentions.add(user.id);
        return `@${user?.name ?? id}`;
      })
      .replace(/<@&\d+>/g, "@role")
      .replace(/<#(\d+)>/g, (_, id: string) => `#${names.channel(id) ?? id}`)
      .replace(/<a?:(\w+):\d+>/g, ":$1:")
      .replace(/<\/([^:<>]+):\d+>/g, "/$1")
      .replace(/<t:(-?\d{1,12})(?::\w)?>/g, (_, seconds: string) => dateOf(Number(seconds)))
      .replace(/<(https?:\/\/[^\s<>]+)>/g, "$1")
      .replace(/^-# /gm, "")
      .replace(EVERYBODY, () => {
        mentionsAll = true;
        return "@everyone";
      }),
  );
  return { text, mentions: [...mentions], mentionsAll };
}

/** `>>> ` quotes all that follows. */
function quoted(text: string): string {
  const at = text.search(/^>>> /m);
  if (at < 0) return text;
  return text.slice(0, at) + text.slice(at + 4).replace(/^/gm, "> ");
}

function dateOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime())
    ? String(seconds)
    : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
