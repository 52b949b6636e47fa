import { ASCII_BEFORE_TEXT, isBehindWord } from "./words.ts";

const BEGIN = /(?:https?:\/\/|mailto:|www\.)/iy;
/** A name and a password before a host. */
const USER = /[\w.~!$&'*+;=%-]+(?::[\w.~!$&'*+;=%-]*)?@/y;
const LOCAL = /[\w.+-]{1,64}(?=@)/y;
/** Behind what a mail address may begin. */
const BEFORE_LOCAL = /[a-z0-9][\w.+-]{0,63}$/i;
const IP6 = /\[[0-9a-f:.]+\]/iy;
const HOST = /[\p{L}\p{M}\p{N}](?:(?:[_-]*|\.)[\p{L}\p{M}\p{N}])*/uy;
const PORT = /:\d{1,5}(?!\d)/y;
/** Letters of all scripts and signs of ASCII. An address ends at blanks, quotes, signs of other scripts. */
const PATH = /[\p{L}\p{M}\p{N}!#-;=?@[\]_{|}~·]/uy;
/** What stands behind `[text]`. */
const TARGET = /\(([^\s()<>]{1,2000})\)/y;
/** These end a sentence rather than an address. */
const TRAILING = ".,;:!?'|([{";
const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** A name of so many characters is no host's, and is not read further. */
const TOO_LONG = 254;

/** What in a label looks like a host: signs that look like dots are dots. It begins where no host goes on. */
const SHOWN_HOST =
  /(?<![\p{L}\p{M}\p{N}-]\.?)(?:[\p{L}\p{M}\p{N}-]+\.)+(?:[\p{L}\p{M}]{2,}|xn--[a-z0-9-]+|\d{1,3}(?![\p{L}\p{N}]))/gu;
const DOTS = /[\u00b7\u0701\u0702\u2027\u2219\u22c5\u3002\ua4f8]/g;
/** With marks of which many stand on one letter: a normalization would take long to sort them. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}|(?<=\p{M}{30})\p{M}/gu;

/** An address in a text. */
interface Address {
  /** as it stands there */
  readonly text: string;
  /** where it leads; empty: it is no link */
  readonly href: string;
}

/**
 * The address that begins at a place of a text with `http://`, `https://`, `mailto:` or `www.`. One with a
 * name before its host is none: it may be a password, or seem to be the host. Its text ends with the name.
 * @param marks the styles that have begun before it, and may end with it
 */
export function addressAt(text: string, at: number, marks: readonly string[]): Address | undefined {
  const begin = match(BEGIN, text, at).toLowerCase();
  const before = text[at - 1] ?? "";
  const isPart = begin === "www." ? isBehindWord(text, at) || /[.@-]/.test(before) : /[a-z0-9]/i.test(before);
  if (isPart) return undefined;
  const isMail = begin === "mailto:";
  let end = at + (begin === "www." ? 0 : begin.length);
  if (isMail) {
    const local = match(LOCAL, text, end);
    if (!local) return undefined;
    end += local.length + 1;
  } else if (begin !== "www.") {
    const user = match(USER, text, end);
    if (user) return { text: begin + user, href: "" };
  }
  const ip6 = isMail ? "" : match(IP6, text, end);
  const host = ip6 || hostAt(text, end);
  // Nothing but a name behind `www.`, and `www.` alone, is a host.
  if (!host || host.length === TOO_LONG || (begin === "www." && host.split(".").length < 3)) return undefined;
  end += host.length;
  const protocol = begin === "www." ? "https://" : "";
  if (!isMail) end += match(PORT, text, end).length;
  // What is no address is found out before the path: a text of many would be read once for each.
  if (!isSafe(protocol + text.slice(at, end))) return undefined;
  if (/[/?#]/.test(text[end] ?? "")) end = pathEnd(text, end, marks);
  const found = text.slice(at, end);
  return { text: found, href: protocol + found };
}

/** The mail address that an `@` stands in. @param at the place of the `@` */
export function mailAt(text: string, at: number): { local: string; host: string } | undefined {
  const local = BEFORE_LOCAL.exec(text.slice(Math.max(0, at - 64), at))?.[0];
  const begin = at - (local?.length ?? 0);
  // `@ann@social.example` is an account elsewhere.
  if (!local || text[begin - 1] === "@" || isBehindWord(text, begin)) return undefined;
  const host = hostAt(text, at + 1);
  return host.includes(".") ? { local, host } : undefined;
}

/** The `(address)` that begins at a place of a text, with its length there. */
export function targetAt(text: string, at: number): { href: string; length: number } | undefined {
  TARGET.lastIndex = at;
  const [whole = "", href = ""] = TARGET.exec(text) ?? [];
  return isSafe(href) ? { href, length: whole.length } : undefined;
}

/** The host of an address, if a label shows another one; empty: it does not. */
export function hostToShow(label: string, href: string): string {
  const shown = label.replace(INVISIBLE, "").normalize("NFKC").replace(DOTS, ".").match(SHOWN_HOST) ?? [];
  const { host = "", pathname = "" } = URL.parse(href) ?? {};
  const real = host || pathname.replace(/^.*@/, "");
  return shown.every((one) => bare(URL.parse(`https://${one}`)?.host) === bare(real)) ? "" : real;
}

function bare(host = ""): string {
  return host.replace(/^www\.|:.*/gs, "");
}

/** The host at a place of a text, without a text that follows it in a script without blanks. */
function hostAt(text: string, at: number): string {
  const host = match(HOST, text.slice(0, at + TOO_LONG), at);
  const last = host.lastIndexOf(".") + 1;
  const [kept] = ASCII_BEFORE_TEXT.exec(host.slice(last)) ?? [];
  if (kept) return host.slice(0, last) + kept;
  // A word of another script behind `https://` is no host.
  return last > 0 || /^\w/.test(host) ? host : "";
}

/** Where a path ends: at a bracket that was not opened in it, at the end of a style or of a sentence. */
function pathEnd(text: string, from: number, marks: readonly string[]): number {
  const open: string[] = [];
  let end = from;
  for (;;) {
    const sign = match(PATH, text, end);
    const closing = CLOSING[sign];
    if (closing) open.push(closing);
    // Behind the last sign of the path there is none, which nothing has opened.
    else if (")]}".includes(sign) && open.pop() !== sign) break;
    if (marks.some((mark) => mark.length > 1 && text.startsWith(mark, end))) break;
    end += sign.length;
  }
  while (end > from && [...TRAILING, ...marks].includes(text[end - 1] ?? "")) end--;
  return end;
}

/** What a sticky pattern finds at a place of a text; empty: nothing. */
export function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

/** An address that a page may show a picture of or lead to; empty: it is none. */
export function webAddress(address: string): string {
  return hasProtocol(address, /^https?:$/) ? address : "";
}

/** Whether a link of a text may have an address: nothing runs when it is opened. */
function isSafe(address: string): boolean {
  return hasProtocol(address, /^(https?|mailto):$/);
}

function hasProtocol(address: string, protocols: RegExp): boolean {
  return protocols.test(URL.parse(address)?.protocol ?? "");
}
