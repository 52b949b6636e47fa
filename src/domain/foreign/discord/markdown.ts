import { KeptParts } from "../kept.ts";
import { type ForeignNames, NO_NAMES } from "../names.ts";

/** What follows `>>> ` is a quote to its end. */
const LONG_QUOTE = /^ *>>> ([\s\S]*)$/m;
/** A `>` without a blank behind it begins a quote here, and none there. */
const NO_QUOTE = /^( {0,3})>(?![ >])/gm;
const SMALL = /^((?:> ){0,1})-# +/gm;
/** Not within a word: names in programs have it, too. */
const UNDERLINE = /(?<![\p{L}\p{N}_\\])__(?=[^\s_])((?:[^_\n]|_(?!_))+)(?<=\S)__(?![\p{L}\p{N}_])/gu;
const UNDERLINED_ITALIC = /(?<![\p{L}\p{N}_\\])___(?=[^\s_])([^_\n]+)(?<=\S)___(?![\p{L}\p{N}_])/gu;
/** An address in angles, also as that of a link, whose preview is not wanted. */
const BARE = /<((?:https?:\/\/|mailto:)[^\s<>]+)>/g;
const LINK_END = /\]\((?:<([^\s<>()]+)>|([^\s()<>]+))(?: +"[^"\n]*")?\)/g;
const USER = /<@!?(\d{1,20})>/g;
const ROLE = /<@&\d{1,20}>/g;
const CHANNEL = /<#(\d{1,20})>/g;
const GUIDE = /<id:(\w{1,20})>/g;
const EMOJI = /<a?:(\w{1,32}):\d{1,20}>/g;
const COMMAND = /<\/([\w -]{1,100}):\d{1,20}>/g;
const TIME = /<t:(-?\d{1,12})(?::[tTdDfFRsS])?>/g;
const EVERYBODY = /(?<![\p{L}\p{N}@])@(everyone|here)\b/gu;
/** Our parser takes fewer signs for escaped than Discord does. */
const NEEDLESS_ESCAPE = /\\([!"$%&'()+,./:;<=?^{}])/g;

/**
 * Discord's Markdown as ours: it knows no underline, and none of Discord's ids.
 * @see https://docs.discord.com/developers/reference#message-formatting
 */
export function fromDiscord(source: string, names: ForeignNames = NO_NAMES): string {
  const kept = new KeptParts();
  const coded = kept
    .code(KeptParts.clean(source), { hasLanguage: true })
    .replaceAll("\\<", () => kept.keep("<"))
    .replace(LINK_END, (_, angled: string, bare: string) => `]${kept.keep(`(${angled ?? bare})`)}`)
    .replace(BARE, (_, address: string) => kept.keep(address));
  const text = kept
    .addresses(coded)
    .replace(LONG_QUOTE, (_, rest: string) => rest.replace(/^/gm, "> "))
    .replace(NO_QUOTE, "$1\\>")
    .replace(SMALL, "$1")
    .replace(UNDERLINED_ITALIC, "_$1_")
    .replace(UNDERLINE, "$1")
    .replace(USER, (_, id: string) => `@${names.user(id) ?? id}`)
    .replace(ROLE, "@role")
    .replace(CHANNEL, (_, id: string) => `#${names.channel(id) ?? id}`)
    .replace(GUIDE, "#$1")
    .replace(EMOJI, ":$1:")
    .replace(COMMAND, "/$1")
    .replace(TIME, (_, seconds: string) => timeOf(Number(seconds)))
    .replace(EVERYBODY, (_, word: string) => `@${names.everybody(word)}`)
    .replace(NEEDLESS_ESCAPE, "$1");
  return kept.restore(text);
}

function timeOf(seconds: number): string {
  const time = new Date(seconds * 1_000);
  if (Number.isNaN(time.getTime())) return String(seconds);
  return `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
