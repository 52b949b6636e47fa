import { outsideCode } from "../text/code.ts";
import type { Converted } from "../text/converted.ts";
import { withEmoji } from "../text/emoji.ts";
import { underlineAsBold } from "../text/underline.ts";

/** A username behind an `@`, as Mattermost has them; a full stop behind it is no part of it. */
const MENTION = /(?<![\p{L}\p{N}@/._-])@([a-z0-9][a-z0-9._-]*[a-z0-9]|[a-z0-9])/giu;
const EVERYBODY = new Set(["all", "channel", "here"]);

/**
 * Turns the Markdown of Mattermost into that of messages here: usernames become names here, `__bold__`
 * becomes `**bold**`, and a picture a link.
 * @param user the external id and the name of a username
 * @see https://docs.mattermost.com/collaborate/format-messages.html
 */
export function fromMarkdown(
  source: string,
  user: (name: string) => { id: string; name: string } | undefined,
): Converted {
  const mentions = new Set<string>();
  let mentionsAll = false;
  const name = (all: string, word: string): string => {
    if (EVERYBODY.has(word.toLowerCase())) {
      mentionsAll = true;
      return "@all";
    }
    const found = user(word.toLowerCase());
    if (!found) return all;
    mentions.add(found.id);
    return `@${found.name}`;
  };
  const text = outsideCode(source, (part) =>
    underlineAsBold(withEmoji(part))
      // A label without an address behind it is passed over, whatever is in it.
      .replace(/!\[([^\]\n]*)(\]\()?/g, (all, label: string, end?: string) =>
        end ? `[${label || "picture"}](` : all,
      )
      .replaceAll("||", "\\|\\|")
      .replace(MENTION, name),
  );
  return { text, mentions: [...mentions], mentionsAll };
}
