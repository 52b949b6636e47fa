import { z } from "zod";
import { plain } from "../../lib/markup.ts";
import { asHttpUrl } from "../http-url.ts";
import { LIMITS } from "../limits.ts";
import { areCode } from "../markup/lines.ts";
import { codePoints } from "../text.ts";

/** UTF-16 units of a text that are read: a message has fewer characters, and marks that go. */
const MAX_READ = 4 * LIMITS.textLength;

const MAX_LISTED = 100;

/** Everything but text, tabs and line ends. */
const CONTROLS = /[\p{Cc}\p{Cs}]/gu;
const CUT = " …";

/** A text of a service, as far as it is read. A number or a truth is a text, too. */
const ServiceText = z
  .union([z.string(), z.number(), z.boolean()])
  .transform((given) => readable(String(given)));

/** A list of a service, as far as it is read: Slack takes 50 blocks, and shows 100 attachments. */
const ServiceList = z.array(z.unknown()).transform((list) => list.slice(0, MAX_LISTED));

/** A text that may be absent. One of another form is left out. */
export const text = ServiceText.optional().catch(undefined);

/** A list that may be absent. One of another form is left out. */
export const many = ServiceList.optional().catch(undefined);

/** The beginning of a text, before anything is looked for in it. */
export function readable(text: string): string {
  return text.slice(0, MAX_READ);
}

/** Parts of a message, one below the other; without the empty ones. */
export function lines(...parts: readonly (string | undefined | null | false)[]): string {
  return parts.filter((part) => part).join("\n");
}

/**
 * A text as a message takes it: without control characters and rows of empty lines, and cut off where it is
 * longer than a message may be.
 */
export function messageText(text: string): string {
  const signs = readable(text)
    .replace(/\r\n?/g, "\n")
    .replace(CONTROLS, (sign) => (sign === "\n" || sign === "\t" ? sign : ""));
  const clean = withFewEmptyLines(signs, 1).trim();
  return cutMarkdown(clean.length > 0 && text.length > MAX_READ ? clean + CUT : clean, LIMITS.textLength);
}

const BLANKS_AT_END = /(?<![ \t])[ \t]+$/;

/**
 * A text in our Markdown with at most so many empty lines in a row, and without blanks at the ends of lines.
 * Code stays as it is.
 */
export function withFewEmptyLines(text: string, max: number): string {
  const given = text.split("\n");
  const inCode = areCode(given);
  const kept: string[] = [];
  let empty = 0;
  for (const [i, line] of given.entries()) {
    const shown = inCode[i] ? line : line.replace(BLANKS_AT_END, "");
    empty = shown === "" && !inCode[i] ? empty + 1 : 0;
    if (empty <= max) kept.push(shown);
  }
  return kept.join("\n");
}

/** A text in one line, at most so long. */
export function oneLine(text: string, max = 200): string {
  return cut(text.replace(/\s+/g, " ").trim(), max);
}

/** A text at most so long, in code points. */
function cut(text: string, max: number): string {
  if (text.length <= max || (text.length <= 2 * max && codePoints(text) <= max)) return text;
  return (
    [...text.slice(0, 2 * max)]
      .slice(0, max - CUT.length)
      .join("")
      .trimEnd() + CUT
  );
}

/** A link; the label alone where the address is none that can be shown. */
export function link(label: string, url: string | null | undefined): string {
  const address = addressOf(url)?.replace(/[()]/g, (sign) => (sign === "(" ? "%28" : "%29"));
  const shown = oneLine(label);
  if (address === undefined || address.length > MAX_ADDRESS) return plain(shown);
  const isSame = [address, bareAddress(address)].some((one) => [shown, `${shown}/`].includes(one));
  if (shown === "" || isSame) return address.replace(/^mailto:/, "");
  return `[${plain(shown).replace(/(?<!\\)[[\]]/g, "\\$&")}](${address})`;
}

const MAX_ADDRESS = 2_000;
const MAIL = /^mailto:[\w.+-]{1,64}@[a-z0-9.-]{1,255}$/i;

function addressOf(url: string | null | undefined): string | undefined {
  return asHttpUrl(url, LIMITS.url) ?? (MAIL.test(url ?? "") ? (url ?? undefined) : undefined);
}

const bareAddress = (address: string) => address.replace(/^(?:https?:\/\/|mailto:)/, "");

/** Text in our Markdown, in one line and in bold; nothing of nothing. */
export function bold(text: string): string {
  // What is bold already would end it.
  const shown = text.replace(/\s+/g, " ").replaceAll("**", "").trim();
  return shown === "" ? "" : `**${shown}**`;
}

/** Text in our Markdown as a heading; nothing of nothing. */
export function heading(text: string): string {
  const shown = text.replace(/\s+/g, " ").trim();
  return shown === "" ? "" : `# ${shown}`;
}

/** A text as a quote. */
export function quoted(text: string): string {
  return text === "" ? "" : text.replace(/^/gm, "> ");
}

/**
 * A text in our Markdown at most so long. What is cut within code, a link or a style ends there, so that it
 * changes nothing of what follows.
 */
export function cutMarkdown(text: string, max: number): string {
  const kept = cut(text, max);
  if (kept === text) return text;
  const whole = ended(kept.slice(0, -CUT.length));
  // The signs that end what has begun take room, too.
  return codePoints(whole) <= max ? whole : ended(cut(text, max - MAX_ENDING).slice(0, -CUT.length));
}

function ended(head: string): string {
  const begun = head.split("\n").reduce<string | undefined>((quote, line) => {
    const [, own = "", fence] = FENCE.exec(line) ?? [];
    if (fence === undefined) return quote;
    return quote === undefined ? own : undefined;
  }, undefined);
  if (begun !== undefined) return `${head}\n${begun}\`\`\`\n${begun}…`;
  const start = head.lastIndexOf("\n") + 1;
  const line = head.slice(start).replace(BEGUN_LINK, "").replace(/\\$/, "").trimEnd();
  return head.slice(0, start) + line + endingOf(line) + CUT;
}

const MAX_ENDING = 20;
const FENCE = /^((?:> ?)*)(```)/;
/** A link whose label or address has no end. */
const BEGUN_LINK = /!?\[[^[\]\n]*(?:\](?:\([^()\s]*)?)?$/;
const STYLES = /\\.|`[^`]*`|`|\*\*|~~|\|\|/g;

/** The marks that end what has begun in a line. */
function endingOf(line: string): string {
  const open: string[] = [];
  for (const [mark] of line.matchAll(STYLES)) {
    if (mark.length > 2 || mark.startsWith("\\")) continue;
    const at = open.indexOf(mark);
    if (at < 0) open.push(mark);
    else open.splice(at);
  }
  return open.reverse().join("");
}
