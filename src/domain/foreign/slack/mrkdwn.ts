import { plain } from "../../../lib/markup.ts";
import { withEmoji } from "../emoji.ts";
import { KeptParts } from "../kept.ts";
import { type ForeignNames, NO_NAMES } from "../names.ts";
import { link } from "../text.ts";

const ANGLED = /<([^<>\n]+)>/g;
/** An address that Slack finds by itself; the signs of a style that ends there are none of it. */
const BARE = /(?<![\p{L}\p{N}])https?:\/\/[^\s<>\uFDD0-\uFDEF]*[^\s<>*_~`|.,;:!?'")\]}\\\uFDD0-\uFDEF]/gu;
const ENTITIES: Readonly<Record<string, string>> = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
/** One sign around words, not inside of a word: `*bold*`, `~struck~`, `_italic_`. */
const BOLD = /(?<![\p{L}\p{N}*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\p{L}\p{N}*])/gu;
const STRIKE = /(?<![\p{L}\p{N}~])~(?=[^\s~])([^~\n]*[^\s~])~(?![\p{L}\p{N}~])/gu;
const ITALIC = /(?<![\p{L}\p{N}_])_(?=[^\s_])([^_\n]*[^\s_])_(?![\p{L}\p{N}_])/gu;
const LONG_QUOTE = /^>>> ?([\s\S]*)$/m;
/** Not a face, as `>_<`. */
const QUOTE = /^>(?![_.:;-]{1,3}[<()]) ?/gm;
const BULLET = /^(\uFDD5?[ \t]*)[-•◦▪] +/gm;
/** They stand for our marks until all other signs are made text. */
const [BOLD_MARK, STRIKE_MARK, ITALIC_MARK, QUOTE_MARK, BULLET_MARK] = [..."\uFDD2\uFDD3\uFDD4\uFDD5\uFDD6"];
const OURS: Readonly<Record<string, string>> = {
  "\uFDD2": "**",
  "\uFDD3": "~~",
  "\uFDD4": "_",
  "\uFDD5": "> ",
  "\uFDD6": "- ",
};

const USER = /^@[A-Z0-9]+$/;
const CHANNEL = /^#[A-Z0-9]+$/;
const SPECIAL = /^!([a-z]+)(?:\^|$)/;
const EVERYBODY: ReadonlySet<string> = new Set(["here", "channel", "everyone"]);
const ADDRESS = /^(?:https?:\/\/|mailto:)\S/;
/** One letter before a colon is a drive of Windows. */
const PROTOCOL = /^[a-z][a-z0-9+.-]+:/i;

/**
 * Slack's markup (`mrkdwn`) as our Markdown: `*bold*`, `~struck~`, `<@U1>`, `<https://…|label>`, `&amp;`.
 * What is no mark there is none here, and what stands in angles and is none of Slack's stays.
 * @see https://docs.slack.dev/messaging/formatting-message-text/
 */
export function fromMrkdwn(source: string, names: ForeignNames = NO_NAMES): string {
  const kept = new KeptParts();
  const raw = (code: string) => decoded(code.replace(ANGLED, (all, inner: string) => rawOf(inner) ?? all));
  const coded = kept.code(KeptParts.clean(source), { raw });
  const text = coded.replace(ANGLED, (all, inner: string) => {
    const shown = angled(kept.restore(inner), names);
    return shown === undefined ? all : kept.keep(shown);
  });
  const marked = withEmoji(decoded(text).replace(BARE, (address) => kept.keep(address)))
    .replace(LONG_QUOTE, (_, rest: string) => rest.replace(/^/gm, "> "))
    .replace(QUOTE, `${QUOTE_MARK}`)
    .replace(BULLET, `$1${BULLET_MARK}`)
    .replace(BOLD, `${BOLD_MARK}$1${BOLD_MARK}`)
    .replace(STRIKE, `${STRIKE_MARK}$1${STRIKE_MARK}`)
    .replace(ITALIC, `${ITALIC_MARK}$1${ITALIC_MARK}`);
  return kept.restore(plain(marked).replace(/[\uFDD2-\uFDD6]/g, (mark) => OURS[mark] ?? ""));
}

/** What stands between angles, in our Markdown; undefined: it is none of Slack's. */
function angled(inner: string, names: ForeignNames): string | undefined {
  const { target, label } = partsOf(inner);
  const [, word = ""] = SPECIAL.exec(target) ?? [];
  if (USER.test(target)) {
    const id = target.slice(1);
    return `@${plain(names.user(id) ?? (label.replace(/^@/, "") || id))}`;
  }
  if (CHANNEL.test(target)) return `#${plain(label || (names.channel(target.slice(1)) ?? target.slice(1)))}`;
  if (EVERYBODY.has(word)) return `@${names.everybody(word)}`;
  // Of a group of users, or a time: what Slack shows where it has nothing better.
  if (word !== "" && (label !== "" || target.includes("^"))) return plain(label || target.slice(1));
  if (ADDRESS.test(target)) return link(withEmoji(label), target) || undefined;
  return PROTOCOL.test(target) && label !== "" ? plain(label) : undefined;
}

/** The letters of what stands between angles in code. */
function rawOf(inner: string): string | undefined {
  const { target, label } = partsOf(inner);
  if (!ADDRESS.test(target) && !USER.test(target) && !CHANNEL.test(target)) return undefined;
  return label || target.replace(/^mailto:/, "");
}

function partsOf(inner: string): { target: string; label: string } {
  const [target = "", ...rest] = inner.split("|");
  return { target: decoded(target), label: decoded(rest.join("|")) };
}

/** Slack writes three characters as entities. */
function decoded(text: string): string {
  return text.replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity] ?? entity);
}
