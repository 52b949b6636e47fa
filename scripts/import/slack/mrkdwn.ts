import { outsideCode } from "../text/code.ts";
import type { Converted } from "../text/converted.ts";
import { withEmoji } from "../text/emoji.ts";

/** Users and channels that a text of Slack names by their ids. */
export interface SlackNames {
  /** a user's external id and name; undefined: nobody knows them */
  user(id: string): { id: string; name: string } | undefined;
  channel(id: string): string | undefined;
}

const ANGLES = /<([^<>\n]+)>/g;
/** One sign around words, not inside of a word: `*bold*`, `~struck~`. */
const BOLD = /(?<![\p{L}\p{N}*\\])\*(?!\s|\*)([^*\n]*[^*\s])\*(?![\p{L}\p{N}*])/gu;
const STRIKE = /(?<![\p{L}\p{N}~\\])~(?!\s|~)([^~\n]*[^~\s])~(?![\p{L}\p{N}~])/gu;
const EVERYBODY = new Set(["here", "channel", "everyone"]);

/**
 * Turns the markup of Slack into that of messages here: `*bold*`, `~struck~`, `<@U1>`, `<https://…|label>`,
 * `&amp;`. Code stays as it is.
 * @see https://docs.slack.dev/messaging/formatting-message-text/
 */
export function fromMrkdwn(source: string, names: SlackNames): Converted {
  const mentions: string[] = [];
  let mentionsAll = false;
  const angle = (inner: string): string => {
    const [target = "", ...rest] = inner.split("|");
    const label = rest.join("|");
    if (target.startsWith("@")) {
      const user = names.user(target.slice(1));
      if (user) mentions.push(user.id);
      return `@${user?.name ?? (label.replace(/^@/, "") || target.slice(1))}`;
    }
    if (target.startsWith("#")) return `#${label || (names.channel(target.slice(1)) ?? target.slice(1))}`;
    if (target.startsWith("!")) {
      const [word = "", ...details] = target.slice(1).split("^");
      if (!EVERYBODY.has(word)) return label || details.at(-1) || word;
      mentionsAll = true;
      return "@all";
    }
    return linkOf(target, label);
  };
  const convert = (part: string) => {
    const links: string[] = [];
    // Links are kept apart, so that no sign in an address is taken for markup.
    const marked = part
      .replace(ANGLES, (_, inner: string) => `\uE000${links.push(angle(inner)) - 1}\uE000`)
      .replaceAll("||", "\\|\\|")
      .replace(BOLD, "**$1**")
      .replace(STRIKE, "~~$1~~");
    return plain(withEmoji(marked)).replace(/\uE000(\d+)\uE000/g, (_, i: string) => links[Number(i)] ?? "");
  };
  const text = outsideCode(source.replaceAll("\uE000", ""), convert, (code) =>
    plain(code.replace(ANGLES, (_, inner: string) => inner.split("|").at(-1) ?? inner)),
  );
  return { text, mentions: [...new Set(mentions)], mentionsAll };
}

function linkOf(target: string, label: string): string {
  const address = plain(target.replace(/^mailto:/, ""));
  const shown = plain(label);
  const isSame = [address, address.replace(/^https?:\/\//, "")].some(
    (one) => one === shown || one === `${shown}/`,
  );
  if (shown === "" || isSame || target.startsWith("mailto:")) return address;
  return `[${shown.replace(/([[\]\\])/g, "\\$1")}](${address.replace(/[()]/g, encodeURIComponent)})`;
}

/** Slack writes three characters as entities. */
function plain(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
