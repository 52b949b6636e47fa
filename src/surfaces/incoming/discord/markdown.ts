import { outsideCode } from "../text.ts";

const UNDERLINE = /(?<!_)__(?=[^\s_])((?:[^_\n]|_(?!_))+)(?<=[^\s_])__(?!_)/g;
const HEADING = /^#{1,3} +(.+)$/gm;
const SMALL = /^-# +/gm;
/** Everything behind it is a quote. */
const BLOCK_QUOTE = /^>>> ([\s\S]*)$/m;
/** `<@1>`, `<@!1>`, `<@&1>`, `<#1>` */
const MENTION = /<([@#])[!&]?(\d{1,20})>/g;
const EMOJI = /<a?:(\w{1,32}):\d{1,20}>/g;
const COMMAND = /<\/([\w -]{1,100}):\d{1,20}>/g;
const TIME = /<t:(-?\d{1,12})(?::[tTdDfFRsS])?>/g;
/** An address whose preview is not wanted. */
const BARE_LINK = /<(https?:\/\/[^\s<>]+)>/g;

/** Discord's Markdown as ours: it knows no headings, no underline, and none of Discord's ids. */
export function fromDiscord(text: string): string {
  return outsideCode(text, (part) =>
    part
      .replace(BLOCK_QUOTE, (_, rest: string) => rest.replace(/^/gm, "> "))
      .replace(SMALL, "")
      .replace(HEADING, (_, heading: string) => `**${heading.replaceAll("**", "")}**`)
      .replace(UNDERLINE, "$1")
      .replace(MENTION, "$1$2")
      .replace(EMOJI, ":$1:")
      .replace(COMMAND, "/$1")
      .replace(TIME, (_, seconds: string) => timeOf(Number(seconds)))
      .replace(BARE_LINK, "$1"),
  );
}

function timeOf(seconds: number): string {
  const time = new Date(seconds * 1_000);
  if (Number.isNaN(time.getTime())) return "";
  return `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
